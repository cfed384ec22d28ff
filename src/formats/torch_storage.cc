#include "formats/torch_storage.h"

#include <algorithm>
#include <array>

namespace weightmark {
namespace {

struct StorageType {
  std::string_view name;
  std::uint64_t element;  // bytes
};

// Those whose elements have whole bytes each.
constexpr auto kStorageTypes = std::to_array<StorageType>({
    {"torch.FloatStorage", 4},
    {"torch.DoubleStorage", 8},
    {"torch.HalfStorage", 2},
    {"torch.BFloat16Storage", 2},
    {"torch.LongStorage", 8},
    {"torch.IntStorage", 4},
    {"torch.ShortStorage", 2},
    {"torch.CharStorage", 1},
    {"torch.ByteStorage", 1},
    {"torch.BoolStorage", 1},
    {"torch.ComplexFloatStorage", 8},
    {"torch.ComplexDoubleStorage", 16},
    {"torch.QInt8Storage", 1},
    {"torch.QUInt8Storage", 1},
    {"torch.QInt32Storage", 4},
    {"torch.UntypedStorage", 1},
    {"torch.storage.UntypedStorage", 1},
});

}  // namespace

std::optional<std::uint64_t> storage_bytes(std::string_view type, std::uint64_t count) {
  const auto found = std::ranges::find(kStorageTypes, type, &StorageType::name);
  if (found == kStorageTypes.end()) return std::nullopt;
  std::uint64_t bytes = 0;
  return __builtin_mul_overflow(found->element, count, &bytes) ? ~std::uint64_t{0} : bytes;
}

}  // namespace weightmark
