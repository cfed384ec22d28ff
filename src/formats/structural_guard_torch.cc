// What PyTorch's archives have beside pickles, as the structural guard sees it.
#include <fmt/format.h>

#include "base/text.h"
#include "formats/pickle.h"
#include "formats/structural_guard.h"
#include "formats/torch_storage.h"

namespace weightmark {

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

}  // namespace weightmark
