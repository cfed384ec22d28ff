// parse_statement and parse_oms: every manifest that they accept keeps the
// promises of manifest.h, and survives being written and read again.
#include <cstdlib>

#include "attest/oms.h"
#include "base/text.h"

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
      require(file.shards[s].begin == (s == 0 ? 0 : file.shards[s - 1].end) &&
              file.shards[s].begin < file.shards[s].end);
  }
}

// written_again returns the manifest that a statement about `manifest` says.
weightmark::Manifest written_again(const weightmark::Manifest& manifest, weightmark::ResourceOrder order) {
  auto statement = weightmark::parse_statement(weightmark::write_oms(manifest, order));
  require(statement.has_value());
  auto again = weightmark::parse_oms(*statement);
  require(again.has_value());
  return *again;
}

// An empty list of ignored paths is not written; a statement of version 0.2 has no
// method, and a root in the order as listed. A tree of an unknown version is noted
// when it is read, and cannot be written.
void check_written(weightmark::Manifest manifest) {
  if (manifest.serialization.ignore_paths && manifest.serialization.ignore_paths->empty())
    manifest.serialization.ignore_paths.reset();
  for (weightmark::FileEntry& file : manifest.files) file.unknown_tree = false;
  weightmark::Manifest python = written_again(manifest, weightmark::ResourceOrder::kPython);
  weightmark::Manifest again = written_again(manifest, weightmark::ResourceOrder::kSpecification);
  python.root = again.root;
  require(python == again);
  manifest.root = again.root;
  require(again == manifest);
  require(written_again(again, weightmark::ResourceOrder::kSpecification) == again);
}

// An error quotes only the start of what is wrong.
int refused(const weightmark::Error& error) {
  require(weightmark::is_utf8(error.what) && weightmark::is_utf8(error.subject));
  require(error.what.size() < 1000);
  return 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto statement = weightmark::parse_statement(weightmark::as_text({data, size}));
  if (!statement) return refused(statement.error());
  auto manifest = weightmark::parse_oms(*statement);
  if (!manifest) return refused(manifest.error());
  check_files(*manifest);
  check_written(*std::move(manifest));
  return 0;
}
