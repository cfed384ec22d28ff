#include "formats/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/json_document.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"

namespace weightmark {
namespace {

constexpr std::uint64_t kMaxHeader = 100'000'000;  // the reference implementation's limit
constexpr std::string_view kMetadata = "__metadata__";

struct Dtype {
  std::string_view name;
  unsigned bits;
};

constexpr auto kDtypes = std::to_array<Dtype>({
    {"BOOL", 8},    {"U8", 8},      {"I8", 8},          {"F8_E5M2", 8},     {"F8_E4M3", 8}, {"F8_E8M0", 8},
    {"I16", 16},    {"U16", 16},    {"F16", 16},        {"BF16", 16},       {"I32", 32},    {"U32", 32},
    {"F32", 32},    {"F64", 64},    {"I64", 64},        {"U64", 64},        {"C64", 64},    {"F4", 4},
    {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8},
});

// multiply returns nothing where 64 bits do not suffice.
std::optional<std::uint64_t> multiply(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

// byte_count is nothing where the tensor has no whole number of bytes, or too many.
std::optional<std::uint64_t> byte_count(const StoredTensor& tensor) {
  std::optional<std::uint64_t> bits = dtype_bits(tensor.dtype);
  for (const std::uint64_t length : tensor.shape) bits = bits ? multiply(*bits, length) : bits;
  if (!bits || *bits % 8 != 0) return std::nullopt;
  return *bits / 8;
}

Result<std::uint64_t> parse_size(const JsonView& view) {
  WM_TRY(const std::int64_t number, view.integer());
  if (number < 0) return view.fail("is negative");
  return static_cast<std::uint64_t>(number);
}

Result<void> parse_shape(const JsonView& view, StoredTensor& tensor) {
  WM_TRY(const JsonItems lengths, view.array());
  for (const JsonView& item : lengths) {
    WM_TRY(const std::uint64_t length, parse_size(item));
    tensor.shape.push_back(length);
  }
  return {};
}

// parse_offsets reads them as they are written, from the beginning of the data.
Result<void> parse_offsets(const JsonView& view, StoredTensor& tensor) {
  WM_TRY(const JsonItems offsets, view.array());
  if (offsets.size() != 2) return view.fail("is not two offsets");
  std::array<std::uint64_t, 2> values{};
  auto value = values.begin();
  for (const JsonView& item : offsets) {
    WM_TRY(*value++, parse_size(item));
  }
  std::tie(tensor.begin, tensor.end) = std::pair(values[0], values[1]);
  return {};
}

Result<StoredTensor> parse_tensor(std::string_view name, const JsonView& view) {
  WM_CHECK(view.only({"dtype", "shape", "data_offsets"}));
  StoredTensor tensor;
  tensor.name = name;
  WM_TRY(const JsonView dtype, view.member("dtype"));
  WM_TRY(tensor.dtype, dtype.string());
  if (dtype_bits(tensor.dtype) == 0)
    return refuse(ErrorCode::kSafetensorsDtype, fmt::format("unknown type \"{}\"", excerpt(tensor.dtype)), name);
  WM_TRY(const JsonView shape, view.member("shape"));
  WM_CHECK(parse_shape(shape, tensor));
  WM_TRY(const JsonView offsets, view.member("data_offsets"));
  WM_CHECK(parse_offsets(offsets, tensor));
  return tensor;
}

Result<void> parse_metadata(const JsonView& view, SafetensorsHeader& header) {
  WM_TRY(const JsonMembers members, view.object());
  for (const auto& [key, value] : members) {
    WM_TRY(const std::string_view text, value.string());
    header.metadata.emplace_back(key, text);
  }
  return {};
}

Result<void> check_shape(const StoredTensor& tensor) {
  const auto bytes = byte_count(tensor);
  if (bytes && tensor.begin <= tensor.end && *bytes == tensor.end - tensor.begin) return {};
  return refuse(ErrorCode::kSafetensorsShape,
                fmt::format("its type and shape are not those of bytes {} to {}", tensor.begin, tensor.end),
                tensor.name);
}

// check_layout compares neighbours; `size` is that of all of the data.
Result<void> check_layout(const std::vector<StoredTensor>& tensors, std::uint64_t size) {
  std::uint64_t next = 0;
  for (const StoredTensor& tensor : tensors) {
    WM_CHECK(check_shape(tensor));
    if (tensor.begin != next)
      return refuse(
          ErrorCode::kSafetensorsOffsets,
          fmt::format("begins at byte {} of the data, where the tensor before it ends at {}", tensor.begin, next),
          tensor.name);
    next = tensor.end;
  }
  if (next == size) return {};
  return refuse(ErrorCode::kSafetensorsOffsets, fmt::format("the tensors have {} bytes, the file {}", next, size));
}

}  // namespace

unsigned dtype_bits(std::string_view dtype) {
  const auto found = std::ranges::find(kDtypes, dtype, &Dtype::name);
  return found == kDtypes.end() ? 0 : found->bits;
}

Result<std::uint64_t> safetensors_header_size(ByteView prefix, std::uint64_t file_size) {
  if (prefix.size() < kSafetensorsPrefix || file_size < kSafetensorsPrefix)
    return refuse(ErrorCode::kSafetensorsSize, fmt::format("has {} bytes, too few for any header", file_size));
  std::uint64_t size = 0;
  for (std::size_t i = kSafetensorsPrefix; i-- > 0;) size = size << 8U | prefix[i];
  if (size > kMaxHeader || size > file_size - kSafetensorsPrefix)
    return refuse(ErrorCode::kSafetensorsSize,
                  fmt::format("a header of {} bytes, in a file of {}; the limit is {}", size, file_size, kMaxHeader));
  return size;
}

Result<SafetensorsHeader> parse_safetensors(std::string_view text, std::uint64_t file_size) {
  // Any other beginning could be another format's, too (README, "Format").
  if (!text.starts_with('{')) return refuse(ErrorCode::kSafetensorsMalformed, "the header does not begin with {");
  WM_TRY(const JsonDocument document, JsonDocument::parse(text));
  WM_TRY(const JsonMembers members, document.root(ErrorCode::kSafetensorsMalformed).object());
  SafetensorsHeader header;
  header.data_begin = kSafetensorsPrefix + text.size();
  if (file_size < header.data_begin) return refuse(ErrorCode::kSafetensorsSize, "the file ends within its header");
  for (const auto& [name, view] : members) {
    if (name == kMetadata) {
      WM_CHECK(parse_metadata(view, header));
      continue;
    }
    WM_TRY(StoredTensor tensor, parse_tensor(name, view));
    header.tensors.push_back(std::move(tensor));
  }
  const auto order = [](const StoredTensor& tensor) { return std::pair(tensor.begin, tensor.end); };
  std::ranges::stable_sort(header.tensors, {}, order);
  WM_CHECK(check_layout(header.tensors, file_size - header.data_begin));
  for (StoredTensor& tensor : header.tensors) {
    tensor.begin += header.data_begin;
    tensor.end += header.data_begin;
  }
  return header;
}

}  // namespace weightmark
