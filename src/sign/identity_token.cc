#include "sign/identity_token.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/encoding.h"
#include "base/json_document.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"

namespace weightmark {
namespace {

constexpr const char* kWhere = "identity token";

// The clocks of a provider and of this machine may differ by that much.
constexpr std::chrono::seconds kSkew{60};

// How Fulcio makes names from claims, for each kind of provider; "{claim=default}" stands
// for what the token says, else the default.
// https://github.com/sigstore/fulcio, config/identity/config.yaml
struct NameRule {
  SubjectName::Kind kind;
  std::string_view form;
};
constexpr std::array<NameRule, 11> kNameRules{{
    {SubjectName::Kind::kUri, "{url=https://github.com}/{job_workflow_ref}"},
    {SubjectName::Kind::kUri, "https://{ci_config_ref_uri}"},
    {SubjectName::Kind::kUri, "{url=https://buildkite.com}/{organization_slug}/{pipeline_slug}"},
    {SubjectName::Kind::kUri,
     "{api_url=https://circleci.com/api/v2}/projects/{oidc.circleci.com/project-id}/pipeline-definitions/"
     "{oidc.circleci.com/pipeline-definition-id}"},
    {SubjectName::Kind::kUri,
     "{platform_url=https://g.codefresh.io}/{account_name}/{pipeline_name}:{account_id}/{pipeline_id}"},
    {SubjectName::Kind::kUri,
     "{base_url=https://app.buddy.works}/{workspace_domain}/{project_name}/pipelines/pipeline/{pipeline_id}"},
    {SubjectName::Kind::kUri,
     "https://kubernetes.io/namespaces/{kubernetes.io.namespace}/serviceaccounts/{kubernetes.io.serviceaccount.name}"},
    {SubjectName::Kind::kEmail, "{email}"},
    {SubjectName::Kind::kUri, "{sub}"},
    {SubjectName::Kind::kUri, "{iss}/{sub}"},
    {SubjectName::Kind::kOther, "{sub}!"},  // and a domain that only the authority knows
}};

using Claims = std::map<std::string, std::string, std::less<>>;

std::optional<std::string> fill(std::string_view claim, const Claims& claims) {
  const std::size_t equals = claim.find('=');
  if (const auto found = claims.find(claim.substr(0, equals)); found != claims.end()) return found->second;
  if (equals == std::string_view::npos) return std::nullopt;
  return std::string(claim.substr(equals + 1));
}

// make_name is nothing where a claim is not made.
std::optional<std::string> make_name(std::string_view form, const Claims& claims) {
  std::string name;
  while (!form.empty()) {
    const std::size_t open = std::min(form.find('{'), form.size());
    name += form.substr(0, open);
    form.remove_prefix(open);
    if (form.empty()) break;
    const std::size_t close = form.find('}');
    const auto value = fill(form.substr(1, close - 1), claims);
    if (!value || value->empty()) return std::nullopt;
    name += *value;
    form.remove_prefix(close + 1);
  }
  return name;
}

// collect keeps the strings and flags of an object and of those in it.
Result<void> collect(const JsonView& object, const std::string& path, Claims& claims) {
  WM_TRY(JsonMembers members, object.object());
  for (const auto& [key, value] : members) {
    const std::string name = path + std::string(key);
    if (auto text = value.string())
      claims.emplace(name, *text);
    else if (auto flag = value.boolean())
      claims.emplace(name, *flag ? "true" : "false");
    else if (value.object())
      WM_CHECK(collect(value, name + ".", claims));
  }
  return {};
}

Result<std::vector<std::string>> read_audience(const JsonView& claims) {
  WM_TRY(JsonView audience, claims.member("aud"));
  if (auto one = audience.string()) return std::vector<std::string>{std::string(*one)};
  WM_TRY(JsonItems items, audience.array());
  std::vector<std::string> all;
  for (const JsonView& item : items) {
    WM_TRY(std::string_view one, item.string());
    all.emplace_back(one);
  }
  return all;
}

Result<Time> read_time(const JsonView& claims, std::string_view name) {
  WM_TRY(JsonView value, claims.member(name));
  WM_TRY(const std::int64_t seconds, value.integer());
  // Room enough for a clock's skew on either side.
  if (seconds < 0 || seconds > std::int64_t{1} << 40U) return value.fail("is not a time");
  return Time(std::chrono::seconds(seconds));
}

// payload_of returns the second of three parts (RFC 7515, section 3.1).
Result<std::string> payload_of(std::string_view token) {
  const auto malformed = [](std::string what) { return refuse(ErrorCode::kTokenMalformed, std::move(what), kWhere); };
  if (token.size() > kMaxIdentityToken) return malformed(fmt::format("larger than {}", human_size(kMaxIdentityToken)));
  if (std::ranges::count(token, '.') != 2) return malformed("not of three parts");
  const std::size_t first = token.find('.');
  const std::size_t second = token.find('.', first + 1);
  const auto payload = from_base64url(token.substr(first + 1, second - first - 1));
  // The others too: what is no token must not become a header of a request.
  if (!payload || !from_base64url(token.substr(0, first)) || !from_base64url(token.substr(second + 1)))
    return malformed("not in base64 for URLs");
  return std::string(payload->begin(), payload->end());
}

bool matches(const SubjectName& found, const SubjectName& possible) {
  if (found.kind != possible.kind) return false;
  if (possible.kind == SubjectName::Kind::kOther) return found.value.starts_with(possible.value);
  return found.value == possible.value;
}

}  // namespace

Result<IdentityToken> IdentityToken::parse(std::string_view text) {
  IdentityToken token;
  token.text_ = Secret(trimmed(text));
  WM_TRY(const std::string payload, payload_of(token.text()));
  auto document = JsonDocument::parse(payload);
  if (!document) return refuse(ErrorCode::kTokenMalformed, document.error().what, kWhere);
  const JsonView claims = document->root(ErrorCode::kTokenMalformed);
  WM_CHECK(collect(claims, "", token.claims_));
  WM_TRY(JsonView issuer, claims.member("iss"));
  WM_TRY(token.issuer_, issuer.string());
  WM_TRY(token.audience_, read_audience(claims));
  WM_TRY(token.expires_, read_time(claims, "exp"));
  if (claims.has("nbf")) {
    WM_TRY(token.not_before_, read_time(claims, "nbf"));
  }
  return token;
}

Result<void> IdentityToken::check(Time now, std::string_view audience) const {
  if (now >= expires_)
    return refuse(ErrorCode::kTokenExpired, fmt::format("expired at {:%Y-%m-%dT%H:%M:%SZ}", expires_), kWhere,
                  "get a new one; a job that hashes for long needs one that is made afterwards");
  if (now + kSkew < not_before_)
    return refuse(ErrorCode::kTokenExpired, fmt::format("not valid before {:%Y-%m-%dT%H:%M:%SZ}", not_before_), kWhere,
                  "check the clock");
  if (std::ranges::find(audience_, audience) == audience_.end())
    return refuse(
        ErrorCode::kTokenAudience,
        fmt::format("made for {}, not for {}", audience_.empty() ? "nobody" : excerpt(audience_.front()), audience),
        kWhere, fmt::format("ask the provider for a token with the audience \"{}\"", audience));
  if (possible_names().empty())
    return refuse(ErrorCode::kTokenIdentity, "names neither an address nor a subject", kWhere);
  if (!claim("email").empty() && identity().name == claim("email") && claim("email_verified") == "false")
    return refuse(ErrorCode::kTokenIdentity, fmt::format("the provider has not verified {}", excerpt(claim("email"))),
                  kWhere, "verify the address with the provider");
  return {};
}

std::string_view IdentityToken::claim(std::string_view name) const {
  const auto found = claims_.find(name);
  return found == claims_.end() ? std::string_view{} : found->second;
}

std::vector<SubjectName> IdentityToken::possible_names() const {
  std::vector<SubjectName> names;
  for (const NameRule& rule : kNameRules)
    if (auto name = make_name(rule.form, claims_)) names.push_back({rule.kind, *std::move(name)});
  return names;
}

// Where a provider passes others' word on, the authority may go by theirs.
std::vector<std::string> IdentityToken::possible_providers() const {
  std::vector<std::string> providers;
  if (const std::string_view other = claim("federated_claims.connector_id"); !other.empty())
    providers.emplace_back(other);
  providers.push_back(issuer_);
  return providers;
}

TokenIdentity IdentityToken::identity() const {
  const std::vector<SubjectName> names = possible_names();
  return {names.empty() ? "" : names.front().value, possible_providers().front()};
}

bool IdentityToken::names(const CertificateIdentity& found) const {
  const std::vector<std::string> providers = possible_providers();
  if (std::ranges::find(providers, found.issuer) == providers.end()) return false;
  const std::vector<SubjectName> possible = possible_names();
  // One name that is not the owner's would let the owner sign for somebody else.
  return !found.names.empty() && std::ranges::all_of(found.names, [&](const SubjectName& name) {
    return std::ranges::any_of(possible, [&](const SubjectName& one) { return matches(name, one); });
  });
}

}  // namespace weightmark
