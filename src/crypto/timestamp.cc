#include "crypto/timestamp.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pkcs7.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "base/refuse.h"
#include "base/try.h"
#include "crypto/certificate.h"
#include "crypto/chain.h"

namespace weightmark {
namespace {

constexpr std::size_t kMaxToken = std::size_t{1} << 20U;
constexpr std::string_view kSubject = "rfc3161Timestamps";

using ResponsePtr = std::unique_ptr<TS_RESP, FreeWith<TS_RESP_free>>;
using TokenPtr = std::unique_ptr<PKCS7, FreeWith<PKCS7_free>>;
using VerifyContextPtr = std::unique_ptr<TS_VERIFY_CTX, FreeWith<TS_VERIFY_CTX_free>>;

std::unexpected<Error> malformed(std::string what) {
  take_openssl_errors();
  return refuse(ErrorCode::kTimestampMalformed, std::move(what), kSubject);
}

// Token is a parsed timestamp.
struct Token {
  TokenPtr pkcs7;
  std::unique_ptr<TS_TST_INFO, FreeWith<TS_TST_INFO_free>> info;
};

// take_token takes the token out of a response that grants it (RFC 3161, section 2.4.2).
Result<TokenPtr> take_token(ByteView der) {
  if (auto bare = decode_der<TokenPtr>(d2i_PKCS7, der)) return bare;
  const auto response = decode_der<ResponsePtr>(d2i_TS_RESP, der);
  if (!response) return malformed("neither a timestamp response nor a token");
  const long status = ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(response.get())));
  if (status != TS_STATUS_GRANTED && status != TS_STATUS_GRANTED_WITH_MODS)
    return malformed(fmt::format("the authority refused it, with status {}", status));
  PKCS7* token = TS_RESP_get_token(response.get());
  if (token == nullptr) return malformed("the response has no token");
  return TokenPtr(PKCS7_dup(token));
}

Result<Token> parse_token(ByteView der) {
  if (der.size() > kMaxToken) return malformed("too large");
  WM_TRY(TokenPtr pkcs7, take_token(der));
  if (!pkcs7 || !PKCS7_type_is_signed(pkcs7.get())) return malformed("the token is not signed data");
  Token token{std::move(pkcs7), {}};
  token.info.reset(PKCS7_to_TS_TST_INFO(token.pkcs7.get()));
  if (!token.info) return malformed("the token does not tell a time");
  if (TS_TST_INFO_get_version(token.info.get()) != 1) return malformed("the token is of another version");
  return token;
}

bool is_strong(int nid) { return nid == NID_sha256 || nid == NID_sha384 || nid == NID_sha512; }

// check_algorithms: the token's own digest may be another one than the imprint's.
Result<void> check_algorithms(const Token& token) {
  const X509_ALGOR* imprint = TS_MSG_IMPRINT_get_algo(TS_TST_INFO_get_msg_imprint(token.info.get()));
  bool strong = is_strong(OBJ_obj2nid(imprint->algorithm));
  const STACK_OF(PKCS7_SIGNER_INFO)* signers = PKCS7_get_signer_info(token.pkcs7.get());
  if (sk_PKCS7_SIGNER_INFO_num(signers) != 1) return malformed("the token does not have just one signer");
  const PKCS7_SIGNER_INFO* signer = sk_PKCS7_SIGNER_INFO_value(signers, 0);
  strong = strong && is_strong(OBJ_obj2nid(signer->digest_alg->algorithm));
  if (strong) return {};
  return refuse(ErrorCode::kTimestampAlgorithm, "the timestamp uses a hash other than SHA-256, SHA-384 and SHA-512",
                kSubject);
}

// rfc3339_of turns "20250101120000.5Z" into "2025-01-01T12:00:00.5Z" (RFC 3161, section
// 2.4.2, genTime; X.690, section 11.7).
std::string rfc3339_of(std::string_view text) {
  if (text.size() < 15) return {};
  return fmt::format("{}-{}-{}T{}:{}:{}", text.substr(0, 4), text.substr(4, 2), text.substr(6, 2), text.substr(8, 2),
                     text.substr(10, 2), text.substr(12));
}

Result<Instant> time_of(const Token& token) {
  const ASN1_GENERALIZEDTIME* time = TS_TST_INFO_get_time(token.info.get());
  const ByteView bytes(ASN1_STRING_get0_data(time), static_cast<std::size_t>(ASN1_STRING_length(time)));
  const std::string_view text = as_text(bytes);
  const auto parsed = text.ends_with('Z') ? parse_rfc3339(rfc3339_of(text)) : std::nullopt;
  if (!parsed) return malformed("the time is not of the form YYYYMMDDHHMMSS[.f]Z");
  return *parsed;
}

STACK_OF(X509) * shared_stack(const std::vector<Certificate>& certificates) {
  STACK_OF(X509)* stack = sk_X509_new_null();
  for (const Certificate& certificate : certificates) {
    X509_up_ref(certificate.impl().x509.get());
    sk_X509_push(stack, certificate.impl().x509.get());
  }
  return stack;
}

// explain turns the reason of OpenSSL's refusal into a code of ours.
std::unexpected<Error> explain() {
  const int reason = ERR_GET_REASON(ERR_peek_error());
  const std::string text = take_openssl_errors();
  if (reason == TS_R_MESSAGE_IMPRINT_MISMATCH)
    return refuse(ErrorCode::kTimestampImprint, "the timestamp is of another signature", kSubject);
  if (reason == TS_R_CERTIFICATE_VERIFY_ERROR)
    return refuse(ErrorCode::kTimestampChain, fmt::format("the timestamp's certificate does not count: {}", text),
                  kSubject);
  return refuse(ErrorCode::kTimestampSignature, fmt::format("the timestamp's signature does not hold: {}", text),
                kSubject);
}

// verify_signature checks the imprint, the signature with its attributes, among them
// which certificate signed (RFC 5035), that one's usage, and its chain at `time`.
Result<void> verify_signature(const Token& token, ByteView message, const std::vector<Certificate>& authority,
                              Instant time) {
  const VerifyContextPtr context(TS_VERIFY_CTX_new());
  TS_VERIFY_CTX_add_flags(context.get(), TS_VFY_VERSION | TS_VFY_SIGNATURE | TS_VFY_DATA);
  TS_VERIFY_CTX_set_data(context.get(), memory_reader(as_text(message)).release());
  // The context takes over the store and the certificates.
  TS_VERIFY_CTX_set_store(context.get(),
                          anchor_store(authority.back(), std::chrono::floor<std::chrono::seconds>(time)).release());
  TS_VERIFY_CTX_set_certs(context.get(), shared_stack(authority));
  ERR_clear_error();
  if (TS_RESP_verify_token(context.get(), token.pkcs7.get()) != 1) return explain();
  take_openssl_errors();
  return {};
}

bool is_authority(const Certificate& certificate) { return X509_check_ca(certificate.impl().x509.get()) != 0; }

// check_signer: two authorities under one root are told apart by who signed.
Result<void> check_signer(const Token& token, const std::vector<Certificate>& authority) {
  if (is_authority(authority.front())) return {};
  const X509sPtr helpers(shared_stack(authority));
  const X509StackPtr signers(PKCS7_get0_signers(token.pkcs7.get(), helpers.get(), 0));
  const bool one = signers && sk_X509_num(signers.get()) == 1;
  if (one && X509_cmp(sk_X509_value(signers.get(), 0), authority.front().impl().x509.get()) == 0) return {};
  take_openssl_errors();
  return refuse(ErrorCode::kTimestampSigner, "the timestamp is by another signer of the same authority", kSubject);
}

}  // namespace

Result<Instant> verify_timestamp(ByteView der, ByteView message, const std::vector<Certificate>& authority) {
  WM_TRY(Token token, parse_token(der));
  WM_CHECK(check_algorithms(token));
  WM_TRY(Instant time, time_of(token));
  WM_CHECK(verify_signature(token, message, authority, time));
  WM_CHECK(check_signer(token, authority));
  return time;
}

}  // namespace weightmark
