#include "train/mount_table.h"

#include <gtest/gtest.h>

namespace weightmark {
namespace {

TEST(MountTable, ReadsPlacesTypesAndWhetherTheyAreReadOnly) {
  const auto places = parse_mount_table(
      "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
      "27 1 254:0 /data\\040set /a\\040b\\134c ro,nosuid shared:1 master:2 - ext4 /dev/vda rw\n"
      "28 1 254:0 / /c rw,nosuid - ext4 /dev/vda ro\n");
  ASSERT_TRUE(places);
  const std::vector<MountedPlace> expected{{"/proc", "proc", false}, {"/a b\\c", "ext4", true}, {"/c", "ext4", false}};
  EXPECT_EQ(*places, expected);
  EXPECT_FALSE(holds_files((*places)[0]));
  EXPECT_TRUE(holds_files((*places)[1]));
}

TEST(MountTable, RefusesALineThatIsNotTheKernels) {
  for (const char* line : {"22 27 0:21 / /proc rw", "22 27 - proc", "22 27 0:21 / /proc rw - proc\nx", "\n"}) {
    const auto places = parse_mount_table(line);
    ASSERT_FALSE(places) << line;
    EXPECT_EQ(places.error().code, ErrorCode::kInternal);
  }
}

}  // namespace
}  // namespace weightmark
