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
#include "cli/keyless_flags.h"
#include "cli/options.h"
#include "crypto/sha2.h"
#include "host/clock.h"
#include "host/network.h"
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
    if (arguments[i] == "--staging" || arguments[i] == "--in-toto")
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

// read_trust reads the file of an option, or what comes with the program.
Result<std::string> read_trust(Request& request, const std::string& option, std::string_view builtin) {
  const auto instance =
      request.options.contains("--staging") ? SigstoreInstance::kStaging : SigstoreInstance::kPublicGood;
  if (request.options.contains(option)) return read_file(request.options[option], kMaxTrustedRoot);
  return std::string(builtin_repository(instance).builtin.at(builtin));
}

Result<TrustedRoot> read_root(Request& request) {
  WM_TRY(const std::string text, read_trust(request, "--trusted-root", kTrustedRoot));
  return TrustedRoot::parse(text);
}

Result<KeylessOptions> keyless_options(Request& request, HttpClient& http) {
  WM_TRY(TrustedRoot root, read_root(request));
  WM_TRY(const std::string text, read_trust(request, "--signing-config", kSigningConfig));
  WM_TRY(SigningConfig config, parse_signing_config(text));
  return KeylessOptions{.root = std::move(root),
                        .config = std::move(config),
                        .http = &http,
                        .clock = now,
                        .token = [token = request.options["--identity-token"]] { return IdentityToken::parse(token); },
                        .consent = [](const TokenIdentity&) { return Result<void>(); }};
}

// What is signed is the file, or, where it is a statement, the statement as it is.
Result<void> sign(Request request) {
  const auto http = service_client(cli::interrupt());
  WM_TRY(KeylessOptions options, keyless_options(request, *http));
  const TrustedRoot root = options.root;
  WM_TRY(const std::string text, read_file(request.artifact, std::uint64_t{1} << 30U));
  KeylessSigner signer(std::move(options));
  const bool statement = request.options.contains("--in-toto");
  WM_TRY(const Bundle bundle, statement ? signer.sign(text) : signer.sign_message(as_bytes(text)));
  const SignedContent content = statement ? SignedContent::of_envelope(bundle.envelope)
                                          : SignedContent::of_message(Bytes(text.begin(), text.end()));
  std::vector<Check> checks;
  WM_CHECK(verify_keyless(bundle, content, {root, signer.expected()}, checks));
  return write_file_atomically(request.options["--bundle"], as_bytes(write_bundle(bundle)));
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

int tell(const Result<void>& status) {
  if (status) return 0;
  const std::string text = describe(status.error()) + " [" + std::string(code_name(status.error().code)) + "]\n";
  std::fputs(text.c_str(), stderr);
  return 1;
}

}  // namespace

int verify_bundle(const std::vector<std::string>& arguments) { return tell(verify(parse(arguments))); }

int sign_bundle(const std::vector<std::string>& arguments) { return tell(sign(parse(arguments))); }
