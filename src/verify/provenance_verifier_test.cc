// Who signed provenance, in each of its forms.
#include <gtest/gtest.h>

#include "attest/statement.h"
#include "verify/bundle_testing.h"
#include "verify/provenance_testing.h"
#include "verify/sigstore_testing.h"
#include "verify/verifier.h"

namespace weightmark {
namespace {

using namespace testing;

const Laboratory& lab() {
  static const Laboratory laboratory;
  return laboratory;
}

constexpr const char* kIssuer = "https://token.actions.githubusercontent.com";

std::string statement_text(const SignedProvenance& said, std::string_view type = kProvenanceV1) {
  return write_statement(said.subjects, type,
                         [&](JsonWriter& writer) { writer.verbatim(write_provenance(said.provenance)); });
}

// recipe signs a statement as a run of a workflow.
Recipe recipe(const std::string& statement, const SignerReport& signer = github_signer()) {
  Recipe recipe;
  recipe.payload = Bytes(statement.begin(), statement.end());
  recipe.change_leaf = [signer](CertificateOptions& options) {
    options.subject_alternative_name = "URI:" + signer.identity.names.front().value;
    options.other_extensions.clear();
    const auto add = [&](int number, const std::string& value) {
      options.other_extensions.emplace_back("1.3.6.1.4.1.57264.1." + std::to_string(number),
                                            "ASN1:UTF8String:" + value);
    };
    add(8, kIssuer);
    constexpr std::pair<int, const char*> kNumbers[] = {{11, "runner-environment"},
                                                        {12, "source-repository-uri"},
                                                        {13, "source-repository-digest"},
                                                        {14, "source-repository-ref"},
                                                        {15, "source-repository-identifier"},
                                                        {17, "source-repository-owner-identifier"},
                                                        {18, "build-config-uri"},
                                                        {20, "build-trigger"},
                                                        {21, "run-invocation-uri"}};
    for (const auto& [number, name] : kNumbers) add(number, signer.identity.claim(name));
  };
  return recipe;
}

ProvenanceTrust sigstore() {
  ProvenanceTrust trust;
  trust.trust = Laboratory::trust(lab().root());
  std::get<SigstoreTrust>(trust.trust).identities.clear();
  return trust;
}

Manifest image() {
  Manifest manifest;
  FileEntry file;
  file.digest = Digest::from_hex(HashAlgorithm::kSha256, kSubjectDigest).value();
  manifest.files.push_back(std::move(file));
  complete_manifest(manifest);
  return manifest;
}

// verify is the code of what is wrong, or "accepted".
std::string verify(const ProvenanceEnvelope& envelope, const ProvenanceTrust& trust,
                   const Manifest& measured = image()) {
  std::vector<Check> checks;
  const auto said = Verifier::verify_provenance_signature(envelope, trust, kTestNow, checks);
  if (!said) return std::string(code_name(said.error().code));
  const auto judged = Verifier::verify_provenance(*said, measured, trust.builders, {}, kTestNow, checks);
  return judged ? "accepted" : std::string(code_name(judged.error().code));
}

ProvenanceEnvelope as_bundle(Bundle bundle) { return {ProvenanceEnvelope::Form::kBundle, std::move(bundle), ""}; }

TEST(SignedProvenance, IsVerifiedAndJudged) {
  const Bundle bundle = lab().make(recipe(statement_text(github_attest())));
  EXPECT_EQ(verify(as_bundle(bundle), sigstore()), "accepted");
}

TEST(SignedProvenance, IsOfWhoMaySignForABuilder) {
  SignerReport person = github_signer("https://example.com/someone");
  const Bundle bundle = lab().make(recipe(statement_text(github_attest()), person));
  EXPECT_EQ(verify(as_bundle(bundle), sigstore()), "identity-mismatch");
  ProvenanceTrust named = sigstore();
  std::get<SigstoreTrust>(named.trust).identities = {{"https://example.com/someone", kIssuer, false}};
  EXPECT_EQ(verify(as_bundle(bundle), named), "provenance-builder-signer");
}

TEST(SignedProvenance, IsAboutWhatWasMeasured) {
  Manifest other = image();
  other.files.front().digest = sha256("other");
  complete_manifest(other);
  EXPECT_EQ(verify(as_bundle(lab().make(recipe(statement_text(github_attest())))), sigstore(), other), "subject-other");
}

TEST(SignedProvenance, IsProvenance) {
  EXPECT_EQ(
      verify(as_bundle(lab().make(recipe(statement_text(github_attest(), "https://spdx.dev/Document")))), sigstore()),
      "provenance-type");
  Bundle bundle = lab().make(recipe(statement_text(github_attest())));
  bundle.envelope.payload.back() ^= 1U;
  EXPECT_NE(verify(as_bundle(bundle), sigstore()), "accepted");
}

// --- an envelope by itself

ProvenanceEnvelope unlogged() {
  ProvenanceEnvelope envelope = as_bundle(lab().make(recipe(statement_text(github_attest()))));
  envelope.form = ProvenanceEnvelope::Form::kBare;
  envelope.bundle.log_entries.clear();
  envelope.bundle.media_type.clear();
  return envelope;
}

TEST(UnloggedEnvelope, IsRefusedUnlessThatIsAccepted) {
  EXPECT_EQ(verify(unlogged(), sigstore()), "provenance-unproven");
  ProvenanceTrust trust = sigstore();
  trust.unproven_time = true;
  EXPECT_EQ(verify(unlogged(), trust), "accepted");
  std::vector<Check> checks;
  const auto said = Verifier::verify_provenance_signature(unlogged(), trust, kTestNow, checks).value();
  EXPECT_FALSE(said->time_proven);
  EXPECT_EQ(Verifier::verify_provenance(said, image(), {}, {}, kTestNow, checks).value()->facts.level, 1U);
}

TEST(UnloggedEnvelope, IsChecked) {
  ProvenanceTrust trust = sigstore();
  trust.unproven_time = true;
  ProvenanceEnvelope envelope = unlogged();
  envelope.bundle.envelope.signature.back() ^= 1U;
  EXPECT_EQ(verify(envelope, trust), "signature-invalid");
  envelope = unlogged();
  envelope.bundle.material = CertificateMaterial{{lab().another_leaf()}, true};
  EXPECT_NE(verify(envelope, trust), "accepted");
  RootLines root = lab().root();
  root.certificate_authorities.clear();
  trust.trust = Laboratory::trust(root);
  std::get<SigstoreTrust>(trust.trust).identities.clear();
  EXPECT_EQ(verify(unlogged(), trust), "certificate-untrusted");
}

// A bundle never becomes an envelope by itself: what lacks a log entry there is refused.
TEST(UnloggedEnvelope, IsNoBundle) {
  ProvenanceTrust trust = sigstore();
  trust.unproven_time = true;
  Bundle bundle = lab().make(recipe(statement_text(github_attest())));
  bundle.log_entries.clear();
  EXPECT_EQ(verify(as_bundle(bundle), trust), "log-missing");
}

// --- keys

TEST(KeySignedProvenance, IsVerifiedAsABundleAndByItself) {
  const SignedProvenance said = trained({}, "https://acme.example/lab");
  ProvenanceTrust trust;
  trust.trust = KeyTrust{{a_key().public_key()}};
  ProvenanceEnvelope envelope = as_bundle(key_bundle(statement_text(said), a_key()));
  EXPECT_EQ(verify(envelope, trust), "accepted");
  envelope.form = ProvenanceEnvelope::Form::kBare;
  envelope.bundle.media_type.clear();
  envelope.bundle.material = PublicKeyMaterial{};
  EXPECT_EQ(verify(envelope, trust), "accepted");
  trust.trust = KeyTrust{{another_key().public_key()}};
  EXPECT_NE(verify(envelope, trust), "accepted");
}

TEST(GoogleEnvelope, IsOfAKnownKey) {
  ProvenanceEnvelope envelope = as_bundle(key_bundle(statement_text(google_build()), a_key()));
  envelope.form = ProvenanceEnvelope::Form::kGoogle;
  envelope.key_id =
      "projects/verified-builder/locations/mars/keyRings/attestor/cryptoKeys/builtByGCB/cryptoKeyVersions/1";
  EXPECT_EQ(verify(envelope, sigstore()), "provenance-builder-signer");
  envelope.key_id = google_build().google_key;
  EXPECT_EQ(verify(envelope, sigstore()), "signature-invalid");
  // With a key of the caller's own, Google's do not count unless they are asked for.
  ProvenanceTrust trust;
  trust.trust = KeyTrust{{a_key().public_key()}};
  EXPECT_EQ(verify(envelope, trust), "provenance-builder-signer");
  trust.google_keys = true;
  EXPECT_EQ(verify(envelope, trust), "signature-invalid");
}

}  // namespace
}  // namespace weightmark
