#include "sign/keyless_signer.h"

#include <utility>

#include "attest/bundle.h"
#include "base/refuse.h"
#include "base/try.h"
#include "crypto/ephemeral_key.h"
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

class KeylessSigner : public Signer {
 public:
  explicit KeylessSigner(KeylessOptions options) : options_(std::move(options)) {}

  Result<void> check(Time now) override {
    WM_CHECK(select_services(options_.config, now));
    return {};
  }

  Result<Bundle> sign(std::string_view statement) override {
    WM_TRY(const SelectedServices services, select_services(options_.config, options_.clock()));
    WM_TRY(const IdentityToken token, confirmed_token());
    WM_TRY(const auto key, EphemeralKey::generate());
    WM_TRY(const Certificate certificate, certify(services.authority, token, *key));
    Bundle bundle;
    bundle.media_type = kBundleMediaType;
    bundle.material = CertificateMaterial{{certificate}, true};
    bundle.envelope = {std::string(kInTotoPayloadType), Bytes(statement.begin(), statement.end()), {}};
    WM_TRY(bundle.envelope.signature, key->sign(pae(bundle.envelope.payload_type, bundle.envelope.payload)));
    WM_CHECK(collect(services.clocks, [&](const SigningService& clock) { return add_timestamp(bundle, clock); }));
    WM_CHECK(
        collect(services.logs, [&](const SigningService& log) { return add_log_entry(bundle, log, certificate); }));
    return bundle;
  }

  Result<Verified<SignedModel>> verify(const Bundle& bundle, Time now) const override {
    std::vector<ExpectedIdentity> expected;
    for (const SubjectName& name : identity_.names) expected.push_back({name.value, identity_.issuer});
    std::vector<Check> checks;
    return Verifier::verify_signature(bundle, SigstoreTrust{options_.root, std::move(expected)}, now, checks);
  }

 private:
  Result<IdentityToken> confirmed_token() const {
    WM_TRY(IdentityToken token, options_.token());
    WM_CHECK(token.check(options_.clock(), options_.audience));
    WM_CHECK(options_.consent(token.identity()));
    return token;
  }

  Result<Certificate> certify(const SigningService& authority, const IdentityToken& token, const EphemeralKey& key) {
    WM_TRY(const std::string request, key.certificate_request());
    WM_TRY(const Certificate certificate, request_certificate(*options_.http, authority.url, token, request));
    WM_TRY(CertifiedIdentity certified,
           check_certificate(certificate, key.public_key(), token, options_.root, options_.clock()));
    identity_ = std::move(certified.identity);
    return certificate;
  }

  SigstoreTrust trust() const { return {options_.root, {}}; }

  // Each answer is verified before the next service is asked: what is wrong is found
  // where it is.
  Result<void> add_timestamp(Bundle& bundle, const SigningService& clock) {
    WM_TRY(Bytes token, request_timestamp(*options_.http, clock.url, bundle.envelope.signature));
    Bundle trial = bundle;
    trial.timestamps = {token};
    WM_CHECK(verify_times(trial, {}, trust()));
    bundle.timestamps.push_back(std::move(token));
    return {};
  }

  Result<void> add_log_entry(Bundle& bundle, const SigningService& log, const Certificate& certificate) {
    const RekorVerifier signer{true, certificate.der()};
    const Recorded recorded{bundle.envelope, signer, certificate.pem(), kKeyDetails};
    WM_TRY(LogEntry entry, record_signature(*options_.http, log, recorded));
    Bundle trial = bundle;
    trial.log_entries = {entry};
    auto verified = verify_logs(trial, signer, SignedContent::of_envelope(bundle.envelope), trust());
    if (!verified)
      return refuse(ErrorCode::kLogAnswer, "the entry does not verify: " + describe(verified.error()), log.url);
    bundle.log_entries.push_back(std::move(entry));
    return {};
  }

  KeylessOptions options_;
  CertificateIdentity identity_;  // that was certified last
};

}  // namespace

std::unique_ptr<Signer> keyless_signer(KeylessOptions options) {
  return std::make_unique<KeylessSigner>(std::move(options));
}

}  // namespace weightmark
