#include "crypto/pki_testing.h"

#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "crypto/certificate.h"
#include "crypto/der.h"
#include "crypto/openssl.h"
#include "crypto/public_key.h"

namespace weightmark::testing {
namespace {

// must ends the process when a step of making test data failed.
void must(bool ok, const char* step) {
  if (ok) return;
  fmt::print(stderr, "pki_testing: {}: {}\n", step, take_openssl_errors());
  std::abort();
}

template <class T>
T must_have(T pointer, const char* step) {
  must(pointer != nullptr, step);
  return pointer;
}

PkeyPtr generate_rsa(int bits) {
  return must_have(PkeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(bits))), "RSA key");
}

PkeyPtr generate_curve(const std::string& curve) {
  return must_have(PkeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve.c_str())), "EC key");
}

PkeyPtr generate(KeyType type, int rsa_bits) {
  switch (type) {
    case KeyType::kEcP256: return generate_curve("P-256");
    case KeyType::kEcP384: return generate_curve("P-384");
    case KeyType::kEcP521: return generate_curve("P-521");
    case KeyType::kRsa: return generate_rsa(rsa_bits);
    case KeyType::kEd25519: break;
  }
  return must_have(PkeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")), "Ed25519 key");
}

const unsigned char* as_unsigned(std::string_view text) { return as_bytes(text).data(); }

std::string to_pem(const EVP_PKEY* pkey, std::string_view password = {}) {
  BioPtr bio(BIO_new(BIO_s_mem()));
  const EVP_CIPHER* cipher = password.empty() ? nullptr : EVP_aes_256_cbc();
  must(PEM_write_bio_PKCS8PrivateKey(bio.get(), pkey, cipher, password.data(), static_cast<int>(password.size()),
                                     nullptr, nullptr) == 1,
       "PKCS#8");
  return written_text(bio.get());
}

PkeyPtr from_pem(std::string_view pem) {
  BioPtr bio = memory_reader(pem);
  return must_have(PkeyPtr(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr)), "private key");
}

void set_subject(X509* x509, const std::string& common_name) {
  if (common_name.empty()) return;
  X509_NAME* name = X509_get_subject_name(x509);
  must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, as_unsigned(common_name), -1, -1, 0) == 1, "subject");
}

void set_serial(X509* x509) {
  std::uint64_t serial = 0;
  must(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof(serial)) == 1, "serial");
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), serial >> 1 | 1);
}

void set_validity(X509* x509, const CertificateOptions& options) {
  must(ASN1_TIME_set(X509_getm_notBefore(x509), options.not_before.time_since_epoch().count()) != nullptr, "notBefore");
  must(ASN1_TIME_set(X509_getm_notAfter(x509), options.not_after.time_since_epoch().count()) != nullptr, "notAfter");
}

void add_extension(X509* x509, X509* issuer, int nid, const std::string& value) {
  if (value.empty()) return;
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, x509, nullptr, nullptr, 0);
  std::unique_ptr<X509_EXTENSION, FreeWith<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  must(extension && X509_add_ext(x509, extension.get(), -1) == 1, value.c_str());
}

void add_extensions(X509* x509, X509* issuer, const CertificateOptions& options) {
  add_extension(x509, issuer, NID_basic_constraints, options.basic_constraints);
  add_extension(x509, issuer, NID_key_usage, options.key_usage);
  add_extension(x509, issuer, NID_ext_key_usage, options.extended_key_usage);
  add_extension(x509, issuer, NID_subject_alt_name, options.subject_alternative_name);
  add_extension(x509, issuer, NID_subject_key_identifier, "hash");
  add_extension(x509, issuer, NID_authority_key_identifier, "keyid");
}

void add_other(X509* x509, const std::string& oid, const std::string& value) {
  const std::unique_ptr<X509_EXTENSION, FreeWith<X509_EXTENSION_free>> extension(
      X509V3_EXT_nconf(nullptr, nullptr, oid.c_str(), value.c_str()));
  must(extension && X509_add_ext(x509, extension.get(), -1) == 1, oid.c_str());
}

void sign_certificate(X509* x509, EVP_PKEY* key) {
  const bool hashes_itself = EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519;
  must(X509_sign(x509, key, hashes_itself ? nullptr : EVP_sha256()) > 0, "certificate signature");
}

// add_sct_list signs first: the log sees the algorithm of the signature, too.
void add_sct_list(X509* x509, X509* issuer, EVP_PKEY* key, const CertificateOptions& options) {
  sign_certificate(x509, key);
  unsigned char* tbs = nullptr;
  const int size = i2d_re_X509_tbs(x509, &tbs);
  must(size > 0, "TBSCertificate");
  const Certificate above = Certificate::from_der(encode_der(i2d_X509, issuer)).value();
  const Bytes list = options.sct_list({tbs, static_cast<std::size_t>(size)}, above);
  OPENSSL_free(tbs);
  const Bytes value = der_value(kDerOctetString, {list});
  const std::unique_ptr<ASN1_OCTET_STRING, FreeWith<ASN1_OCTET_STRING_free>> data(ASN1_OCTET_STRING_new());
  ASN1_OCTET_STRING_set(data.get(), value.data(), static_cast<int>(value.size()));
  const std::unique_ptr<X509_EXTENSION, FreeWith<X509_EXTENSION_free>> extension(
      X509_EXTENSION_create_by_NID(nullptr, NID_ct_precert_scts, 0, data.get()));
  must(extension && X509_add_ext(x509, extension.get(), -1) == 1, "SCT list");
}

// make signs with the issuer's key, or with the new key when there is no issuer.
IssuedCertificate make(const CertificateOptions& options, X509* issuer, EVP_PKEY* issuer_key) {
  PkeyPtr pkey = generate(options.key_type, options.rsa_bits);
  X509Ptr x509(X509_new());
  X509* signer = issuer != nullptr ? issuer : x509.get();
  EVP_PKEY* signing_key = issuer_key != nullptr ? issuer_key : pkey.get();
  X509_set_version(x509.get(), X509_VERSION_3);
  set_serial(x509.get());
  set_subject(x509.get(), options.common_name);
  X509_set_issuer_name(x509.get(), X509_get_subject_name(signer));
  set_validity(x509.get(), options);
  EVP_PKEY* certified = options.public_key ? options.public_key->impl().pkey.get() : pkey.get();
  must(X509_set_pubkey(x509.get(), certified) == 1, "public key");
  add_extensions(x509.get(), signer, options);
  for (const auto& [oid, value] : options.other_extensions) add_other(x509.get(), oid, value);
  if (options.sct_list) add_sct_list(x509.get(), signer, signing_key, options);
  sign_certificate(x509.get(), signing_key);
  Result<Certificate> certificate = Certificate::from_der(encode_der(i2d_X509, x509.get()));
  must(certificate.has_value(), "certificate");
  return {*std::move(certificate), to_pem(pkey.get())};
}

}  // namespace

CertificateOptions authority_options(std::string common_name) {
  return {.common_name = std::move(common_name),
          .basic_constraints = "critical,CA:TRUE",
          .key_usage = "critical,keyCertSign,cRLSign",
          .extended_key_usage = ""};
}

TestAuthority TestAuthority::root(const CertificateOptions& options) { return TestAuthority(self_signed(options)); }

TestAuthority TestAuthority::intermediate(const CertificateOptions& options) const {
  return TestAuthority(issue(options));
}

IssuedCertificate TestAuthority::issue(const CertificateOptions& options) const {
  PkeyPtr key = from_pem(issued_.private_key_pem);
  return make(options, issued_.certificate.impl().x509.get(), key.get());
}

IssuedCertificate self_signed(const CertificateOptions& options) { return make(options, nullptr, nullptr); }

std::string generate_key_pem(KeyType type, std::string_view password) {
  return to_pem(generate(type, 2048).get(), password);
}

std::string generate_curve_key_pem(const std::string& curve) { return to_pem(generate_curve(curve).get()); }

std::string generate_rsa_key_pem(int bits) { return to_pem(generate_rsa(bits).get()); }

std::string legacy_key_pem(std::string_view private_key_pem, std::string_view password) {
  PkeyPtr pkey = from_pem(private_key_pem);
  BioPtr bio(BIO_new(BIO_s_mem()));
  const EVP_CIPHER* cipher = password.empty() ? nullptr : EVP_aes_128_cbc();
  must(PEM_write_bio_PrivateKey_traditional(bio.get(), pkey.get(), cipher, as_unsigned(password),
                                            static_cast<int>(password.size()), nullptr, nullptr) == 1,
       "SEC1 or PKCS#1");
  return written_text(bio.get());
}

Bytes sign_ed25519(std::string_view private_key_pem, ByteView message) {
  const PkeyPtr pkey = from_pem(private_key_pem);
  const std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
  Bytes signature(64);
  std::size_t size = signature.size();
  must(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, pkey.get()) == 1 &&
           EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) == 1,
       "Ed25519 signature");
  return signature;
}

std::string public_key_pem(std::string_view private_key_pem) {
  PkeyPtr pkey = from_pem(private_key_pem);
  BioPtr bio(BIO_new(BIO_s_mem()));
  must(PEM_write_bio_PUBKEY(bio.get(), pkey.get()) == 1, "public key");
  return written_text(bio.get());
}

Bytes make_timestamp(const IssuedCertificate& signer, ByteView message, const TimestampOptions& options) {
  const EVP_MD* algorithm = EVP_get_digestbyname(options.digest.c_str());
  const Bytes digest = hash(algorithm, message);
  const std::unique_ptr<TS_REQ, FreeWith<TS_REQ_free>> request(TS_REQ_new());
  const std::unique_ptr<TS_MSG_IMPRINT, FreeWith<TS_MSG_IMPRINT_free>> imprint(TS_MSG_IMPRINT_new());
  const std::unique_ptr<X509_ALGOR, FreeWith<X509_ALGOR_free>> id(X509_ALGOR_new());
  X509_ALGOR_set_md(id.get(), algorithm);
  TS_MSG_IMPRINT_set_algo(imprint.get(), id.get());
  std::string octets(as_text(digest));
  TS_MSG_IMPRINT_set_msg(imprint.get(), reinterpret_cast<unsigned char*>(octets.data()),
                         static_cast<int>(octets.size()));
  TS_REQ_set_version(request.get(), 1);
  TS_REQ_set_msg_imprint(request.get(), imprint.get());
  TS_REQ_set_cert_req(request.get(), options.with_certificate ? 1 : 0);
  return answer_timestamp(signer, encode_der<TS_REQ>(i2d_TS_REQ, request.get()), options);
}

Bytes answer_timestamp(const IssuedCertificate& signer, ByteView request, const TimestampOptions& options) {
  const BioPtr bio = memory_reader(as_text(request));
  const std::unique_ptr<TS_RESP_CTX, FreeWith<TS_RESP_CTX_free>> context(TS_RESP_CTX_new());
  const PkeyPtr key = from_pem(signer.private_key_pem);
  const std::unique_ptr<ASN1_OBJECT, FreeWith<ASN1_OBJECT_free>> policy(OBJ_txt2obj("1.2.3.4", 1));
  TS_RESP_CTX_set_signer_cert(context.get(), signer.certificate.impl().x509.get());
  TS_RESP_CTX_set_signer_key(context.get(), key.get());
  TS_RESP_CTX_set_signer_digest(context.get(), EVP_get_digestbyname(options.signer_digest.c_str()));
  TS_RESP_CTX_set_ess_cert_id_digest(context.get(), EVP_sha256());
  TS_RESP_CTX_set_def_policy(context.get(), policy.get());
  for (const EVP_MD* md : {EVP_sha1(), EVP_sha256(), EVP_sha384(), EVP_sha512()}) TS_RESP_CTX_add_md(context.get(), md);
  Time time = options.time;
  TS_RESP_CTX_set_serial_cb(
      context.get(),
      [](TS_RESP_CTX*, void*) {
        ASN1_INTEGER* serial = ASN1_INTEGER_new();
        ASN1_INTEGER_set(serial, 1);
        return serial;
      },
      nullptr);
  TS_RESP_CTX_set_time_cb(
      context.get(),
      [](TS_RESP_CTX*, void* data, long* seconds, long* microseconds) {
        *seconds = static_cast<Time*>(data)->time_since_epoch().count();
        *microseconds = 0;
        return 1;
      },
      &time);
  const std::unique_ptr<TS_RESP, FreeWith<TS_RESP_free>> response(TS_RESP_create_response(context.get(), bio.get()));
  must(response != nullptr, "timestamp response");
  return encode_der(i2d_TS_RESP, response.get());
}

PublicKey key_in_request(std::string_view pem) {
  const BioPtr bio = memory_reader(pem);
  const std::unique_ptr<X509_REQ, FreeWith<X509_REQ_free>> request(
      must_have(PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr), "certificate request"));
  const PkeyPtr key(must_have(X509_REQ_get_pubkey(request.get()), "key of the request"));
  must(X509_REQ_verify(request.get(), key.get()) == 1, "signature of the request");
  return public_half(key.get()).value();
}

std::string certificate_pem(const Certificate& certificate) { return certificate.pem(); }

std::string certificates_pem(const std::vector<Certificate>& certificates) {
  std::string pem;
  for (const Certificate& certificate : certificates) pem += certificate_pem(certificate);
  return pem;
}

}  // namespace weightmark::testing
