#include "sign/keyless_signer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attest/log_entry_json.h"
#include "base/refuse.h"
#include "sign/services_testing.h"
#include "verify/sigstore.h"

namespace weightmark {
namespace {

using namespace testing;
using ::testing::ElementsAre;

constexpr std::string_view kMessage = "a message";

// sign returns "signed" where the verifier takes the bundle, else the error's code.
std::string sign(FakeServices& services, KeylessOptions options) {
  KeylessSigner signer(std::move(options));
  const auto bundle = signer.sign(kMessage);
  if (!bundle) return std::string(code_name(bundle.error().code));
  const SigstoreTrust trust{services.lab.trust().root, {{kIdentity, kProvider}}};
  std::vector<Check> checks;
  const auto verified = verify_keyless(*bundle, SignedContent::of_envelope(bundle->envelope), trust, checks);
  return verified ? "signed" : "not verified: " + std::string(code_name(verified.error().code));
}

std::string sign(FakeServices& services, int rekor_version = 2) {
  return sign(services, services.options(rekor_version));
}

std::unexpected<Error> failure(ErrorCode code) { return refuse(code, "no"); }

TEST(KeylessSigner, SignsWithEitherVersionOfRekor) {
  for (const int version : {1, 2}) {
    FakeServices services;
    EXPECT_EQ(sign(services, version), "signed") << version;
  }
}

TEST(KeylessSigner, AsksEachServiceOnceAndTheLogLast) {
  FakeServices services;
  ASSERT_EQ(sign(services), "signed");
  EXPECT_THAT(services.asked, ElementsAre("https://ca.lab/api/v2/signingCert", "https://tsa.lab",
                                          "https://rekor2.lab/api/v2/log/entries"));
}

TEST(KeylessSigner, SignsMessages) {
  FakeServices services;
  KeylessSigner signer(services.options());
  const auto bundle = signer.sign_message(as_bytes(kMessage));
  ASSERT_TRUE(bundle) << describe(bundle.error());
  std::vector<Check> checks;
  const Bytes message(kMessage.begin(), kMessage.end());
  EXPECT_TRUE(verify_keyless(*bundle, SignedContent::of_message(message), services.lab.trust(), checks));
}

TEST(KeylessSigner, WritesABundleOfOneCertificate) {
  FakeServices services;
  KeylessSigner signer(services.options());
  const auto bundle = parse_bundle(write_bundle(signer.sign(kMessage).value()));
  ASSERT_TRUE(bundle) << describe(bundle.error());
  EXPECT_EQ(std::get<CertificateMaterial>(bundle->material).chain.size(), 1U);
  EXPECT_EQ(bundle->log_entries.size(), 1U);
  EXPECT_EQ(bundle->timestamps.size(), 1U);
}

TEST(KeylessSigner, TakesAFreshKeyEachTime) {
  FakeServices services;
  KeylessSigner signer(services.options());
  const Bundle first = signer.sign(kMessage).value();
  const Bundle second = signer.sign(kMessage).value();
  const auto key_of = [](const Bundle& bundle) {
    return std::get<CertificateMaterial>(bundle.material).chain.front().public_key().value().fingerprint();
  };
  EXPECT_NE(key_of(first), key_of(second));
}

// --- the token

TEST(KeylessSigner, SendsNothingWithoutConsent) {
  FakeServices services;
  KeylessOptions options = services.options();
  std::string shown;
  options.consent = [&](const TokenIdentity& identity) -> Result<void> {
    shown = identity.name + " at " + identity.provider;
    return failure(ErrorCode::kIdentityDeclined);
  };
  EXPECT_EQ(sign(services, options), "identity-declined");
  EXPECT_EQ(shown, "alice@example.com at https://accounts.example.com");
  EXPECT_TRUE(services.asked.empty());
}

TEST(KeylessSigner, SendsNoTokenThatWouldBeRefused) {
  const std::vector<std::pair<std::string, TokenClaims>> cases = {
      {"token-expired", {{"exp", kTestNow.time_since_epoch().count()}}},
      {"token-expired", {{"nbf", (kTestNow + std::chrono::minutes(2)).time_since_epoch().count()}}},
      {"token-audience", {{"aud", "somebody"}}},
      {"token-audience", {{"aud", JsonArray{}}}},
      {"token-identity", {{"email_verified", false}}},
      {"token-identity", {{"email", ""}, {"sub", ""}}},
      {"token-malformed", {{"iss", 7}}},
      {"token-malformed", {{"exp", "soon"}}},
  };
  for (const auto& [code, changes] : cases) {
    FakeServices services;
    for (const auto& [name, value] : changes) services.claims[name] = value;
    EXPECT_EQ(sign(services), code);
    EXPECT_TRUE(services.asked.empty()) << code;
  }
}

TEST(KeylessSigner, AsksForTheTokenOnlyWhenItSigns) {
  FakeServices services;
  KeylessOptions options = services.options();
  int asked = 0;
  options.token = [&]() -> Result<IdentityToken> {
    ++asked;
    return failure(ErrorCode::kTokenMissing);
  };
  KeylessSigner signer(options);
  ASSERT_TRUE(signer.check(kTestNow));
  EXPECT_EQ(asked, 0);
  EXPECT_EQ(signer.sign(kMessage).error().code, ErrorCode::kTokenMissing);
}

TEST(KeylessSigner, ChecksItsServicesBeforeAnythingIsHashed) {
  FakeServices services;
  KeylessOptions options = services.options();
  options.config.logs.clear();
  EXPECT_EQ(KeylessSigner(options).check(kTestNow).error().code, ErrorCode::kSigningConfigService);
}

// --- every service, with every fault that a server or the way to it can have

struct Fault {
  std::string name;
  std::function<void(Result<HttpAnswer>&)> change;
};

std::vector<Fault> common_faults() {
  const auto status = [](int number, std::string body) {
    return [number, body](Result<HttpAnswer>& answer) { answer = HttpAnswer{number, body}; };
  };
  const auto error = [](ErrorCode code) { return [code](Result<HttpAnswer>& answer) { answer = failure(code); }; };
  return {{"down", error(ErrorCode::kServerUnreachable)},
          {"slow", error(ErrorCode::kServerTimeout)},
          {"elsewhere", error(ErrorCode::kRedirectRefused)},
          {"another certificate", error(ErrorCode::kServerCertificate)},
          {"too large", error(ErrorCode::kAnswerTooLarge)},
          {"bad request", status(400, R"({"code":3,"message":"There was an error processing the request"})")},
          {"who?", status(401, "")},
          {"trouble", status(500, "<html>oops</html>")},
          {"empty", status(200, "")},
          {"a page", status(200, "<html>log in to the network first</html>")},
          {"an empty object", status(200, "{}")},
          {"null", status(201, "null")},
          {"cut off", [](Result<HttpAnswer>& answer) { answer->body.resize(answer->body.size() / 2); }}};
}

std::string expected_code(const std::string& fault, const std::string& refused, const std::string& malformed) {
  if (fault == "down") return "server-unreachable";
  if (fault == "slow") return "server-timeout";
  if (fault == "elsewhere") return "redirect-refused";
  if (fault == "another certificate") return "server-certificate";
  if (fault == "too large") return "answer-too-large";
  if (fault == "bad request" || fault == "who?" || fault == "trouble") return refused;
  return malformed;
}

struct ServiceCase {
  std::string url;
  int rekor_version;
  std::string refused;
  std::string malformed;
};

TEST(KeylessSigner, TellsEachFaultOfEachServiceByItsCode) {
  const std::vector<ServiceCase> services = {{kAuthorityUrl, 2, "authority-refused", "authority-answer"},
                                             {kClockUrl, 2, "timestamp-refused", "timestamp-malformed"},
                                             {kLogV2Url, 2, "log-refused", "log-answer"},
                                             {kLogV1Url, 1, "log-refused", "log-answer"}};
  for (const ServiceCase& service : services) {
    for (const Fault& fault : common_faults()) {
      FakeServices fakes;
      fakes.change_answer[service.url] = fault.change;
      EXPECT_EQ(sign(fakes, service.rekor_version), expected_code(fault.name, service.refused, service.malformed))
          << service.url << ": " << fault.name;
    }
  }
}

TEST(KeylessSigner, PassesOnWhatAServiceSays) {
  FakeServices services;
  services.change_answer[kAuthorityUrl] = [](Result<HttpAnswer>& answer) {
    answer = HttpAnswer{400, R"({"code":3,"message":"the token is not ours","details":[]})"};
  };
  KeylessSigner signer(services.options());
  EXPECT_THAT(signer.sign(kMessage).error().what, ::testing::HasSubstr("the token is not ours"));
}

// --- a hostile or confused authority

TEST(KeylessSigner, RefusesACertificateOfAnotherKey) {
  FakeServices services;
  services.change_recipe = [&](Recipe& recipe) {
    recipe.change_leaf = [&](CertificateOptions& options) {
      options.public_key = services.lab.another_leaf().public_key().value();
    };
  };
  EXPECT_EQ(sign(services), "authority-answer");
}

TEST(KeylessSigner, RefusesACertificateOfSomebodyElse) {
  const auto san = [](std::string name) {
    return [name](CertificateOptions& options) { options.subject_alternative_name = "critical," + name; };
  };
  const std::vector<std::function<void(CertificateOptions&)>> changes = {
      san("email:mallory@example.com"), san("URI:https://example.com/alice"),
      san("email:alice@example.com,email:mallory@example.com"), [](CertificateOptions& options) {
        for (auto& [oid, value] : options.other_extensions)
          if (oid == "1.3.6.1.4.1.57264.1.8") value = "ASN1:UTF8String:https://evil.example.com";
        std::erase_if(options.other_extensions, [](const auto& one) { return one.first == "1.3.6.1.4.1.57264.1.1"; });
      }};
  for (const auto& change : changes) {
    FakeServices services;
    services.change_recipe = [&](Recipe& recipe) { recipe.change_leaf = change; };
    EXPECT_EQ(sign(services), "authority-identity");
  }
}

TEST(KeylessSigner, RefusesACertificateThatDoesNotHold) {
  const std::vector<std::pair<std::string, std::function<void(Recipe&)>>> cases = {
      {"sct-missing", [](Recipe& recipe) { recipe.scts.clear(); }},
      {"sct-invalid", [](Recipe& recipe) { recipe.sct_by_other_key = true; }},
      {"sct-invalid", [](Recipe& recipe) { recipe.change_sct = [](Bytes& sct) { sct[40] ^= 1; }; }},
      {"certificate-expired", [](Recipe& recipe) { recipe.time -= std::chrono::hours(1); }},
      {"certificate-not-yet-valid", [](Recipe& recipe) { recipe.time += std::chrono::hours(1); }},
      {"certificate-usage", [](Recipe& recipe) {
         recipe.change_leaf = [](CertificateOptions& options) { options.extended_key_usage = "serverAuth"; };
       }}};
  for (const auto& [code, change] : cases) {
    FakeServices services;
    services.change_recipe = change;
    EXPECT_EQ(sign(services), code);
    EXPECT_EQ(services.asked.size(), 1U) << "nothing is signed with it";
  }
}

TEST(KeylessSigner, RefusesAnotherAuthority) {
  FakeServices services;
  FakeServices other;
  KeylessOptions options = services.options();
  options.http = &other;
  EXPECT_EQ(sign(services, options), "certificate-untrusted");
}

TEST(KeylessSigner, RefusesACertificateLoggedBesideItself) {
  FakeServices services;
  services.change_answer[kAuthorityUrl] = [](Result<HttpAnswer>& answer) {
    answer->body.replace(answer->body.find("EmbeddedSct"), 11, "DetachedSct");
  };
  EXPECT_EQ(sign(services), "authority-answer");
}

// --- a hostile or confused timestamp authority

TEST(KeylessSigner, RefusesATimestampThatDoesNotHold) {
  FakeServices other;
  const std::vector<std::pair<std::string, std::function<void(FakeServices&)>>> cases = {
      {"timestamp-chain", [&](FakeServices& services) { services.clock = &other.lab.clock; }},
      {"timestamp-signer", [](FakeServices& services) { services.clock = &services.lab.other_clock; }}};
  for (const auto& [code, change] : cases) {
    FakeServices services;
    change(services);
    EXPECT_EQ(sign(services), code);
  }
}

TEST(KeylessSigner, RefusesTheAnswerToAnotherRequest) {
  FakeServices services;
  const auto replayed = std::make_shared<std::optional<HttpAnswer>>();
  services.change_answer[kClockUrl] = [replayed](Result<HttpAnswer>& answer) {
    if (!*replayed) *replayed = *answer;
    answer = **replayed;
  };
  ASSERT_EQ(sign(services), "signed");
  EXPECT_EQ(sign(services), "timestamp-nonce");
}

TEST(KeylessSigner, RefusesATimeAtWhichTheCertificateDidNotHold) {
  FakeServices services;
  services.timestamp.time = kTestNow + std::chrono::hours(1);
  EXPECT_EQ(sign(services), "not verified: certificate-expired");
}

// --- a hostile or confused log

TEST(KeylessSigner, RefusesAnEntryThatIsNotOfThisSignature) {
  FakeServices other;
  const std::vector<std::function<void(LogRecipe&)>> changes = {
      [](LogRecipe& recipe) { recipe.change = [](Logged& logged) { logged.signature.back() ^= 1; }; },
      [&](LogRecipe& recipe) {
        recipe.change = [&](Logged& logged) { logged.signer.der = other.lab.another_leaf().der(); };
      },
      [](LogRecipe& recipe) {
        recipe.change = [](Logged& logged) {
          logged.payload.push_back('!');
          if (logged.digest) logged.digest->back() ^= 1;
        };
      },
      [](LogRecipe& recipe) { recipe.origin = "another.lab"; },
      [](LogRecipe& recipe) { recipe.signer = "another.lab"; },
      [](LogRecipe& recipe) { recipe.lie_about = [](MerkleHash& root, std::uint64_t&) { root[0] ^= 1; }; }};
  for (const auto& change : changes) {
    for (const int version : {1, 2}) {
      FakeServices services;
      services.change_log = change;
      EXPECT_EQ(sign(services, version), "log-answer");
    }
  }
}

TEST(KeylessSigner, RefusesAnotherSignaturesEntry) {
  FakeServices services;
  const auto first = std::make_shared<std::optional<HttpAnswer>>();
  services.change_answer[kLogV2Url] = [first](Result<HttpAnswer>& answer) {
    if (!*first) *first = *answer;
    answer = **first;
  };
  ASSERT_EQ(sign(services), "signed");
  EXPECT_EQ(sign(services), "log-answer");
}

TEST(KeylessSigner, RefusesTheEntriesOfAnotherLog) {
  FakeServices services;
  FakeServices other;
  services.change_answer[kLogV2Url] = [&](Result<HttpAnswer>& answer) {
    const Bundle theirs = KeylessSigner(other.options()).sign(kMessage).value();
    answer = HttpAnswer{201, write_json(log_entry_json(theirs.log_entries.front()))};
  };
  EXPECT_EQ(sign(services), "log-answer");
}

TEST(KeylessSigner, TellsAnEntryThatIsTooLarge) {
  FakeServices services;
  services.change_answer[kLogV1Url] = [](Result<HttpAnswer>& answer) { answer = HttpAnswer{413, "too large"}; };
  EXPECT_EQ(sign(services, 1), "log-entry-too-large");
}

// An answer was lost, and the request repeated: the log has the signature, and does not
// tell the entry.
TEST(KeylessSigner, SignsOnceMoreWhereTheLogHasTheSignatureAlready) {
  for (const int version : {1, 2}) {
    FakeServices services;
    const char* url = version == 2 ? kLogV2Url : kLogV1Url;
    int asked = 0;
    services.change_answer[url] = [&](Result<HttpAnswer>& answer) {
      if (++asked == 1) answer = HttpAnswer{409, R"({"code":6,"message":"an equivalent entry already exists"})"};
    };
    EXPECT_EQ(sign(services, version), "signed");
    EXPECT_EQ(asked, 2);
    services.change_answer[url] = [&](Result<HttpAnswer>& answer) { answer = HttpAnswer{409, "{}"}; };
    EXPECT_EQ(sign(services, version), "log-refused");
  }
}

// --- several services

TEST(KeylessSigner, GoesToTheNextServiceWhereOneFails) {
  FakeServices services;
  KeylessOptions options = services.options(1);
  options.config.logs.push_back({.url = "https://down.lab", .api_version = 1, .window = {}, .owner = "other"});
  std::ranges::reverse(options.config.logs);
  services.change_answer["https://down.lab"] = [](Result<HttpAnswer>& answer) {
    answer = failure(ErrorCode::kServerUnreachable);
  };
  EXPECT_EQ(sign(services, options), "signed");
  options.config.log_choice = {ServiceChoice::Rule::kAll};
  EXPECT_EQ(sign(services, options), "server-unreachable");
}

}  // namespace
}  // namespace weightmark
