#include "crypto/ephemeral_key.h"

#include <fmt/format.h>

#include "base/refuse.h"
#include "base/try.h"
#include "crypto/openssl.h"
#include "crypto/pem.h"
#include "crypto/private_key.h"

namespace weightmark {
namespace {

using RequestPtr = std::unique_ptr<X509_REQ, FreeWith<X509_REQ_free>>;

std::unexpected<Error> failed(std::string_view step) {
  return refuse(ErrorCode::kInternal, fmt::format("{}: {}", step, take_openssl_errors()));
}

class GeneratedKey : public EphemeralKey {
 public:
  GeneratedKey(PkeyPtr pkey, std::unique_ptr<SigningKey> key) : pkey_(std::move(pkey)), key_(std::move(key)) {}

  const PublicKey& public_key() const override { return key_->public_key(); }
  Result<Bytes> sign(ByteView message) override { return key_->sign(message); }

  Result<std::string> certificate_request() const override {
    const RequestPtr request(X509_REQ_new());
    if (X509_REQ_set_pubkey(request.get(), pkey_.get()) != 1 ||
        X509_REQ_sign(request.get(), pkey_.get(), EVP_sha256()) <= 0)
      return failed("a certificate request cannot be made");
    return write_pem("CERTIFICATE REQUEST", encode_der<X509_REQ>(i2d_X509_REQ, request.get()));
  }

 private:
  PkeyPtr pkey_;
  std::unique_ptr<SigningKey> key_;
};

}  // namespace

Result<std::unique_ptr<EphemeralKey>> EphemeralKey::generate() {
  PkeyPtr pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  if (!pkey || EVP_PKEY_up_ref(pkey.get()) != 1) return failed("a key cannot be made");
  WM_TRY(auto key, software_key(PkeyPtr(pkey.get())));
  return std::make_unique<GeneratedKey>(std::move(pkey), std::move(key));
}

}  // namespace weightmark
