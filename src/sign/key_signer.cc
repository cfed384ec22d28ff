// Signing with a key that somebody keeps.
#include <fmt/format.h>

#include "attest/bundle.h"
#include "base/refuse.h"
#include "base/try.h"
#include "crypto/chain.h"
#include "verify/verifier.h"
#include "weightmark/signer.h"

namespace weightmark {
namespace {

class KeySigner : public Signer {
 public:
  KeySigner(SigningKey& key, std::vector<Certificate> chain) : key_(key), chain_(std::move(chain)) {}

  // What no verifier would take: another key's certificate, or one outside its validity.
  Result<void> check(Time now) override {
    if (chain_.empty()) return {};
    const Certificate& leaf = chain_.front();
    WM_TRY(PublicKey key, leaf.public_key());
    if (key != key_.public_key())
      return refuse(ErrorCode::kCertificateKeyMismatch, "the private key does not belong to the certificate",
                    leaf.subject(), "give the key and the certificate that were made for each other");
    if (chain_.size() > kMaxCertificates)
      return refuse(ErrorCode::kBundleChainTooLong,
                    fmt::format("{} certificates, over the limit of {}", chain_.size(), kMaxCertificates));
    if (now > leaf.not_after())
      return refuse(ErrorCode::kCertificateExpired, "has expired", leaf.subject(), "sign with a valid certificate");
    if (now < leaf.not_before())
      return refuse(ErrorCode::kCertificateNotYetValid, "is not valid yet", leaf.subject(), "check the clock");
    return check_signing_usage(leaf);
  }

  Result<Bundle> sign(std::string_view statement) override {
    Bundle bundle;
    bundle.media_type = kBundleMediaType;
    if (chain_.empty())
      bundle.material = PublicKeyMaterial{key_.public_key().fingerprint(), {}};
    else
      bundle.material = CertificateMaterial{chain_, false};
    bundle.envelope = {std::string(kInTotoPayloadType), Bytes(statement.begin(), statement.end()), {}};
    WM_TRY(bundle.envelope.signature, key_.sign(pae(bundle.envelope.payload_type, bundle.envelope.payload)));
    return bundle;
  }

  // A certificate's chain is not checked: the signer need not have the root that
  // verifiers trust.
  Result<Verified<SignedStatement>> verify(const Bundle& bundle, Time now) const override {
    Bundle by_key = bundle;
    by_key.material = PublicKeyMaterial{};
    std::vector<Check> checks;
    return Verifier::verify_statement(by_key, KeyTrust{{key_.public_key()}}, now, checks);
  }

 private:
  SigningKey& key_;
  std::vector<Certificate> chain_;
};

}  // namespace

std::unique_ptr<Signer> key_signer(SigningKey& key, std::vector<Certificate> chain) {
  return std::make_unique<KeySigner>(key, std::move(chain));
}

}  // namespace weightmark
