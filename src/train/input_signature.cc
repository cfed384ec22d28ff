#include "train/input_signature.h"

#include <fmt/format.h>

#include "attest/bundle.h"
#include "base/encoding.h"
#include "base/file.h"
#include "base/text.h"
#include "base/try.h"
#include "crypto/identity.h"
#include "crypto/sha2.h"
#include "model/placement.h"
#include "weightmark/attestation.h"
#include "weightmark/verify.h"

namespace weightmark {
namespace {

namespace fs = std::filesystem;

std::string sha256_hex(std::string_view bytes) { return to_hex(sha2(Sha2::k256, as_bytes(bytes))); }

// name_signer says who signed by a certificate: its names, or else its subject.
void name_signer(const Certificate& leaf, InputSignature& signature) {
  const auto identity = read_identity(leaf);
  signature.identity = identity ? identity->names.front().value : leaf.subject();
  signature.issuer = identity ? identity->issuer : leaf.issuer();
}

// claimed_signer says who signed as the bundle has it.
void claimed_signer(const Bundle& bundle, InputSignature& signature) {
  if (const auto* key = std::get_if<PublicKeyMaterial>(&bundle.material))
    signature.identity = key->hint;
  else
    name_signer(std::get<CertificateMaterial>(bundle.material).chain.front(), signature);
}

void verified_signer(const SignerReport& signer, InputSignature& signature) {
  signature.verified = true;
  if (signer.chain.empty())
    signature.identity = signer.key_fingerprint;
  else
    name_signer(signer.chain.front(), signature);
}

VerifyOptions options_for(const fs::path& path, const InputTrust& trust, Time now, const WorkOptions& work) {
  VerifyOptions options;
  options.model = path;
  options.policy = trust.policy;
  options.trusted_root = trust.root;
  if (!trust.policy) options.trust = KeyTrust{trust.keys, {}};
  options.time = now;
  // What others will compare are digests of whole files, so those are computed.
  options.evidence = Evidence::kBoth;
  options.work = work;
  return options;
}

// What a policy's report tells first is the signature that decided.
const SignerReport* signer_of(const Report& report) {
  if (report.policy && !report.policy->signers.empty()) return &report.policy->signers.front().signer;
  return report.signer ? &*report.signer : nullptr;
}

// take keeps a verification that holds.
void take(Verification verification, SignedInput& input) {
  if (const SignerReport* signer = signer_of(verification.report); signer != nullptr && input.signature)
    verified_signer(*signer, *input.signature);
  if (verification.manifest) input.manifest = **verification.manifest;
  for (std::string& warning : verification.report.warnings) input.warnings.push_back(std::move(warning));
}

Error error_of(const Report& report, const fs::path& path) {
  if (const Error* error = report.first_error()) return *error;
  for (const FileReport& file : report.files)
    if (file.error) return *file.error;
  return {ErrorCode::kSignatureInvalid, "does not verify", path.native(), {}};
}

// find_claim reads the signature, whoever made it.
Result<std::optional<InputSignature>> find_claim(const fs::path& path) {
  auto place = find_signature(path);
  if (!place && place.error().code == ErrorCode::kSignatureNotFound) return std::nullopt;
  if (!place) return std::unexpected(std::move(place).error());
  WM_TRY(const std::string text, read_file(*place, kMaxBundleSize));
  InputSignature signature;
  signature.bundle_sha256 = sha256_hex(text);
  WM_TRY(const Bundle bundle, parse_bundle(text));
  claimed_signer(bundle, signature);
  return signature;
}

}  // namespace

Result<SignedInput> read_input_signature(const fs::path& path, const InputTrust& trust, Time now,
                                         const WorkOptions& work) {
  SignedInput input;
  auto claim = find_claim(path);
  if (!claim && trust.policy) return std::unexpected(std::move(claim).error());
  if (!claim)
    input.warnings.push_back("the signature is not looked at: " + describe(claim.error()));
  else
    input.signature = *std::move(claim);
  if (!trust.policy && (!input.signature || trust.keys.empty())) return input;
  Verification verification = verify_model(options_for(path, trust, now, work));
  const bool held = verification.report.verdict == Verdict::kVerified;
  if (trust.policy && !held && verification.report.verdict != Verdict::kUnsigned)
    return std::unexpected(error_of(verification.report, path));
  if (held)
    take(std::move(verification), input);
  else if (!trust.policy)
    input.warnings.push_back("the signature does not verify: " + describe(error_of(verification.report, path)));
  return input;
}

Result<SignedFile> find_provenance(const fs::path& path) {
  for (const std::string_view type : {"slsaprovenance1", "slsaprovenance"}) {
    WM_TRY(const std::string uri, predicate_type(type));
    const fs::path place = default_attestation(path, uri);
    auto text = read_file(place, kMaxBundleSize);
    if (text) return SignedFile{place, sha256_hex(*text)};
    if (text.error().code != ErrorCode::kFileNotFound) return std::unexpected(std::move(text).error());
  }
  return SignedFile();
}

}  // namespace weightmark
