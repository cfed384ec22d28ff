#include "tests/conformance/sigstore_client.h"

#include <cstdio>
#include <filesystem>
#include <map>

#include "attest/bundle.h"
#include "attest/statement.h"
#include "base/encoding.h"
#include "base/file.h"
#include "base/refuse.h"
#include "base/try.h"
#include "crypto/sha2.h"
#include "trust/builtin.h"
#include "verify/sigstore.h"

namespace {

using namespace weightmark;

struct Request {
  std::map<std::string, std::string> options;
  std::string artifact;  // a path, or sha256:HEX
};

Request parse(const std::vector<std::string>& arguments) {
  Request request;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--staging")
      request.options[arguments[i]] = "yes";
    else if (arguments[i].starts_with("--") && i + 1 < arguments.size())
      request.options[arguments[i]] = arguments[i + 1], ++i;
    else
      request.artifact = arguments[i];
  }
  return request;
}

Result<Bytes> digest_of(const std::string& artifact, std::optional<Bytes>& content) {
  if (artifact.starts_with("sha256:") && !std::filesystem::exists(artifact)) {
    auto digest = from_hex(std::string_view(artifact).substr(7));
    if (digest && digest->size() == 32) return *digest;
    return refuse(ErrorCode::kUsage, "not a digest", artifact);
  }
  WM_TRY(std::string text, read_file(artifact, std::uint64_t{1} << 30U));
  content = Bytes(text.begin(), text.end());
  return sha2(Sha2::k256, *content);
}

// Any subject may be the artifact (client-spec, "Verification").
Result<void> check_subject(const Envelope& envelope, const Bytes& digest) {
  if (envelope.payload_type != "application/vnd.in-toto+json")
    return refuse(ErrorCode::kPayloadType, envelope.payload_type);
  WM_TRY(Statement statement, parse_statement(as_text(envelope.payload)));
  for (const Subject& subject : statement.subjects)
    if (subject.digest("sha256") == to_hex(digest)) return {};
  return refuse(ErrorCode::kDigestMismatch, "the artifact is none of the subjects");
}

Result<TrustedRoot> read_root(Request& request) {
  const auto instance =
      request.options.contains("--staging") ? SigstoreInstance::kStaging : SigstoreInstance::kPublicGood;
  if (!request.options.contains("--trusted-root"))
    return TrustedRoot::parse(builtin_repository(instance).builtin.at(kTrustedRoot));
  WM_TRY(std::string text, read_file(request.options["--trusted-root"], kMaxTrustedRoot));
  return TrustedRoot::parse(text);
}

Result<void> verify(Request request) {
  WM_TRY(std::string text, read_file(request.options["--bundle"], kMaxBundleSize));
  WM_TRY(Bundle bundle, parse_bundle(text));
  WM_TRY(TrustedRoot root, read_root(request));
  std::optional<Bytes> bytes;
  WM_TRY(Bytes digest, digest_of(request.artifact, bytes));
  if (!bundle.message) WM_CHECK(check_subject(bundle.envelope, digest));
  const SignedContent content = !bundle.message ? SignedContent::of_envelope(bundle.envelope)
                                : bytes         ? SignedContent::of_message(*bytes)
                                                : SignedContent::of_digest(digest);
  if (request.options.contains("--key")) {
    WM_TRY(std::string pem, read_file(request.options["--key"], 1 << 20));
    WM_TRY(PublicKey key, PublicKey::from_pem(pem));
    WM_CHECK(verify_logged_key(bundle, content, key, root));
    return {};
  }
  const ExpectedIdentity expected{request.options["--certificate-identity"],
                                  request.options["--certificate-oidc-issuer"]};
  std::vector<Check> checks;
  WM_CHECK(verify_keyless(bundle, content, {root, {expected}}, checks));
  return {};
}

}  // namespace

int verify_bundle(const std::vector<std::string>& arguments) {
  auto status = verify(parse(arguments));
  if (status) return 0;
  std::fprintf(stderr, "%s [%s]\n", describe(status.error()).c_str(),
               std::string(code_name(status.error().code)).c_str());
  return 1;
}
