#include "formats/onnx.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/try.h"

namespace weightmark {
namespace {

// Protocol buffers, https://protobuf.dev/programming-guides/encoding/
enum WireType : std::uint64_t { kVarint = 0, kFixed64 = 1, kLength = 2, kFixed32 = 5 };

constexpr unsigned kMaxDepth = 64;
constexpr std::uint64_t kMaxFields = std::uint64_t{1} << 27U;
constexpr std::uint64_t kMaxText = 4096;
constexpr std::size_t kMaxFound = 65'536;

// Message is which fields of a message lead to what is looked for.
enum class Message : std::uint8_t { kModel, kGraph, kNode, kAttribute, kTensor, kSparse, kEntry, kFunction, kTraining };

struct Link {
  Message from;
  std::uint64_t field;
  Message to;
};

constexpr auto kLinks = std::to_array<Link>({
    {Message::kModel, 7, Message::kGraph},         {Message::kModel, 20, Message::kTraining},
    {Message::kModel, 25, Message::kFunction},     {Message::kTraining, 1, Message::kGraph},
    {Message::kTraining, 2, Message::kGraph},      {Message::kGraph, 1, Message::kNode},
    {Message::kGraph, 5, Message::kTensor},        {Message::kGraph, 15, Message::kSparse},
    {Message::kSparse, 1, Message::kTensor},       {Message::kSparse, 2, Message::kTensor},
    {Message::kNode, 5, Message::kAttribute},      {Message::kAttribute, 5, Message::kTensor},
    {Message::kAttribute, 6, Message::kGraph},     {Message::kAttribute, 10, Message::kTensor},
    {Message::kAttribute, 11, Message::kGraph},    {Message::kAttribute, 22, Message::kSparse},
    {Message::kAttribute, 23, Message::kSparse},   {Message::kFunction, 7, Message::kNode},
    {Message::kFunction, 11, Message::kAttribute}, {Message::kTensor, 13, Message::kEntry},
});

constexpr std::uint64_t kNodeDomain = 7;
constexpr std::uint64_t kEntryKey = 1;
constexpr std::uint64_t kEntryValue = 2;

bool is_own_domain(std::string_view domain) {
  return domain.empty() || domain == "ai.onnx" || domain == "ai.onnx.ml" || domain == "ai.onnx.training" ||
         domain == "ai.onnx.preview" || domain == "ai.onnx.preview.training";
}

class Walk {
 public:
  explicit Walk(const Content& content) : cursor_(content), size_(content.size()) {}

  Result<OnnxParts> run() {
    message(Message::kModel, size_, 0);
    WM_CHECK(cursor_.result());
    if (cursor_.ended()) fail("ends in the middle");
    return std::move(parts_);
  }

 private:
  bool good() const { return parts_.fault.empty() && !cursor_.ended(); }
  void fail(const char* what) {
    if (parts_.fault.empty()) parts_.fault = what;
  }

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t byte = cursor_.u8();
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if ((byte & 0x80U) == 0) return value;
    }
    fail("has a number that is too long");
    return 0;
  }

  void message(Message type, std::uint64_t end, unsigned depth) {
    if (depth > kMaxDepth) return fail("is nested too deep");
    std::string key;
    std::string value;
    while (cursor_.offset() < end && good()) {
      if (++fields_ > kMaxFields) return fail("has too many fields");
      const std::uint64_t tag = varint();
      field(type, tag >> 3U, tag & 7U, end, depth, key, value);
    }
    if (good() && cursor_.offset() != end) fail("has a field that reaches past its message");
    if (type == Message::kEntry && key == "location") add(parts_.locations, value);
  }

  void field(Message type, std::uint64_t number, std::uint64_t wire, std::uint64_t end, unsigned depth,
             std::string& key, std::string& value) {
    switch (wire) {
      case kVarint: varint(); return;
      case kFixed64: return cursor_.skip(8);
      case kFixed32: return cursor_.skip(4);
      case kLength: break;
      default: return fail("has a field of a type that there is none of");
    }
    const std::uint64_t size = varint();
    if (!good() || size > end - std::min(end, cursor_.offset()))
      return fail("has a field that reaches past its message");
    const std::uint64_t field_end = cursor_.offset() + size;
    const auto* link =
        std::ranges::find_if(kLinks, [&](const Link& one) { return one.from == type && one.field == number; });
    if (link != kLinks.end()) return message(link->to, field_end, depth + 1);
    if (type == Message::kEntry && number == kEntryKey) return text(size, key);
    if (type == Message::kEntry && number == kEntryValue) return text(size, value);
    if (type == Message::kNode && number == kNodeDomain) return domain(size);
    cursor_.skip(size);
  }

  void text(std::uint64_t size, std::string& out) {
    if (size > kMaxText) return fail("has a text that is too long");
    out = cursor_.bytes(size);
  }

  void domain(std::uint64_t size) {
    std::string name;
    text(size, name);
    if (!is_own_domain(name)) add(parts_.domains, name);
  }

  void add(std::set<std::string>& found, const std::string& one) {
    if (found.size() >= kMaxFound) return fail("names too much");
    found.insert(one);
  }

  ContentCursor cursor_;
  std::uint64_t size_;
  std::uint64_t fields_ = 0;
  OnnxParts parts_;
};

}  // namespace

Result<OnnxParts> read_onnx(const Content& content) { return Walk(content).run(); }

}  // namespace weightmark
