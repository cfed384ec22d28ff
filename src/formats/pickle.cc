#include "formats/pickle.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <memory>
#include <optional>
#include <variant>
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
  kPopMark,   // everything to the mark, and the mark
  kPush,      // something that is no text
  kPushText,  // the argument
  kPushNumber,
  kReplace1,  // as many items by one
  kReplace2,
  kReplace3,
  kReplaceMark,  // everything to the mark by one
  kTuple,        // the same, of which the items are kept
  kCall,         // what two items, a callable and its arguments, make
  kCallNamed,    // the same, with named arguments above
  kObject,       // what everything to the mark, a callable and its arguments, makes
  kSetItem,      // two items into the one below them
  kSetItems,     // everything to the mark into the one below it
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
    {'(', kNone, kMark},         {'.', kNone, kStop},         {'0', kNone, kPop},          {'1', kNone, kPopMark},
    {'2', kNone, kDuplicate},    {'F', kLine, kPush},         {'I', kLine, kPushNumber},   {'J', kFour, kPushNumber},
    {'K', kOne, kPushNumber},    {'L', kLine, kPushNumber},   {'M', kTwo, kPushNumber},    {'N', kNone, kPush},
    {'P', kLine, kPush},         {'Q', kNone, kPersistent},   {'R', kNone, kCall},         {'S', kLine, kPushText},
    {'T', kText4, kPushText},    {'U', kText1, kPushText},    {'V', kLine, kPushText},     {'X', kText4, kPushText},
    {'a', kNone, kPop},          {'b', kNone, kPop},          {'c', kTwoLines, kGlobal},   {'d', kNone, kReplaceMark},
    {'}', kNone, kPush},         {'e', kNone, kPopMark},      {'g', kLine, kGet},          {'h', kOne, kGet},
    {'i', kTwoLines, kInstance}, {'j', kFour, kGet},          {'l', kNone, kReplaceMark},  {']', kNone, kPush},
    {'o', kNone, kObject},       {'p', kLine, kPut},          {'q', kOne, kPut},           {'r', kFour, kPut},
    {'s', kNone, kSetItem},      {'t', kNone, kTuple},        {')', kNone, kPush},         {'u', kNone, kSetItems},
    {'G', kEight, kPush},        {'B', kText4, kPush},        {'C', kText1, kPush},        {0x80, kOne, kNothing},
    {0x81, kNone, kCall},        {0x82, kOne, kExtension},    {0x83, kTwo, kExtension},    {0x84, kFour, kExtension},
    {0x85, kNone, kReplace1},    {0x86, kNone, kReplace2},    {0x87, kNone, kReplace3},    {0x88, kNone, kPush},
    {0x89, kNone, kPush},        {0x8a, kText1, kPushNumber}, {0x8b, kText4, kPushNumber}, {0x8c, kText1, kPushText},
    {0x8d, kText8, kPushText},   {0x8e, kText8, kPush},       {0x8f, kNone, kPush},        {0x90, kNone, kPopMark},
    {0x91, kNone, kReplaceMark}, {0x92, kNone, kCallNamed},   {0x93, kNone, kStackGlobal}, {0x94, kNone, kMemoize},
    {0x95, kEight, kNothing},    {0x96, kText8, kPush},       {0x97, kNone, kPush},        {0x98, kNone, kNothing},
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

struct Known;

// Item is what is on the stack.
struct Item {
  std::shared_ptr<const Known> known = {};  // nothing for most
  bool mark = false;
};

// LookedUp and MadeBy are a name's own object, and what calling it made.
struct LookedUp {
  std::string name;
};
struct MadeBy {
  std::string name;
};

// Known is what is known of an item: a text, a number, …, or the parts of a tuple.
struct Known {
  std::variant<std::string, std::uint64_t, LookedUp, MadeBy, std::vector<Item>> is;
};

template <typename T>
const T* as(const Item& item) {
  return item.known ? std::get_if<T>(&item.known->is) : nullptr;
}

// What torch.load calls to make tensors and the storages beneath them.
bool makes_tensors(std::string_view name) {
  return name.starts_with("torch._utils._rebuild_") || name.starts_with("torch._tensor._rebuild_") ||
         name == "torch.Tensor" || name.starts_with("torch.nn.parameter.") || name.ends_with("Storage");
}

// Machine follows the instructions.
class Machine {
 public:
  explicit Machine(const Content& content, std::uint64_t at = 0) : cursor_(content, at) {}

  Result<PickleNames> run() {
    run_one();
    while (found_.fault.empty() && follows_another()) run_next();
    WM_CHECK(cursor_.result());
    return std::move(found_);
  }

  Result<PickleNames> run_single(std::uint64_t& at) {
    run_one();
    WM_CHECK(cursor_.result());
    at = cursor_.offset();
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

  // Bytes of tensors can begin as pickles do: what breaks before it has looked up a name
  // is taken for such, as it has called nothing.
  void run_next() {
    looked_up_ = false;
    run_one();
    if (looked_up_ || exhausted_ || found_.fault.empty()) return;
    found_.fault.clear();
    cursor_.skip(cursor_.left());
  }

  void run_one() {
    stack_.clear();
    memo_.clear();
    for (stopped_ = false; !stopped_ && found_.fault.empty();) {
      if (++count_ > kMaxInstructions) return exhaust("has too many instructions");
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

  // exhaust is of what a loader might well read on.
  void exhaust(std::string what) {
    exhausted_ = true;
    fail(std::move(what));
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
    argument_ = argument;
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

  void push(Item item = {}) {
    if (stack_.size() >= kMaxStack) return exhaust("puts too much on its stack");
    stack_.push_back(std::move(item));
  }

  template <typename T>
  void push_known(T what) {
    push({std::make_shared<const Known>(Known{std::move(what)})});
  }

  void push_text() {
    if (long_) return push();
    push_known(text_);
  }

  // push_number makes a number of an argument of any form; what is negative, or has no
  // room in 64 bits, counts nothing.
  void push_number(Argument argument) {
    if (argument == kOne || argument == kTwo) return push_known(number_);
    if (argument == kFour) return number_ >> 31U == 0 ? push_known(number_) : push();
    if (argument != kLine) return push_long();
    const std::string_view digits = std::string_view(text_).substr(0, text_.find('L'));
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size()) return push();
    push_known(number);
  }

  // push_long reads two's complement, the lowest byte first.
  void push_long() {
    const std::size_t size = text_.find_last_not_of('\0') + 1;
    const bool negative = !text_.empty() && (static_cast<std::uint8_t>(text_.back()) & 0x80U) != 0;
    if (long_ || negative || size > sizeof(std::uint64_t)) return push();
    std::uint64_t number = 0;
    for (std::size_t i = size; i > 0; --i) number = number << 8U | static_cast<std::uint8_t>(text_[i - 1]);
    push_known(number);
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
    looked_up_ = true;
    if (found_.names.size() >= kMaxPickleNames && !found_.names.contains(name)) return exhaust("has too many names");
    found_.names.insert(name);
  }

  void push_name(const std::string& name) {
    look_up(name);
    push_known(LookedUp{name});
  }

  void put(std::uint64_t place) {
    if (memo_.size() >= kMaxMemo) return exhaust("remembers too much");
    if (stack_.empty()) return fail("remembers what is not there");
    memo_[place] = stack_.back().known;
  }

  void stack_global() {
    const Item name = pop();
    const Item module = pop();
    const auto* name_text = as<std::string>(name);
    const auto* module_text = as<std::string>(module);
    push_name(name_text != nullptr && module_text != nullptr ? *module_text + "." + *name_text : "?");
  }

  void called() { found_.calls |= found_.fault.empty(); }

  // call pops the arguments and the callable; what the callable made is known by its name.
  void call() {
    pop();
    const Item callable = pop();
    called();
    const auto* looked_up = as<LookedUp>(callable);
    if (looked_up == nullptr) return push();
    push_known(MadeBy{looked_up->name});
  }

  // make_tuple keeps the parts of short ones. Tuples within would make it as deep as the pickle is long.
  void make_tuple() {
    constexpr std::size_t kMaxParts = 8;
    std::vector<Item> parts;
    while (!stack_.empty() && !stack_.back().mark) {
      Item item = pop();
      if (as<std::vector<Item>>(item) != nullptr) item.known.reset();
      if (parts.size() <= kMaxParts) parts.push_back(std::move(item));
    }
    pop();
    if (parts.empty() || parts.size() > kMaxParts) return push();
    std::ranges::reverse(parts);
    push_known(std::move(parts));
  }

  // persistent_storage reads what torch.save says of a storage: its kind, type, key, place and count.
  static std::optional<PickledStorage> persistent_storage(const Item& item) {
    const auto* parts = as<std::vector<Item>>(item);
    if (parts == nullptr || parts->size() < 5) return std::nullopt;
    const auto* kind = as<std::string>((*parts)[0]);
    const auto* type = as<LookedUp>((*parts)[1]);
    const auto* key = as<std::string>((*parts)[2]);
    const auto* count = as<std::uint64_t>((*parts)[4]);
    if (kind == nullptr || *kind != "storage" || type == nullptr || key == nullptr || count == nullptr)
      return std::nullopt;
    return PickledStorage{type->name, *key, *count};
  }

  void load_persistent() {
    auto storage = persistent_storage(pop());
    if (!storage) return push();
    push_known(MadeBy{storage->type});
    if (found_.storages.size() >= kMaxPickledStorages) return exhaust("has too many storages");
    found_.storages.insert(*std::move(storage));
  }

  void assign_items() {
    if (stack_.empty()) return fail("puts items into what is not there");
    const auto* made = as<MadeBy>(stack_.back());
    if (made != nullptr && makes_tensors(made->name)) found_.assigned.insert(made->name);
  }

  void apply(Effect effect) {
    switch (effect) {
      case kNothing: return;
      case kMark: return push({.mark = true});
      case kStop: stopped_ = true; return;
      case kPop: pop(); return;
      case kPopMark: return pop_to_mark();
      case kPush: return push();
      case kPushText: return push_text();
      case kPushNumber: return push_number(argument_);
      case kReplace1: return replace(1);
      case kReplace2: return replace(2);
      case kReplace3: return replace(3);
      case kReplaceMark: return pop_to_mark(), push();
      case kTuple: return make_tuple();
      case kCall: return call();
      case kCallNamed: return pop(), call();
      case kObject: return pop_to_mark(), called(), push();
      case kSetItem: return pop(), pop(), assign_items();
      case kSetItems: return pop_to_mark(), assign_items();
      case kDuplicate: return stack_.empty() ? fail("doubles what is not there") : push({stack_.back().known});
      case kPut: return put(number_);
      case kMemoize: return put(memo_.size());
      case kGet: return push({memo_.contains(number_) ? memo_[number_] : nullptr});
      case kGlobal: return push_name(text_);
      case kInstance: return look_up(text_), pop_to_mark(), called(), push();
      case kStackGlobal: return stack_global();
      case kExtension: return look_up(fmt::format("copyreg extension {}", number_)), push();
      case kPersistent: return load_persistent();
    }
  }

  ContentCursor cursor_;
  PickleNames found_;
  std::vector<Item> stack_;
  std::map<std::uint64_t, std::shared_ptr<const Known>> memo_;
  Argument argument_ = kNone;
  std::string text_;
  std::uint64_t number_ = 0;
  std::uint64_t count_ = 0;
  bool long_ = false;
  bool stopped_ = false;
  bool looked_up_ = false;
  bool exhausted_ = false;
};

}  // namespace

Result<PickleNames> read_pickle(const Content& content) { return Machine(content).run(); }

Result<PickleNames> read_one_pickle(const Content& content, std::uint64_t& at) {
  return Machine(content, at).run_single(at);
}

}  // namespace weightmark
