#include "sign/digest_record.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "attest/tree_json.h"
#include "base/file.h"
#include "base/json.h"
#include "base/json_document.h"
#include "base/try.h"
#include "hash/hasher.h"

namespace weightmark {
namespace {

constexpr std::string_view kRecordSchema = "weightmark.digest-record.v1";
constexpr std::int64_t kNanoseconds = 1'000'000'000;
constexpr std::int64_t kRacySeconds = 2;
// The last second that counts in nanoseconds: beyond, is_settled would overflow.
constexpr std::int64_t kLastSecond = 9'000'000'000;

// --- JSON

// Devices and inodes use all 64 bits; JSON keeps them as signed integers.
Json file_json(const RecordedFile& file) {
  return Json::object({{"name", file.entry.name},
                       {"device", file.identity.device},
                       {"inode", file.identity.inode},
                       {"modified", file.identity.modified_ns},
                       {"changed", file.identity.changed_ns},
                       {"digest", file.entry.digest->hex()},
                       {"tree", tree_json(*file.entry.tree)}});
}

Result<std::int64_t> integer(const JsonView& view, std::string_view key) {
  WM_TRY(JsonView field, view.member(key));
  return field.integer();
}

Result<FileIdentity> parse_identity(const JsonView& view, std::uint64_t size) {
  FileIdentity identity;
  WM_TRY(std::int64_t device, integer(view, "device"));
  WM_TRY(std::int64_t inode, integer(view, "inode"));
  WM_TRY(identity.modified_ns, integer(view, "modified"));
  WM_TRY(identity.changed_ns, integer(view, "changed"));
  identity.device = static_cast<std::uint64_t>(device);
  identity.inode = static_cast<std::uint64_t>(inode);
  identity.size = size;
  return identity;
}

Result<RecordedFile> parse_file(const JsonView& view, HashAlgorithm algorithm) {
  WM_CHECK(view.only({"name", "device", "inode", "modified", "changed", "digest", "tree"}));
  RecordedFile file;
  WM_TRY(JsonView name, view.member("name"));
  WM_TRY(file.entry.name, name.string());
  WM_CHECK(check_name(file.entry.name));
  WM_TRY(JsonView digest, view.member("digest"));
  WM_TRY(std::string_view hex, digest.string());
  WM_TRY(file.entry.digest, Digest::from_hex(algorithm, hex));
  WM_TRY(JsonView tree, view.member("tree"));
  WM_TRY(file.entry.tree, parse_tree(tree));
  WM_TRY(file.identity, parse_identity(view, file.entry.tree->size));
  return file;
}

Result<void> parse_header(const JsonView& view, DigestRecord& record) {
  WM_CHECK(view.only({"schema", "algorithm", "begun", "files"}));
  WM_TRY(JsonView schema, view.member("schema"));
  WM_TRY(std::string_view version, schema.string());
  if (version != kRecordSchema) return schema.fail(fmt::format("not {}", kRecordSchema));
  WM_TRY(JsonView field, view.member("algorithm"));
  WM_TRY(std::string_view name, field.string());
  auto algorithm = find_algorithm(name);
  if (!algorithm) return field.fail("no known algorithm");
  record.algorithm = *algorithm;
  WM_TRY(std::int64_t begun, integer(view, "begun"));
  if (begun < 0 || begun > kLastSecond) return view.fail("begun at no time that counts");
  record.begun = Time(std::chrono::seconds(begun));
  return {};
}

// --- the private file

std::unexpected<Error> unsafe(std::string what, const std::filesystem::path& path) {
  return std::unexpected(Error{ErrorCode::kRecordUnsafe, std::move(what), path.native(), {}});
}

// check_private refuses what another user could have written, or put there.
Result<void> check_private(const Fd& fd, const std::filesystem::path& path) {
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0)
    return std::unexpected(system_error(errno, path.native(), ErrorCode::kReadFailed));
  if (status.st_uid != ::geteuid()) return unsafe("belongs to another user", path);
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) return unsafe("lets other users in", path);
  return {};
}

Result<Fd> open_folder(const std::filesystem::path& path) {
  Fd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return std::unexpected(system_error(errno, path.native(), ErrorCode::kReadFailed));
  WM_CHECK(check_private(folder, path));
  return folder;
}

Result<Fd> open_record(const std::filesystem::path& path) {
  WM_TRY(Fd folder, open_folder(path.parent_path()));
  // O_NONBLOCK: opening a named pipe must not wait for a writer.
  Fd file(::openat(folder.get(), path.filename().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  if (!file && errno == ELOOP) return unsafe("is a symbolic link", path);
  if (!file) return std::unexpected(system_error(errno, path.native(), ErrorCode::kReadFailed));
  WM_CHECK(check_private(file, path));
  return file;
}

// make_folder makes the folder for this user alone, and those above it as the XDG
// base directory specification asks. One that is there is left as it is.
Result<void> make_folder(const std::filesystem::path& path) {
  std::filesystem::path made;
  for (const auto& component : path) {
    made /= component;
    if (::mkdir(made.c_str(), S_IRWXU) != 0 && errno != EEXIST)
      return std::unexpected(system_error(errno, made.native(), ErrorCode::kWriteFailed));
  }
  return {};
}

}  // namespace

const RecordedFile* DigestRecord::find(std::string_view name) const {
  auto name_of = [](const RecordedFile& file) -> std::string_view { return file.entry.name; };
  auto found = std::ranges::lower_bound(files, name, {}, name_of);
  return found != files.end() && found->entry.name == name ? &*found : nullptr;
}

bool is_settled(const FileIdentity& identity, Time begun) {
  const std::int64_t latest = (begun.time_since_epoch().count() - kRacySeconds) * kNanoseconds;
  auto settled = [&](std::int64_t time) { return time >= 0 && time <= latest; };
  return settled(identity.modified_ns) && settled(identity.changed_ns);
}

std::string write_record(const DigestRecord& record) {
  JsonArray files;
  for (const RecordedFile& file : record.files) files.push_back(file_json(file));
  return write_json(Json::object({{"schema", kRecordSchema},
                                  {"algorithm", algorithm_name(record.algorithm)},
                                  {"begun", record.begun.time_since_epoch().count()},
                                  {"files", std::move(files)}}));
}

Result<DigestRecord> parse_record(std::string_view text) {
  WM_TRY(JsonDocument document, JsonDocument::parse(text));
  const JsonView view = document.root(ErrorCode::kRecordMalformed);
  DigestRecord record;
  WM_CHECK(parse_header(view, record));
  WM_TRY(JsonView field, view.member("files"));
  WM_TRY(JsonItems items, field.array());
  if (items.size() > kMaxFiles) return field.fail("too many files");
  for (const JsonView& item : items) {
    WM_TRY(RecordedFile file, parse_file(item, record.algorithm));
    bool in_order = record.files.empty() || record.files.back().entry.name < file.entry.name;
    if (!in_order) return item.fail("out of order");
    record.files.push_back(std::move(file));
  }
  return record;
}

std::filesystem::path record_path(const std::filesystem::path& folder, const std::filesystem::path& model) {
  std::error_code failed;
  std::filesystem::path canonical = std::filesystem::canonical(model, failed);
  const std::string& name = failed ? model.native() : canonical.native();
  return folder / (hash_bytes(HashAlgorithm::kSha256, as_bytes(name)).hex() + ".json");
}

Result<std::optional<DigestRecord>> read_record(const std::filesystem::path& path) {
  auto file = open_record(path);
  if (!file && file.error().code == ErrorCode::kFileNotFound) return std::nullopt;
  if (!file) return std::unexpected(std::move(file).error());
  WM_TRY(std::string text, read_file(*file, path, kMaxRecordSize));
  WM_TRY(DigestRecord record, parse_record(text));
  return record;
}

Result<void> save_record(const std::filesystem::path& path, const DigestRecord& record) {
  WM_CHECK(make_folder(path.parent_path()));
  WM_CHECK(open_folder(path.parent_path()));
  return write_file_atomically(path, as_bytes(write_record(record)), kPrivateFile);
}

}  // namespace weightmark
