// Archives, as the structural guard sees them.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "base/text.h"
#include "base/try.h"
#include "formats/content_type.h"
#include "formats/pickle.h"
#include "formats/structural_guard.h"
#include "formats/tar_archive.h"
#include "formats/zip_archive.h"

namespace weightmark {
namespace {

constexpr std::uint64_t kMaxUnpacked = std::uint64_t{1} << 30U;  // beside what the ratio allows
constexpr std::uint64_t kMaxRatio = 100;

void check_member(const ZipMember& member, Facts& facts) {
  if (leaves_folder(member.name)) facts.add_of(member.name, ContentKind::kEscapes, "leads out of the archive");
  if (member.is_link()) facts.add_of(member.name, ContentKind::kEscapes, "is a symbolic link");
  if (member.size > kMaxUnpacked && member.size / kMaxRatio > member.compressed)
    facts.add_of(member.name, ContentKind::kInflates,
                 fmt::format("grows from {} to {}", human_size(member.compressed), human_size(member.size)));
  if (const std::string_view what = code_by_name(member.name); !what.empty())
    facts.add_of(member.name, ContentKind::kCode, fmt::format("is {}", what));
}

bool is_keras_config(const ZipMember& member) { return member.name == "config.json"; }

Result<void> check_checksum(const Content& content, const ZipMember& member, Facts& facts) {
  WM_TRY(const std::uint32_t sum, crc32(content));
  if (sum != member.crc) facts.add_of(member.name, ContentKind::kMalformed, "has another checksum than it says");
  return {};
}

void check_tar_member(const TarMember& member, Facts& facts) {
  const auto escapes = [&](std::string what) { facts.add_of(member.name, ContentKind::kEscapes, std::move(what)); };
  const std::string target = excerpt(member.target, 128);
  if (leaves_folder(member.name)) escapes("leads out of the archive");
  if (member.kind == TarKind::kDevice) escapes("is a device");
  if (member.kind == TarKind::kSymbolicLink) escapes(fmt::format("is a symbolic link to {}", target));
  if (member.kind == TarKind::kHardLink && !member.is_found)
    escapes(fmt::format("is a link to {}, which the archive has no file for", target));
}

// look_into_tar looks for what torch.load unpickles by its name, and into others by their own.
Result<void> look_into_tar(const Content& content, const TarMember& member, const IsFile& is_file, Facts& facts) {
  if (member.name == "pickle" || member.name == "sys_info") return pickle_facts(content, member.name, facts);
  if (member.name == "storages" || member.name == "tensors") return torch_tar_facts(content, member.name, facts);
  WM_TRY(const ContentType type, content_type(content));
  if (type == ContentType::kTar) {
    facts.add_of(member.name, ContentKind::kUnread, "is a tar archive within one");
    return {};
  }
  WM_TRY(auto of_member, facts_of(member.name, content, is_file));
  facts.add_all(std::move(of_member));
  return {};
}

using MemberSizes = std::map<std::string, std::uint64_t, std::less<>>;

// look_into opens members that are read as programs, or as what starts them.
Result<void> look_into(const Content& archive, const ZipMember& member, const MemberSizes& sizes, Facts& facts) {
  if (member.is_folder() || member.begin > archive.size() || member.compressed > archive.size() - member.begin)
    return {};
  const ContentPart content(archive, member.begin, member.compressed);
  const std::string extension = extension_of(member.name);
  const bool pickled = extension == "pkl" || extension == "pickle";
  const bool wanted = pickled || is_keras_config(member) || extension == "npy" || member.name == "schema.json";
  if (!member.is_stored()) {
    if (wanted) facts.add_of(member.name, ContentKind::kUnread, "is compressed");
    return {};
  }
  if (wanted) WM_CHECK(check_checksum(content, member, facts));
  if (is_keras_config(member) && content.size() <= kMaxJson) {
    WM_TRY(const std::string config, read_all(content));
    keras_facts(config, member.name, facts);
  }
  if (extension == "npy") return numpy_facts(content, member.name, facts);
  WM_TRY(const ContentType type, content_type(content));
  if (is_native(type) && code_by_name(member.name).empty())
    facts.add_of(member.name, ContentKind::kCode, fmt::format("is {}", content_type_name(type)));
  if (!pickled && type != ContentType::kPickle) return {};
  WM_TRY(const PickleNames pickle, read_pickle(content));
  pickle_facts(pickle, member.name, facts);
  storage_facts(pickle, member.name, sizes, facts);
  return {};
}

}  // namespace

Result<void> zip_facts(const Content& content, Facts& facts) {
  WM_TRY(const ZipArchive archive, read_zip(content));
  for (std::size_t i = 0; i < archive.faults.size() && i < kMaxTold; ++i)
    facts.add(ContentKind::kMalformed, archive.faults[i]);
  const bool scripted = std::ranges::any_of(archive.members, [](const ZipMember& member) {
    return member.name.contains("/code/__torch__") || member.name.contains("/code/");
  });
  if (scripted) facts.add(ContentKind::kCode, "is a TorchScript program");
  MemberSizes sizes;
  for (const ZipMember& member : archive.members) sizes.emplace(member.name, member.size);
  for (const ZipMember& member : archive.members) {
    if (!scripted || extension_of(member.name) != "py") check_member(member, facts);
    WM_CHECK(look_into(content, member, sizes, facts));
  }
  return {};
}

Result<void> tar_facts(const Content& content, Facts& facts) {
  WM_TRY(const TarArchive archive, read_tar(content));
  for (std::size_t i = 0; i < archive.faults.size() && i < kMaxTold; ++i)
    facts.add(ContentKind::kMalformed, archive.faults[i]);
  std::set<std::string_view> names;
  for (const TarMember& member : archive.members)
    if (member.has_bytes()) names.insert(member.name);
  const IsFile is_file = [&](std::string_view name) { return names.contains(name); };
  std::size_t links = 0;
  for (const TarMember& member : archive.members) {
    check_tar_member(member, facts);
    if (!member.has_bytes()) continue;
    // Many links to one large member would take as many times as long.
    if (member.kind == TarKind::kHardLink && ++links > kMaxTold)
      facts.add_of(member.name, ContentKind::kUnread, "is one of too many links");
    else
      WM_CHECK(look_into_tar(ContentPart(content, member.begin, member.size), member, is_file, facts));
  }
  return {};
}

}  // namespace weightmark
