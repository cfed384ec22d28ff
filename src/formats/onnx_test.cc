#include "formats/onnx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/protobuf_testing.h"

namespace weightmark {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

OnnxParts read(const std::string& bytes) { return read_onnx(MemoryContent(as_bytes(bytes))).value(); }

TEST(Onnx, FindsFilesOfTensors) {
  const std::string model = proto_number(1, 8) + proto_field(7, proto_field(5, onnx_external("weights.bin")));
  const OnnxParts parts = read(model);
  EXPECT_EQ(parts.fault, "");
  EXPECT_THAT(parts.locations, ElementsAre("weights.bin"));
  EXPECT_THAT(parts.domains, IsEmpty());
}

TEST(Onnx, LooksIntoGraphsWithin) {
  const std::string inner = proto_field(5, onnx_external("../in"));
  const std::string attribute = proto_field(1, "then_branch") + proto_field(6, inner);
  const std::string constant = proto_field(1, "value") + proto_field(5, onnx_external("/of/attribute"));
  const std::string node = proto_field(4, "If") + proto_field(5, attribute) + proto_field(5, constant);
  const std::string function = proto_field(7, proto_field(5, proto_field(5, onnx_external("of/function"))));
  EXPECT_THAT(read(proto_field(7, proto_field(1, node)) + proto_field(25, function)).locations,
              ElementsAre("../in", "/of/attribute", "of/function"));
}

TEST(Onnx, FindsOperatorsOfOthers) {
  const auto node = [](std::string_view domain) {
    return proto_field(1, proto_field(4, "Op") + proto_field(7, domain));
  };
  EXPECT_THAT(read(proto_field(7, node("com.example") + node("ai.onnx.ml") + node(""))).domains,
              ElementsAre("com.example"));
}

TEST(Onnx, TellsWhereItEnds) {
  EXPECT_EQ(read("").fault, "");
  EXPECT_THAT(read(proto_varint(7U << 3U | 2U) + proto_varint(100)).fault, HasSubstr("past its message"));
  EXPECT_THAT(read(proto_varint(7U << 3U | 3U)).fault, HasSubstr("type"));
  EXPECT_THAT(read(std::string(11, '\xff')).fault, HasSubstr("too long"));
  std::string deep;
  for (int i = 0; i < 40; ++i) deep = proto_field(1, proto_field(5, proto_field(6, deep)));
  EXPECT_THAT(read(proto_field(7, deep)).fault, HasSubstr("too deep"));
}

TEST(Onnx, EveryByteThatChangesDoesNoHarm) {
  const std::string model = proto_field(7, proto_field(5, onnx_external("w")) + proto_field(1, proto_field(7, "d")));
  for (std::size_t at = 0; at < model.size(); ++at)
    for (int value = 0; value < 256; ++value) {
      std::string bytes = model;
      bytes[at] = static_cast<char>(value);
      EXPECT_TRUE(read_onnx(MemoryContent(as_bytes(bytes))));
    }
}

}  // namespace
}  // namespace weightmark
