#include "formats/pickle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weightmark {
namespace {

using namespace std::string_view_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

PickleNames read(std::string_view bytes) { return read_pickle(MemoryContent(as_bytes(bytes))).value(); }

TEST(Pickle, FindsNamesInEveryProtocol) {
  // os.system("id"), by protocols 0, 2 and 4.
  EXPECT_THAT(read("cos\nsystem\n(S'id'\ntR."sv).names, ElementsAre("os.system"));
  EXPECT_THAT(read("\x80\x02"
                   "cposix\nsystem\nq\x00X\x02\x00\x00\x00idq\x01\x85q\x02Rq\x03."sv)
                  .names,
              ElementsAre("posix.system"));
  EXPECT_THAT(
      read("\x80\x04\x95\x1d\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x02id\x94"
           "\x85\x94R\x94."sv)
          .names,
      ElementsAre("posix.system"));
  EXPECT_THAT(read("(S'id'\nios\nsystem\n."sv).names, ElementsAre("os.system"));
}

TEST(Pickle, FollowsTheMemo) {
  // The names come out of the memo: "os" at 0, "system" at 1.
  EXPECT_THAT(read("\x80\x04\x8c\x02os\x94\x8c\x06system\x94"
                   "00h\x00h\x01\x93."sv)
                  .names,
              ElementsAre("os.system"));
  EXPECT_THAT(read("\x80\x04\x8c\x02os\x8c\x06system\x93."sv).names, ElementsAre("os.system"));
}

TEST(Pickle, TellsWhatItCannotKnow) {
  EXPECT_THAT(read("\x80\x04K\x01K\x02\x93."sv).names, ElementsAre("?"));
  EXPECT_THAT(read("\x80\x02\x82\x07."sv).names, ElementsAre("copyreg extension 7"));
}

TEST(Pickle, ReadsSeveralInARow) {
  EXPECT_THAT(read("\x80\x02K\x01.\x80\x02"
                   "cos\nsystem\n.bytes of tensors"sv)
                  .names,
              ElementsAre("os.system"));
}

// Bytes of tensors that begin as a pickle does are none: 640 as PyTorch's old files write the
// number of a storage's elements.
TEST(Pickle, TakesWhatBreaksAtOnceForBytesOfTensors) {
  EXPECT_EQ(read("\x80\x02K\x01.\x80\x02\x00\x00\x00\x00\x00\x00"sv).fault, "");
  const PickleNames calls = read(
      "\x80\x02K\x01.\x80\x02"
      "cos\nsystem\n\x00"sv);
  EXPECT_THAT(calls.names, ElementsAre("os.system"));
  EXPECT_THAT(calls.fault, HasSubstr("no instruction"));
}

// storage is the persistent identifier of PyTorch, with the instruction that pushes the count.
std::string storage(std::string_view count) {
  std::string out(
      "\x80\x02(X\x07\x00\x00\x00storageq\x00"
      "ctorch\nFloatStorage\nq\x01X\x01\x00\x00\x00"
      "0X\x03\x00\x00\x00"
      "cpu"sv);
  return out.append(count) + "tQ.";
}

TEST(Pickle, FindsStorages) {
  const auto stored = [](std::uint64_t count) { return ElementsAre(PickledStorage{"torch.FloatStorage", "0", count}); };
  EXPECT_THAT(read(storage("K\x07")).storages, stored(7));
  EXPECT_THAT(read(storage("M\x00\x01"sv)).storages, stored(256));
  EXPECT_THAT(read(storage("J\xff\xff\xff\x7f")).storages, stored(0x7fffffff));
  EXPECT_THAT(read(storage("\x8a\x05\xff\xff\xff\xff\x00"sv)).storages, stored(0xffffffff));
  EXPECT_THAT(read(storage("\x8b\x02\x00\x00\x00\x00\x01"sv)).storages, stored(256));
  EXPECT_THAT(read(storage("I12345678901\n")).storages, stored(12345678901));
  EXPECT_THAT(read(storage("L8L\n")).storages, stored(8));
  EXPECT_THAT(read(storage("K\x09q\x02"
                           "0h\x02"))
                  .storages,
              stored(9));
  for (const std::string_view other : {"J\xff\xff\xff\xff"sv, "\x8a\x01\xff"sv, "N"sv, "I-1\n"sv})
    EXPECT_THAT(read(storage(other)).storages, IsEmpty()) << other;
}

TEST(Pickle, FindsItemsThatArePutIntoTensors) {
  const auto assigned = [](std::string_view name, std::string_view assignment) {
    return read(
               "\x80\x02"
               "c" +
               std::string(name) + "\n)R" + std::string(assignment) + ".")
        .assigned;
  };
  EXPECT_THAT(assigned("torch._utils\n_rebuild_tensor_v2", "K\x00K\x01s"sv),
              ElementsAre("torch._utils._rebuild_tensor_v2"));
  EXPECT_THAT(assigned("torch._utils\n_rebuild_tensor_v2",
                       "q\x00"
                       "0h\x00(K\x00K\x01u"sv),
              ElementsAre("torch._utils._rebuild_tensor_v2"));
  EXPECT_EQ(read("\x80\x02"
                 "ctorch._utils\n_rebuild_tensor_v2\n)}\x92K\x00K\x01s."sv)
                .assigned.size(),
            1U);
  EXPECT_THAT(assigned("collections\nOrderedDict", "(K\x00K\x01u"sv), IsEmpty());
  std::string into_storage = storage("K\x07");
  into_storage.pop_back();
  EXPECT_THAT(read(into_storage.append("K\x00K\x01s."sv)).assigned, ElementsAre("torch.FloatStorage"));
}

TEST(Pickle, TupleInTupleIsNoTower) {
  EXPECT_EQ(read("\x80\x02N" +
                 [] {
                   std::string tower;
                   for (int i = 0; i < 300'000; ++i) tower += "(";
                   for (int i = 0; i < 300'000; ++i) tower += "Nt";
                   return tower;
                 }() +
                 ".")
                .fault,
            "");
}

TEST(Pickle, KnowsWhetherItCalls) {
  for (const std::string_view calling : {"cos\nsystem\n)R."sv, "(ios\nsystem\n."sv, "(cos\nsystem\no."sv,
                                         "cos\nsystem\n)\x81."sv, "cos\nsystem\n)}\x92."sv, "cos\nsystem\n)R\xff"sv})
    EXPECT_TRUE(read(calling).calls) << calling;
  for (const std::string_view naming : {"cos\nsystem\n."sv, "ios\nsystem\n."sv, ")R"sv, "N."sv})
    EXPECT_FALSE(read(naming).calls) << naming;
}

TEST(Pickle, ReadsOneOfSeveral) {
  const std::string_view bytes =
      "xx\x80\x02K\x01.\x80\x02"
      "cos\nsystem\n."sv;
  std::uint64_t at = 2;
  EXPECT_THAT(read_one_pickle(MemoryContent(as_bytes(bytes)), at).value().names, IsEmpty());
  EXPECT_EQ(at, 7U);
  EXPECT_THAT(read_one_pickle(MemoryContent(as_bytes(bytes)), at).value().names, ElementsAre("os.system"));
  EXPECT_EQ(at, bytes.size());
}

TEST(Pickle, TellsWhereItEnds) {
  EXPECT_EQ(read("\x80\x02K\x01."sv).fault, "");
  EXPECT_THAT(read("\x80\x02K"sv).fault, HasSubstr("middle"));
  EXPECT_THAT(read("\x80\x02X\xff\xff\xff\xff"sv).fault, HasSubstr("middle"));
  EXPECT_THAT(read("\x80\x02\x00."sv).fault, HasSubstr("no instruction"));
  EXPECT_THAT(read("\x80\x02R."sv).fault, HasSubstr("empty stack"));
  // What was found before the fault is told all the same.
  EXPECT_THAT(read("cos\nsystem\n\xfe"sv).names, ElementsAre("os.system"));
}

TEST(Pickle, KnowsPlainData) {
  EXPECT_TRUE(builds_data("torch._utils._rebuild_tensor_v2"));
  EXPECT_TRUE(builds_data("collections.OrderedDict"));
  for (const std::string_view name : {"os.system", "builtins.eval", "torch.load", "torch.utils", "pip.main", "?", ""})
    EXPECT_FALSE(builds_data(name)) << name;
}

TEST(Pickle, EveryByteThatChangesDoesNoHarm) {
  const std::string good(
      "\x80\x04\x95\x1d\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x02id\x94\x85\x94R\x94."sv);
  for (std::size_t at = 0; at < good.size(); ++at)
    for (int value = 0; value < 256; ++value) {
      std::string bytes = good;
      bytes[at] = static_cast<char>(value);
      EXPECT_TRUE(read_pickle(MemoryContent(as_bytes(bytes))));
    }
}

}  // namespace
}  // namespace weightmark
