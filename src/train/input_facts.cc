#include "train/input_facts.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>

#include "model/kernel_verity.h"

namespace weightmark {
namespace {

namespace fs = std::filesystem;

bool is_open_to_others(const struct stat& status) {
  const bool foreign = status.st_uid != 0 && status.st_uid != ::geteuid();
  return foreign || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

bool is_sealed(const OpenFile& file, const FileEntry& entry) {
  return file.may_be_sealed && entry.tree &&
         judge(measure_by_kernel(file.fd.get()), *entry.tree) == KernelVerdict::kCovered;
}

bool file_is_open(const ModelRoot& root, const FileEntry& entry) {
  const auto file = root.open_file(entry.name);
  struct stat status{};
  if (!file || ::fstat(file->fd.get(), &status) != 0) return true;
  return is_open_to_others(status) && !is_sealed(*file, entry);
}

// folder_is_open is about names in it: a sealed file can still be replaced by another.
bool folder_is_open(const ModelRoot& root, const std::string& name) {
  const auto folder = root.open_folder(name);
  struct stat status{};
  if (!folder || ::fstat(folder->get(), &status) != 0) return true;
  const bool sticky = (status.st_mode & S_ISVTX) != 0 && (status.st_uid == 0 || status.st_uid == ::geteuid());
  return is_open_to_others(status) && !sticky;
}

// SnapshotName is what the Hugging Face cache's folders say.
struct SnapshotName {
  std::string repository;  // "ORG/NAME"
  std::string revision;    // a commit
  bool dataset = false;
};

bool is_commit(const std::string& text) {
  return (text.size() == 40 || text.size() == 64) &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::optional<SnapshotName> snapshot_of(const fs::path& path) {
  const fs::path snapshots = path.parent_path();
  std::string folder = snapshots.parent_path().filename().native();
  if (snapshots.filename() != "snapshots" || !is_commit(path.filename().native())) return std::nullopt;
  SnapshotName name;
  name.revision = path.filename().native();
  name.dataset = folder.starts_with("datasets--");
  if (!name.dataset && !folder.starts_with("models--")) return std::nullopt;
  folder.erase(0, folder.find("--") + 2);
  if (const std::size_t at = folder.find("--"); at != std::string::npos) folder.replace(at, 2, "/");
  name.repository = std::move(folder);
  return name;
}

}  // namespace

bool others_may_write(const ModelRoot& root, const Manifest& manifest) {
  std::set<std::string> folders;
  if (!root.is_file()) folders.insert("");
  for (const FileEntry& file : manifest.files) {
    if (file_is_open(root, file)) return true;
    for (fs::path at = fs::path(file.name).parent_path(); !at.empty(); at = at.parent_path()) folders.insert(at);
  }
  return std::ranges::any_of(folders, [&](const std::string& name) { return folder_is_open(root, name); });
}

void name_input(MeasuredInput& input) {
  const std::string kind = input.spec.kind == "model" ? "base-model" : input.spec.kind;
  input.resource.name =
      fmt::format("{}:{}", input.spec.relation == "resume" ? "checkpoint" : kind, input.manifest.name);
  input.resource.uri = input.spec.uri;
  const auto snapshot = snapshot_of(input.path);
  if (!snapshot) return;
  const std::string_view scheme = snapshot->dataset ? "hf://datasets/" : "pkg:huggingface/";
  if (input.resource.uri.empty())
    input.resource.uri = fmt::format("{}{}@{}", scheme, snapshot->repository, snapshot->revision);
  input.resource.digests.emplace_back("gitCommit", snapshot->revision);
  std::ranges::sort(input.resource.digests);
}

}  // namespace weightmark
