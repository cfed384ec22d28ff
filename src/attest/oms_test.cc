#include "attest/oms.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "hash/fsverity.h"
#include "hash/hasher.h"

namespace weightmark {
namespace {

Digest sha256(std::string_view content) { return hash_bytes(HashAlgorithm::kSha256, as_bytes(content)); }

// Resource is one entry of a statement under test, with faults to taste.
struct Resource {
  std::string name;
  std::string digest = sha256("content").hex();
  std::string algorithm = "sha256";
  std::string annotations = "";  // JSON, or "" for none
};

// Parts are what a statement under test is made of.
struct Parts {
  std::vector<Resource> resources = {{"a"}, {"b/c"}};
  std::string serialization = R"("method":"files","hash_type":"sha256","allow_symlinks":false)";
  std::string root = "";  // "" for the right one
  std::string more_digests = "";
  std::string predicate_type = std::string(kOmsPredicateType);
  std::string more_subjects = "";
};

std::string quoted(const std::string& text) { return write_json(Json(text)); }

std::string root_of(const Parts& parts) {
  Hasher hasher(HashAlgorithm::kSha256);
  for (const Resource& resource : parts.resources)
    if (auto bytes = from_hex(resource.digest)) hasher.update(*bytes);
  return hasher.finish().hex();
}

std::string resource_json(const Resource& resource) {
  std::string annotations = resource.annotations.empty() ? "" : ",\"annotations\":" + resource.annotations;
  return fmt::format(R"({{"name":{},"digest":"{}","algorithm":"{}"{}}})", quoted(resource.name), resource.digest,
                     resource.algorithm, annotations);
}

std::string statement_json(const Parts& parts) {
  std::string resources;
  for (const Resource& resource : parts.resources)
    resources += (resources.empty() ? "" : ",") + resource_json(resource);
  return fmt::format(R"({{"_type":"{}","subject":[{{"name":"m","digest":{{"sha256":"{}"{}}}}}{}],"predicateType":"{}",)"
                     R"("predicate":{{"resources":[{}],"serialization":{{{}}}}}}})",
                     kStatementType, parts.root.empty() ? root_of(parts) : parts.root, parts.more_digests,
                     parts.more_subjects, parts.predicate_type, resources, parts.serialization);
}

Result<Manifest> parse(const std::string& json) {
  auto statement = parse_statement(json);
  if (!statement) return std::unexpected(statement.error());
  return parse_oms(*statement);
}

std::string code_of(const std::string& json) {
  auto manifest = parse(json);
  return manifest ? "" : std::string(code_name(manifest.error().code));
}

std::string code_of(const Parts& parts) { return code_of(statement_json(parts)); }

std::string code_of_resources(std::vector<Resource> resources) {
  Parts parts;
  parts.resources = std::move(resources);
  return code_of(parts);
}

std::string code_of_serialization(std::string serialization) {
  Parts parts;
  parts.serialization = std::move(serialization);
  return code_of(parts);
}

constexpr std::string_view kShards = R"("method":"shards","hash_type":"sha256","allow_symlinks":false,"shard_size":10)";

std::string code_of_shards(const std::vector<std::string>& names) {
  Parts parts;
  parts.serialization = kShards;
  parts.resources.clear();
  for (const std::string& name : names) parts.resources.push_back({name});
  return code_of(parts);
}

TEST(ParseOms, TakesAPlainStatement) {
  auto manifest = parse(statement_json({}));
  ASSERT_TRUE(manifest) << describe(manifest.error());
  EXPECT_EQ(manifest->name, "m");
  ASSERT_EQ(manifest->files.size(), 2U);
  EXPECT_EQ(manifest->files[1].name, "b/c");
  EXPECT_FALSE(manifest->serialization.ignore_paths);
}

TEST(ParseOms, RefusesWrongStatements) {
  Parts parts;
  parts.predicate_type = "https://slsa.dev/provenance/v1";
  EXPECT_EQ(code_of(parts), "predicate-type");
  parts = {};
  parts.more_subjects = R"(,{"name":"n","digest":{"sha256":"00"}})";
  EXPECT_EQ(code_of(parts), "subject-several");
  parts = {};
  parts.resources.clear();
  EXPECT_EQ(code_of(parts), "resources-empty");
  parts = {};
  parts.root = std::string(64, '0');
  EXPECT_EQ(code_of(parts), "root-mismatch");
  EXPECT_EQ(code_of(R"({"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha512":"00"}}],)"
                    R"("predicateType":"https://model_signing/signature/v1.0","predicate":{}})"),
            "statement-malformed");
}

TEST(ParseOms, RefusesFieldsThatAreMissingOrOfAnotherType) {
  const std::string whole = statement_json({});
  const std::pair<std::string, std::string> faults[] = {{R"("name":"a",)", ""},
                                                        {R"("name":"a")", R"("name":7)"},
                                                        {R"("algorithm":"sha256")", R"("algorithm":null)"},
                                                        {R"("resources":[)", R"("resources":[7,)"},
                                                        {R"("resources")", R"("files")"},
                                                        {R"("serialization")", R"("serial")"},
                                                        {R"("method":"files",)", ""},
                                                        {R"("method":"files")", R"("method":1)"},
                                                        {R"("hash_type":"sha256")", R"("hash_type":[])"}};
  for (const auto& [good, bad] : faults) {
    std::string json = whole;
    ASSERT_NE(json.find(good), std::string::npos) << good;
    json.replace(json.find(good), good.size(), bad);
    EXPECT_EQ(code_of(json), "statement-malformed") << bad;
  }
}

TEST(ParseOms, QuotesOnlyTheStartOfWhatIsWrong) {
  std::string big(100'000, 'x');
  Parts parts;
  parts.predicate_type = big;
  auto size_of_error = [](const Parts& p) { return parse(statement_json(p)).error().what.size(); };
  EXPECT_LT(size_of_error(parts), 400U);
  parts = {};
  parts.root = big;
  EXPECT_LT(size_of_error(parts), 500U);
  parts = {};
  parts.resources[0].algorithm = big;
  EXPECT_LT(size_of_error(parts), 400U);
}

TEST(ParseOms, RefusesBadNames) {
  const std::pair<std::string, std::string> cases[] = {{"", "name-empty"},
                                                       {"/a", "name-absolute"},
                                                       {"a/../b", "name-dot-dot"},
                                                       {"..", "name-dot-dot"},
                                                       {"./a", "name-dot"},
                                                       {"a/.", "name-dot"},
                                                       {"../a", "name-dot-dot"},
                                                       {"a/..", "name-dot-dot"},
                                                       {"/", "name-absolute"},
                                                       {"//a", "name-absolute"},
                                                       {"a//b", "name-empty-component"},
                                                       {"a/", "name-empty-component"},
                                                       {std::string("a\0b", 3), "name-nul"},
                                                       {std::string(5000, 'x'), "name-too-long"}};
  for (const auto& [name, code] : cases) EXPECT_EQ(code_of_resources({{name}, {"z"}}), code) << name;
  EXPECT_EQ(code_of_resources({{"."}, {"z"}}), "name-dot");
  EXPECT_EQ(code_of_resources({{"a"}, {"b"}, {"a"}}), "name-duplicate");
  EXPECT_EQ(code_of_resources({{"a"}, {"a-b"}, {"a/b"}}), "name-conflict");
  EXPECT_EQ(code_of_resources({{"x/y/z/w"}, {"x"}, {"x/v"}, {"x!"}}), "name-conflict");
  EXPECT_EQ(code_of_resources({{"d/a/b"}, {"d/a"}, {"d/a b"}}), "name-conflict");
  EXPECT_EQ(code_of_resources({{"a"}, {"ab/c"}, {"a-/d"}, {"b/a"}}), "");
  std::string json = statement_json({});
  json.replace(json.find("b/c"), 3, "b\xFF");
  EXPECT_EQ(code_of(json), "json-utf8");
}

TEST(ParseOms, RefusesBadDigests) {
  std::string good = sha256("content").hex();
  std::string upper = good;
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  EXPECT_EQ(code_of_resources({{"a", upper}}), "digest-upper-case");
  EXPECT_EQ(code_of_resources({{"a", good.substr(2)}}), "digest-length");
  EXPECT_EQ(code_of_resources({{"a", "zz" + good.substr(2)}}), "digest-not-hex");
  EXPECT_EQ(code_of_resources({{"a", good, "blake2b"}}), "algorithm-mismatch");
  EXPECT_EQ(code_of_resources({{"a", good, "sha256-sharded-10"}}), "algorithm-mismatch");
  EXPECT_EQ(code_of_resources({{"a", good, "SHA256"}}), "algorithm-mismatch");
  Parts blake;
  blake.serialization = R"("method":"files","hash_type":"blake2b","allow_symlinks":true)";
  blake.resources = {{"a", good, "blake2b"}};
  EXPECT_EQ(code_of(blake), "digest-length");  // it would fit SHA-256
  blake.resources = {{"a", good + good, "blake2b"}};
  EXPECT_EQ(code_of(blake), "");
}

TEST(ParseOms, RefusesBadSerializations) {
  EXPECT_EQ(code_of_serialization(R"("method":"tensors","hash_type":"sha256","allow_symlinks":false)"),
            "serialization-method");
  EXPECT_EQ(code_of_serialization(R"("method":"files","hash_type":"md5","allow_symlinks":false)"), "algorithm-unknown");
  EXPECT_EQ(code_of_serialization(R"("method":"files","hash_type":"sha256")"), "statement-malformed");
  EXPECT_EQ(code_of_serialization(R"("method":"files","hash_type":"sha256","allow_symlinks":"no")"),
            "statement-malformed");
  for (const char* size :
       {"", R"(,"shard_size":0)", R"(,"shard_size":-5)", R"(,"shard_size":1.5)", R"(,"shard_size":"9")"})
    EXPECT_EQ(
        code_of_serialization(fmt::format(R"("method":"shards","hash_type":"sha256","allow_symlinks":false{})", size)),
        "shard-size")
        << size;
  EXPECT_EQ(code_of_serialization(R"("method":"files","hash_type":"sha256","allow_symlinks":false,"shard_size":5)"),
            "shard-size");
  for (const char* path : {"/etc", "../x", "a/../b", "", "a//b"})
    EXPECT_EQ(code_of_serialization(fmt::format(
                  R"("method":"files","hash_type":"sha256","allow_symlinks":false,"ignore_paths":["{}"])", path)),
              "ignore-path")
        << path;
}

TEST(ParseOms, ChecksShards) {
  EXPECT_EQ(code_of_shards({"w:0:10", "w:10:20", "w:20:25"}), "");
  EXPECT_EQ(code_of_shards({"w:10:20", "w:0:10"}), "");  // any order is read
  EXPECT_EQ(code_of_shards({"odd:name:0:10"}), "");      // the last two colons count
  EXPECT_EQ(code_of_shards({"w"}), "shard-malformed");
  EXPECT_EQ(code_of_shards({"w:0"}), "shard-malformed");
  EXPECT_EQ(code_of_shards({":0:10"}), "name-empty");
  EXPECT_EQ(code_of_shards({"w:5:5"}), "shard-malformed");
  EXPECT_EQ(code_of_shards({"w:00:10"}), "shard-malformed");
  EXPECT_EQ(code_of_shards({"w:0:0x5"}), "shard-malformed");
  EXPECT_EQ(code_of_shards({"w:-1:5"}), "shard-malformed");
  EXPECT_EQ(code_of_shards({"w:0:99999999999999999999"}), "shard-malformed");
  EXPECT_EQ(code_of_shards({"w:0:10", "w:5:15"}), "shard-overlap");
  EXPECT_EQ(code_of_shards({"w:0:10", "w:20:30"}), "shard-gap");
  EXPECT_EQ(code_of_shards({"w:10:20"}), "shard-gap");
  EXPECT_EQ(code_of_shards({"w:0:11"}), "shard-size");
  EXPECT_EQ(code_of_shards({"w:0:5", "w:5:10"}), "shard-size");
  EXPECT_EQ(code_of_shards({"w:0:10", "w:0:10"}), "name-duplicate");
  EXPECT_EQ(code_of_shards({"w:0:10", "w:0:5"}), "shard-overlap");
  EXPECT_EQ(code_of_shards({"w:10:5"}), "shard-malformed");
  EXPECT_EQ(code_of_shards({"w: 0:10"}), "shard-malformed");
  EXPECT_EQ(code_of_shards({"w:+0:10"}), "shard-malformed");
  EXPECT_EQ(code_of_shards({"w::10"}), "shard-malformed");
  EXPECT_EQ(code_of_shards({"::"}), "shard-malformed");
  EXPECT_EQ(code_of_shards({":"}), "shard-malformed");
  EXPECT_EQ(code_of_shards({"w:18446744073709551610:18446744073709551615"}), "shard-gap");
  EXPECT_EQ(code_of_shards({"../w:0:10"}), "name-dot-dot");
  EXPECT_EQ(code_of_shards({"a:0:10", "a/b:0:10"}), "name-conflict");
  EXPECT_EQ(code_of_shards({".:0:10", ".:10:12"}), "");
  EXPECT_EQ(code_of_shards({".:0:10", "b:0:10"}), "name-dot");
  Parts files;
  files.resources = {{"w:0:10"}};
  EXPECT_EQ(code_of(files), "");  // with the method files, colons are part of the name
}

// --- trees

FileTree tree_of(std::uint64_t size) {
  FileTree tree{size, {}, std::vector<TreeNode>(node_count(size))};
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) tree.nodes[i].fill(static_cast<std::uint8_t>(i));
  tree.fsverity = tree.nodes.empty() ? sha256("tree") : fsverity_digest(size, tree.nodes);
  return tree;
}

std::string annotation(const std::string& tree) { return fmt::format(R"({{"weightmark_tree_v1":{}}})", tree); }

std::string code_of_tree(const std::string& tree) {
  return code_of_resources({{"a", sha256("x").hex(), "sha256", annotation(tree)}});
}

TEST(ParseOms, ChecksTrees) {
  std::string hex = sha256("tree").hex();
  EXPECT_EQ(code_of_tree(fmt::format(R"({{"fsverity":"{}","size":5}})", hex)), "");
  EXPECT_EQ(code_of_tree("[]"), "tree-malformed");
  EXPECT_EQ(code_of_tree("null"), "tree-malformed");
  EXPECT_EQ(code_of_tree("{}"), "tree-malformed");
  EXPECT_EQ(code_of_tree(fmt::format(R"({{"fsverity":"{}","size":5,"nodes":null}})", hex)), "tree-malformed");
  EXPECT_EQ(code_of_tree(fmt::format(R"({{"fsverity":"{}","size":5.5}})", hex)), "tree-malformed");
  EXPECT_EQ(code_of_tree(fmt::format(R"({{"fsverity":"{}","size":9223372036854775807}})", hex)), "tree-malformed");
  EXPECT_EQ(code_of_tree(fmt::format(R"({{"fsverity":"{}","size":67108865,"nodes":null}})", hex)), "tree-malformed");
  EXPECT_EQ(code_of_tree(fmt::format(R"({{"fsverity":"{}","size":0}})", hex)), "tree-inconsistent");
  EXPECT_EQ(code_of_tree(fmt::format(R"({{"fsverity":"{}","size":0}})", TreeHasher().finish().fsverity.hex())), "");
  EXPECT_EQ(code_of_resources({{"a", hex, "sha256", "7"}}), "statement-malformed");
  EXPECT_EQ(code_of_resources({{"a", hex, "sha256", "[]"}}), "statement-malformed");
  EXPECT_EQ(code_of_tree(R"({"size":5})"), "tree-malformed");
  EXPECT_EQ(code_of_tree(fmt::format(R"({{"fsverity":"{}"}})", hex)), "tree-malformed");
  EXPECT_EQ(code_of_tree(fmt::format(R"({{"fsverity":"{}","size":-5}})", hex)), "tree-malformed");
  EXPECT_EQ(code_of_tree(fmt::format(R"({{"fsverity":"{}","size":"5"}})", hex)), "tree-malformed");
  EXPECT_EQ(code_of_tree(fmt::format(R"({{"fsverity":"{}","size":5}})", hex.substr(2))), "tree-malformed");
  EXPECT_EQ(code_of_tree(fmt::format(R"({{"fsverity":"{}","size":5,"nodes":"AAAA"}})", hex)), "tree-malformed");
  EXPECT_EQ(code_of_tree(fmt::format(R"({{"fsverity":"{}","size":67108865}})", hex)), "tree-malformed");
  EXPECT_EQ(code_of_tree(fmt::format(R"({{"fsverity":"{}","size":67108865,"nodes":"AAAA"}})", hex)), "tree-malformed");
  EXPECT_EQ(code_of_tree(fmt::format(R"({{"fsverity":"{}","size":67108865,"nodes":"***"}})", hex)), "tree-malformed");
  std::string nodes = to_base64(Bytes(64));
  EXPECT_EQ(code_of_tree(fmt::format(R"({{"fsverity":"{}","size":67108865,"nodes":"{}"}})", hex, nodes)),
            "tree-inconsistent");
  // A version that is not known here is somebody else's business.
  EXPECT_EQ(code_of_resources({{"a", hex, "sha256", R"({"weightmark_tree_v2":7})"}}), "");
  Parts parts;
  parts.serialization = kShards;
  parts.resources = {{"w:0:10", hex, "sha256", annotation(fmt::format(R"({{"fsverity":"{}","size":10}})", hex))}};
  EXPECT_EQ(code_of(parts), "tree-malformed");
}

// --- declared digests

std::string code_of_declared(const std::string& value, const std::string& content = "x") {
  return code_of_resources(
      {{"a", sha256(content).hex(), "sha256", fmt::format(R"({{"weightmark_declared_v1":{}}})", value)}});
}

TEST(ParseOms, ChecksDeclaredDigests) {
  EXPECT_EQ(code_of_declared(R"({"size":5})"), "");
  EXPECT_EQ(code_of_declared(R"({"size":0})", ""), "");
  EXPECT_EQ(code_of_declared(R"({"size":0})"), "declared-malformed") << "not the digest of an empty file";
  for (const char* value : {"null", "[]", "5", "{}", R"({"size":null})", R"({"size":"5"})", R"({"size":-1})",
                            R"({"size":5.5})", R"({"size":true})"})
    EXPECT_EQ(code_of_declared(value), "declared-malformed") << value;
  EXPECT_EQ(code_of_resources({{"a", sha256("x").hex(), "sha256", R"({"weightmark_declared_v2":7})"}}), "");
  std::string tree = fmt::format(R"({{"weightmark_tree_v1":{{"fsverity":"{}","size":5}},)", sha256("tree").hex());
  EXPECT_EQ(code_of_resources({{"a", sha256("x").hex(), "sha256", tree + R"("weightmark_declared_v1":{"size":5}})"}}),
            "declared-malformed");
  Parts parts;
  parts.serialization = kShards;
  parts.resources = {{"w:0:10", sha256("x").hex(), "sha256", R"({"weightmark_declared_v1":{"size":10}})"}};
  EXPECT_EQ(code_of(parts), "declared-malformed");
}

// record_of is what weightmarkManifestV1 hashes for a file whose content is its
// name, written out from FORMAT, section 1.
std::string record_of(const std::string& name, const std::string& fsverity) {
  const std::string nul(1, '\0');
  return name + nul + "sha256:" + sha256(name).hex() + nul + "5" + nul + fsverity + "\n";
}

TEST(ParseOms, ChecksTheManifestDigest) {
  auto signed_digest = [](const std::string& hex) { return fmt::format(R"(,"weightmarkManifestV1":"{}")", hex); };
  Parts parts;
  parts.more_digests = signed_digest(std::string(64, '0'));
  EXPECT_EQ(code_of(parts), "manifest-digest-mismatch");  // it has no trees to bind
  std::string fsverity = sha256("tree").hex();
  std::string tree = annotation(fmt::format(R"({{"fsverity":"{}","size":5}})", fsverity));
  parts.resources = {{"b", sha256("b").hex(), "sha256", tree}, {"a", sha256("a").hex(), "sha256", tree}};
  EXPECT_EQ(code_of(parts), "manifest-digest-mismatch");
  parts.more_digests = signed_digest(sha256(record_of("a", fsverity) + record_of("b", fsverity)).hex());
  EXPECT_EQ(code_of(parts), "");
  EXPECT_TRUE(parse(statement_json(parts))->manifest_v1);
  parts.resources[0].name = "c";  // it binds names, which the root does not
  EXPECT_EQ(code_of(parts), "manifest-digest-mismatch");
  parts.more_digests = signed_digest("");
  EXPECT_EQ(code_of(parts), "statement-malformed");
  // What the signer did not sign is not attributed to the signer.
  parts.more_digests = "";
  EXPECT_FALSE(parse(statement_json(parts))->manifest_v1);
}

// --- dialects

TEST(ParseOms, ReadsVersion02) {
  std::string hex = sha256("content").hex();
  auto json = [&](const std::string& name) {
    return fmt::format(
        R"({{"_type":"{}","subject":[{{"name":"{}","digest":{{"sha256":"{}"}},"annotations":{{"actual_hash_algorithm":)"
        R"("file-sha256"}}}},{{"name":"b","digest":{{"sha256":"{}"}}}}],"predicateType":"{}","predicate":{{"unused":"x"}}}})",
        kStatementType, name, hex, hex, kOmsPredicateTypeV02);
  };
  auto manifest = parse(json("a"));
  ASSERT_TRUE(manifest) << describe(manifest.error());
  EXPECT_EQ(manifest->files.size(), 2U);
  EXPECT_EQ(manifest->name, "");
  EXPECT_EQ(code_of(json("../a")), "name-dot-dot");
  EXPECT_EQ(code_of(json("b")), "name-duplicate");
  EXPECT_EQ(code_of(json(".")), "name-dot");
  EXPECT_EQ(code_of(json("b/c")), "name-conflict");
  std::string raw(as_text(sha256("content").bytes()));
  EXPECT_EQ(manifest->root, sha256(raw + raw));
  std::string upper = json("a");
  upper[upper.find(hex)] = 'E';
  EXPECT_EQ(code_of(upper), "digest-upper-case");
}

TEST(ParseOms, ReadsThePythonClient) {
  Parts shards;
  shards.serialization = R"("method":"shards","hash_type":"sha256","allow_symlinks":false,"shard_size":10.0)";
  shards.resources = {{"w:0:10", sha256("1").hex(), "sha256-sharded-10"},
                      {"w:10:12", sha256("2").hex(), "sha256-sharded-10"}};
  EXPECT_EQ(code_of(shards), "");
  shards.resources[0].algorithm = "sha256-sharded-11";
  EXPECT_EQ(code_of(shards), "algorithm-mismatch");
  EXPECT_EQ(code_of_resources({{"."}}), "");
  // Order by components: the root digest follows the order as listed.
  EXPECT_EQ(code_of_resources({{"a/b", sha256("1").hex()}, {"a-b/x", sha256("2").hex()}, {"a.txt", sha256("3").hex()}}),
            "");
}

// --- writing

Manifest sample() {
  Manifest manifest;
  manifest.name = "m";
  manifest.serialization.ignore_paths = std::vector<std::string>{".git", "model.sig"};
  for (const char* name : {"a.txt", "a/b", "a-b/x", "Z"})
    manifest.files.push_back({name, sha256(name), {}, tree_of(5)});
  manifest.files.push_back({"big", sha256("big"), {}, tree_of(3 * kNodeSize + 1)});
  manifest.files.push_back({"declared", sha256("declared"), {}, {}, false, 8});
  complete_manifest(manifest);
  return manifest;
}

TEST(WriteOms, RoundTripsInBothOrders) {
  Manifest manifest = sample();
  for (ResourceOrder order : {ResourceOrder::kSpecification, ResourceOrder::kPython}) {
    std::string json = write_oms(manifest, order);
    auto again = parse(json);
    ASSERT_TRUE(again) << describe(again.error());
    // In the other order only the root differs.
    EXPECT_EQ(again->root == manifest.root, order == ResourceOrder::kSpecification);
    again->root = manifest.root;
    EXPECT_EQ(*again, manifest);
    EXPECT_EQ(json, write_oms(sample(), order));
  }
}

TEST(ByComponents, PutsAFoldersFilesRightAfterItsName) {
  const std::vector<std::string> sorted = {"a",   "a/b", "a/b/c", "a/c", "a\x01",   "a b",
                                           "a-b", "a.b", "a0",    "ab",  "\xC3\xA9"};
  for (std::size_t i = 0; i < sorted.size(); ++i)
    for (std::size_t j = 0; j < sorted.size(); ++j)
      EXPECT_EQ(by_components(sorted[i], sorted[j]), i < j) << sorted[i] << " " << sorted[j];
}

TEST(WriteOms, OrdersAsAsked) {
  auto names = [](ResourceOrder order) {
    std::string list;
    Manifest manifest = sample();
    for (const NamedDigest& resource : list_resources(manifest, order)) list += resource.name + " ";
    return list;
  };
  EXPECT_EQ(names(ResourceOrder::kSpecification), "Z a-b/x a.txt a/b big declared ");
  EXPECT_EQ(names(ResourceOrder::kPython), "Z a/b a-b/x a.txt big declared ");
}

TEST(WriteOms, WritesShardsByNameAsText) {
  Manifest manifest;
  manifest.name = "m";
  manifest.serialization = {SerializationMethod::kShards, HashAlgorithm::kSha256, 100, true, std::nullopt};
  FileEntry file{"w", {}, {}, {}};
  for (std::uint64_t begin = 0; begin < 1100; begin += 100) file.shards.push_back({begin, begin + 100, sha256("s")});
  manifest.files = {file};
  complete_manifest(manifest);
  std::string json = write_oms(manifest, ResourceOrder::kSpecification);
  EXPECT_LT(json.find("w:1000:1100"), json.find("w:200:300"));
  auto again = parse(json);
  ASSERT_TRUE(again) << describe(again.error());
  EXPECT_EQ(*again, manifest);
  auto python = parse(write_oms(manifest, ResourceOrder::kPython));
  ASSERT_TRUE(python);
  EXPECT_EQ(python->files, manifest.files);
}

TEST(WriteOms, WritesTheseBytes) {
  Manifest manifest;
  manifest.name = "m";
  manifest.files = {{"a", sha256(""), {}, {}}};
  complete_manifest(manifest);
  EXPECT_EQ(write_oms(manifest, ResourceOrder::kSpecification),
            R"({"_type":"https://in-toto.io/Statement/v1","predicate":{"resources":[{"algorithm":"sha256","digest":)"
            R"("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","name":"a"}],"serialization":)"
            R"({"allow_symlinks":false,"hash_type":"sha256","method":"files"}},"predicateType":)"
            R"("https://model_signing/signature/v1.0","subject":[{"digest":{"sha256":)"
            R"("5df6e0e2761359d30a8275058e299fcc0381534545f55cf43e41983f5d4c9456"},"name":"m"}]})");
}

// A model of 700 GB in files of 5 GB, each with its nodes.
TEST(WriteOms, TakesLessThanTwoMebibytesForALargeModel) {
  constexpr std::uint64_t kFileSize = 5'000'000'000;
  Manifest manifest;
  manifest.name = "m";
  for (unsigned i = 0; i < 140; ++i) {
    FileTree tree{kFileSize, {}, std::vector<TreeNode>(node_count(kFileSize), TreeNode{static_cast<std::uint8_t>(i)})};
    tree.fsverity = fsverity_digest(tree.size, tree.nodes);
    manifest.files.push_back({fmt::format("model-{:05}-of-00140.safetensors", i), sha256("w"), {}, tree, false});
  }
  complete_manifest(manifest);
  std::string json = write_oms(manifest, ResourceOrder::kSpecification);
  EXPECT_LT(to_base64(as_bytes(json)).size() + 4096, std::size_t{2} << 20U);
  auto again = parse(json);
  ASSERT_TRUE(again) << describe(again.error());
  EXPECT_EQ(*again, manifest);
}

TEST(ParseOms, BoundsTheNumberOfFiles) {
  // Refused by the count alone: not one of them is a resource.
  std::string resources = "0";
  for (std::size_t i = 0; i < kMaxFiles; ++i) resources += ",0";
  auto statement = parse_statement(
      fmt::format(R"({{"_type":"{}","subject":[{{"name":"m","digest":{{"sha256":"00"}}}}],"predicateType":"{}",)"
                  R"("predicate":{{"resources":[{}],"serialization":)"
                  R"({{"method":"files","hash_type":"sha256","allow_symlinks":false}}}}}})",
                  kStatementType, kOmsPredicateType, resources));
  ASSERT_TRUE(statement);
  auto parsed = parse_oms(*statement);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(code_name(parsed.error().code), "too-many-files");
}

}  // namespace
}  // namespace weightmark
