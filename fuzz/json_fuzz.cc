// parse_json: whatever it takes, it writes so that it reads the same again; another
// parser takes it too, and finds the same value.
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/json_document.h"
#include "base/text.h"
#include "weightmark/bytes.h"

namespace {

using weightmark::Json;

void require(bool condition) {
  if (!condition) std::abort();
}

std::size_t depth_of(const Json& value) {
  std::size_t deepest = 0;
  if (const auto* items = value.as<weightmark::JsonArray>()) {
    for (const Json& item : *items) deepest = std::max(deepest, depth_of(item));
    return deepest + 1;
  }
  const auto* members = value.as<weightmark::JsonObject>();
  if (members == nullptr) return 0;
  for (std::size_t i = 0; i < members->size(); ++i) {
    require(i == 0 || (*members)[i - 1].first < (*members)[i].first);
    deepest = std::max(deepest, depth_of((*members)[i].second));
  }
  return deepest + 1;
}

// check_against_library compares with the library's own tree, whose parser is not
// the one that our limits hang on.
void check_against_library(std::string_view text, const std::string& written) {
  nlohmann::json theirs = nlohmann::json::parse(text.begin(), text.end(), nullptr, false);
  require(!theirs.is_discarded());
  require(theirs == nlohmann::json::parse(written, nullptr, false));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = weightmark::as_text({data, size});
  auto json = weightmark::parse_json(text);
  if (!json) {
    require(weightmark::is_utf8(json.error().what) && json.error().what.size() < 1000);
    return 0;
  }
  require(depth_of(*json) <= weightmark::JsonLimits().depth);
  std::string written = weightmark::write_json(*json);
  auto again = weightmark::parse_json(written);
  require(again && *again == *json && weightmark::write_json(*again) == written);
  auto indented = weightmark::parse_json(weightmark::write_json_indented(*json));
  require(indented && *indented == *json);
  check_against_library(text, written);
  return 0;
}
