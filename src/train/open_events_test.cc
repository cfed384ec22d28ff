#include "train/open_events.h"

#include <gtest/gtest.h>

#include <cstring>

#include "train/kernel_interface.h"

namespace weightmark {
namespace {

template <class T>
void append(Bytes& out, const T& value) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&value);
  out.insert(out.end(), bytes, bytes + sizeof value);
}

// record is a file system of eight times '7', a handle of `size` bytes, and a name.
Bytes record(std::uint8_t type, std::uint32_t size, const std::string& name) {
  Bytes body(8, '7');
  append(body, size);
  append(body, std::uint32_t{1});
  body.insert(body.end(), size, 'h');
  body.insert(body.end(), name.begin(), name.end());
  Bytes out;
  append(out, kernel::FanotifyInfo{type, 0, static_cast<std::uint16_t>(body.size() + sizeof(kernel::FanotifyInfo))});
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

Bytes event(std::uint64_t mask, int fd, const Bytes& records) {
  Bytes out;
  append(out, kernel::FanotifyEvent{static_cast<std::uint32_t>(sizeof(kernel::FanotifyEvent) + records.size()),
                                    kernel::kFanVersion, 0, sizeof(kernel::FanotifyEvent), mask, fd, 1});
  out.insert(out.end(), records.begin(), records.end());
  return out;
}

Bytes two_records() {
  Bytes out = record(kernel::kFanInfoDirFidName, 4, std::string("name\0\0\0", 7));
  const Bytes file = record(kernel::kFanInfoFid, 8, "");
  out.insert(out.end(), file.begin(), file.end());
  return out;
}

TEST(OpenEvents, ReadsHandlesAndAName) {
  const Bytes bytes = event(kernel::kFanOpen | kernel::kFanOpenExec, -1, two_records());
  const auto events = parse_open_events(bytes);
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 1U);
  EXPECT_EQ(events->front().name, "name");
  EXPECT_EQ(events->front().folder.filesystem(), "77777777");
  EXPECT_EQ(events->front().folder.handle().size(), 12U);
  EXPECT_EQ(events->front().file.handle().size(), 16U);
  EXPECT_TRUE(events->front().executed);
  EXPECT_FALSE(events->front().lost);
}

TEST(OpenEvents, ReadsDescriptorsOneAfterTheOther) {
  Bytes bytes = event(kernel::kFanOpen, 5, {});
  const Bytes second = event(kernel::kFanOpen, 6, {});
  bytes.insert(bytes.end(), second.begin(), second.end());
  const auto events = parse_open_events(bytes);
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 2U);
  EXPECT_EQ((*events)[1].descriptor, 6);
  EXPECT_FALSE((*events)[1].executed);
}

TEST(OpenEvents, TellsOfAnOverflow) {
  const Bytes bytes = event(kernel::kFanOverflow, -1, {});
  const auto events = parse_open_events(bytes);
  ASSERT_TRUE(events);
  EXPECT_TRUE(events->front().lost);
}

TEST(OpenEvents, RefusesWhatIsCutOff) {
  const Bytes whole = event(kernel::kFanOpen, -1, two_records());
  for (std::size_t size = 1; size < whole.size(); ++size) {
    const auto events = parse_open_events(ByteView(whole).first(size));
    ASSERT_FALSE(events) << size;
    EXPECT_EQ(events.error().code, ErrorCode::kInternal);
  }
}

TEST(OpenEvents, RefusesAHandleThatIsLargerThanItsRecord) {
  Bytes records = record(kernel::kFanInfoFid, 8, "");
  records[sizeof(kernel::FanotifyInfo) + 8] = 9;
  EXPECT_FALSE(parse_open_events(event(kernel::kFanOpen, -1, records)));
}

TEST(OpenEvents, RefusesANameWithoutEnd) {
  EXPECT_FALSE(parse_open_events(event(kernel::kFanOpen, -1, record(kernel::kFanInfoDirFidName, 4, "name"))));
}

}  // namespace
}  // namespace weightmark
