// parse_json: whatever it takes, it writes so that it reads the same again.
#include <cstdlib>

#include "base/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto json = weightmark::parse_json(weightmark::as_text({data, size}));
  if (!json) return 0;
  std::string text = weightmark::write_json(*json);
  auto again = weightmark::parse_json(text);
  if (!again || weightmark::write_json(*again) != text) std::abort();
  return 0;
}
