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
