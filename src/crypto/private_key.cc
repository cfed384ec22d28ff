#include "crypto/private_key.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "base/try.h"
#include "crypto/ed25519.h"
#include "crypto/openssl.h"
#include "crypto/pem.h"
#include "crypto/public_key.h"

namespace weightmark {
namespace {

constexpr std::size_t kMaxBlocks = 100;

std::unexpected<Error> fail(ErrorCode code, std::string what, std::string hint) {
  return std::unexpected(Error{code, std::move(what), {}, std::move(hint)});
}

std::unexpected<Error> malformed(std::string what, std::string hint) {
  return fail(ErrorCode::kKeyMalformed, std::move(what), std::move(hint));
}

Result<Bytes> ed25519_signature(const EVP_PKEY* pkey, ByteView message) {
  Ed25519Key seed{};
  std::size_t size = seed.size();
  if (EVP_PKEY_get_raw_private_key(pkey, seed.data(), &size) != 1)
    return fail(ErrorCode::kInternal, fmt::format("the key cannot be read: {}", take_openssl_errors()), {});
  Ed25519Signature signature = ed25519ph_sign(message, seed);
  OPENSSL_cleanse(seed.data(), seed.size());
  return Bytes(signature.begin(), signature.end());
}

Result<Bytes> evp_signature(EVP_PKEY* pkey, const EVP_MD* algorithm, ByteView message) {
  MdContextPtr context(EVP_MD_CTX_new());
  Bytes signature(static_cast<std::size_t>(EVP_PKEY_get_size(pkey)));
  std::size_t size = signature.size();
  if (EVP_DigestSignInit(context.get(), nullptr, algorithm, nullptr, pkey) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1)
    return fail(ErrorCode::kInternal, fmt::format("signing failed: {}", take_openssl_errors()), {});
  signature.resize(size);  // an ECDSA signature in DER is often shorter than the longest
  return signature;
}

// SoftwareKey signs with a private key in this process's memory; OpenSSL wipes
// it when it frees it.
class SoftwareKey : public SigningKey {
 public:
  SoftwareKey(PkeyPtr pkey, PublicKey public_key) : pkey_(std::move(pkey)), public_key_(std::move(public_key)) {}

  const PublicKey& public_key() const override { return public_key_; }

  Result<Bytes> sign(ByteView message) override {
    if (public_key_.type() == KeyType::kEd25519) return ed25519_signature(pkey_.get(), message);
    return evp_signature(pkey_.get(), hash_of(default_scheme(public_key_.type())), message);
  }

 private:
  PkeyPtr pkey_;
  PublicKey public_key_;
};

bool is_private_key(const PemBlock& block) { return block.label.ends_with("PRIVATE KEY"); }

// is_encrypted_old_style: RFC 1421, section 4.6.1.1, as OpenSSL has always
// written it for SEC1 and PKCS#1.
bool is_encrypted_old_style(const PemBlock& block) { return block.header.find("ENCRYPTED") != std::string::npos; }

Result<Secret> ask(const SecretSource& password) {
  if (!password)
    return fail(ErrorCode::kKeyPasswordRequired, "the private key is encrypted and no password was given",
                "give the key's password");
  return password();
}

std::unexpected<Error> wrong_password() {
  return fail(ErrorCode::kKeyPasswordWrong, "the password does not open the private key",
              "check the password, and that it is the right key file");
}

// Decoded keys of a type that OpenSSL does not know leave nothing but an error.
Result<PkeyPtr> key_or_malformed(EVP_PKEY* key) {
  PkeyPtr pkey(key);
  std::string reason = take_openssl_errors();
  if (pkey) return pkey;
  return malformed(fmt::format("the private key cannot be decoded: {}", reason), "the file may be damaged");
}

Result<PkeyPtr> from_pkcs8(const PKCS8_PRIV_KEY_INFO* info) { return key_or_malformed(EVP_PKCS82PKEY(info)); }

Result<PkeyPtr> decode_pkcs8(PemBlock block) {
  auto info = decode_der<Pkcs8Ptr>(d2i_PKCS8_PRIV_KEY_INFO, block.data.view());
  if (!info) return malformed("the private key is not valid PKCS#8", "the file may be damaged");
  return from_pkcs8(info.get());
}

// is_unsupported_cipher tells an encryption that this OpenSSL does not have from
// a password that is wrong; it looks at the error queue.
bool is_unsupported_cipher() {
  for (unsigned long error = ERR_get_error(); error != 0; error = ERR_get_error()) {
    int reason = ERR_GET_REASON(error);
    if (ERR_GET_LIB(error) == ERR_LIB_EVP &&
        (reason == ERR_R_UNSUPPORTED || reason == EVP_R_UNKNOWN_PBE_ALGORITHM || reason == EVP_R_UNSUPPORTED_CIPHER ||
         reason == EVP_R_UNSUPPORTED_PRF || reason == EVP_R_UNSUPPORTED_KEY_DERIVATION_FUNCTION))
      return true;
  }
  return false;
}

std::unexpected<Error> decryption_failed() {
  bool unsupported = is_unsupported_cipher();
  take_openssl_errors();
  if (!unsupported) return wrong_password();
  return fail(ErrorCode::kKeyUnsupported, "the private key is encrypted in a way that this OpenSSL does not support",
              "encrypt it anew: openssl pkcs8 -topk8 -v2 aes-256-cbc");
}

Result<PkeyPtr> decode_encrypted_pkcs8(PemBlock block, const SecretSource& password) {
  auto sealed = decode_der<X509SigPtr>(d2i_X509_SIG, block.data.view());
  if (!sealed) return malformed("the private key is not valid encrypted PKCS#8", "the file may be damaged");
  WM_TRY(Secret secret, ask(password));
  std::string_view text = secret.view();
  ERR_clear_error();
  // PKCS8_decrypt takes a null password for "no password", a different thing.
  Pkcs8Ptr info(PKCS8_decrypt(sealed.get(), text.empty() ? "" : text.data(), static_cast<int>(text.size())));
  if (!info) return decryption_failed();
  return from_pkcs8(info.get());
}

int give_secret(char* buffer, int size, int, void* user) {
  std::string_view text = static_cast<const Secret*>(user)->view();
  if (text.size() > static_cast<std::size_t>(size)) return -1;
  std::ranges::copy(text, buffer);
  return static_cast<int>(text.size());
}

Result<void> decrypt_old_style(PemBlock& block, const SecretSource& password) {
  EVP_CIPHER_INFO cipher{};
  if (PEM_get_EVP_CIPHER_INFO(block.header.data(), &cipher) != 1) {
    take_openssl_errors();
    return fail(ErrorCode::kKeyUnsupported, "the private key is encrypted with an unknown cipher",
                "encrypt it anew: openssl pkcs8 -topk8");
  }
  WM_TRY(Secret secret, ask(password));
  long size = static_cast<long>(block.data.view().size());
  ERR_clear_error();
  if (PEM_do_header(&cipher, block.data.mutable_data(), &size, give_secret, &secret) != 1) return decryption_failed();
  block.data.shrink(static_cast<std::size_t>(size));
  return {};
}

Result<PkeyPtr> decode_old_style(int type, PemBlock block, const SecretSource& password) {
  bool encrypted = is_encrypted_old_style(block);
  if (encrypted) WM_CHECK(decrypt_old_style(block, password));
  const unsigned char* in = block.data.view().data();
  PkeyPtr pkey(d2i_PrivateKey(type, nullptr, &in, static_cast<long>(block.data.view().size())));
  // The older encryption has no check value: one wrong password in 256 yields
  // plausible padding and then bytes that are no key.
  if (pkey || !encrypted) return key_or_malformed(pkey.release());
  take_openssl_errors();
  return wrong_password();
}

Result<PkeyPtr> decode(PemBlock block, const SecretSource& password) {
  if (block.label == "PRIVATE KEY") return decode_pkcs8(std::move(block));
  if (block.label == "ENCRYPTED PRIVATE KEY") return decode_encrypted_pkcs8(std::move(block), password);
  if (block.label == "EC PRIVATE KEY") return decode_old_style(EVP_PKEY_EC, std::move(block), password);
  if (block.label == "RSA PRIVATE KEY") return decode_old_style(EVP_PKEY_RSA, std::move(block), password);
  if (block.label == "OPENSSH PRIVATE KEY")
    return malformed("this is a private key in OpenSSH's own format",
                     "convert a copy of it: ssh-keygen -p -m PKCS8 -f COPY");
  return fail(ErrorCode::kKeyUnsupported, fmt::format("\"{}\" is not a kind of key that signs models", block.label),
              "use an EC, RSA or Ed25519 key");
}

std::unexpected<Error> not_a_private_key(std::string_view text, const std::vector<PemBlock>& blocks) {
  if (blocks.empty() && text.starts_with('\x30'))
    return malformed("this is DER, not PEM", "convert it: openssl pkey -inform DER -in FILE");
  if (blocks.empty()) return malformed("no PEM block in it", "give a file with a \"-----BEGIN PRIVATE KEY-----\" line");
  const std::string& label = blocks.back().label;
  if (label.ends_with("PUBLIC KEY"))
    return malformed("this is a public key, and a private key is needed", "give the private key that belongs to it");
  if (label == "CERTIFICATE")
    return malformed("this is a certificate, and a private key is needed",
                     "give the private key; the certificate has an option of its own");
  return malformed(fmt::format("the PEM block \"{}\" is not a private key", label), {});
}

// check_pair refuses a file whose public and private halves do not belong
// together: its signatures would never verify. OpenSSL has no such check for
// Ed25519, and needs none: it computes the public half.
Result<void> check_pair(EVP_PKEY* pkey) {
  if (EVP_PKEY_get_base_id(pkey) == EVP_PKEY_ED25519) return {};
  PkeyContextPtr context(EVP_PKEY_CTX_new(pkey, nullptr));
  if (EVP_PKEY_pairwise_check(context.get()) == 1) return {};
  take_openssl_errors();
  return malformed("the two halves of the private key do not belong together", "the file may be damaged");
}

Result<std::optional<PemBlock>> only_private_key(std::vector<PemBlock>& blocks) {
  if (std::ranges::count_if(blocks, is_private_key) > 1)
    return malformed("there is more than one private key in it", "give a file with one private key");
  auto found = std::ranges::find_if(blocks, is_private_key);
  if (found == blocks.end()) return std::nullopt;
  return std::move(*found);
}

}  // namespace

Result<std::unique_ptr<SigningKey>> load_private_key(std::string_view pem, const SecretSource& password) {
  WM_TRY(std::vector<PemBlock> blocks, read_pem(pem, kMaxBlocks, ErrorCode::kKeyMalformed));
  WM_TRY(std::optional<PemBlock> block, only_private_key(blocks));
  if (!block) return not_a_private_key(pem, blocks);
  WM_TRY(PkeyPtr pkey, decode(std::move(*block), password));
  WM_CHECK(supported_key_type(pkey.get()));
  WM_CHECK(check_pair(pkey.get()));
  return software_key(std::move(pkey));
}

Result<std::unique_ptr<SigningKey>> software_key(PkeyPtr pkey) {
  WM_TRY(PublicKey public_key, public_half(pkey.get()));
  return std::make_unique<SoftwareKey>(std::move(pkey), std::move(public_key));
}

}  // namespace weightmark
