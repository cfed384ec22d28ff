#include "formats/pickle.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <vector>

#include "base/text.h"
#include "base/try.h"

namespace weightmark {
namespace {

// What follows an instruction.
enum class Argument : std::uint8_t { kNone, kOne, kTwo, kFour, kEight, kLine, kTwoLines, kText1, kText4, kText8 };

// What it does to the stack and the memo.
enum class Effect : std::uint8_t {
  kNothing,
  kMark,
  kStop,
  kPop,
  kPop2,
  kPopMark,   // everything to the mark, and the mark
  kPush,      // something that is no text
  kPushText,  // the argument
  kReplace1,  // as many items by one
  kReplace2,
  kReplace3,
  kReplaceMark,  // everything to the mark by one
  kDuplicate,
  kPut,      // into the memo by number
  kMemoize,  // into the memo's next place
  kGet,
  kGlobal,       // look up what the argument names
  kStackGlobal,  // look up what the two topmost texts name
  kInstance,     // look up and call
  kExtension,    // look up by number in a registry of the process
  kPersistent,   // what the loader makes of a number of its own
};

struct Instruction {
  unsigned char code;
  Argument argument;
  Effect effect;
};

using enum Argument;
using enum Effect;

constexpr auto kInstructions = std::to_array<Instruction>({
    {'(', kNone, kMark},         {'.', kNone, kStop},        {'0', kNone, kPop},          {'1', kNone, kPopMark},
    {'2', kNone, kDuplicate},    {'F', kLine, kPush},        {'I', kLine, kPush},         {'J', kFour, kPush},
    {'K', kOne, kPush},          {'L', kLine, kPush},        {'M', kTwo, kPush},          {'N', kNone, kPush},
    {'P', kLine, kPush},         {'Q', kNone, kPersistent},  {'R', kNone, kReplace2},     {'S', kLine, kPushText},
    {'T', kText4, kPushText},    {'U', kText1, kPushText},   {'V', kLine, kPushText},     {'X', kText4, kPushText},
    {'a', kNone, kPop},          {'b', kNone, kPop},         {'c', kTwoLines, kGlobal},   {'d', kNone, kReplaceMark},
    {'}', kNone, kPush},         {'e', kNone, kPopMark},     {'g', kLine, kGet},          {'h', kOne, kGet},
    {'i', kTwoLines, kInstance}, {'j', kFour, kGet},         {'l', kNone, kReplaceMark},  {']', kNone, kPush},
    {'o', kNone, kReplaceMark},  {'p', kLine, kPut},         {'q', kOne, kPut},           {'r', kFour, kPut},
    {'s', kNone, kPop2},         {'t', kNone, kReplaceMark}, {')', kNone, kPush},         {'u', kNone, kPopMark},
    {'G', kEight, kPush},        {'B', kText4, kPush},       {'C', kText1, kPush},        {0x80, kOne, kNothing},
    {0x81, kNone, kReplace2},    {0x82, kOne, kExtension},   {0x83, kTwo, kExtension},    {0x84, kFour, kExtension},
    {0x85, kNone, kReplace1},    {0x86, kNone, kReplace2},   {0x87, kNone, kReplace3},    {0x88, kNone, kPush},
    {0x89, kNone, kPush},        {0x8a, kText1, kPush},      {0x8b, kText4, kPush},       {0x8c, kText1, kPushText},
    {0x8d, kText8, kPushText},   {0x8e, kText8, kPush},      {0x8f, kNone, kPush},        {0x90, kNone, kPopMark},
    {0x91, kNone, kReplaceMark}, {0x92, kNone, kReplace3},   {0x93, kNone, kStackGlobal}, {0x94, kNone, kMemoize},
    {0x95, kEight, kNothing},    {0x96, kText8, kPush},      {0x97, kNone, kPush},        {0x98, kNone, kNothing},
});

const Instruction* find_instruction(std::uint8_t code) {
  static const auto table = [] {
    std::array<const Instruction*, 256> by_code{};
    for (const Instruction& one : kInstructions) by_code.at(one.code) = &one;
    return by_code;
  }();
  return table.at(code);
}

constexpr std::size_t kMaxText = std::size_t{1} << 12U;  // longer ones name nothing
constexpr std::size_t kMaxStack = std::size_t{1} << 20U;
constexpr std::size_t kMaxMemo = std::size_t{1} << 22U;
constexpr std::uint64_t kMaxInstructions = std::uint64_t{1} << 28U;

// Item is what is on the stack: a text, as far as that is known.
struct Item {
  std::optional<std::string> text;
  bool mark = false;
};

// Machine follows the instructions.
class Machine {
 public:
  explicit Machine(const Content& content) : cursor_(content) {}

  Result<PickleNames> run() {
    do {
      stack_.clear();
      memo_.clear();
      run_one();
    } while (found_.fault.empty() && follows_another());
    WM_CHECK(cursor_.result());
    return std::move(found_);
  }

 private:
  // PyTorch's old files are several in a row, and then bytes of tensors.
  bool follows_another() {
    constexpr std::uint64_t kLeast = 4;
    if (cursor_.left() < kLeast) return false;
    const std::uint8_t first = cursor_.u8();
    const std::uint8_t protocol = cursor_.u8();
    return first == 0x80 && protocol >= 2 && protocol <= 5;
  }

  void run_one() {
    for (stopped_ = false; !stopped_ && found_.fault.empty();) {
      if (++count_ > kMaxInstructions) return fail("has too many instructions");
      const std::uint64_t at = cursor_.offset();
      const std::uint8_t code = cursor_.u8();
      if (cursor_.ended()) return fail("ends in the middle");
      const Instruction* instruction = find_instruction(code);
      if (instruction == nullptr) return fail(fmt::format("has no instruction at byte {}, but {:#04x}", at, code));
      read_argument(instruction->argument);
      if (cursor_.ended()) return fail("ends in the middle");
      apply(instruction->effect);
    }
  }

  void fail(std::string what) {
    if (found_.fault.empty()) found_.fault = std::move(what);
  }

  // --- arguments

  std::string line() {
    std::string text;
    for (char c = next(); c != '\n' && !cursor_.ended(); c = next())
      if (text.size() < kMaxText) text += c;
    return text;
  }
  char next() { return static_cast<char>(cursor_.u8()); }

  void read_text(std::uint64_t size) {
    if (size > kMaxText)
      cursor_.skip(size), text_.clear();
    else
      text_ = cursor_.bytes(size);
    long_ = size > kMaxText;
  }

  void read_argument(Argument argument) {
    long_ = false;
    switch (argument) {
      case Argument::kNone: return;
      case kOne: number_ = cursor_.u8(); return;
      case kTwo: number_ = cursor_.u16(); return;
      case kFour: number_ = cursor_.u32(); return;
      case kEight: number_ = cursor_.u64(); return;
      case kLine: text_ = line(); return read_number();
      case kTwoLines:
        text_ = line();
        text_ += "." + line();
        return;
      case kText1: return read_text(cursor_.u8());
      case kText4: return read_text(cursor_.u32());
      case kText8: return read_text(cursor_.u64());
    }
  }

  // The memo's places are decimal in the oldest protocol; texts stand in quotes there.
  void read_number() {
    number_ = 0;
    for (const char c : text_)
      if (c >= '0' && c <= '9' && number_ <= kMaxMemo) number_ = number_ * 10 + static_cast<std::uint64_t>(c - '0');
    if (text_.size() >= 2 && text_.front() == text_.back() && (text_.front() == '\'' || text_.front() == '"'))
      text_ = text_.substr(1, text_.size() - 2);
  }

  // --- effects

  Item pop() {
    if (stack_.empty()) return fail("takes from an empty stack"), Item();
    Item item = std::move(stack_.back());
    stack_.pop_back();
    return item;
  }

  void push(std::optional<std::string> text = std::nullopt, bool mark = false) {
    if (stack_.size() >= kMaxStack) return fail("puts too much on its stack");
    stack_.push_back({std::move(text), mark});
  }

  void pop_to_mark() {
    while (!stack_.empty() && !stack_.back().mark) stack_.pop_back();
    pop();
  }

  void replace(int count) {
    for (int i = 0; i < count; ++i) pop();
    push();
  }

  void look_up(const std::string& name) {
    if (found_.names.size() >= kMaxPickleNames && !found_.names.contains(name)) return fail("has too many names");
    found_.names.insert(name);
  }

  void put(std::uint64_t place) {
    if (memo_.size() >= kMaxMemo) return fail("remembers too much");
    if (stack_.empty()) return fail("remembers what is not there");
    memo_[place] = stack_.back().text;
  }

  void stack_global() {
    const std::optional<std::string> name = pop().text;
    const std::optional<std::string> module = pop().text;
    look_up(name && module ? *module + "." + *name : "?");
    push();
  }

  void apply(Effect effect) {
    switch (effect) {
      case kNothing: return;
      case kMark: return push(std::nullopt, true);
      case kStop: stopped_ = true; return;
      case kPop: pop(); return;
      case kPop2: pop(), pop(); return;
      case kPopMark: return pop_to_mark();
      case kPush: return push();
      case kPushText: return push(long_ ? std::nullopt : std::optional(text_));
      case kReplace1: return replace(1);
      case kReplace2: return replace(2);
      case kReplace3: return replace(3);
      case kReplaceMark: return pop_to_mark(), push();
      case kDuplicate: return stack_.empty() ? fail("doubles what is not there") : push(stack_.back().text);
      case kPut: return put(number_);
      case kMemoize: return put(memo_.size());
      case kGet: return push(memo_.contains(number_) ? memo_[number_] : std::nullopt);
      case kGlobal: return look_up(text_), push();
      case kInstance: return look_up(text_), pop_to_mark(), push();
      case kStackGlobal: return stack_global();
      case kExtension: return look_up(fmt::format("copyreg extension {}", number_)), push();
      case kPersistent: return replace(1);
    }
  }

  ContentCursor cursor_;
  PickleNames found_;
  std::vector<Item> stack_;
  std::map<std::uint64_t, std::optional<std::string>> memo_;
  std::string text_;
  std::uint64_t number_ = 0;
  std::uint64_t count_ = 0;
  bool long_ = false;
  bool stopped_ = false;
};

// What torch.load(weights_only=True) and numpy.load make plain data with, by PyTorch's
// torch/_weights_only_unpickler.py and NumPy's numpy/_core/multiarray.py. Each is named
// whole: whatever else is in these modules is not meant.
constexpr auto kDataNames = std::to_array<std::string_view>({
    "collections.OrderedDict",
    "collections.Counter",
    "collections.defaultdict",
    "builtins.bytearray",
    "builtins.set",
    "builtins.frozenset",
    "builtins.complex",
    "builtins.slice",
    "builtins.range",
    "__builtin__.bytearray",
    "__builtin__.set",
    "__builtin__.frozenset",
    "__builtin__.complex",
    "__builtin__.slice",
    "_codecs.encode",
    "torch.Size",
    "torch.Tensor",
    "torch.device",
    "torch.nn.parameter.Parameter",
    "torch.nn.parameter.Buffer",
    "torch._utils._rebuild_tensor",
    "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_tensor_v3",
    "torch._utils._rebuild_parameter",
    "torch._utils._rebuild_parameter_with_state",
    "torch._utils._rebuild_qtensor",
    "torch._utils._rebuild_sparse_tensor",
    "torch._utils._rebuild_meta_tensor_no_storage",
    "torch._utils._rebuild_nested_tensor",
    "torch._utils._rebuild_device_tensor_from_numpy",
    "torch._utils._rebuild_wrapper_subclass",
    "torch._tensor._rebuild_from_type_v2",
    "torch.serialization._get_layout",
    "torch.storage.UntypedStorage",
    "torch.storage.TypedStorage",
    "torch.FloatStorage",
    "torch.DoubleStorage",
    "torch.HalfStorage",
    "torch.BFloat16Storage",
    "torch.LongStorage",
    "torch.IntStorage",
    "torch.ShortStorage",
    "torch.CharStorage",
    "torch.ByteStorage",
    "torch.BoolStorage",
    "torch.ComplexFloatStorage",
    "torch.ComplexDoubleStorage",
    "torch.QInt8Storage",
    "torch.QInt32Storage",
    "torch.QUInt8Storage",
    "torch.UntypedStorage",
    "torch.float",
    "torch.float16",
    "torch.float32",
    "torch.float64",
    "torch.bfloat16",
    "torch.half",
    "torch.double",
    "torch.int8",
    "torch.int16",
    "torch.int32",
    "torch.int64",
    "torch.uint8",
    "torch.uint16",
    "torch.uint32",
    "torch.uint64",
    "torch.bool",
    "torch.complex64",
    "torch.complex128",
    "torch.float8_e4m3fn",
    "torch.float8_e5m2",
    "torch.float8_e4m3fnuz",
    "torch.float8_e5m2fnuz",
    "numpy.ndarray",
    "numpy.dtype",
    "numpy.core.multiarray._reconstruct",
    "numpy._core.multiarray._reconstruct",
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray.scalar",
    "numpy.core.numeric._frombuffer",
    "numpy._core.numeric._frombuffer",
});

}  // namespace

Result<PickleNames> read_pickle(const Content& content) { return Machine(content).run(); }

bool builds_data(std::string_view name) { return std::ranges::find(kDataNames, name) != kDataNames.end(); }

}  // namespace weightmark
