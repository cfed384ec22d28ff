#include "crypto/timestamp_request.h"

#include <fmt/format.h>
#include <openssl/ts.h>

#include <algorithm>

#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "crypto/openssl.h"
#include "crypto/random.h"
#include "crypto/sha2.h"

namespace weightmark {
namespace {

constexpr std::string_view kSubject = "timestamp authority";
constexpr std::size_t kNonceSize = 8;

using AlgorithmPtr = std::unique_ptr<X509_ALGOR, FreeWith<X509_ALGOR_free>>;
using BigNumberPtr = std::unique_ptr<BIGNUM, FreeWith<BN_free>>;
using ImprintPtr = std::unique_ptr<TS_MSG_IMPRINT, FreeWith<TS_MSG_IMPRINT_free>>;
using IntegerPtr = std::unique_ptr<ASN1_INTEGER, FreeWith<ASN1_INTEGER_free>>;
using RequestPtr = std::unique_ptr<TS_REQ, FreeWith<TS_REQ_free>>;
using ResponsePtr = std::unique_ptr<TS_RESP, FreeWith<TS_RESP_free>>;

ImprintPtr imprint_of(ByteView message) {
  ImprintPtr imprint(TS_MSG_IMPRINT_new());
  const AlgorithmPtr algorithm(X509_ALGOR_new());
  Bytes digest = sha2(Sha2::k256, message);
  const bool made = X509_ALGOR_set0(algorithm.get(), OBJ_nid2obj(NID_sha256), V_ASN1_NULL, nullptr) == 1 &&
                    TS_MSG_IMPRINT_set_algo(imprint.get(), algorithm.get()) == 1 &&
                    TS_MSG_IMPRINT_set_msg(imprint.get(), digest.data(), static_cast<int>(digest.size())) == 1;
  return made ? std::move(imprint) : nullptr;
}

IntegerPtr integer_of(ByteView magnitude) {
  const BigNumberPtr number(BN_bin2bn(magnitude.data(), static_cast<int>(magnitude.size()), nullptr));
  return IntegerPtr(BN_to_ASN1_INTEGER(number.get(), nullptr));
}

std::string status_text(const TS_STATUS_INFO* info) {
  std::string text;
  const STACK_OF(ASN1_UTF8STRING)* lines = TS_STATUS_INFO_get0_text(info);
  for (int i = 0; lines != nullptr && i < sk_ASN1_UTF8STRING_num(lines); ++i) {
    const ASN1_UTF8STRING* line = sk_ASN1_UTF8STRING_value(lines, i);
    const auto* bytes = reinterpret_cast<const char*>(ASN1_STRING_get0_data(line));
    text += (text.empty() ? ": " : "; ") + std::string(bytes, static_cast<std::size_t>(ASN1_STRING_length(line)));
  }
  return excerpt(text);
}

}  // namespace

Result<TimestampRequest> make_timestamp_request(ByteView message) {
  WM_TRY(Bytes nonce, random_bytes(kNonceSize));
  nonce.front() |= 1U;  // an INTEGER has no zeros before it: this way the nonce has one spelling
  const RequestPtr request(TS_REQ_new());
  const ImprintPtr imprint = imprint_of(message);
  const IntegerPtr number = integer_of(nonce);
  const bool made = imprint && number && TS_REQ_set_version(request.get(), 1) == 1 &&
                    TS_REQ_set_msg_imprint(request.get(), imprint.get()) == 1 &&
                    TS_REQ_set_nonce(request.get(), number.get()) == 1 && TS_REQ_set_cert_req(request.get(), 1) == 1;
  if (!made) return refuse(ErrorCode::kInternal, "a timestamp request cannot be made: " + take_openssl_errors());
  return TimestampRequest{encode_der<TS_REQ>(i2d_TS_REQ, request.get()), std::move(nonce)};
}

Result<void> check_timestamp_response(ByteView response, const TimestampRequest& request) {
  const auto parsed = decode_der<ResponsePtr>(d2i_TS_RESP, response);
  if (!parsed) return refuse(ErrorCode::kTimestampMalformed, "the answer is no timestamp response", kSubject);
  const TS_STATUS_INFO* status = TS_RESP_get_status_info(parsed.get());
  const long number = ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(status));
  if (number != TS_STATUS_GRANTED && number != TS_STATUS_GRANTED_WITH_MODS)
    return refuse(ErrorCode::kTimestampRefused, fmt::format("refused with status {}{}", number, status_text(status)),
                  kSubject);
  TS_TST_INFO* info = TS_RESP_get_tst_info(parsed.get());
  if (info == nullptr) return refuse(ErrorCode::kTimestampMalformed, "the answer has no token", kSubject);
  const ASN1_INTEGER* nonce = TS_TST_INFO_get_nonce(info);
  const IntegerPtr sent = integer_of(request.nonce);
  if (nonce != nullptr && sent && ASN1_INTEGER_cmp(nonce, sent.get()) == 0) return {};
  return refuse(ErrorCode::kTimestampNonce, "the answer is to another request", kSubject);
}

}  // namespace weightmark
