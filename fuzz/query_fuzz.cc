// What the browser comes back with, and what is written again of it.
#include <cstdlib>

#include "login/query.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto query = weightmark::parse_query(text);
  if (!query) return 0;
  for (const auto& [name, value] : *query) {
    const std::string again = weightmark::write_query({{name, value}});
    if (!value.empty() && weightmark::parse_query(again) != weightmark::Query{{name, value}}) std::abort();
  }
  return 0;
}
