#include "formats/gguf.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include "base/text.h"
#include "base/try.h"

namespace weightmark {
namespace {

constexpr std::uint64_t kMaxTensors = 1'000'000;
constexpr std::uint64_t kMaxKeys = 1'000'000;
constexpr std::uint64_t kMaxKeySize = 65'535;  // the specification's
constexpr std::uint64_t kMaxTensorName = 64;   // the specification's
constexpr std::uint32_t kMaxDimensions = 4;    // GGML_MAX_DIMS
constexpr std::uint64_t kDefaultAlignment = 32;
constexpr unsigned kMaxNesting = 4;

// gguf_metadata_value_type
enum ValueType : std::uint32_t { kUint32 = 4, kBool = 7, kText = 8, kArray = 9 };
constexpr std::array<std::uint64_t, 13> kValueSizes{1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

// Block is how many values of a ggml_type stand together, and in how many bytes.
struct Block {
  std::uint64_t values = 0;
  std::uint64_t bytes = 0;  // 0: a type that is not known here, or was taken back
};

// ggml.c, type_traits; by the number of the type.
constexpr auto kBlocks = std::to_array<Block>({
    {1, 4},    {1, 2},     {32, 18},   {32, 20},   {},         {},         {32, 22},  {32, 24},  {32, 34},  {32, 36},
    {256, 84}, {256, 110}, {256, 144}, {256, 176}, {256, 210}, {256, 292}, {256, 66}, {256, 74}, {256, 98}, {256, 50},
    {32, 18},  {256, 110}, {256, 82},  {256, 136}, {1, 1},     {1, 2},     {1, 4},    {1, 8},    {1, 8},    {256, 56},
    {1, 2},    {},         {},         {},         {256, 54},  {256, 66},  {},        {},        {},        {32, 17},
});

struct Tensor {
  std::string name;
  std::uint64_t offset = 0;                // from the beginning of the data
  std::optional<std::uint64_t> size = {};  // bytes; nothing for types that are not known
};

// Reader keeps the first fault; after it nothing is read that matters.
class Reader {
 public:
  explicit Reader(const Content& content) : content_(&content), cursor_(content) {}

  Result<GgufHeader> read() {
    read_header();
    WM_CHECK(cursor_.result());
    if (cursor_.ended()) fail("its header ends in the middle");
    return std::move(header_);
  }

 private:
  bool good() const { return header_.fault.empty() && !cursor_.ended(); }
  void fail(std::string what) {
    if (header_.fault.empty()) header_.fault = std::move(what);
  }

  void read_header() {
    cursor_.skip(4);
    const std::uint32_t version = cursor_.u32();
    if (version != 2 && version != 3) return fail(fmt::format("its version is {}, not 2 or 3", version));
    header_.tensors = cursor_.u64();
    const std::uint64_t keys = cursor_.u64();
    if (header_.tensors > kMaxTensors) return fail(fmt::format("it says that it has {} tensors", header_.tensors));
    if (keys > kMaxKeys) return fail(fmt::format("it says that it has {} keys", keys));
    for (std::uint64_t i = 0; i < keys && good(); ++i) read_pair();
    std::vector<Tensor> tensors;
    for (std::uint64_t i = 0; i < header_.tensors && good(); ++i) tensors.push_back(read_tensor());
    if (good()) check_data(tensors);
  }

  std::string text(std::uint64_t limit, std::string_view what) {
    const std::uint64_t size = cursor_.u64();
    if (size <= limit && size <= cursor_.left()) return cursor_.bytes(size);
    fail(fmt::format("{} of {} bytes", what, size));
    return {};
  }

  void read_pair() {
    const std::string key = text(kMaxKeySize, "it has a key");
    if (!good()) return;
    if (!keys_.insert(key).second) return fail(fmt::format("it has the key {} twice", excerpt(key, 128)));
    header_.keys.push_back(key);
    const std::uint32_t type = cursor_.u32();
    if (key == "general.alignment") return read_alignment(type);
    skip_value(type, 0);
  }

  void read_alignment(std::uint32_t type) {
    alignment_ = cursor_.u32();
    if (type != kUint32 || alignment_ == 0 || (alignment_ & (alignment_ - 1)) != 0)
      fail("its alignment is no power of two");
  }

  void skip_value(std::uint32_t type, unsigned depth) {
    if (type >= kValueSizes.size()) return fail(fmt::format("it has a value of the type {}", type));
    if (type == kText) return skip_text();
    if (type == kArray) return skip_array(depth);
    if (type == kBool && cursor_.u8() > 1) return fail("it has a truth value other than 0 and 1");
    if (type != kBool) cursor_.skip(kValueSizes.at(type));
  }

  void skip_text() {
    const std::uint64_t size = cursor_.u64();
    if (size > cursor_.left()) return fail(fmt::format("it has a text of {} bytes", size));
    cursor_.skip(size);
  }

  void skip_array(unsigned depth) {
    const std::uint32_t type = cursor_.u32();
    const std::uint64_t count = cursor_.u64();
    if (depth >= kMaxNesting) return fail("its lists are nested too deep");
    if (type >= kValueSizes.size()) return fail(fmt::format("it has a list of the type {}", type));
    const std::uint64_t least = type == kText ? 8 : type == kArray ? 12 : kValueSizes.at(type);
    if (count > cursor_.left() / least) return fail(fmt::format("it has a list of {} values", count));
    if (type != kText && type != kArray) return cursor_.skip(count * least);
    for (std::uint64_t i = 0; i < count && good(); ++i) skip_value(type, depth + 1);
  }

  Tensor read_tensor() {
    Tensor tensor{text(kMaxTensorName, "it has a tensor's name")};
    const std::uint32_t dimensions = cursor_.u32();
    const std::string quoted = excerpt(tensor.name, 128);
    if (!names_.insert(tensor.name).second) fail(fmt::format("it has the tensor {} twice", quoted));
    if (dimensions == 0 || dimensions > kMaxDimensions)
      return fail(fmt::format("the tensor {} has {} dimensions", quoted, dimensions)), tensor;
    std::array<std::uint64_t, kMaxDimensions> shape{1, 1, 1, 1};
    for (std::uint32_t i = 0; i < dimensions; ++i) shape.at(i) = cursor_.u64();
    const std::uint32_t type = cursor_.u32();
    tensor.offset = cursor_.u64();
    tensor.size = size_of(shape, type, quoted);
    return tensor;
  }

  // size_of is the tensor's bytes: rows of whole blocks.
  std::optional<std::uint64_t> size_of(const std::array<std::uint64_t, kMaxDimensions>& shape, std::uint32_t type,
                                       const std::string& quoted) {
    if (type >= kBlocks.size() || kBlocks.at(type).bytes == 0) return std::nullopt;
    const Block& block = kBlocks.at(type);
    if (shape[0] % block.values != 0)
      return fail(fmt::format("the tensor {} has no whole number of blocks", quoted)), std::nullopt;
    std::uint64_t size = shape[0] / block.values;
    bool overflow = __builtin_mul_overflow(size, block.bytes, &size);
    for (std::size_t i = 1; i < shape.size(); ++i) overflow |= __builtin_mul_overflow(size, shape.at(i), &size);
    if (overflow) return fail(fmt::format("the tensor {} is larger than any file", quoted)), std::nullopt;
    return size;
  }

  void check_data(std::vector<Tensor>& tensors) {
    const std::uint64_t begin = (cursor_.offset() + alignment_ - 1) / alignment_ * alignment_;
    const std::uint64_t room = begin > content_->size() ? 0 : content_->size() - begin;
    std::ranges::sort(tensors, {}, &Tensor::offset);
    std::uint64_t end = 0;
    for (const Tensor& tensor : tensors) {
      const std::string quoted = excerpt(tensor.name, 128);
      if (tensor.offset % alignment_ != 0) return fail(fmt::format("the tensor {} is not aligned", quoted));
      if (tensor.offset > room || tensor.size.value_or(0) > room - tensor.offset)
        return fail(fmt::format("the tensor {} reaches past the end of the file", quoted));
      if (tensor.offset < end) return fail(fmt::format("the tensor {} shares bytes with another", quoted));
      end = tensor.offset + tensor.size.value_or(0);
    }
  }

  const Content* content_;
  ContentCursor cursor_;
  GgufHeader header_;
  std::uint64_t alignment_ = kDefaultAlignment;
  std::set<std::string> keys_;
  std::set<std::string> names_;
};

}  // namespace

Result<GgufHeader> read_gguf(const Content& content) { return Reader(content).read(); }

}  // namespace weightmark
