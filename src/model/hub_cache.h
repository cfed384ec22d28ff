// The Hugging Face cache: models--ORG--NAME/snapshots/REVISION holds links into
// models--ORG--NAME/blobs; that of a dataset begins with datasets--.
// https://huggingface.co/docs/huggingface_hub/guides/manage-cache
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/file.h"

namespace weightmark {

// HubCache is the cache that a model's folder lies in, with its blobs folder held
// open, so that what a link means cannot change.
class HubCache {
 public:
  // find returns the cache when `canonical` lies at or below
  // models--*/snapshots/REVISION or datasets--*/snapshots/REVISION and the blobs folder can be opened. `folder` is
  // the open folder of that path.
  static std::optional<HubCache> find(int folder, const std::filesystem::path& canonical);

  // repository is "ORG/NAME".
  const std::string& repository() const { return repository_; }

  // at_snapshot says whether the folder is the snapshot itself, not one below it.
  bool at_snapshot() const { return depth_ == 0; }

  // blob_of returns the blob's name when `target`, the text of the link `name`,
  // reads (../)+blobs/NAME with as many steps up as lead to this repository's own
  // blobs folder. Any other link is not content.
  std::optional<std::string> blob_of(std::string_view name, std::string_view target) const;

  int blobs() const { return blobs_.get(); }

 private:
  Fd blobs_;
  std::string repository_;
  std::size_t depth_ = 0;  // folders between the snapshot and the model's folder
};

}  // namespace weightmark
