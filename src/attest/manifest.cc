#include "weightmark/manifest.h"

#include <fmt/format.h>

#include <algorithm>

#include "attest/oms.h"
#include "base/text.h"
#include "hash/hasher.h"

namespace weightmark {
namespace {

bool by_name(const FileEntry& a, const FileEntry& b) { return a.name < b.name; }

std::unexpected<Error> refuse(ErrorCode code, std::string what, std::string_view name) {
  return std::unexpected(Error{code, std::move(what), excerpt(name), {}});
}

Result<void> check_component(std::string_view component, std::string_view name) {
  if (component.empty())
    return refuse(ErrorCode::kNameEmptyComponent, "a file name has two slashes in a row or one at its end", name);
  if (component == ".") return refuse(ErrorCode::kNameDot, "a file name has a component \".\"", name);
  if (component == "..") return refuse(ErrorCode::kNameDotDot, "a file name has a component \"..\"", name);
  return {};
}

}  // namespace

std::optional<std::uint64_t> FileEntry::size() const {
  if (tree) return tree->size;
  if (!shards.empty()) return shards.back().end;
  return declared_size;
}

const FileEntry* find_file(const Manifest& manifest, std::string_view name) {
  auto found = std::lower_bound(manifest.files.begin(), manifest.files.end(), name,
                                [](const FileEntry& file, std::string_view wanted) { return file.name < wanted; });
  return found != manifest.files.end() && found->name == name ? &*found : nullptr;
}

std::size_t declared_count(const Manifest& manifest) {
  auto declared = [](const FileEntry& file) { return file.declared_size.has_value(); };
  return static_cast<std::size_t>(std::ranges::count_if(manifest.files, declared));
}

Result<void> check_name(std::string_view name) {
  if (name.empty()) return refuse(ErrorCode::kNameEmpty, "a file name is empty", name);
  if (name.size() > kMaxNameSize)
    return refuse(ErrorCode::kNameTooLong, fmt::format("a file name has {} bytes", name.size()), name);
  if (name.find('\0') != std::string_view::npos) return refuse(ErrorCode::kNameNul, "a file name has a NUL", name);
  if (!is_utf8(name)) return refuse(ErrorCode::kNameUtf8, "a file name is not valid UTF-8", name);
  if (name.front() == '/') return refuse(ErrorCode::kNameAbsolute, "a file name is absolute", name);
  for (std::size_t begin = 0; begin <= name.size();) {
    std::size_t end = std::min(name.find('/', begin), name.size());
    if (auto status = check_component(name.substr(begin, end - begin), name); !status) return status;
    begin = end + 1;
  }
  return {};
}

std::optional<Digest> manifest_v1(const Manifest& manifest) {
  Hasher hasher(HashAlgorithm::kSha256);
  std::string line;
  for (const FileEntry& file : manifest.files) {
    if (!file.digest || !file.tree) return std::nullopt;
    line = file.name;
    line += '\0';
    line += algorithm_name(file.digest->algorithm());
    line += ':';
    line += file.digest->hex();
    line += '\0';
    line += std::to_string(file.tree->size);
    line += '\0';
    line += file.tree->fsverity.hex();
    line += '\n';
    hasher.update(as_bytes(line));
  }
  return hasher.finish();
}

void complete_manifest(Manifest& manifest) {
  std::sort(manifest.files.begin(), manifest.files.end(), by_name);
  manifest.root = root_digest(list_resources(manifest, ResourceOrder::kSpecification));
  manifest.manifest_v1 = manifest_v1(manifest);
}

}  // namespace weightmark
