#include "attest/provenance_file.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>

#include "attest/statement.h"
#include "base/encoding.h"
#include "crypto/pki_testing.h"

namespace weightmark {
namespace {

using Form = ProvenanceEnvelope::Form;

std::string code_of(std::string_view text) {
  const auto parsed = parse_provenance_file(text);
  return parsed ? "" : std::string(code_name(parsed.error().code));
}

std::string bare(std::string_view signatures, std::string_view payload = "{}") {
  return fmt::format(R"({{"payloadType": "application/vnd.in-toto+json", "payload": "{}", "signatures": [{}]}})",
                     to_base64(as_bytes(payload)), signatures);
}

std::string bundle_text() {
  Bundle bundle;
  bundle.media_type = kBundleMediaType;
  bundle.material = PublicKeyMaterial{"hint", {}};
  bundle.envelope = {std::string(kInTotoPayloadType), {'{', '}'}, {1, 2, 3}};
  return write_bundle(bundle);
}

TEST(ProvenanceFile, TakesABundle) {
  const auto parsed = parse_provenance_file(bundle_text());
  ASSERT_TRUE(parsed) << describe(parsed.error());
  ASSERT_EQ(parsed->size(), 1U);
  EXPECT_EQ(parsed->front().form, Form::kBundle);
}

TEST(ProvenanceFile, TakesEveryLine) {
  const auto parsed = parse_provenance_file(bundle_text() + "\n\n" + bare(R"({"sig": "AQID"})") + "\r\n");
  ASSERT_TRUE(parsed) << describe(parsed.error());
  ASSERT_EQ(parsed->size(), 2U);
  EXPECT_EQ(parsed->back().form, Form::kBare);
}

TEST(ProvenanceFile, TakesADocumentOfSeveralLines) {
  std::string text = bare(R"({"sig": "AQID"})");
  text.insert(1, "\n");
  EXPECT_EQ(parse_provenance_file(text)->size(), 1U);
}

TEST(ProvenanceFile, TakesTheCertificateBesideASignature) {
  const auto issued = testing::self_signed({});
  std::string pem;
  for (const char c : issued.certificate.pem()) pem += c == '\n' ? "\\n" : std::string(1, c);
  const auto parsed = parse_provenance_file(bare(fmt::format(R"({{"keyid": "k", "sig": "AQID", "cert": "{}"}})", pem)));
  ASSERT_TRUE(parsed) << describe(parsed.error());
  EXPECT_EQ(parsed->front().key_id, "k");
  EXPECT_EQ(std::get<CertificateMaterial>(parsed->front().bundle.material).chain.front().fingerprint(),
            issued.certificate.fingerprint());
  EXPECT_EQ(code_of(bare(R"({"sig": "AQID", "cert": "x"})")), "certificate-malformed");
}

TEST(ProvenanceFile, TakesEachOfSeveralSignatures) {
  const auto parsed = parse_provenance_file(bare(R"({"sig": "AQID"}, {"sig": "not base64"}, {"sig": "AQIE"})"));
  ASSERT_TRUE(parsed) << describe(parsed.error());
  ASSERT_EQ(parsed->size(), 2U);
  EXPECT_EQ(parsed->back().bundle.envelope.signature, (Bytes{1, 2, 4}));
}

TEST(ProvenanceFile, RefusesWhatIsNone) {
  EXPECT_EQ(code_of(""), "bundle-empty");
  EXPECT_EQ(code_of(" \n"), "bundle-empty");
  EXPECT_EQ(code_of("[]"), "bundle-malformed");
  EXPECT_EQ(code_of("{"), "json-truncated");
  EXPECT_EQ(code_of(bare("")), "bundle-no-signature");
  EXPECT_EQ(code_of(bare(R"({"sig": "?"})")), "bundle-base64");
  EXPECT_EQ(code_of(bare(R"({"sig": 1})")), "bundle-malformed");
  EXPECT_EQ(code_of(bundle_text() + "\n{}"), "bundle-malformed");
}

TEST(ProvenanceFile, IsBounded) {
  std::string lines;
  for (std::size_t i = 0; i <= kMaxEnvelopes; ++i) lines += bare(R"({"sig": "AQID"})") + "\n";
  EXPECT_EQ(code_of(lines), "bundle-malformed");
  std::string signatures = R"({"sig": "AQID"})";
  for (int i = 0; i < 32; ++i) signatures += R"(, {"sig": "AQID"})";
  EXPECT_EQ(code_of(bare(signatures)), "bundle-several-signatures");
}

// --- what Google's tools print

constexpr const char* kImage = "9f2c6d0e4f5b1a7788c0d3e2a1b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6";

struct Printed {
  std::string digest = std::string("sha256:") + kImage;
  std::string kind = "BUILD";
  std::string resource = std::string("https://pkg.example/i@sha256:") + kImage;
  std::string statement = fmt::format(
      R"({{"_type": "https://in-toto.io/Statement/v1", "subject": [{{"name": "i", "digest": {{"sha256": "{}"}}}}]}})",
      kImage);
  std::string rendered = statement;
  std::string signature = R"({"keyid": "projects/p", "sig": "_-8"})";

  std::string occurrence() const {
    return fmt::format(R"({{"kind": "{}", "resourceUri": "{}", "build": {{"intotoStatement": {}}}, "envelope": {}}})",
                       kind, resource, rendered, bare(signature, statement));
  }
  std::string text() const {
    return fmt::format(R"({{"image_summary": {{"digest": "{}"}}, "provenance_summary": {{"provenance": [{}]}}}})",
                       digest, occurrence());
  }
};

TEST(GoogleEnvelopes, AreTakenInEitherAlphabet) {
  const auto parsed = parse_provenance_file(Printed().text());
  ASSERT_TRUE(parsed) << describe(parsed.error());
  ASSERT_EQ(parsed->size(), 1U);
  EXPECT_EQ(parsed->front().form, Form::kGoogle);
  EXPECT_EQ(parsed->front().key_id, "projects/p");
  EXPECT_EQ(parsed->front().bundle.envelope.signature, (Bytes{0xff, 0xef}));
}

TEST(GoogleEnvelopes, AreWhatIsPrinted) {
  const auto code = [](const std::function<void(Printed&)>& fault) {
    Printed printed;
    fault(printed);
    return code_of(printed.text());
  };
  EXPECT_EQ(code([](Printed& it) { it.kind = "NOTE"; }), "build-summary");
  EXPECT_EQ(code([](Printed& it) { it.digest.back() = '7'; }), "build-summary");
  EXPECT_EQ(code([](Printed& it) { it.digest = "sha512:00"; }), "build-summary");
  EXPECT_EQ(code([](Printed& it) { it.resource.back() = '7'; }), "build-summary");
  EXPECT_EQ(code([](Printed& it) { it.rendered = R"({"_type": "other"})"; }), "build-summary");
  EXPECT_EQ(code([](Printed& it) { it.rendered = R"({"more": 1})"; }), "build-summary");
  EXPECT_EQ(code([](Printed& it) { it.rendered = it.statement = R"({"subject": []})"; }), "build-summary");
  EXPECT_EQ(code([](Printed& it) { it.rendered = "null"; }), "build-summary");
  EXPECT_EQ(code([](Printed& it) { it.signature = ""; }), "bundle-no-signature");
}

TEST(GoogleEnvelopes, OfAnotherBuildAreNoObstacle) {
  Printed other;
  other.kind = "NOTE";
  const Printed good;
  const std::string text =
      fmt::format(R"({{"image_summary": {{"digest": "{}"}}, "provenance_summary": {{"provenance": [{}, {}]}}}})",
                  good.digest, other.occurrence(), good.occurrence());
  EXPECT_EQ(parse_provenance_file(text)->size(), 1U);
  EXPECT_EQ(code_of(fmt::format(
                R"({{"image_summary": {{"digest": "{}"}}, "provenance_summary": {{"provenance": []}}}})", good.digest)),
            "bundle-no-envelope");
}

TEST(StatementVersions, TakeTheOlderOneWhereAsked) {
  constexpr std::string_view kOld = R"({"_type": "https://in-toto.io/Statement/v0.1", "predicateType": "t",
    "subject": [{"digest": {"sha256": "00"}}], "predicate": {}})";
  EXPECT_EQ(parse_statement(kOld).error().code, ErrorCode::kStatementType);
  EXPECT_TRUE(parse_statement(kOld, StatementVersions::kAny).has_value());
}

}  // namespace
}  // namespace weightmark
