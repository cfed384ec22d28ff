// parse_statement and parse_oms: every manifest that they accept keeps the
// promises of manifest.h, and survives being written and read again.
#include <cstdlib>

#include "attest/oms.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check_files(const weightmark::Manifest& manifest) {
  require(!manifest.files.empty());
  for (std::size_t i = 0; i < manifest.files.size(); ++i) {
    const weightmark::FileEntry& file = manifest.files[i];
    bool single = file.name == weightmark::kSingleFileName && manifest.files.size() == 1;
    require(single || weightmark::check_name(file.name).has_value());
    require(i == 0 || manifest.files[i - 1].name < file.name);
    require(file.digest.has_value() == file.shards.empty());
    for (std::size_t s = 0; s < file.shards.size(); ++s)
      require(file.shards[s].begin == (s == 0 ? 0 : file.shards[s - 1].end) && file.shards[s].begin < file.shards[s].end);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto statement = weightmark::parse_statement(weightmark::as_text({data, size}));
  if (!statement) return 0;
  auto manifest = weightmark::parse_oms(*statement);
  if (!manifest) return 0;
  check_files(*manifest);
  auto written = weightmark::write_oms(*manifest, weightmark::ResourceOrder::kSpecification);
  auto again = weightmark::parse_oms(written);
  // A manifest digest that was not signed is not written either.
  require(again && again->files == manifest->files);
  return 0;
}
