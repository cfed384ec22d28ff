#include "attest/provenance_v02.h"

#include <gtest/gtest.h>

#include <string>

namespace weightmark {
namespace {

Result<Provenance> parse(std::string_view type, std::string_view json) {
  auto document = JsonDocument::parse(json);
  if (!document) return std::unexpected(document.error());
  return parse_provenance(type, document->root(ErrorCode::kInternal));
}

std::string code_of(std::string_view type, std::string_view json) {
  const auto provenance = parse(type, json);
  return provenance ? "" : std::string(code_name(provenance.error().code));
}

constexpr std::string_view kV02 = R"({"builder": {"id": "https://b"}, "buildType": "https://t",
  "invocation": {"configSource": {"uri": "git+https://s@r", "digest": {"sha1": "12"}, "entryPoint": "e"},
                 "parameters": {"p": 1}, "environment": {"x": "y"}},
  "buildConfig": {"steps": []},
  "metadata": {"buildInvocationId": "7", "buildStartedOn": "2024-01-01T00:00:00Z",
               "buildFinishedOn": "2024-01-01T01:00:00Z", "completeness": {"materials": true}},
  "materials": [{"uri": "git+https://s@r", "digest": {"sha1": "12"}}]})";

TEST(ProvenanceV02, IsReadIntoTheSameType) {
  const auto read = parse(kProvenanceV02, kV02);
  ASSERT_TRUE(read) << describe(read.error());
  EXPECT_EQ(read->predicate_type, kProvenanceV02);
  EXPECT_EQ(read->build_type, "https://t");
  EXPECT_EQ(read->builder_id, "https://b");
  EXPECT_EQ(read->invocation_id, "7");
  EXPECT_EQ(read->started, parse_rfc3339("2024-01-01T00:00:00Z"));
  EXPECT_EQ(read->finished, parse_rfc3339("2024-01-01T01:00:00Z"));
  ASSERT_EQ(read->dependencies.size(), 1U);
  EXPECT_EQ(read->dependencies[0].digest("sha1"), "12");
  ASSERT_EQ(read->external_parameters.size(), 2U);
  EXPECT_EQ(read->external_parameters[0].first, "configSource");
  EXPECT_EQ(read->external_parameters[1].first, "parameters");
  ASSERT_EQ(read->internal_parameters.size(), 2U);
  EXPECT_EQ(read->internal_parameters[0].first, "buildConfig");
  EXPECT_EQ(read->internal_parameters[1].first, "environment");
}

TEST(ProvenanceV02, NeedsItsFields) {
  const std::string v = "provenance-malformed";
  EXPECT_EQ(code_of(kProvenanceV02, "[]"), v);
  EXPECT_EQ(code_of(kProvenanceV02, "{}"), v);
  EXPECT_EQ(code_of(kProvenanceV02, R"({"builder": {"id": ""}, "buildType": "t"})"), v);
  EXPECT_EQ(code_of(kProvenanceV02, R"({"builder": {"id": "b"}})"), v);
  EXPECT_EQ(code_of(kProvenanceV02, R"({"builder": "b", "buildType": "t"})"), v);
  EXPECT_EQ(code_of(kProvenanceV02, R"({"builder": {"id": "b"}, "buildType": "t", "invocation": []})"), v);
  EXPECT_EQ(code_of(kProvenanceV02, R"({"builder": {"id": "b"}, "buildType": "t", "materials": {}})"), v);
  EXPECT_EQ(code_of(kProvenanceV02, R"({"builder": {"id": "b"}, "buildType": "t", "materials": [{}]})"), v);
  EXPECT_EQ(code_of(kProvenanceV02, R"({"builder": {"id": "b"}, "buildType": "t", "metadata": 1})"), v);
  EXPECT_EQ(code_of(kProvenanceV02, R"({"builder": {"id": "b"}, "buildType": "t",
                                        "invocation": {"configSource": {"uri": 1}}})"),
            v);
  EXPECT_EQ(code_of(kProvenanceV02, R"({"builder": {"id": "b"}, "buildType": "t",
                                        "invocation": {"configSource": {"digest": {"sha1": 1}}}})"),
            v);
}

TEST(ProvenanceV02, NamesOneRun) {
  EXPECT_EQ(parse(kProvenanceV02, R"({"builder": {"id": "b"}, "buildType": "t",
                                      "metadata": {"buildInvocationID": "7"}})")
                ->invocation_id,
            "7");
  EXPECT_EQ(code_of(kProvenanceV02, R"({"builder": {"id": "b"}, "buildType": "t",
                                        "metadata": {"buildInvocationID": "7", "buildInvocationId": "8"}})"),
            "provenance-malformed");
}

TEST(ProvenanceV02, HasRealTimes) {
  EXPECT_EQ(code_of(kProvenanceV02, R"({"builder": {"id": "b"}, "buildType": "t",
                                        "metadata": {"buildStartedOn": "yesterday"}})"),
            "provenance-time");
}

TEST(ProvenanceV02, IsBounded) {
  std::string materials = R"({"uri": "a"})";
  for (std::size_t i = 0; i < kMaxResources; ++i) materials += R"(,{"uri": "a"})";
  EXPECT_EQ(code_of(kProvenanceV02, R"({"builder": {"id": "b"}, "buildType": "t", "materials": [)" + materials + "]}"),
            "provenance-too-large");
}

TEST(ProvenanceV01, IsReadIntoTheSameType) {
  const auto read = parse(kProvenanceV01, R"({"builder": {"id": "https://b"},
    "recipe": {"type": "https://t", "entryPoint": "e", "arguments": {"a": 1}, "definedInMaterial": 0,
               "environment": {"x": "y"}},
    "materials": [{"uri": "https://s"}]})");
  ASSERT_TRUE(read) << describe(read.error());
  EXPECT_EQ(read->build_type, "https://t");
  EXPECT_EQ(read->external_parameters.size(), 3U);
  EXPECT_EQ(read->internal_parameters.size(), 1U);
  EXPECT_EQ(read->dependencies[0].uri, "https://s");
  EXPECT_EQ(code_of(kProvenanceV01, R"({"builder": {"id": "b"}})"), "provenance-malformed");
  EXPECT_EQ(code_of(kProvenanceV01, R"({"builder": {"id": "b"}, "recipe": {"entryPoint": "e"}})"),
            "provenance-malformed");
  EXPECT_EQ(code_of(kProvenanceV01, R"({"builder": {"id": "b"}, "recipe": {"type": "t", "entryPoint": 1}})"),
            "provenance-malformed");
}

TEST(Provenance, OfAnUnknownTypeIsRefused) {
  EXPECT_EQ(code_of("https://slsa.dev/provenance/v0.3", "{}"), "provenance-type");
  EXPECT_EQ(code_of("https://slsa.dev/provenance/v1.0", "{}"), "provenance-type");
}

}  // namespace
}  // namespace weightmark
