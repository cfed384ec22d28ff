#include "sign/keyless_signer.h"

#include <utility>

#include "base/refuse.h"
#include "base/try.h"
#include "crypto/sha2.h"
#include "sign/certificate_authority.h"
#include "sign/rekor.h"
#include "sign/timestamp_authority.h"
#include "verify/sigstore.h"
#include "verify/verifier.h"

namespace weightmark {
namespace {

constexpr const char* kKeyDetails = "PKIX_ECDSA_P256_SHA_256";  // of every EphemeralKey

// collect asks services one after another, until as many as needed have answered.
template <class Ask>
Result<void> collect(const Selected& selected, Ask ask) {
  std::size_t done = 0;
  std::optional<Error> first;
  for (const SigningService& service : selected.services) {
    if (done == selected.needed) break;
    Result<void> status = ask(service);
    if (status)
      ++done;
    else if (!first)
      first = std::move(status).error();
  }
  if (done < selected.needed && first) return std::unexpected(*std::move(first));
  return {};
}

Bundle unsigned_bundle() {
  Bundle bundle;
  bundle.media_type = kBundleMediaType;
  return bundle;
}

Bytes& signature_of(Bundle& bundle) { return bundle.message ? bundle.message->signature : bundle.envelope.signature; }

}  // namespace

Result<void> KeylessSigner::check(Time now) {
  WM_CHECK(select_services(options_.config, now));
  return {};
}

Result<Bundle> KeylessSigner::sign(std::string_view statement) {
  Bundle bundle = unsigned_bundle();
  bundle.envelope = {std::string(kInTotoPayloadType), Bytes(statement.begin(), statement.end()), {}};
  const Bytes encoded = pae(bundle.envelope.payload_type, bundle.envelope.payload);
  return complete(std::move(bundle), encoded);
}

Result<Bundle> KeylessSigner::sign_message(ByteView message) {
  Bundle bundle = unsigned_bundle();
  bundle.message = MessageSignature{"SHA2_256", sha2(Sha2::k256, message), {}};
  return complete(std::move(bundle), message);
}

Result<Bundle> KeylessSigner::complete(Bundle bundle, ByteView signed_bytes) {
  WM_TRY(const SelectedServices services, select_services(options_.config, options_.clock()));
  WM_TRY(const IdentityToken token, confirmed_token());
  WM_TRY(const auto key, EphemeralKey::generate());
  WM_TRY(Certificate certificate, certify(services.authority, token, *key));
  bundle.material = CertificateMaterial{{std::move(certificate)}, true};
  for (int attempt = 0; attempt < 2; ++attempt) {
    WM_TRY(signature_of(bundle), key->sign(signed_bytes));
    WM_TRY(const bool recorded, attest(bundle, services, signed_bytes));
    if (recorded) return bundle;
  }
  return refuse(ErrorCode::kLogRefused, "says twice that it has a signature which it was not shown",
                "transparency log");
}

// attest has the time and the signature recorded. It returns false where a log has the
// signature already, and its entry is lost: then another signature is needed, which
// differs, for each has a random number in it.
Result<bool> KeylessSigner::attest(Bundle& bundle, const SelectedServices& services, ByteView signed_bytes) {
  bundle.timestamps.clear();
  bundle.log_entries.clear();
  const SignedContent content = SignedContent::of_message(Bytes(signed_bytes.begin(), signed_bytes.end()));
  WM_CHECK(collect(services.clocks, [&](const SigningService& clock) { return add_timestamp(bundle, clock); }));
  bool recorded = true;
  WM_CHECK(collect(services.logs, [&](const SigningService& log) -> Result<void> {
    WM_TRY(const bool taken, add_log_entry(bundle, log, content));
    recorded = recorded && taken;
    return {};
  }));
  return recorded;
}

std::vector<ExpectedIdentity> KeylessSigner::expected() const {
  std::vector<ExpectedIdentity> expected;
  expected.reserve(identity_.names.size());
  for (const SubjectName& name : identity_.names) expected.push_back({name.value, identity_.issuer});
  return expected;
}

Result<Verified<SignedStatement>> KeylessSigner::verify(const Bundle& bundle, Time now) const {
  std::vector<Check> checks;
  return Verifier::verify_statement(bundle, SigstoreTrust{options_.root, expected()}, now, checks);
}

Result<IdentityToken> KeylessSigner::confirmed_token() const {
  WM_TRY(IdentityToken token, options_.token());
  WM_CHECK(token.check(options_.clock(), options_.audience));
  WM_CHECK(options_.consent(token.identity()));
  return token;
}

Result<Certificate> KeylessSigner::certify(const SigningService& authority, const IdentityToken& token,
                                           const EphemeralKey& key) {
  WM_TRY(const std::string request, key.certificate_request());
  WM_TRY(Certificate certificate, request_certificate(*options_.http, authority.url, token, request));
  WM_TRY(identity_, check_certificate(certificate, key.public_key(), token, options_.root, options_.clock()));
  return certificate;
}

// Each answer is verified before the next service is asked: what is wrong is found where
// it is.
Result<void> KeylessSigner::add_timestamp(Bundle& bundle, const SigningService& clock) {
  WM_TRY(Bytes token, request_timestamp(*options_.http, clock.url, bundle.signature()));
  Bundle trial = bundle;
  trial.timestamps = {token};
  WM_CHECK(verify_times(trial, {}, {options_.root, {}}));
  bundle.timestamps.push_back(std::move(token));
  return {};
}

Result<bool> KeylessSigner::add_log_entry(Bundle& bundle, const SigningService& log, const SignedContent& content) {
  const Certificate& certificate = std::get<CertificateMaterial>(bundle.material).chain.front();
  const RekorVerifier signer{true, certificate.der()};
  WM_TRY(std::optional<LogEntry> entry,
         record_signature(*options_.http, log, {bundle, content.sha256, signer, certificate.pem(), kKeyDetails}));
  if (!entry) return false;
  SignedContent logged = content;
  if (!bundle.message) logged.payload = bundle.envelope.payload;
  Bundle trial = bundle;
  trial.log_entries = {*entry};
  if (auto held = verify_logs(trial, signer, logged, {options_.root, {}}); !held)
    return refuse(ErrorCode::kLogAnswer, "the entry does not verify: " + describe(held.error()), log.url);
  bundle.log_entries.push_back(*std::move(entry));
  return true;
}

}  // namespace weightmark
