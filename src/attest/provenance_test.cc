#include "attest/provenance.h"

#include <gtest/gtest.h>

namespace weightmark {
namespace {

Result<Provenance> parse(std::string_view json, std::string_view type = kProvenanceV1) {
  auto document = JsonDocument::parse(json);
  if (!document) return std::unexpected(document.error());
  return parse_provenance(type, document->root(ErrorCode::kPredicateMalformed));
}

std::string code_of(std::string_view json, std::string_view type = kProvenanceV1) {
  const auto provenance = parse(json, type);
  return provenance ? "" : std::string(code_name(provenance.error().code));
}

Provenance full() {
  Provenance it;
  it.build_type = "https://example.org/build/v1";
  it.external_parameters = {{"a", Json("x")}, {"b", Json(std::int64_t{1})}};
  it.internal_parameters = {{"c", Json(true)}};
  it.dependencies = {{"data",
                      "hf://datasets/a/b@1",
                      {{"gitCommit", "12"}, {"sha256", "ab"}},
                      "text/plain",
                      "https://example.org/data",
                      {{"x_y", Json("z")}}}};
  it.builder_id = "https://example.org/builder";
  it.builder_version = {{"weightmark", Json("0.1.0")}};
  it.builder_dependencies = {{"image", "", {}, "", "", {}}};
  it.invocation_id = "https://example.org/runs/1";
  it.started = parse_rfc3339("2026-03-02T08:00:11Z");
  it.finished = parse_rfc3339("2026-03-02T09:00:11.25Z");
  it.byproducts = {{"", "", {{"sha256", "cd"}}, "", "", {}}};
  return it;
}

TEST(Provenance, IsReadAsWritten) {
  const auto read = parse(write_provenance(full()));
  ASSERT_TRUE(read) << describe(read.error());
  EXPECT_EQ(*read, full());
}

TEST(Provenance, TakesTheLeast) {
  const auto read = parse(
      R"({"buildDefinition":{"buildType":"t","externalParameters":{}},"runDetails":{"builder":{"id":"b","new":1}}})");
  ASSERT_TRUE(read) << describe(read.error());
  EXPECT_EQ(read->build_type, "t");
  EXPECT_EQ(read->builder_id, "b");
  EXPECT_FALSE(read->started);
  EXPECT_EQ(parse(write_provenance(*read)), *read);
}

// with replaces the first `from` in what is written of full().
std::string with(std::string_view from, std::string_view to) {
  std::string json = write_provenance(full());
  const std::size_t at = json.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return json.replace(at, from.size(), to);
}

TEST(Provenance, RefusesByCode) {
  EXPECT_EQ(code_of("{}", "https://slsa.dev/provenance/v1.0"), "provenance-type");
  EXPECT_EQ(code_of("{}"), "provenance-malformed");
  EXPECT_EQ(code_of(with("externalParameters", "other")), "provenance-malformed");
  EXPECT_EQ(code_of(with(R"({"a":"x","b":1})", "[]")), "provenance-malformed");
  EXPECT_EQ(code_of(with("https://example.org/build/v1", "")), "provenance-malformed");
  EXPECT_EQ(code_of(with(R"("https://example.org/builder")", "7")), "provenance-malformed");
  EXPECT_EQ(code_of(with(R"("0.1.0")", "0")), "provenance-malformed");
  EXPECT_EQ(code_of(with(R"("sha256":"ab")", R"("sha256":"")")), "provenance-malformed");
  EXPECT_EQ(code_of(with(R"({"name":"image"})", "{}")), "provenance-malformed");
  EXPECT_EQ(code_of(with(R"({"x_y":"z"})", R"(["z"])")), "provenance-malformed");
  EXPECT_EQ(code_of(with("2026-03-02T08:00:11Z", "yesterday")), "provenance-time");
}

TEST(Provenance, LimitsItsLists) {
  std::string many;
  for (std::size_t i = 0; i <= kMaxResources; ++i) many += (i == 0 ? "" : ",") + std::string(R"({"uri":"u"})");
  EXPECT_EQ(code_of(with(R"([{"name":"image"}])", "[" + many + "]")), "provenance-too-large");
}

}  // namespace
}  // namespace weightmark
