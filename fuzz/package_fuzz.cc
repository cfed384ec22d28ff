// parse_installed and parse_metadata: what a distribution of Python says of itself.
#include <cstdlib>

#include "train/python_package.h"
#include "weightmark/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = weightmark::as_text({data, size});
  for (const weightmark::PackageFile& file : weightmark::parse_installed(text))
    if (file.path.empty() || (!file.sha256.empty() && file.sha256.size() != 64)) std::abort();
  const weightmark::Package package{weightmark::parse_metadata(text), "", {}};
  if (package.purl().empty() || package.kind().empty()) std::abort();
  return 0;
}
