#include "weightmark/lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/pki_testing.h"
#include "verify/pin.h"

namespace weightmark {
namespace {

using ::testing::HasSubstr;
using testing::kTestNow;

SignerReport signer(std::string name, std::string provider = "https://accounts.example") {
  SignerReport report{
      .method = "sigstore", .key_type = "EC P-256", .key_fingerprint = "aa", .chain = {}, .encoding = "DSSE"};
  report.identity = {{{SubjectName::Kind::kEmail, std::move(name)}}, std::move(provider), {}};
  report.times = {{kTestNow + std::chrono::hours(1), "https://log.example"}, {kTestNow, "https://clock.example"}};
  return report;
}

SignerReport key(std::string fingerprint) {
  return {.method = "key",
          .key_type = "EC P-256",
          .key_fingerprint = std::move(fingerprint),
          .chain = {},
          .encoding = "DSSE"};
}

Digest digest(char c) { return *Digest::from_hex(HashAlgorithm::kSha256, std::string(64, c)); }

Report report_by(SignerReport by, char root = 'a') {
  Report report;
  report.signer = std::move(by);
  report.subject.emplace();
  report.subject->name = "acme/m";
  report.subject->root = digest(root);
  return report;
}

std::string check(const Pin& pin, const Report& report, bool allow_older = false) {
  const auto found = check_pin(pin, allow_older, report);
  return found ? *found : std::string(code_name(found.error().code));
}

TEST(Pin, IsTakenOffAReport) {
  const Pin pin = pin_of(report_by(signer("alice@acme.example")));
  EXPECT_EQ(pin.name, "acme/m");
  EXPECT_EQ(pin.digest, "sha256:" + std::string(64, 'a'));
  EXPECT_EQ(pin.signers, (std::vector<PinnedSigner>{{"sigstore", "alice@acme.example", "https://accounts.example"}}));
  EXPECT_EQ(pin.signed_at, kTestNow) << "the earliest";
  EXPECT_FALSE(pin_of(report_by(key("aa"))).signed_at);
}

TEST(Pin, HasTheManifestWhereItIsSigned) {
  Report report = report_by(key("aa"));
  report.subject->manifest_v1 = digest('b');
  EXPECT_EQ(pin_of(report).digest, "weightmarkManifestV1:" + std::string(64, 'b'));
}

TEST(Pin, LetsTheSameAndNewerVersionsPass) {
  const Report pinned = report_by(signer("alice@acme.example"));
  const Pin pin = pin_of(pinned);
  EXPECT_EQ(check(pin, pinned), "the pinned version");
  Report newer = report_by(signer("alice@acme.example"), 'b');
  EXPECT_EQ(check(pin, newer), "another version by the pinned signer");
  for (TimeReport& time : newer.signer->times) time.time += std::chrono::hours(1);
  EXPECT_EQ(check(pin, newer), "another version by the pinned signer");
}

TEST(Pin, RefusesAnotherSigner) {
  const Pin pin = pin_of(report_by(signer("alice@acme.example")));
  EXPECT_EQ(check(pin, report_by(signer("bob@acme.example"))), "lock-signer");
  EXPECT_EQ(check(pin, report_by(signer("alice@acme.example", "https://other.example"))), "lock-signer");
  EXPECT_EQ(check(pin, report_by(key("aa"))), "lock-signer");
  EXPECT_EQ(check(pin_of(report_by(key("aa"))), report_by(key("bb"))), "lock-signer");
  const auto error = check_pin(pin, false, report_by(signer("bob@acme.example"))).error();
  EXPECT_THAT(error.what,
              HasSubstr("signed by bob@acme.example, confirmed by https://accounts.example; pinned is alice"));
}

TEST(Pin, RefusesAnotherName) {
  const Pin pin = pin_of(report_by(signer("alice@acme.example")));
  Report other = report_by(signer("alice@acme.example"));
  other.subject->name = "acme/n";
  EXPECT_EQ(check(pin, other), "lock-name");
}

TEST(Pin, RefusesAnOlderVersion) {
  const Pin pin = pin_of(report_by(signer("alice@acme.example")));
  Report older = report_by(signer("alice@acme.example"), 'b');
  older.signer->times.back().time -= std::chrono::seconds(1);
  EXPECT_EQ(check(pin, older), "lock-older");
  EXPECT_EQ(check(pin, older, true), "another version by the pinned signer");
  older.signer->times.clear();
  EXPECT_EQ(check(pin, older), "lock-older");
}

TEST(Pin, OfKeysWithoutTimesKnowsNoAge) {
  const Pin pin = pin_of(report_by(key("aa")));
  EXPECT_EQ(check(pin, report_by(key("aa"), 'b')), "another version by the pinned signer");
}

// All who were pinned, and whoever else: a policy may count more of them later.
TEST(Pin, WantsEachSignerOfAPolicy) {
  Report report = report_by(signer("alice@acme.example"));
  report.policy = PolicyReport{"acme", 2, {{"a", "a.sig", signer("alice@acme.example")}, {"b", "b.sig", key("bb")}}};
  const Pin pin = pin_of(report);
  ASSERT_EQ(pin.signers.size(), 2U);
  EXPECT_EQ(check(pin, report), "the pinned version");
  report.policy->signers.push_back({"c", "c.sig", key("cc")});
  EXPECT_EQ(check(pin, report), "the pinned version");
  report.policy->signers.erase(report.policy->signers.begin() + 1);
  EXPECT_EQ(check(pin, report), "lock-signer");
}

// --- the file

std::string code(std::string_view json) {
  const auto lock = Lock::parse(json);
  return lock ? "ok" : std::string(code_name(lock.error().code));
}

TEST(Lock, IsWrittenAndReadAgain) {
  Lock lock;
  lock.models.emplace("model", pin_of(report_by(signer("alice@acme.example"))));
  lock.models.emplace("https://hub.example/acme/m", pin_of(report_by(key("aa"))));
  const auto again = Lock::parse(lock.write());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->models, lock.models);
  EXPECT_EQ(again->write(), lock.write());
  EXPECT_EQ(code(Lock().write()), "ok");
}

TEST(Lock, IsRefusedWhereItIsMalformed) {
  auto with = [](std::string_view pin) {
    return R"({"schema":"weightmark.lock.v1","models":{"m":)" + std::string(pin) + "}}";
  };
  const std::string signers = R"("signers":[{"method":"key","name":"aa","confirmedBy":""}])";
  EXPECT_EQ(code(with(R"({"name":"m","digest":"d",)" + signers + "}")), "ok");
  for (const std::string& pin :
       {std::string("5"), std::string("{}"), R"({"name":"m","digest":"d","signers":[]})" + std::string(),
        R"({"name":"m","digest":"d","signers":[{}]})" + std::string(), R"({"name":"m",)" + signers + "}",
        R"({"name":"m","digest":"d","more":1,)" + signers + "}",
        R"({"name":"m","digest":"d","signedAt":"yesterday",)" + signers + "}",
        R"({"name":5,"digest":"d",)" + signers + "}"})
    EXPECT_EQ(code(with(pin)), "lock-malformed") << pin;
  EXPECT_EQ(code(R"({"schema":"weightmark.lock.v2","models":{}})"), "lock-malformed");
  EXPECT_EQ(code(R"({"models":{}})"), "lock-malformed");
  EXPECT_EQ(code(R"({"schema":"weightmark.lock.v1"})"), "lock-malformed");
  EXPECT_EQ(code("[]"), "lock-malformed");
  EXPECT_EQ(code("{"), "json-truncated");
  EXPECT_EQ(code(std::string((16U << 20U) + 1, ' ')), "lock-too-large");
}

}  // namespace
}  // namespace weightmark
