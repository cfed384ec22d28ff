// The private record of `sign --reuse`: what the last signing of a model hashed.
// It is local and its user's own, and no evidence for anybody else: verification
// never reads it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/model_root.h"
#include "weightmark/certificate.h"
#include "weightmark/manifest.h"

namespace weightmark {

// RecordedFile is a file as it was when it was hashed.
struct RecordedFile {
  FileIdentity identity;
  FileEntry entry;  // its name, whole digest and tree

  friend bool operator==(const RecordedFile&, const RecordedFile&) = default;
};

// DigestRecord is what is known of a model's files.
struct DigestRecord {
  HashAlgorithm algorithm = HashAlgorithm::kSha256;
  Time begun{};                     // when the signing began that wrote it, before any file was read
  std::vector<RecordedFile> files;  // in byte order of their names, each once

  // find returns the file of that name, or null.
  const RecordedFile* find(std::string_view name) const;

  friend bool operator==(const DigestRecord&, const DigestRecord&) = default;
};

// is_settled says whether an unchanged identity means unchanged bytes. A file that
// was written just before it was hashed can be written again within the same tick
// of the file system's clock, as git knows ("racy git"): its times must be 2 s
// older than `begun`. Times before 1970 are not believed.
bool is_settled(const FileIdentity& identity, Time begun);

// The record of a model that a signature has room for is smaller than this: its
// statement has 48 MiB, and says more of each file.
inline constexpr std::uint64_t kMaxRecordSize = 128U << 20U;

// write_record and parse_record are its JSON, "weightmark.digest-record.v1".
// Errors: record-malformed, too-many-files, name-*, digest-*, algorithm-unknown,
// tree-inconsistent, json-*.
std::string write_record(const DigestRecord& record);
Result<DigestRecord> parse_record(std::string_view text);

// record_path is where the record of `model` lies in `folder`: one file for each
// canonical path, named by its hash.
std::filesystem::path record_path(const std::filesystem::path& folder, const std::filesystem::path& model);

// read_record reads a record that nobody else can have written: its folder and the
// file itself belong to this user and let nobody else in. None where there is none.
// Errors: record-unsafe, those of parse_record, file-too-large, file-unreadable,
// read-failed.
Result<std::optional<DigestRecord>> read_record(const std::filesystem::path& path);

// save_record replaces the record, whole or not at all, and makes its folder.
// Errors: record-unsafe for a folder that lets others in; disk-full, write-failed,
// file-not-found, file-unreadable.
Result<void> save_record(const std::filesystem::path& path, const DigestRecord& record);

}  // namespace weightmark
