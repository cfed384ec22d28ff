#include <algorithm>

#include "base/try.h"
#include "formats/structural_guard.h"
#include "weightmark/content.h"
#include "weightmark/reader.h"

namespace weightmark {
namespace {

// VerifiedContent is a signed file, as a format's reader wants it.
class VerifiedContent : public Content {
 public:
  explicit VerifiedContent(VerifiedFile file) : file_(std::move(file)) {}
  std::uint64_t size() const override { return file_.size(); }
  Result<void> read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    return file_.read(offset, out);
  }

 private:
  VerifiedFile file_;
};

}  // namespace

Result<std::vector<ContentFact>> content_facts(const VerifiedModel& model) {
  const Manifest& manifest = model.manifest();
  const IsFile is_file = [&](std::string_view name) { return find_file(manifest, name) != nullptr; };
  std::vector<ContentFact> facts;
  for (const FileEntry& file : manifest.files) {
    WM_TRY(VerifiedFile open, model.open_file(file.name));
    WM_TRY(std::vector<ContentFact> found, facts_of(file.name, VerifiedContent(std::move(open)), is_file));
    std::ranges::move(found, std::back_inserter(facts));
  }
  return facts;
}

}  // namespace weightmark
