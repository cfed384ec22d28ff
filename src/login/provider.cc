#include "login/provider.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_document.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"

namespace weightmark {
namespace {

constexpr std::uint64_t kMaxDescription = std::uint64_t{1} << 20U;
constexpr std::size_t kMaxUrl = 2048;

std::string_view without_slash(std::string_view url) {
  if (url.ends_with('/')) url.remove_suffix(1);
  return url;
}

Result<std::string> text_of(const JsonView& description, std::string_view name) {
  WM_TRY(JsonView member, description.member(name));
  WM_TRY(std::string_view text, member.string());
  return std::string(text);
}

// It is shown to people and handed to a browser: nothing but the characters of a URL.
bool is_url(std::string_view text) {
  return text.size() <= kMaxUrl && is_private(text) && std::ranges::all_of(text, [](char c) {
           return c > ' ' && c < '\x7f' && c != '"' && c != '\'' && c != '\\' && c != '<' && c != '>' && c != '`';
         });
}

Result<std::string> endpoint_of(const JsonView& description, std::string_view name) {
  WM_TRY(std::string url, text_of(description, name));
  if (!is_url(url)) return description.fail(fmt::format("{} is not an address of HTTPS: {}", name, excerpt(url)));
  return url;
}

// RFC 8414, section 2: a provider that lists its methods without S256 does not check them.
Result<void> check_pkce(const JsonView& description) {
  if (!description.has("code_challenge_methods_supported")) return {};
  WM_TRY(JsonView methods, description.member("code_challenge_methods_supported"));
  WM_TRY(JsonItems items, methods.array());
  for (const JsonView& item : items)
    if (item.string() == std::string_view("S256")) return {};
  return methods.fail("does not have S256");
}

Result<Provider> read(const JsonView& description, std::string_view expected) {
  Provider provider;
  WM_TRY(provider.issuer, text_of(description, "issuer"));
  // Section 4.3. The slash is not the configuration's to decide.
  if (without_slash(provider.issuer) != without_slash(expected))
    return description.fail(fmt::format("issuer is {}, not {}", excerpt(provider.issuer), expected));
  WM_TRY(provider.authorization_endpoint, endpoint_of(description, "authorization_endpoint"));
  WM_TRY(provider.token_endpoint, endpoint_of(description, "token_endpoint"));
  if (description.has("device_authorization_endpoint")) {
    WM_TRY(provider.device_endpoint, endpoint_of(description, "device_authorization_endpoint"));
  }
  WM_CHECK(check_pkce(description));
  const auto named = description.find("authorization_response_iss_parameter_supported");
  provider.names_itself = named && named->boolean().value_or(false);
  return provider;
}

}  // namespace

bool is_private(std::string_view url) {
  constexpr std::string_view kLocal[] = {"http://127.0.0.1", "http://localhost", "http://[::1]"};
  if (url.starts_with("https://")) return url.size() > 8 && url[8] != '/';
  return std::ranges::any_of(kLocal, [&](std::string_view local) {
    if (!url.starts_with(local)) return false;
    const std::string_view rest = url.substr(local.size());
    return rest.empty() || rest.front() == '/' ||
           (rest.front() == ':' && rest.substr(0, rest.find('/')).find('@') == std::string_view::npos);
  });
}

Result<Provider> discover_provider(HttpClient& http, std::string_view issuer) {
  const auto fail = [&](std::string what) { return refuse(ErrorCode::kLoginProvider, std::move(what), issuer); };
  if (!is_url(issuer)) return fail("is not an address of HTTPS");
  const std::string url = fmt::format("{}/.well-known/openid-configuration", without_slash(issuer));
  WM_TRY(const std::string body, http.get(url, kMaxDescription));
  const auto document = JsonDocument::parse(body);
  if (!document) return fail(document.error().what);
  auto provider = read(document->root(ErrorCode::kLoginProvider), issuer);
  if (!provider) return fail(describe(provider.error()));
  return provider;
}

}  // namespace weightmark
