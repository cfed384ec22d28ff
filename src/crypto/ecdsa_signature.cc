#include "crypto/ecdsa_signature.h"

#include <algorithm>

namespace weightmark {
namespace {

BIGNUM* big_number(ByteView bytes) { return BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr); }

}  // namespace

EcdsaSignaturePtr parse_ecdsa_signature(ByteView der) {
  auto signature = decode_der<EcdsaSignaturePtr>(d2i_ECDSA_SIG, der);
  if (!signature || !std::ranges::equal(encode_der(i2d_ECDSA_SIG, signature.get()), der)) return nullptr;
  return signature;
}

std::optional<Bytes> ecdsa_signature_from_raw(ByteView raw) {
  if (raw.empty() || raw.size() % 2 != 0) return std::nullopt;
  std::size_t half = raw.size() / 2;
  EcdsaSignaturePtr signature(ECDSA_SIG_new());
  ECDSA_SIG_set0(signature.get(), big_number(raw.first(half)), big_number(raw.subspan(half)));
  return encode_der(i2d_ECDSA_SIG, signature.get());
}

}  // namespace weightmark
