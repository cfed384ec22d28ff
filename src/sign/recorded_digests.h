// What `sign --reuse` need not hash again.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "model/digest_memory.h"
#include "sign/digest_record.h"

namespace weightmark {

// RecordedDigests trusts a file of the record of the model's last signing in two
// cases: the kernel keeps the file sealed with the recorded tree, or it is the same
// unchanged inode and its times are settled (is_settled).
class RecordedDigests : public DigestMemory {
 public:
  // The constructor reads the model's record in `folder`; `begun` is now, before any
  // file is read. A record that cannot be trusted or used is none.
  RecordedDigests(const std::filesystem::path& folder, const HashOptions& options, Time begun);

  std::optional<FileEntry> recall(std::string_view name, const OpenFile& file) const override;
  void remember(const FileEntry& file, const FileIdentity& identity) override;

  // save replaces the record by what was remembered.
  void save();

  // warnings say why a record was not used, or not written.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  std::filesystem::path path_;
  DigestRecord old_;
  DigestRecord new_;
  std::vector<std::string> warnings_;
};

}  // namespace weightmark
