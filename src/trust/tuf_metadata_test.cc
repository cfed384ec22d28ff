#include "trust/tuf_metadata.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/json_document.h"
#include "crypto/sha2.h"
#include "trust/canonical_json.h"
#include "trust/percent.h"
#include "trust/tuf_signatures.h"
#include "trust/tuf_testing.h"
#include "trust/tuf_time.h"

namespace weightmark::tuf {
namespace {

using testing::kTestNow;
using testing::TestKey;

template <class T>
std::string_view code(const Result<T>& result) {
  return result ? "no error" : code_name(result.error().code);
}

// replaced returns `text` with the first `from` in it replaced.
std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

const std::string kTargets = R"({"signatures": [{"keyid": "a", "sig": "00"}], "signed": {
  "_type": "targets", "spec_version": "1.0.31", "version": 3, "expires": "2030-01-31T00:00:00Z", "unknown": [1],
  "targets": {"f": {"length": 1, "hashes": {"sha256": "00"}, "custom": {}}},
  "delegations": {"keys": {"k": {"keytype": "t", "scheme": "s", "keyval": {"public": "p"}}},
    "roles": [{"name": "r", "keyids": ["k"], "threshold": 1, "terminating": false, "paths": ["*"]}]}}})";

std::string_view targets_with(std::string_view from, std::string_view to) {
  return code(parse<Targets>(replaced(kTargets, from, to)));
}

TEST(TufMetadata, IsRead) {
  const auto metadata = parse<Targets>(kTargets);
  ASSERT_EQ(code(metadata), "no error");
  EXPECT_EQ(metadata->body.version, 3);
  EXPECT_EQ(format_time(metadata->body.expires), "2030-01-31T00:00:00Z");
  EXPECT_EQ(metadata->body.files.at("f").length, 1u);
  EXPECT_EQ(metadata->body.delegations.roles.front().paths, std::vector<std::string>{"*"});
  EXPECT_NE(metadata->signed_bytes.find(R"("unknown":[1])"), std::string::npos) << "what is unknown is signed";
}

TEST(TufMetadata, RefusesWhatIsMissingOrOfTheWrongType) {
  EXPECT_EQ(targets_with("\"version\"", "\"Version\""), "tuf-malformed");
  EXPECT_EQ(targets_with("\"version\": 3", "\"version\": 0"), "tuf-malformed");
  EXPECT_EQ(targets_with("\"version\": 3", "\"version\": \"3\""), "tuf-malformed");
  EXPECT_EQ(targets_with("\"version\": 3", "\"version\": 9223372036854775807"), "tuf-malformed");
  EXPECT_EQ(targets_with("\"version\": 3", "\"version\": 3.5"), "tuf-malformed");
  EXPECT_EQ(targets_with("\"unknown\": [1]", "\"unknown\": [1.5]"), "tuf-malformed");
  EXPECT_EQ(targets_with("\"length\": 1", "\"length\": -1"), "tuf-malformed");
  EXPECT_EQ(targets_with("{\"sha256\": \"00\"}", "{}"), "tuf-malformed");
  EXPECT_EQ(targets_with("\"paths\": [\"*\"]", "\"x\": 1"), "tuf-malformed");
  EXPECT_EQ(targets_with("\"paths\"", "\"path_hash_prefixes\": [], \"paths\""), "tuf-malformed");
  EXPECT_EQ(targets_with("\"terminating\": false,", ""), "tuf-malformed");
  EXPECT_EQ(targets_with("\"roles\"", "\"Roles\""), "tuf-malformed");
  EXPECT_EQ(targets_with("\"keyval\"", "\"value\""), "tuf-malformed");
  EXPECT_EQ(targets_with("\"sig\": \"00\"", "\"sig\": 0"), "tuf-malformed");
  EXPECT_EQ(targets_with("\"signatures\"", "\"Signatures\""), "tuf-malformed");
  EXPECT_EQ(targets_with("2030-01-31T00:00:00Z", "2030-02-31T00:00:00Z"), "tuf-malformed");
  EXPECT_EQ(code(parse<Targets>("[]")), "tuf-malformed");
  EXPECT_EQ(code(parse<Targets>("{")), "json-truncated");
}

TEST(TufMetadata, RefusesOtherKindsAndVersions) {
  EXPECT_EQ(targets_with("\"targets\", \"spec", "\"snapshot\", \"spec"), "tuf-type");
  EXPECT_EQ(targets_with("1.0.31", "2.0"), "tuf-spec-version");
  EXPECT_EQ(targets_with("1.0.31", "10.0"), "tuf-spec-version");
}

TEST(TufMetadata, RefusesThresholdsThatAskForNothing) {
  EXPECT_EQ(targets_with("\"threshold\": 1", "\"threshold\": 0"), "tuf-threshold");
  EXPECT_EQ(targets_with("\"threshold\": 1", "\"threshold\": -1"), "tuf-threshold");
}

TEST(TufMetadata, RefusesWhatIsThereTwice) {
  const std::string_view signature = R"({"keyid": "a", "sig": "00"})";
  EXPECT_EQ(targets_with(signature, std::string(signature) + "," + std::string(signature)), "tuf-duplicate");
  EXPECT_EQ(targets_with("[\"k\"]", "[\"k\", \"k\"]"), "tuf-duplicate");
  EXPECT_EQ(targets_with("\"roles\": [",
                         R"("roles": [{"name":"r","keyids":[],"threshold":1,"terminating":true,"paths":[]},)"),
            "tuf-duplicate");
  EXPECT_EQ(targets_with("\"unknown\": [1]", "\"version\": 4"), "json-duplicate-key");
}

TEST(TufMetadata, RefusesDelegatedRolesWithTheNamesOfOthers) {
  for (const char* name : {"root", "timestamp", "snapshot", "targets", ""})
    EXPECT_EQ(targets_with("\"name\": \"r\"", "\"name\": \"" + std::string(name) + "\""), "tuf-role-name") << name;
}

TEST(TufMetadata, RefusesWhatIsTooLarge) {
  EXPECT_EQ(code(parse<Root>(std::string(kMaxMetadata + 1, ' '))), "tuf-too-large");
  EXPECT_EQ(code(parse<Root>(std::string(100, '['))), "json-depth");
}

// --- Delegations

TEST(Delegations, MayGoByTheHashOfThePath) {
  const std::string hex = to_hex(sha2(Sha2::k256, as_bytes("some/path")));
  const Delegations delegations{{}, {{"a", {}, false, {}, {"zz", hex.substr(0, 3)}}, {"b", {}, false, {}, {"zz"}}}, {}};
  const std::vector<DelegatedRole> found = delegates(delegations, "some/path");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found.front().name, "a");
}

TEST(Delegations, MayBeSuccinct) {
  const std::string hex = to_hex(sha2(Sha2::k256, as_bytes("some/path")));
  for (const auto& [bits, digits] : {std::pair(32, 8), std::pair(16, 4), std::pair(8, 2), std::pair(4, 1)}) {
    Delegations delegations;
    delegations.succinct = {{}, bits, "bin"};
    const std::vector<DelegatedRole> found = delegates(delegations, "some/path");
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found.front().name, "bin-" + hex.substr(0, static_cast<std::size_t>(digits)));
  }
  EXPECT_EQ(targets_with("\"roles\": [{\"name\": \"r\", \"keyids\": [\"k\"], \"threshold\": 1, \"terminating\": false, "
                         "\"paths\": [\"*\"]}]",
                         R"("succinct_roles": {"keyids": [], "threshold": 1, "bit_length": 33, "name_prefix": "b"})"),
            "tuf-malformed");
}

// --- Signatures

TEST(TufSignatures, CountNoDamagedOnes) {
  const TestKey good;
  const TestKey other;
  const std::string text = testing::sign(Json::of("a", 1), {good, other});
  const std::string canonical = canonical_json(Json::of("a", 1)).value();
  const auto parsed = parse_json(text).value();
  std::vector<Signature> signatures;
  for (const Json& one : *parsed.find("signatures")->as<JsonArray>())
    signatures.push_back({*one.find("keyid")->as<std::string>(), *one.find("sig")->as<std::string>()});
  const Keys keys = {{good.id, {"ecdsa", "ecdsa-sha2-nistp256", good.pem}},
                     {other.id, {"ecdsa", "ecdsa-sha2-nistp256", other.pem}},
                     {"odd", {"quantum", "none", "?"}}};
  const Role role{{"odd", "absent", good.id, other.id}, 2};
  EXPECT_EQ(code(check_signatures({canonical, signatures}, keys, role)), "no error");
  EXPECT_EQ(code(check_signatures({canonical + " ", signatures}, keys, role)), "tuf-signatures");
  for (const char* damaged : {"", "zz", "00"}) {
    signatures[0].hex = damaged;
    EXPECT_EQ(code(check_signatures({canonical, signatures}, keys, role)), "tuf-signatures");
    EXPECT_EQ(code(check_signatures({canonical, signatures}, keys, {role.key_ids, 1})), "no error");
  }
}

// --- Small forms

TEST(CanonicalJson, EscapesOnlyTwoCharacters) {
  const auto value = parse_json(R"({"b": [true, null, -1], "a": "\"\\\n\u00e9/"})");
  EXPECT_EQ(canonical_json(*value).value(), "{\"a\":\"\\\"\\\\\n\xC3\xA9/\",\"b\":[true,null,-1]}");
  EXPECT_EQ(code(canonical_json(Json(0.5))), "tuf-malformed");
}

TEST(PercentEncode, LeavesNoSlash) {
  EXPECT_EQ(percent_encode("../a b?\xC3\xA9~_-"), "..%2Fa%20b%3F%C3%A9~_-");
  EXPECT_EQ(percent_encode("a/b#", "/"), "a/b%23");
}

TEST(TufTime, HasOneForm) {
  EXPECT_EQ(parse_time("2025-01-01T00:00:00Z"), kTestNow);
  EXPECT_EQ(format_time(*parse_time("2028-02-29T23:59:59Z")), "2028-02-29T23:59:59Z");
  for (const char* text :
       {"", "2025-01-01", "2025-01-01T00:00:00", "2025-01-01T00:00:00.5Z", "2025-01-01T00:00:00+00:00",
        "2025-13-01T00:00:00Z", "2025-02-29T00:00:00Z", "2025-01-01T24:00:00Z", "2025-01-01T00:60:00Z",
        "+025-01-01T00:00:00Z", "2025-01-01t00:00:00Z"})
    EXPECT_FALSE(parse_time(text)) << text;
}

}  // namespace
}  // namespace weightmark::tuf
