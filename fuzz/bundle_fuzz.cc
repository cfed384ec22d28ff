// parse_bundle: no input harms it, and what it takes it can write and read again.
#include <cstdlib>

#include "attest/bundle.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto bundle = weightmark::parse_bundle(weightmark::as_text({data, size}));
  if (!bundle) return 0;
  std::string text = weightmark::write_bundle(*bundle);
  auto again = weightmark::parse_bundle(text);
  if (!again || weightmark::write_bundle(*again) != text) std::abort();
  return 0;
}
