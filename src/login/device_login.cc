// Logging in on another machine (RFC 8628).
#include <fmt/format.h>

#include <algorithm>

#include "base/json_document.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "login/authorization.h"
#include "login/token_endpoint.h"

namespace weightmark {
namespace {

using std::chrono::seconds;

constexpr std::string_view kDeviceGrant = "urn:ietf:params:oauth:grant-type:device_code";

// Section 3.2: where the provider names no interval; section 3.5: what "slow_down" adds.
constexpr seconds kInterval{5};
constexpr seconds kLongestInterval{60};
constexpr std::size_t kMaxUserCode = 64;

struct DeviceGrant {
  std::string code;
  DeviceCode shown;
  seconds lifetime{};
  seconds interval = kInterval;
};

Result<std::string> text_of(const JsonView& answer, std::string_view name) {
  WM_TRY(JsonView member, answer.member(name));
  WM_TRY(std::string_view text, member.string());
  return std::string(text);
}

Result<seconds> seconds_of(const JsonView& answer, std::string_view name, seconds most) {
  WM_TRY(JsonView member, answer.member(name));
  WM_TRY(const std::int64_t count, member.integer());
  return seconds(std::clamp<std::int64_t>(count, 1, most.count()));
}

// What is shown leads people to type a code: the address must be one that nobody can read.
Result<DeviceGrant> read_grant(const JsonView& answer, seconds limit) {
  DeviceGrant grant;
  WM_TRY(grant.code, text_of(answer, "device_code"));
  WM_TRY(grant.shown.user_code, text_of(answer, "user_code"));
  WM_TRY(grant.shown.url, text_of(answer, "verification_uri"));
  if (answer.has("verification_uri_complete")) {
    WM_TRY(grant.shown.complete_url, text_of(answer, "verification_uri_complete"));
  }
  WM_TRY(grant.lifetime, seconds_of(answer, "expires_in", limit));
  if (answer.has("interval")) {
    WM_TRY(grant.interval, seconds_of(answer, "interval", kLongestInterval));
  }
  if (grant.shown.user_code.empty() || grant.shown.user_code.size() > kMaxUserCode)
    return answer.fail("user_code is not one that a person could type");
  for (const std::string& url : {grant.shown.url, grant.shown.complete_url})
    if (!url.empty() && !is_private(url)) return answer.fail("not an address of HTTPS: " + excerpt(url));
  return grant;
}

Result<DeviceGrant> ask_for_grant(const LoginOptions& options, const Provider& provider, const ProofKey& key) {
  if (provider.device_endpoint.empty())
    return refuse(ErrorCode::kTokenMissing, "the provider has no logins on another machine", options.issuer,
                  "log in in a browser on this machine, or give --identity-token-file");
  WM_TRY(const HttpAnswer answer,
         post_form(options, provider.device_endpoint,
                   {{"scope", kLoginScope}, {"code_challenge", key.challenge}, {"code_challenge_method", "S256"}}));
  const auto fail = [&](std::string what) {
    return refuse(ErrorCode::kLoginProvider, std::move(what), provider.device_endpoint);
  };
  if (answer.status != 200) return fail(fmt::format("answered with the status {}", answer.status));
  const auto document = JsonDocument::parse(answer.body);
  if (!document) return fail(document.error().what);
  auto grant =
      read_grant(document->root(ErrorCode::kLoginProvider), std::chrono::duration_cast<seconds>(options.limit));
  if (!grant) return fail(describe(grant.error()));
  return grant;
}

// judge says whether to ask again (section 3.5).
Result<void> judge(const LoginOptions& options, const RefusedGrant& refused, seconds& interval) {
  if (refused.error == "authorization_pending") return {};
  if (refused.error == "expired_token") return refuse(ErrorCode::kLoginTimeout, "the code expired", options.issuer);
  if (refused.error != "slow_down") return login_refused(options, refused);
  interval += kInterval;
  return {};
}

}  // namespace

Result<IdentityToken> log_in_by_device(const LoginOptions& options,
                                       const std::function<void(const DeviceCode&)>& show) {
  WM_TRY(const Provider provider, discover_provider(*options.http, options.issuer));
  WM_TRY(const ProofKey key, ProofKey::make());
  WM_TRY(DeviceGrant grant, ask_for_grant(options, provider, key));
  show(grant.shown);
  for (seconds waited = grant.interval; waited <= grant.lifetime; waited += grant.interval) {
    if (!options.wait(grant.interval)) return refuse(ErrorCode::kInterrupted, "interrupted");
    // The client names itself here, too: some providers ask for it (section 3.4).
    WM_TRY(auto answer,
           redeem(options, provider,
                  {{"grant_type", kDeviceGrant}, {"device_code", grant.code}, {"code_verifier", key.verifier}}));
    const auto* refused = std::get_if<RefusedGrant>(&answer);
    if (refused == nullptr) return std::get<IdentityToken>(std::move(answer));
    WM_CHECK(judge(options, *refused, grant.interval));
  }
  return refuse(ErrorCode::kLoginTimeout, "nobody logged in in time", options.issuer);
}

}  // namespace weightmark
