#include "attest/bundle.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "crypto/pki_testing.h"

namespace weightmark {
namespace {

// Parts are what a bundle under test is made of, as JSON.
struct Parts {
  std::string media_type = "\"application/vnd.dev.sigstore.bundle.v0.3+json\"";
  std::string material = R"({"publicKey":{"hint":"abc"},"tlogEntries":[]})";
  std::string envelope =
      R"({"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[{"sig":"AAAA","keyid":""}]})";
};

std::string json(const Parts& parts) {
  return fmt::format(R"({{"mediaType":{},"verificationMaterial":{},"dsseEnvelope":{}}})", parts.media_type,
                     parts.material, parts.envelope);
}

std::string code_of(const std::string& text) {
  auto bundle = parse_bundle(text);
  return bundle ? "" : std::string(code_name(bundle.error().code));
}

std::string code_of_material(std::string material) { return code_of(json({.material = std::move(material)})); }

std::string code_of_envelope(std::string_view payload, std::string_view type, std::string_view signatures) {
  return code_of(json(
      {.envelope = fmt::format(R"({{"payload":{},"payloadType":{},"signatures":{}}})", payload, type, signatures)}));
}

std::string der64() {
  static const std::string text = to_base64(testing::TestAuthority::root().certificate().der());
  return text;
}

std::string chain_of(std::size_t count) {
  std::string items;
  for (std::size_t i = 0; i < count; ++i) items += fmt::format(R"({}{{"rawBytes":"{}"}})", i > 0 ? "," : "", der64());
  return fmt::format(R"({{"x509CertificateChain":{{"certificates":[{}]}}}})", items);
}

TEST(ParseBundle, TakesEverySpelling) {
  for (const char* type :
       {"application/vnd.dev.sigstore.bundle.v0.3+json", "application/vnd.dev.sigstore.bundle+json;version=0.3",
        "application/vnd.dev.sigstore.bundle+json;version=0.2", "application/vnd.dev.sigstore.bundle+json;version=0.1"})
    EXPECT_EQ(code_of(json({.media_type = fmt::format("\"{}\"", type)})), "") << type;
  for (const char* signature :
       {R"([{"sig":"AAAA"}])", R"([{"sig":"AAAA","keyid":null}])", R"([{"sig":"AAAA","keyid":"k"}])"})
    EXPECT_EQ(code_of_envelope("\"e30=\"", "\"t\"", signature), "") << signature;
  EXPECT_EQ(code_of_material(R"({"publicKey":{"rawBytes":"AAAA","keyDetails":"PKIX_ECDSA_P256_SHA_256"}})"), "");
  EXPECT_EQ(code_of_material(chain_of(1)), "");
  EXPECT_EQ(code_of_material(chain_of(16)), "");
  EXPECT_EQ(code_of_material(fmt::format(R"({{"certificate":{{"rawBytes":"{}"}}}})", der64())), "");
  EXPECT_EQ(code_of_material(R"({"publicKey":{},"certificate":null,"x509CertificateChain":null})"), "");
  EXPECT_EQ(code_of_material(R"({"publicKey":{},"tlogEntries":null,"timestampVerificationData":null})"), "");
}

TEST(ParseBundle, SaysWhatItFound) {
  auto key = parse_bundle(json({}));
  ASSERT_TRUE(key);
  EXPECT_EQ(std::get<PublicKeyMaterial>(key->material).hint, "abc");
  EXPECT_EQ(as_text(key->envelope.payload), "{}");
  EXPECT_EQ(key->envelope.payload_type, "application/vnd.in-toto+json");
  EXPECT_EQ(key->envelope.signature, (Bytes{0, 0, 0}));
  auto old = parse_bundle(json({.material = R"({"publicKey":{"rawBytes":"aGk="}})"}));
  ASSERT_TRUE(old);
  EXPECT_EQ(std::get<PublicKeyMaterial>(old->material).embedded_pem, "hi");
  auto single = parse_bundle(json({.material = fmt::format(R"({{"certificate":{{"rawBytes":"{}"}}}})", der64())}));
  ASSERT_TRUE(single);
  EXPECT_TRUE(std::get<CertificateMaterial>(single->material).single);
  EXPECT_EQ(std::get<CertificateMaterial>(single->material).chain.size(), 1U);
}

TEST(ParseBundle, RefusesWhatIsNoBundle) {
  EXPECT_EQ(code_of(""), "bundle-empty");
  EXPECT_EQ(code_of(" \n"), "bundle-empty");
  EXPECT_EQ(code_of(std::string(kMaxBundleSize + 1, ' ')), "bundle-too-large");
  EXPECT_EQ(code_of("not json"), "json-syntax");
  EXPECT_EQ(code_of(R"({"not": "valid json)"), "json-truncated");
  EXPECT_EQ(code_of("[]"), "bundle-malformed");
  EXPECT_EQ(code_of("{}"), "bundle-malformed");
  EXPECT_EQ(code_of(json({.media_type = "7"})), "bundle-malformed");
  EXPECT_EQ(code_of(json({.media_type = "\"application/json\""})), "bundle-media-type");
  EXPECT_EQ(code_of(json({.media_type = "\"application/vnd.dev.sigstore.bundle.v99.9+json\""})), "bundle-media-type");
  std::string twice = json({});
  twice.insert(1, R"("mediaType":"x",)");
  EXPECT_EQ(code_of(twice), "json-duplicate-key");
  EXPECT_EQ(code_of(json({}) + "{}"), "json-trailing");
  EXPECT_EQ(code_of(json({.material = std::string(70, '[')})), "json-depth");
  EXPECT_EQ(code_of(json({.material = R"({"publicKey":{"hint":1e999}})"})), "json-number");
  EXPECT_EQ(code_of(json({.media_type = "\"\xFF\""})), "json-utf8");
}

TEST(ParseBundle, QuotesOnlyTheStartOfTheMediaType) {
  auto bundle = parse_bundle(json({.media_type = '"' + std::string(1'000'000, 'x') + '"'}));
  ASSERT_FALSE(bundle);
  EXPECT_LT(bundle.error().what.size(), 400U);
}

TEST(ParseBundle, RefusesBadMaterial) {
  EXPECT_EQ(code_of_material("null"), "bundle-no-material");
  EXPECT_EQ(code_of_material("{}"), "bundle-no-material");
  EXPECT_EQ(code_of(R"({"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","dsseEnvelope":{}})"),
            "bundle-no-material");
  EXPECT_EQ(code_of_material(R"({"publicKey":null})"), "bundle-no-material");
  for (const char* wrong :
       {"[]", "7", "\"\"", R"({"publicKey":7})", R"({"publicKey":[]})", R"({"x509CertificateChain":[]})",
        R"({"certificate":"AAAA"})", R"({"publicKey":{},"tlogEntries":{}})",
        R"({"publicKey":{},"timestampVerificationData":7})", R"({"publicKey":{},"timestampVerificationData":[]})",
        R"({"publicKey":{},"timestampVerificationData":{"rfc3161Timestamps":"x"}})"})
    EXPECT_EQ(code_of_material(wrong), "bundle-malformed") << wrong;
  EXPECT_EQ(code_of_material(R"({"publicKey":{"hint":"a"},"certificate":{"rawBytes":"AAAA"}})"),
            "bundle-ambiguous-material");
  EXPECT_EQ(code_of_material(R"({"certificate":{"rawBytes":"AAAA"},"x509CertificateChain":{"certificates":[]}})"),
            "bundle-ambiguous-material");
  EXPECT_EQ(code_of_material(R"({"certificate":{"rawBytes":"AAAA"}})"), "certificate-malformed");
  EXPECT_EQ(code_of_material(R"({"certificate":{"rawBytes":"AAA"}})"), "bundle-base64");
  EXPECT_EQ(code_of_material(R"({"publicKey":{"hint":7}})"), "bundle-malformed");
  EXPECT_EQ(code_of_material(R"({"publicKey":{"rawBytes":"*"}})"), "bundle-base64");
  EXPECT_EQ(code_of_material(R"({"x509CertificateChain":{"certificates":[]}})"), "bundle-no-material");
  EXPECT_EQ(code_of_material(R"({"x509CertificateChain":{"certificates":[{"rawBytes":"AAAA"}]}})"),
            "certificate-malformed");
  EXPECT_EQ(code_of_material(chain_of(17)), "bundle-chain-too-long");
  auto timestamps = [](std::size_t count) {
    std::string items;
    for (std::size_t i = 0; i < count; ++i)
      items += i > 0 ? R"(,{"signedTimestamp":"qg=="})" : R"({"signedTimestamp":"qg=="})";
    return R"({"publicKey":{},"timestampVerificationData":{"rfc3161Timestamps":[)" + items + "]}}";
  };
  EXPECT_EQ(code_of_material(timestamps(32)), "");
  EXPECT_EQ(code_of_material(timestamps(33)), "bundle-too-many-timestamps");
}

TEST(ParseBundle, RefusesBadEnvelopes) {
  EXPECT_EQ(code_of(json({.envelope = "null"})), "bundle-no-envelope");
  EXPECT_EQ(code_of(json({.envelope = "{}"})), "bundle-malformed");
  EXPECT_EQ(code_of(json({.envelope = "[]"})), "bundle-malformed");
  EXPECT_EQ(code_of_envelope("\"e30=\"", "\"t\"", "[7]"), "bundle-malformed");
  EXPECT_EQ(code_of_envelope("\"e30=\"", "\"t\"", R"([{"keyid":"k"}])"), "bundle-malformed");
  EXPECT_EQ(code_of_envelope("\"e30=\"", "\"t\"", R"([{"sig":"AA-_"}])"), "bundle-base64");
  EXPECT_EQ(code_of_envelope("\"e30=\\n\"", "\"t\"", R"([{"sig":"AAAA"}])"), "bundle-base64");
  EXPECT_EQ(code_of_envelope("\"e30=\"", "\"t\"", "[]"), "bundle-no-signature");
  EXPECT_EQ(code_of_envelope("\"e30=\"", "\"t\"", R"([{"sig":""}])"), "bundle-no-signature");
  EXPECT_EQ(code_of_envelope("\"e30=\"", "\"t\"", R"([{"sig":"AAAA"},{"sig":"AAAA"}])"), "bundle-several-signatures");
  EXPECT_EQ(code_of_envelope("\"e30\"", "\"t\"", R"([{"sig":"AAAA"}])"), "bundle-base64");
  EXPECT_EQ(code_of_envelope("7", "\"t\"", R"([{"sig":"AAAA"}])"), "bundle-malformed");
  EXPECT_EQ(code_of_envelope("\"e30=\"", "null", R"([{"sig":"AAAA"}])"), "bundle-malformed");
  EXPECT_EQ(code_of_envelope("\"e30=\"", "\"t\"", "{}"), "bundle-malformed");
  std::string both = json({});
  both.insert(1, R"("messageSignature":{"signature":"AAAA"},)");
  EXPECT_EQ(code_of(both), "bundle-ambiguous-material");
}

std::string message_json(const std::string& message) {
  return R"({"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"publicKey":{}},)"
         R"("messageSignature":)" +
         message + "}";
}

TEST(ParseBundle, TakesMessageSignatures) {
  auto bundle =
      parse_bundle(message_json(R"({"messageDigest":{"algorithm":"SHA2_256","digest":"qg=="},"signature":"qgE="})"));
  ASSERT_TRUE(bundle);
  ASSERT_TRUE(bundle->message);
  EXPECT_EQ(bundle->message->digest_algorithm, "SHA2_256");
  EXPECT_EQ(bundle->message->digest, Bytes{0xaa});
  EXPECT_EQ(bundle->signature(), (Bytes{0xaa, 1}));
  EXPECT_TRUE(parse_bundle(message_json(R"({"signature":"qgE="})"))->message->digest.empty());
  EXPECT_EQ(code_of(message_json(R"({"signature":""})")), "bundle-no-signature");
  EXPECT_EQ(code_of(message_json(R"({"signature":"?"})")), "bundle-base64");
  EXPECT_EQ(code_of(message_json(R"({})")), "bundle-malformed");
  EXPECT_EQ(code_of(message_json(R"([])")), "bundle-malformed");
  EXPECT_EQ(code_of(message_json(R"({"messageDigest":{"algorithm":1},"signature":"qgE="})")), "bundle-malformed");
}

// An entry of which one member is replaced.
std::string entry_json(const std::string& key = {}, const std::string& value = {}) {
  const std::string hash = '"' + to_base64(Bytes(32, 7)) + '"';
  std::map<std::string, std::string> members = {
      {"logIndex", "\"5\""},
      {"logId", R"({"keyId":)" + hash + "}"},
      {"kindVersion", R"({"kind":"hashedrekord","version":"0.0.1"})"},
      {"integratedTime", "1700000000"},
      {"inclusionPromise", R"({"signedEntryTimestamp":"qg=="})"},
      {"inclusionProof", R"({"logIndex":"4","treeSize":"9","rootHash":)" + hash + R"(,"hashes":[)" + hash +
                             R"(],"checkpoint":{"envelope":"note"}})"},
      {"canonicalizedBody", "\"e30=\""}};
  if (!key.empty()) members[key] = value;
  std::string text;
  for (const auto& [name, member] : members)
    if (!member.empty()) text += (text.empty() ? "\"" : ",\"") + name + "\":" + member;
  return "{" + text + "}";
}

Result<Bundle> with_entries(const std::string& entries) {
  return parse_bundle(R"({"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":)"
                      R"({"publicKey":{},"tlogEntries":[)" +
                      entries + R"(]},"messageSignature":{"signature":"qgE="}})");
}

TEST(ParseBundle, TakesLogEntries) {
  auto bundle = with_entries(entry_json());
  ASSERT_TRUE(bundle) << describe(bundle.error());
  const LogEntry& entry = bundle->log_entries.at(0);
  EXPECT_EQ(entry.index, 5U);
  EXPECT_EQ(entry.log_id, Bytes(32, 7));
  EXPECT_EQ(entry.kind + " " + entry.version, "hashedrekord 0.0.1");
  EXPECT_EQ(entry.integrated_time, 1700000000);
  EXPECT_EQ(entry.promise, Bytes{0xaa});
  EXPECT_EQ(entry.body, (Bytes{'{', '}'}));
  EXPECT_EQ(entry.proof->index, 4U);
  EXPECT_EQ(entry.proof->tree_size, 9U);
  EXPECT_EQ(entry.proof->hashes.size(), 1U);
  EXPECT_EQ(entry.proof->checkpoint, "note");
  EXPECT_FALSE(with_entries(entry_json("inclusionProof", ""))->log_entries[0].proof);
  EXPECT_TRUE(with_entries(entry_json("inclusionPromise", ""))->log_entries[0].promise.empty());
  EXPECT_EQ(with_entries(entry_json("logIndex", ""))->log_entries[0].index, 0U) << "proto3 leaves out zeros";
}

TEST(ParseBundle, BoundsTheNumberOfLogEntries) {
  std::string entries = entry_json();
  for (std::size_t i = 1; i < kMaxLogEntries; ++i) entries += "," + entry_json();
  EXPECT_TRUE(with_entries(entries));
  auto too_many = with_entries(entries + "," + entry_json());
  ASSERT_FALSE(too_many);
  EXPECT_EQ(code_name(too_many.error().code), "bundle-too-many-log-entries");
}

TEST(ParseBundle, RefusesMalformedLogEntries) {
  const std::pair<const char*, const char*> faults[] = {{"logIndex", "\"-1\""},
                                                        {"logIndex", "-1"},
                                                        {"logIndex", "\"1x\""},
                                                        {"logIndex", "\"\""},
                                                        {"logIndex", "1.5"},
                                                        {"logIndex", "\"9223372036854775808\""},
                                                        {"logId", R"({"keyId":"qg=="})"},
                                                        {"logId", ""},
                                                        {"kindVersion", R"({"kind":"x"})"},
                                                        {"kindVersion", ""},
                                                        {"integratedTime", "\"now\""},
                                                        {"inclusionPromise", "{}"},
                                                        {"inclusionPromise", R"({"signedEntryTimestamp":"?"})"},
                                                        {"inclusionProof", R"({"logIndex":"4","treeSize":"9"})"},
                                                        {"inclusionProof", R"({"treeSize":"-9","rootHash":"qg=="})"},
                                                        {"canonicalizedBody", ""},
                                                        {"canonicalizedBody", "\"e30\""}};
  for (const auto& [key, value] : faults) {
    auto bundle = with_entries(entry_json(key, value));
    ASSERT_FALSE(bundle) << key << value;
    EXPECT_EQ(code_name(bundle.error().code), "log-entry-malformed") << key << value;
  }
}

TEST(ParseBundle, SurvivesEveryTruncation) {
  std::string whole = json({});
  for (std::size_t size = 1; size < whole.size(); ++size)
    EXPECT_EQ(code_of(whole.substr(0, size)), "json-truncated") << size;
}

TEST(WriteBundle, RoundTrips) {
  auto bundle = parse_bundle(json({}));
  ASSERT_TRUE(bundle);
  std::string text = write_bundle(*bundle);
  EXPECT_EQ(
      text,
      R"({"dsseEnvelope":{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[{"keyid":"","sig":"AAAA"}]},)"
      R"("mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"publicKey":{"hint":"abc"},"tlogEntries":[]}})");
  auto chain = parse_bundle(json({.material = chain_of(2)}));
  ASSERT_TRUE(chain);
  EXPECT_EQ(write_bundle(*parse_bundle(write_bundle(*chain))), write_bundle(*chain));
  auto again = parse_bundle(write_bundle(*chain));
  EXPECT_EQ(std::get<CertificateMaterial>(again->material).chain.size(), 2U);
  EXPECT_EQ(again->envelope.payload, chain->envelope.payload);
  EXPECT_EQ(again->envelope.signature, chain->envelope.signature);
  // A certificate by itself is kept so: keyless bundles have it.
  auto single = parse_bundle(json({.material = fmt::format(R"({{"certificate":{{"rawBytes":"{}"}}}})", der64())}));
  ASSERT_TRUE(single);
  EXPECT_EQ(write_bundle(*single).find("x509CertificateChain"), std::string::npos);
  EXPECT_TRUE(std::get<CertificateMaterial>(parse_bundle(write_bundle(*single))->material).single);
}

}  // namespace
}  // namespace weightmark
