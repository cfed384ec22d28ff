// Who signed provenance, in each of the forms that it comes in.
#include <fmt/format.h>

#include <algorithm>

#include "attest/attestation.h"
#include "base/text.h"
#include "base/try.h"
#include "crypto/identity.h"
#include "trust/google_keys.h"
#include "verify/checks.h"
#include "verify/envelope.h"
#include "verify/sigstore.h"
#include "verify/verifier.h"

namespace weightmark {
namespace {

using Form = ProvenanceEnvelope::Form;

// --- an envelope with a certificate and nothing else

std::string name_of(const CertificateIdentity& identity) {
  return identity.names.empty() ? "nobody" : excerpt(identity.names.front().value);
}

// verify_unlogged makes every check of a keyless signature that needs no time, as of when
// the certificate was issued.
Result<SignerReport> verify_unlogged(const Bundle& bundle, const SigstoreTrust& trust, std::vector<Check>& checks) {
  const auto& material = std::get<CertificateMaterial>(bundle.material);
  const Certificate& leaf = material.chain.front();
  SignerReport signer{"sigstore", {}, {}, {}, "DSSE"};
  const std::vector<AttestedTime> issued = {{leaf.not_before(), "", ""}};
  WM_TRY(signer.chain, record(verify_authority(material, issued, trust), "certificate", checks));
  record_passed(checks, "certificate", fmt::format("issued by {}", signer.chain.back().subject()));
  WM_CHECK(record(verify_scts(signer.chain, trust), "certificate-log", checks));
  record_passed(checks, "certificate-log", "the certificate was logged");
  WM_TRY(signer.identity, record(read_identity(leaf), "identity", checks));
  WM_CHECK(record(verify_identity(signer.identity, trust.identities), "identity", checks));
  record_passed(checks, "identity",
                fmt::format("{}, confirmed by {}", name_of(signer.identity), signer.identity.issuer));
  WM_TRY(const PublicKey key, record(leaf.public_key(), "signature", checks));
  const Bytes signed_bytes = pae(bundle.envelope.payload_type, bundle.envelope.payload);
  WM_CHECK(record(key.verify(signed_bytes, bundle.signature(), default_scheme(key.type())), "signature", checks));
  signer.key_type = key_type_name(key.type());
  signer.key_fingerprint = key.fingerprint();
  record_passed(checks, "signature", fmt::format("DSSE, by {} key {}", signer.key_type, signer.key_fingerprint));
  return signer;
}

Result<void> check_unproven(bool accepted, std::vector<Check>& checks) {
  const Error error{ErrorCode::kProvenanceUnproven, "the signature holds, but nobody attests when it was made",
                    "tlogEntries", "ask for a bundle with its log entry, or accept that with --allow-unproven-time"};
  if (!accepted) return record<void>(std::unexpected(error), "time", checks);
  checks.push_back({"time", Outcome::kNotChecked, error.what, std::nullopt});
  return {};
}

// --- Google's keys

Result<void> check_google(const Envelope& envelope, const GoogleKey& key) {
  const Bytes encoded = pae(envelope.payload_type, envelope.payload);
  const ByteView signed_bytes = key.signs_payload ? ByteView(envelope.payload) : ByteView(encoded);
  return key.key.verify(signed_bytes, envelope.signature, SignatureScheme::kEcdsaSha256);
}

Result<SignerReport> verify_google(const ProvenanceEnvelope& envelope, std::vector<Check>& checks) {
  WM_TRY(const std::vector<GoogleKey> keys, google_keys());
  const auto key = std::ranges::find(keys, envelope.key_id, &GoogleKey::id);
  if (key == keys.end())
    return record<SignerReport>(refuse(ErrorCode::kProvenanceBuilderSigner,
                                       fmt::format("no key of Google's is known by \"{}\"", excerpt(envelope.key_id)),
                                       "keyid", "a newer Weightmark may know it; a file of builders can name any key"),
                                "signature", checks);
  WM_CHECK(record(check_google(envelope.bundle.envelope, *key), "signature", checks));
  SignerReport signer{"key",
                      std::string(key_type_name(key->key.type())),
                      key->key.fingerprint(),
                      {},
                      key->signs_payload ? "the payload alone" : "DSSE"};
  record_passed(checks, "signature", fmt::format("{}, by {}", signer.encoding, key->id));
  return signer;
}

// --- the statement

Result<Statement> read_statement(const Envelope& envelope) {
  if (envelope.payload_type != kInTotoPayloadType)
    return refuse(ErrorCode::kPayloadType,
                  fmt::format("\"{}\" is not {}", excerpt(envelope.payload_type), kInTotoPayloadType), "payloadType");
  return parse_statement(as_text(envelope.payload), StatementVersions::kAny);
}

Result<SignedProvenance> read_provenance(const Envelope& envelope, SignerReport signer) {
  WM_TRY(const Statement statement, read_statement(envelope));
  SignedProvenance said;
  WM_TRY(said.provenance, parse_provenance(statement.predicate_type, statement.predicate()));
  said.subjects = statement.subjects;
  said.predicate = write_json(statement.predicate().json());
  said.signer = std::move(signer);
  return said;
}

// with_identities has those whom the rules know, where the caller names nobody.
Trust with_identities(const ProvenanceTrust& trust) {
  Trust complete = trust.trust;
  if (auto* sigstore = std::get_if<SigstoreTrust>(&complete); sigstore != nullptr && sigstore->identities.empty())
    sigstore->identities = identities_of(trust.builders);
  return complete;
}

struct Signed {
  SignerReport signer;
  bool google = false;
  bool time_proven = true;
};

Result<Signed> verify_signer_of(const ProvenanceEnvelope& envelope, const ProvenanceTrust& trust, Time time,
                                std::vector<Check>& checks) {
  const Trust complete = with_identities(trust);
  const auto* sigstore = std::get_if<SigstoreTrust>(&complete);
  if (envelope.form == Form::kGoogle && (sigstore != nullptr || trust.google_keys)) {
    WM_TRY(SignerReport signer, verify_google(envelope, checks));
    return Signed{std::move(signer), true, true};
  }
  Bundle bundle = envelope.bundle;
  const bool certificate = std::holds_alternative<CertificateMaterial>(bundle.material);
  if (envelope.form != Form::kBundle && sigstore != nullptr && certificate) {
    WM_TRY(SignerReport signer, verify_unlogged(bundle, *sigstore, checks));
    WM_CHECK(check_unproven(trust.unproven_time, checks));
    return Signed{std::move(signer), false, false};
  }
  // As what a bundle of that version would be.
  if (envelope.form != Form::kBundle) bundle.media_type = kBundleMediaType;
  WM_TRY(SignerReport signer, verify_envelope(bundle, complete, time, checks));
  return Signed{std::move(signer), false, true};
}

}  // namespace

Result<Verified<SignedProvenance>> Verifier::verify_provenance_signature(const ProvenanceEnvelope& envelope,
                                                                         const ProvenanceTrust& trust, Time time,
                                                                         std::vector<Check>& checks) {
  WM_TRY(Signed found, verify_signer_of(envelope, trust, time, checks));
  WM_TRY(SignedProvenance said,
         record(read_provenance(envelope.bundle.envelope, std::move(found.signer)), "statement", checks));
  if (found.google) said.google_key = envelope.key_id;
  said.time_proven = found.time_proven;
  record_passed(checks, "statement", said.provenance.predicate_type);
  return Verified<SignedProvenance>(std::move(said));
}

Result<Verified<JudgedProvenance>> Verifier::verify_provenance(const Verified<SignedProvenance>& provenance,
                                                               const Manifest& measured, const Builders& builders,
                                                               const ProvenanceExpectations& expected, Time time,
                                                               std::vector<Check>& checks) {
  const SignedProvenance& said = *provenance;
  const Subject* subject = find_subject(said.subjects, measured);
  if (subject == nullptr)
    return record<Verified<JudgedProvenance>>(
        refuse(ErrorCode::kSubjectOther,
               fmt::format("about \"{}\" with other digests than these", excerpt(said.subjects.front().name)), {},
               "it is for another version, or other paths were ignored when it was made"),
        "subject", checks);
  record_passed(checks, "subject", fmt::format("\"{}\"", excerpt(subject->name)));
  WM_TRY(ProvenanceFacts facts, judge_provenance(said, builders, expected, time, checks));
  facts.subject = subject->name;
  return Verified<JudgedProvenance>(JudgedProvenance{said, std::move(facts)});
}

}  // namespace weightmark
