#include "crypto/der.h"

#include <openssl/asn1.h>

namespace weightmark {
namespace {

constexpr std::size_t kMaxContents = 128 << 10;

// X.690, section 8.1.3: short form below 128, else a count of length bytes.
void append_length(Bytes& out, std::size_t length) {
  if (length < 0x80) return out.push_back(static_cast<std::uint8_t>(length));
  Bytes digits;
  for (std::size_t rest = length; rest != 0; rest >>= 8) digits.insert(digits.begin(), static_cast<std::uint8_t>(rest));
  out.push_back(static_cast<std::uint8_t>(0x80 | digits.size()));
  out.insert(out.end(), digits.begin(), digits.end());
}

}  // namespace

Bytes der_value(std::uint8_t tag, std::initializer_list<ByteView> parts) {
  std::size_t length = 0;
  for (ByteView part : parts) length += part.size();
  Bytes out{tag};
  append_length(out, length);
  for (ByteView part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

Bytes der_unsigned(ByteView magnitude) {
  while (magnitude.size() > 1 && magnitude.front() == 0) magnitude = magnitude.subspan(1);
  static constexpr std::uint8_t kZero = 0;
  // A leading one bit would make it negative.
  bool needs_zero = magnitude.empty() || (magnitude.front() & 0x80) != 0;
  return der_value(kDerInteger, {ByteView(&kZero, needs_zero ? 1 : 0), magnitude});
}

std::optional<ByteView> der_contents(std::uint8_t tag, ByteView der) {
  if (der.empty() || der.front() != tag || der.size() > kMaxContents) return std::nullopt;
  const unsigned char* in = der.data();
  long length = 0;
  int found_tag = 0;
  int found_class = 0;
  int status = ASN1_get_object(&in, &length, &found_tag, &found_class, static_cast<long>(der.size()));
  // 0x80 is an error, the lowest bit an indefinite length.
  if ((status & 0x81) != 0 || in + length != der.data() + der.size()) return std::nullopt;
  return ByteView(in, static_cast<std::size_t>(length));
}

}  // namespace weightmark
