#include "login/token_endpoint.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "base/json_document.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "login/query.h"

namespace weightmark {
namespace {

constexpr std::string_view kSecretHeader = "Authorization: Basic ";

std::string basic_header(const LoginOptions& options) {
  const std::string pair = percent_encoded(options.client_id) + ":" + percent_encoded(options.client_secret.view());
  return std::string(kSecretHeader) + to_base64(as_bytes(pair));
}

std::string member_text(const JsonView& object, std::string_view name) {
  const auto member = object.find(name);
  if (!member) return {};
  const auto text = member->string();
  return text ? std::string(*text) : std::string();
}

Result<RefusedGrant> read_refusal(const HttpAnswer& answer, const std::string& url) {
  RefusedGrant refused;
  if (const auto document = JsonDocument::parse(answer.body)) {
    const JsonView problem = document->root(ErrorCode::kLoginProvider);
    refused = {member_text(problem, "error"), member_text(problem, "error_description")};
  }
  if (!refused.error.empty()) return refused;
  return refuse(ErrorCode::kLoginProvider, fmt::format("answered with the status {}", answer.status), url);
}

// The token comes from the provider itself, by a private way, so its signature need not be
// looked at here (OpenID Connect Core 1.0, section 3.1.3.7, 6). The certificate authority
// does, and whether it is meant for that.
Result<IdentityToken> read_token(const std::string& body, const Provider& provider) {
  const auto document = JsonDocument::parse(body);
  if (!document) return refuse(ErrorCode::kLoginProvider, document.error().what, provider.token_endpoint);
  const std::string text = member_text(document->root(ErrorCode::kLoginProvider), "id_token");
  if (text.empty()) return refuse(ErrorCode::kLoginProvider, "the answer has no id_token", provider.token_endpoint);
  WM_TRY(IdentityToken token, IdentityToken::parse(text));
  if (token.issuer() == provider.issuer) return token;
  return refuse(ErrorCode::kLoginProvider,
                fmt::format("gave a token of {}, not of {}", excerpt(token.issuer()), provider.issuer),
                provider.token_endpoint);
}

}  // namespace

Result<HttpAnswer> post_form(const LoginOptions& options, const std::string& url, Parameters parameters) {
  HttpRequest request;
  request.method = "POST";
  request.url = url;
  request.headers = {"Content-Type: application/x-www-form-urlencoded", "Accept: application/json"};
  request.body = write_query(parameters);
  request.repeatable = false;
  if (options.client_secret.view().empty())
    request.body += "&" + write_query({{"client_id", options.client_id}});
  else
    request.headers.push_back(basic_header(options));
  return options.http->send(request);
}

Result<std::variant<IdentityToken, RefusedGrant>> redeem(const LoginOptions& options, const Provider& provider,
                                                         Parameters grant) {
  WM_TRY(const HttpAnswer answer, post_form(options, provider.token_endpoint, grant));
  if (answer.status == 200) return read_token(answer.body, provider);
  return read_refusal(answer, provider.token_endpoint);
}

std::unexpected<Error> login_refused(const LoginOptions& options, const RefusedGrant& refused) {
  const std::string words = refused.description.empty() ? refused.error : refused.description;
  return refuse(ErrorCode::kLoginRefused, fmt::format("answered: {}", excerpt(words)), options.issuer);
}

}  // namespace weightmark
