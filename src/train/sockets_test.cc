#include "train/sockets.h"

#include <gmock/gmock.h>

namespace weightmark {
namespace {

using testing::ElementsAre;

TEST(Sockets, ListsThoseThatAreShown) {
  View view;
  view.steps = {{ViewStep::Kind::kShow, "/data", {}, false, true},
                {ViewStep::Kind::kHide, "/data/keys", {}, false, true},
                {ViewStep::Kind::kTemporary, "/tmp"},
                {ViewStep::Kind::kShow, "/tmp/in", {}, false, true}};
  const char* table =
      "Num       RefCount Protocol Flags    Type St Inode Path\n"
      "0000000000000000: 00000002 00000000 00010000 0001 01 23570 /tmp/in/with space\n"
      "0000000000000000: 00000002 00000000 00010000 0001 01 23571 /tmp/agent\n"
      "0000000000000000: 00000002 00000000 00010000 0001 01 23572 /data/keys/agent\n"
      "0000000000000000: 00000002 00000000 00010000 0001 01 23573 @abstract\n"
      "0000000000000000: 00000003 00000000 00000000 0001 03     5\n"
      "0000000000000000: 00000002 00000000 00010000 0001 01     6 /data/socket\n";
  EXPECT_THAT(sockets_among(table, view), ElementsAre("/data/socket", "/tmp/in/with space"));
}

}  // namespace
}  // namespace weightmark
