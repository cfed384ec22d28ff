#include "sign/recorded_digests.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/kernel_verity.h"

namespace weightmark {
namespace {

// is_sealed_as says whether the kernel itself vouches for the bytes of the tree.
bool is_sealed_as(const FileTree& tree, const OpenFile& file) {
  if (!file.may_be_sealed) return false;
  const KernelMeasurement measurement = measure_by_kernel(file.fd.get());
  return measurement.seal == KernelSeal::kStandard && measurement.digest == tree.fsverity;
}

std::string told(std::string_view what, const Error& error) {
  return fmt::format("{}: {} [{}]", what, describe(error), code_name(error.code));
}

}  // namespace

RecordedDigests::RecordedDigests(const std::filesystem::path& folder, const HashOptions& options, Time begun)
    : path_(record_path(folder, options.model)), new_{options.algorithm, begun, {}} {
  auto record = read_record(path_);
  if (!record) warnings_.push_back(told("the record of earlier digests is not used", record.error()));
  // Another algorithm's digests are of no use.
  else if (*record && (*record)->algorithm == options.algorithm)
    old_ = **std::move(record);
}

std::optional<FileEntry> RecordedDigests::recall(std::string_view name, const OpenFile& file) const {
  const RecordedFile* known = old_.find(name);
  if (known == nullptr) return std::nullopt;
  const bool unchanged = known->identity == file.identity && is_settled(file.identity, old_.begun);
  if (!unchanged && !is_sealed_as(*known->entry.tree, file)) return std::nullopt;
  return known->entry;
}

void RecordedDigests::remember(const FileEntry& file, const FileIdentity& identity) {
  new_.files.push_back({identity, file});
}

void RecordedDigests::save() {
  std::ranges::sort(new_.files, {}, [](const RecordedFile& file) -> std::string_view { return file.entry.name; });
  auto saved = save_record(path_, new_);
  if (!saved) warnings_.push_back(told("the record of digests is not written", saved.error()));
}

}  // namespace weightmark
