// What PyTorch's archives have beside pickles, as the structural guard sees it.
#include <fmt/format.h>

#include "base/text.h"
#include "base/try.h"
#include "formats/pickle.h"
#include "formats/structural_guard.h"
#include "formats/torch_storage.h"

namespace weightmark {
namespace {

constexpr std::size_t kMaxPickles = 65'536;

// TorchTarWalk follows "storages" or "tensors" as PyTorch's _legacy_load does: a pickle of a storage is followed
// by its count and elements, one of a tensor by its shape, others by the next pickle.
class TorchTarWalk {
 public:
  explicit TorchTarWalk(const Content& content) : content_(&content) {}

  Result<PickleNames> run() {
    for (std::size_t i = 0; good() && at_ < content_->size(); ++i) {
      if (i == kMaxPickles) found_.fault = "has too many others behind it";
      if (good()) WM_CHECK(step());
    }
    return std::move(found_);
  }

  // malformed says which of the numbers does not fit; "" where they do.
  const std::string& malformed() const { return malformed_; }

 private:
  bool good() const { return found_.fault.empty() && malformed_.empty(); }

  Result<void> step() {
    WM_TRY(PickleNames pickle, read_one_pickle(*content_, at_));
    found_.fault = pickle.fault;
    found_.names.insert(pickle.names.begin(), pickle.names.end());
    found_.assigned.merge(pickle.assigned);
    if (!good() || pickle.names.empty()) return {};
    const std::string& name = *pickle.names.begin();
    if (pickle.names.size() == 1 && storage_bytes(name, 1)) return skip_storage(name);
    if (pickle.names.size() == 1 && builds_data(name) && name.ends_with("Tensor")) return skip_tensor();
    found_.fault = "leads on to what is not known here";
    return {};
  }

  Result<void> skip_storage(std::string_view type) {
    ContentCursor cursor(*content_, at_);
    const std::uint64_t count = cursor.u64();
    WM_CHECK(cursor.result());
    const std::uint64_t bytes = storage_bytes(type, count).value_or(0);
    if (cursor.ended() || bytes > cursor.left())
      malformed_ = fmt::format("has a storage of {} elements, which reaches past its end", count);
    at_ = cursor.offset() + bytes;
    return {};
  }

  Result<void> skip_tensor() {
    constexpr std::uint64_t kNumber = 8;
    constexpr std::uint64_t kOffset = 8;
    ContentCursor cursor(*content_, at_);
    const std::uint64_t dimensions = cursor.u32();
    cursor.skip(4);  // they were written as 64 bits once
    WM_CHECK(cursor.result());
    const std::uint64_t bytes = 2 * kNumber * dimensions + kOffset;  // lengths and strides
    if (cursor.ended() || bytes > cursor.left())
      malformed_ = fmt::format("has a tensor of {} dimensions, which reaches past its end", dimensions);
    at_ = cursor.offset() + bytes;
    return {};
  }

  const Content* content_;
  std::uint64_t at_ = 0;
  PickleNames found_;
  std::string malformed_;
};

}  // namespace

void storage_facts(const PickleNames& pickle, std::string_view member,
                   const std::map<std::string, std::uint64_t, std::less<>>& sizes, Facts& facts) {
  // Those of NAME.pkl lie in the folder NAME.
  const std::string folder = std::string(member.substr(0, member.rfind('.'))) + "/";
  for (const PickledStorage& storage : pickle.storages) {
    const auto found = sizes.find(folder + storage.key);
    const auto bytes = storage_bytes(storage.type, storage.count);
    if (found == sizes.end() || !bytes || *bytes == found->second) continue;
    facts.add_of(
        member, ContentKind::kMalformed,
        fmt::format("says that the storage {} has {} bytes, not {}", excerpt(storage.key, 128), *bytes, found->second));
    return;  // one is enough to know it by
  }
}

Result<void> torch_tar_facts(const Content& content, std::string_view member, Facts& facts) {
  TorchTarWalk walk(content);
  WM_TRY(const PickleNames pickles, walk.run());
  pickle_facts(pickles, member, facts);
  if (!walk.malformed().empty()) facts.add_of(member, ContentKind::kMalformed, walk.malformed());
  return {};
}

}  // namespace weightmark
