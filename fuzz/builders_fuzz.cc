// Builders::parse: what it accepts has a name, a signer and a level that there is.
#include <cstdlib>

#include "base/refuse.h"
#include "base/text.h"
#include "trust/builders.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

weightmark::Result<std::string> no_files(const std::string& path) {
  return weightmark::refuse(weightmark::ErrorCode::kFileNotFound, "there is no such file", path);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto builders = weightmark::Builders::parse(weightmark::as_text({data, size}), no_files);
  if (!builders) {
    require(weightmark::is_utf8(builders.error().what));
    return 0;
  }
  require(builders->impl().configured.size() <= weightmark::kMaxBuilders);
  for (const weightmark::ConfiguredBuilder& builder : builders->impl().configured) {
    require(!builder.name.empty() && !builder.id.empty() && !builder.build_types.empty());
    require(builder.level <= 3);
  }
  return 0;
}
