// What untrusted text goes through on its way: names, escaping, base64, hex. The
// first byte is how much an excerpt may hold.
#include <cstdlib>

#include "base/encoding.h"
#include "base/text.h"
#include "weightmark/manifest.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check_printing(std::string_view text, std::size_t limit) {
  std::string shown = weightmark::printable(text);
  require(weightmark::is_utf8(shown) && weightmark::printable(shown) == shown);
  require(shown.find_first_of(std::string_view("\0\n\r\t\x1b\x7f", 6)) == std::string::npos);
  std::string start = weightmark::excerpt(text, limit);
  require(weightmark::is_utf8(start) && start.size() <= 4 * limit + 3);
}

void check_name(std::string_view name) {
  auto status = weightmark::check_name(name);
  if (!status) return require(weightmark::is_utf8(status.error().subject) && status.error().subject.size() < 1100);
  require(weightmark::is_utf8(name) && !name.empty() && name.size() <= weightmark::kMaxNameSize);
  std::string padded = "/" + std::string(name) + "/";
  for (const char* part : {"//", "/./", "/../"}) require(padded.find(part) == std::string::npos);
  require(name.find('\0') == std::string_view::npos);
}

void check_encodings(std::string_view text) {
  if (auto bytes = weightmark::from_base64(text)) require(weightmark::to_base64(*bytes) == text);
  if (auto bytes = weightmark::from_hex(text)) require(weightmark::to_hex(*bytes).size() == text.size());
  weightmark::ByteView raw = weightmark::as_bytes(text);
  weightmark::Bytes bytes(raw.begin(), raw.end());
  require(weightmark::from_base64(weightmark::to_base64(raw)) == bytes);
  require(weightmark::from_hex(weightmark::to_hex(raw)) == bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view text = weightmark::as_text({data + 1, size - 1});
  check_printing(text, data[0]);
  check_name(text);
  check_encodings(text);
  return 0;
}
