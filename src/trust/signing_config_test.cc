#include "trust/signing_config.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "trust/builtin.h"

namespace weightmark {
namespace {

constexpr std::string_view kMediaType = "application/vnd.dev.sigstore.signingconfig.v0.2+json";

Instant at(std::string_view text) { return parse_rfc3339(text).value(); }

std::string service(std::string_view url, int version, std::string_view start = "2020-01-01T00:00:00Z",
                    std::string_view end = "", std::string_view owner = "acme") {
  return fmt::format(R"({{"url":"{}","majorApiVersion":{},"validFor":{{"start":"{}"{}}},"operator":"{}"}})", url,
                     version, start, end.empty() ? "" : fmt::format(R"(,"end":"{}")", end), owner);
}

struct Parts {
  std::string media_type = std::string(kMediaType);
  std::string authorities = service("https://ca", 1);
  std::string providers = service("https://id", 1);
  std::string logs = service("https://log", 1);
  std::string log_choice = R"({"selector":"ANY"})";
  std::string clocks = service("https://clock", 1);
  std::string clock_choice = R"({"selector":"ANY"})";
};

std::string json(const Parts& parts) {
  return fmt::format(
      R"({{"mediaType":"{}","caUrls":[{}],"oidcUrls":[{}],"rekorTlogUrls":[{}],"rekorTlogConfig":{},"tsaUrls":[{}],"tsaConfig":{}}})",
      parts.media_type, parts.authorities, parts.providers, parts.logs, parts.log_choice, parts.clocks,
      parts.clock_choice);
}

std::string parse_code(const Parts& parts) {
  const auto config = parse_signing_config(json(parts));
  return config ? "no error" : std::string(code_name(config.error().code));
}

// select returns the URLs, or the error's code.
std::string select(const Parts& parts, std::string_view time = "2025-06-01T00:00:00Z") {
  const auto config = parse_signing_config(json(parts));
  if (!config) return std::string(code_name(config.error().code));
  const auto selected = select_services(*config, at(time));
  if (!selected) return std::string(code_name(selected.error().code));
  std::string text = selected->authority.url + fmt::format(" {}:", selected->logs.needed);
  for (const SigningService& log : selected->logs.services) text += " " + log.url;
  text += fmt::format(" {}:", selected->clocks.needed);
  for (const SigningService& clock : selected->clocks.services) text += " " + clock.url;
  return text;
}

TEST(SigningConfig, SelectsWhatIsThere) {
  EXPECT_EQ(select({}), "https://ca 1: https://log 1: https://clock");
  EXPECT_EQ(select_provider(*parse_signing_config(json({})), at("2025-06-01T00:00:00Z")).value(), "https://id");
}

TEST(SigningConfig, ReadsTheBuiltInOnes) {
  for (const auto instance : {SigstoreInstance::kPublicGood, SigstoreInstance::kStaging}) {
    const TufRepository repository = builtin_repository(instance);
    const auto config = parse_signing_config(repository.builtin.at(kSigningConfig));
    ASSERT_TRUE(config) << config.error().what;
    EXPECT_TRUE(select_services(*config, at("2026-06-01T00:00:00Z")));
  }
}

TEST(SigningConfig, RefusesOtherVersions) {
  EXPECT_EQ(parse_code({.media_type = "application/vnd.dev.sigstore.signingconfig.v0.1+json"}),
            "signing-config-media-type");
}

TEST(SigningConfig, RefusesWhatIsMalformed) {
  EXPECT_EQ(parse_code({.authorities = "7"}), "signing-config-malformed");
  EXPECT_EQ(parse_code({.logs = R"({"majorApiVersion":1})"}), "signing-config-malformed");
  EXPECT_EQ(parse_code({.logs = service("https://log", 1, "yesterday")}), "signing-config-malformed");
  for (const char* choice :
       {"{}", R"({"selector":"SERVICE_SELECTOR_UNDEFINED"})", R"({"selector":"any"})", R"({"selector":"EXACT"})",
        R"({"selector":"EXACT","count":0})", R"({"selector":"EXACT","count":-1})"}) {
    EXPECT_EQ(parse_code({.log_choice = choice}), "signing-config-malformed") << choice;
    EXPECT_EQ(parse_code({.clock_choice = choice}), "signing-config-malformed") << choice;
  }
}

TEST(SigningConfig, KeepsToTheWindowsOfServices) {
  const std::string old = service("https://old", 1, "2020-01-01T00:00:00Z", "2024-01-01T00:00:00Z", "old");
  const std::string late = service("https://late", 1, "2027-01-01T00:00:00Z", "", "late");
  const Parts parts{.logs = old + "," + late};
  EXPECT_EQ(select(parts, "2024-01-01T00:00:00Z"), "https://ca 1: https://old 1: https://clock");
  EXPECT_EQ(select(parts, "2024-01-01T00:00:01Z"), "signing-config-service");
  EXPECT_EQ(select(parts, "2027-01-01T00:00:00Z"), "https://ca 1: https://late 1: https://clock");
  EXPECT_EQ(select({.authorities = old}), "signing-config-service");
  EXPECT_EQ(select({.clocks = old}), "signing-config-service");
}

TEST(SigningConfig, TakesTheNewestVersionThatIsSpokenAndNeverMixes) {
  const std::string first = service("https://one", 1, "2025-01-01T00:00:00Z", "", "a");
  const std::string second = service("https://two", 2, "2020-01-01T00:00:00Z", "", "b");
  const std::string third = service("https://three", 3, "2020-01-01T00:00:00Z", "", "c");
  EXPECT_EQ(select({.logs = first + "," + second + "," + third}), "https://ca 1: https://two 1: https://clock");
  EXPECT_EQ(select({.logs = third}), "signing-config-service");
  EXPECT_EQ(select({.authorities = second}), "signing-config-service");
}

TEST(SigningConfig, TakesOneOfEachOperatorTheNewestFirst) {
  const std::string a1 = service("https://a1", 1, "2021-01-01T00:00:00Z", "", "a");
  const std::string a2 = service("https://a2", 1, "2022-01-01T00:00:00Z", "", "a");
  const std::string b = service("https://b", 1, "2023-01-01T00:00:00Z", "", "b");
  const std::string all = a1 + "," + a2 + "," + b;
  EXPECT_EQ(select({.logs = all}), "https://ca 1: https://b https://a2 1: https://clock");
  EXPECT_EQ(select({.logs = all, .log_choice = R"({"selector":"ALL"})"}),
            "https://ca 2: https://b https://a2 1: https://clock");
  EXPECT_EQ(select({.logs = all, .log_choice = R"({"selector":"EXACT","count":2})"}),
            "https://ca 2: https://b https://a2 1: https://clock");
  EXPECT_EQ(select({.logs = all, .log_choice = R"({"selector":"EXACT","count":3})"}), "signing-config-service");
}

TEST(SigningConfig, DemandsAClockBesideALogThatKeepsNoTime) {
  EXPECT_EQ(select({.clocks = ""}), "https://ca 1: https://log 0:");
  EXPECT_EQ(select({.logs = service("https://log", 2), .clocks = ""}), "signing-config-service");
}

TEST(SigningConfig, RefusesToLogInNowhere) {
  EXPECT_EQ(select_provider(*parse_signing_config(json({.providers = ""})), at("2025-06-01T00:00:00Z")).error().code,
            ErrorCode::kSigningConfigService);
}

}  // namespace
}  // namespace weightmark
