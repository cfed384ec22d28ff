// Policy::parse and parse_yaml: what YAML takes is the same in JSON.
#include <cstdlib>

#include "base/json_document.h"
#include "base/text.h"
#include "base/yaml.h"
#include "weightmark/bytes.h"
#include "weightmark/policy.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

weightmark::Result<std::string> no_file(const std::string& path) {
  return std::unexpected(weightmark::Error{weightmark::ErrorCode::kFileNotFound, "there are no files", path, {}});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = weightmark::as_text({data, size});
  const auto yaml = weightmark::parse_yaml(text, weightmark::ErrorCode::kPolicySyntax);
  if (yaml) {
    const auto json = weightmark::parse_json(weightmark::write_json(*yaml));
    require(json && *json == *yaml);
  } else {
    require(weightmark::is_utf8(yaml.error().what) && yaml.error().what.size() < 1000);
  }
  const auto policy = weightmark::Policy::parse(text, no_file);
  require(policy || weightmark::is_utf8(policy.error().what));
  return 0;
}
