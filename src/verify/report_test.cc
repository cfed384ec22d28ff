#include "weightmark/report.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "base/json_document.h"
#include "verify/bundle_testing.h"

namespace weightmark {
namespace {

using namespace testing;

Report report_of(Verdict verdict, bool interrupted = false) {
  Report report;
  report.verdict = verdict;
  report.interrupted = interrupted;
  return report;
}

TEST(Report, IsARefusalUnlessItSaysOtherwise) {
  EXPECT_EQ(Report().verdict, Verdict::kUndecided);
  EXPECT_EQ(Report().exit_status(), 3);
}

TEST(Report, HasAnExitStatusForEveryOutcome) {
  EXPECT_EQ(report_of(Verdict::kVerified).exit_status(), 0);
  EXPECT_EQ(report_of(Verdict::kRefused).exit_status(), 1);
  EXPECT_EQ(report_of(Verdict::kUndecided).exit_status(), 3);
  EXPECT_EQ(report_of(Verdict::kUndecided, true).exit_status(), 130);
}

TEST(Report, FindsTheFirstFailedCheck) {
  Report report;
  EXPECT_EQ(report.first_error(), nullptr);
  report.checks.push_back({"bundle", Outcome::kPassed, "model.sig", {}});
  report.checks.push_back({"time", Outcome::kNotChecked, "", {}});
  EXPECT_EQ(report.first_error(), nullptr);
  report.checks.push_back({"signature", Outcome::kFailed, "", Error{ErrorCode::kSignatureInvalid, "", {}, {}}});
  report.checks.push_back({"files", Outcome::kFailed, "", Error{ErrorCode::kFileMissing, "", {}, {}}});
  ASSERT_NE(report.first_error(), nullptr);
  EXPECT_EQ(code_name(report.first_error()->code), "signature-invalid");
}

TEST(Report, CountsFiles) {
  Report report;
  report.files = {{"a", Coverage::kWhole, 1, {}}, {"b", Coverage::kFailed, 0, {}}, {"c", Coverage::kWhole, 0, {}}};
  EXPECT_EQ(report.count(Coverage::kWhole), 2U);
  EXPECT_EQ(report.count(Coverage::kIgnored), 0U);
}

TEST(Report, NamesVerdictsAndCoverage) {
  EXPECT_EQ(verdict_name(Verdict::kVerified), "verified");
  EXPECT_EQ(verdict_name(Verdict::kRefused), "refused");
  EXPECT_EQ(verdict_name(Verdict::kUndecided), "undecided");
  EXPECT_EQ(coverage_name(Coverage::kWhole), "whole");
  EXPECT_EQ(coverage_name(Coverage::kTree), "tree");
  EXPECT_EQ(coverage_name(Coverage::kKernel), "kernel");
  EXPECT_EQ(coverage_name(Coverage::kIgnored), "ignored");
  EXPECT_EQ(coverage_name(Coverage::kNotCovered), "not-covered");
  EXPECT_EQ(coverage_name(Coverage::kFailed), "failed");
}

Report full_report() {
  Report report = report_of(Verdict::kRefused);
  report.model = "m";
  report.signature = "m/model.sig";
  report.time = kTestNow;
  report.bytes_hashed = 7;
  report.signer = SignerReport{"key", "EC P-256", "abc", {}, "DSSE"};
  report.subject = SubjectReport::of(a_manifest({{"w", "weights"}}));
  report.checks = {
      {"signature", Outcome::kPassed, "by a key", {}},
      {"files", Outcome::kFailed, "w: changed", Error{ErrorCode::kFileMismatch, "changed", "w", "get it again"}},
      {"log", Outcome::kNotChecked, "", {}}};
  report.files = {{"w", Coverage::kFailed, 7, Error{ErrorCode::kFileMismatch, "changed", "w", {}}},
                  {"x", Coverage::kIgnored, 0, {}}};
  report.warnings = {"y: a link that leaves the model"};
  return report;
}

TEST(ReportJson, HasAShapeThatScriptsDependOn) {
  Json expected = parse_json(R"({
    "schema": "weightmark.report.v1", "verdict": "refused", "exitStatus": 1,
    "model": "m", "signature": "m/model.sig", "time": "2025-01-01T00:00:00Z", "bytesHashed": 7, "partial": false,
    "signer": {"method": "key", "keyType": "EC P-256", "keyFingerprint": "abc", "encoding": "DSSE"},
    "subject": {"name": "model", "digest": {"sha256": ")" +
                             full_report().subject->root.hex() + R"("},
                "files": 1, "declaredFiles": 0, "method": "files", "hashType": "sha256"},
    "checks": [{"id": "signature", "outcome": "passed", "detail": "by a key"},
               {"id": "files", "outcome": "failed", "detail": "w: changed",
                "error": {"code": "file-mismatch", "what": "changed", "subject": "w", "hint": "get it again"}},
               {"id": "log", "outcome": "not-checked", "detail": ""}],
    "files": [{"name": "w", "coverage": "failed", "size": 7,
               "error": {"code": "file-mismatch", "what": "changed", "subject": "w"}},
              {"name": "x", "coverage": "ignored"}],
    "warnings": ["y: a link that leaves the model"]})")
                      .value();
  EXPECT_EQ(parse_json(report_json(full_report())).value(), expected);
}

TEST(ReportJson, LeavesOutWhatIsNotKnown) {
  Json json = parse_json(report_json(Report())).value();
  EXPECT_EQ(json.find("signer"), nullptr);
  EXPECT_EQ(json.find("subject"), nullptr);
  EXPECT_EQ(*json.find("verdict"), Json("undecided"));
  EXPECT_EQ(*json.find("exitStatus"), Json(3));
}

TEST(ReportJson, DescribesCertificates) {
  Report report = full_report();
  IssuedCertificate leaf = TestAuthority::root().issue();
  report.signer->chain = {leaf.certificate};
  Json json = parse_json(report_json(report)).value();
  const Json& first = json.find("signer")->find("chain")->as<JsonArray>()->front();
  EXPECT_EQ(*first.find("subject"), Json("CN=Test Signer"));
  EXPECT_EQ(*first.find("issuer"), Json("CN=Test Root"));
  EXPECT_EQ(*first.find("notAfter"), Json("2026-01-01T00:00:00Z"));
  EXPECT_EQ(*first.find("sha256"), Json(leaf.certificate.fingerprint()));
}

TEST(ReportJson, DescribesShardsAndManifestDigests) {
  Report report = full_report();
  report.subject->method = SerializationMethod::kShards;
  report.subject->manifest_v1 = sha256("");
  Json json = parse_json(report_json(report)).value();
  EXPECT_EQ(*json.find("subject")->find("method"), Json("shards"));
  EXPECT_EQ(*json.find("subject")->find("digest")->find("weightmarkManifestV1"), Json(sha256("").hex()));
}

TEST(ReportJson, IsWellFormedWhateverPathsAreMadeOf) {
  Report report = full_report();
  report.model = "bad\xFF";
  report.signature = "line\nbreak";
  report.files[0].name = "\xC3(";
  report.files[0].error->subject = "\xFE";
  report.checks[0].detail = "\x80";
  report.warnings = {"\xFF"};
  auto json = parse_json(report_json(report));
  ASSERT_TRUE(json) << describe(json.error());
  EXPECT_EQ(*json->find("model"), Json("bad\\xff"));
  EXPECT_EQ(*json->find("signature"), Json("line\nbreak"));
}

}  // namespace
}  // namespace weightmark
