#include <fmt/format.h>

#include "base/file.h"
#include "base/try.h"
#include "formats/croissant.h"
#include "formats/model_card.h"
#include "train/input_facts.h"

namespace weightmark {
namespace {

std::string joined(const std::vector<std::string>& licenses) {
  std::string text;
  for (const std::string& license : licenses) text += (text.empty() ? "" : " AND ") + license;
  return text;
}

Result<std::string> read_text(const MeasuredInput& input, const std::string& name, std::uint64_t limit) {
  WM_TRY(const ModelRoot root, ModelRoot::open(input.spec.path, SymlinkPolicy::kRefuse));
  WM_TRY(const OpenFile file, root.open_file(name));
  return read_file(file.fd, name, limit);
}

// compare_files warns of files that the publisher's metadata has with other digests.
void compare_files(const CroissantDataset& dataset, MeasuredInput& input) {
  std::vector<MeasuredFile> files;
  files.reserve(input.manifest.files.size());
  for (const FileEntry& file : input.manifest.files) files.push_back({file.name, *file.digest});
  for (const CroissantFinding& finding : compare_croissant(dataset, files))
    if (finding.outcome == CroissantOutcome::kDiffers)
      input.warnings.push_back(
          fmt::format("{} is not as the Croissant metadata has it", files[*finding.measured].path));
}

void read_croissant(MeasuredInput& input, const std::string& name) {
  const auto text = read_text(input, name, kMaxCroissantSize);
  if (!text || !is_croissant(*text)) return;
  const auto dataset = parse_croissant(*text);
  if (!dataset) return input.warnings.push_back(describe(dataset.error()));
  input.facts.license = joined(dataset->licenses);
  input.facts.croissant_sha256 = find_file(input.manifest, name)->digest->hex();
  if (dataset->records) input.facts.records = static_cast<std::int64_t>(*dataset->records);
  compare_files(*dataset, input);
}

void read_card(MeasuredInput& input) {
  const auto text = read_text(input, "README.md", kMaxCardSize);
  if (!text) return input.warnings.push_back(describe(text.error()));
  const auto card = parse_card(*text);
  if (!card) return input.warnings.push_back(describe(card.error()));
  const bool named = card->licenses.size() == 1 && card->licenses.front() == "other" && !card->license_name.empty();
  input.facts.license = named ? card->license_name : joined(card->licenses);
}

}  // namespace

void read_licence(MeasuredInput& input) {
  for (const std::string_view name : {"croissant.json", "metadata.json"})
    if (find_file(input.manifest, name) != nullptr) read_croissant(input, std::string(name));
  if (input.facts.license.empty() && find_file(input.manifest, "README.md") != nullptr) read_card(input);
}

}  // namespace weightmark
