#include "formats/safetensors.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace weightmark {
namespace {

std::string code_of(const auto& result) { return result ? "ok" : std::string(code_name(result.error().code)); }

Result<SafetensorsHeader> parse(const std::string& text, std::uint64_t data) {
  return parse_safetensors(text, kSafetensorsPrefix + text.size() + data);
}

std::string tensor(std::string_view shape, std::uint64_t begin, std::uint64_t end, std::string_view dtype = "U8") {
  return fmt::format(R"({{"dtype":"{}","shape":{},"data_offsets":[{},{}]}})", dtype, shape, begin, end);
}

TEST(Safetensors, ReadsTensorsInTheOrderOfTheirBytes) {
  const std::string text = R"({"b":)" + tensor("[2,3]", 6, 30, "F32") + R"(,"__metadata__":{"format":"pt"},"a":)" +
                           tensor("[6]", 0, 6) + R"(,"empty":)" + tensor("[0,7]", 30, 30) + R"(,"scalar":)" +
                           tensor("[]", 30, 38, "I64") + "}  ";
  const auto header = parse(text, 38);
  ASSERT_EQ(code_of(header), "ok") << describe(header.error());
  ASSERT_EQ(header->tensors.size(), 4U);
  EXPECT_EQ(header->data_begin, 8 + text.size());
  const std::uint64_t data = header->data_begin;
  EXPECT_EQ(header->tensors[0], (StoredTensor{"a", "U8", {6}, data, data + 6}));
  EXPECT_EQ(header->tensors[1], (StoredTensor{"b", "F32", {2, 3}, data + 6, data + 30}));
  EXPECT_EQ(header->tensors[2].name, "empty");
  EXPECT_EQ(header->tensors[3].shape.size(), 0U);
  EXPECT_EQ(header->metadata, (std::vector<std::pair<std::string, std::string>>{{"format", "pt"}}));
}

TEST(Safetensors, ReadsElementsOfLessThanAByte) {
  EXPECT_EQ(code_of(parse(R"({"a":)" + tensor("[4]", 0, 2, "F4") + "}", 2)), "ok");
  EXPECT_EQ(code_of(parse(R"({"a":)" + tensor("[4]", 0, 3, "F6_E2M3") + "}", 3)), "ok");
  EXPECT_EQ(code_of(parse(R"({"a":)" + tensor("[3]", 0, 2, "F4") + "}", 2)), "safetensors-shape");
}

TEST(Safetensors, MayHaveNoTensors) { EXPECT_EQ(code_of(parse("{}", 0)), "ok"); }

TEST(Safetensors, RefusesWhatIsNotOne) {
  const std::string good = tensor("[6]", 0, 6);
  for (const auto& [text, code] : std::initializer_list<std::pair<std::string, std::string>>{
           {"", "safetensors-malformed"},
           {" {}", "safetensors-malformed"},
           {"[]", "safetensors-malformed"},
           {"{", "json-truncated"},
           {R"({"a":)" + good + R"(,"a":)" + good + "}", "json-duplicate-key"},
           {R"({"a":7})", "safetensors-malformed"},
           {R"({"a":{"dtype":"U8","shape":[6]}})", "safetensors-malformed"},
           {R"({"a":{"dtype":"U8","shape":[6],"data_offsets":[0,6],"more":1}})", "safetensors-malformed"},
           {R"({"a":{"dtype":"U8","shape":[6],"data_offsets":[0]}})", "safetensors-malformed"},
           {R"({"a":{"dtype":"U8","shape":[6],"data_offsets":[0,3,6]}})", "safetensors-malformed"},
           {R"({"a":{"dtype":"U8","shape":["6"],"data_offsets":[0,6]}})", "safetensors-malformed"},
           {R"({"a":{"dtype":"U8","shape":[-6],"data_offsets":[0,6]}})", "safetensors-malformed"},
           {R"({"a":{"dtype":"U8","shape":[6.5],"data_offsets":[0,6]}})", "safetensors-malformed"},
           {R"({"a":)" + good + R"(,"__metadata__":{"n":1}})", "safetensors-malformed"},
           {R"({"a":)" + tensor("[6]", 0, 6, "U7") + "}", "safetensors-dtype"},
           {R"({"a":)" + tensor("[5]", 0, 6) + "}", "safetensors-shape"},
           {R"({"a":)" + tensor("[6]", 6, 0) + "}", "safetensors-shape"},
           {R"({"a":)" + tensor("[4294967296,4294967296,16]", 0, 6) + "}", "safetensors-shape"},
           {R"({"a":)" + tensor("[5]", 0, 5) + "}", "safetensors-offsets"},
           {R"({"a":)" + tensor("[7]", 0, 7) + "}", "safetensors-offsets"},
           {R"({"a":)" + tensor("[5]", 1, 6) + "}", "safetensors-offsets"},
           {R"({"a":)" + tensor("[4]", 0, 4) + R"(,"b":)" + tensor("[3]", 3, 6) + "}", "safetensors-offsets"},
           {R"({"a":)" + tensor("[2]", 0, 2) + R"(,"b":)" + tensor("[3]", 3, 6) + "}", "safetensors-offsets"},
           {R"({"a":)" + good + R"(,"b":)" + good + "}", "safetensors-offsets"}})
    EXPECT_EQ(code_of(parse(text, 6)), code) << text;
}

TEST(Safetensors, RefusesAHeaderThatEndsBeyondTheFile) {
  EXPECT_EQ(code_of(parse_safetensors("{}", 9)), "safetensors-size");
  const Bytes two{2, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(safetensors_header_size(two, 10).value(), 2U);
  EXPECT_EQ(code_of(safetensors_header_size(two, 9)), "safetensors-size");
  EXPECT_EQ(code_of(safetensors_header_size(two, 7)), "safetensors-size");
  EXPECT_EQ(code_of(safetensors_header_size(Bytes{2, 0}, 10)), "safetensors-size");
  const Bytes large{1, 0xE1, 0xF5, 5, 0, 0, 0, 0};  // 100,000,001
  EXPECT_EQ(code_of(safetensors_header_size(large, std::uint64_t{1} << 40U)), "safetensors-size");
  const Bytes huge(8, 0xFF);
  EXPECT_EQ(code_of(safetensors_header_size(huge, ~std::uint64_t{0})), "safetensors-size");
}

TEST(Safetensors, KnowsItsTypes) {
  EXPECT_EQ(dtype_bits("BF16"), 16U);
  EXPECT_EQ(dtype_bits("bf16"), 0U);
  EXPECT_EQ(dtype_bits(""), 0U);
}

}  // namespace
}  // namespace weightmark
