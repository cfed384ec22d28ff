// parse_croissant, and comparing what it gives: whatever a publisher writes, each file has
// one finding, and only what was measured is found.
#include <array>
#include <cstdlib>

#include "base/text.h"
#include "formats/croissant.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = weightmark::as_text({data, size});
  const auto dataset = weightmark::parse_croissant(text);
  if (!dataset) {
    require(weightmark::is_utf8(dataset.error().what) && dataset.error().what.size() < 1000);
    return 0;
  }
  require(!dataset->name.empty());
  const std::array<weightmark::MeasuredFile, 2> measured = {{{"a.csv", {}}, {"data/a.csv", {}}}};
  const auto findings = weightmark::compare_croissant(*dataset, measured);
  require(findings.size() == dataset->files.size());
  for (const weightmark::CroissantFinding& finding : findings)
    require(!finding.measured || *finding.measured < measured.size());
  return 0;
}
