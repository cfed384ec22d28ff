#include "login/authorization.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "crypto/random.h"
#include "crypto/sha2.h"
#include "login/token_endpoint.h"

namespace weightmark {
namespace {

constexpr std::size_t kMaxCode = 4096;

std::string_view value_of(const Query& query, std::string_view name) {
  const auto found = query.find(name);
  return found == query.end() ? std::string_view{} : found->second;
}

}  // namespace

Result<std::string> random_text() {
  WM_TRY(const Bytes bytes, random_bytes(32));
  return to_base64url(bytes);
}

Result<ProofKey> ProofKey::make() {
  WM_TRY(std::string verifier, random_text());
  std::string challenge = to_base64url(sha2(Sha2::k256, as_bytes(verifier)));
  return ProofKey{std::move(verifier), std::move(challenge)};
}

Result<Authorization> Authorization::begin(const LoginOptions& options, std::string redirect_uri) {
  WM_TRY(Provider provider, discover_provider(*options.http, options.issuer));
  Authorization attempt(options, std::move(provider));
  attempt.redirect_uri_ = std::move(redirect_uri);
  WM_TRY(attempt.key_, ProofKey::make());
  WM_TRY(attempt.state_, random_text());
  WM_TRY(attempt.nonce_, random_text());
  return attempt;
}

std::string Authorization::url() const {
  const std::string& endpoint = provider_.authorization_endpoint;
  const char separator = endpoint.find('?') == std::string::npos ? '?' : '&';
  return fmt::format("{}{}{}", endpoint, separator,
                     write_query({{"response_type", "code"},
                                  {"client_id", options_->client_id},
                                  {"redirect_uri", redirect_uri_},
                                  {"scope", kLoginScope},
                                  {"state", state_},
                                  {"nonce", nonce_},
                                  {"code_challenge", key_.challenge},
                                  {"code_challenge_method", "S256"}}));
}

// check_sender finds out whether this is the answer to our question. Otherwise somebody
// may be sending a login of theirs (RFC 6749, section 10.12; RFC 9207).
Result<void> Authorization::check_sender(const Query& query) const {
  if (value_of(query, "state") != state_)
    return refuse(ErrorCode::kLoginMismatch, "the browser came back from another login: its state differs",
                  options_->issuer, "close other logins, and try again");
  const auto sender = query.find("iss");
  if (sender == query.end() && !provider_.names_itself) return {};
  if (sender != query.end() && sender->second == provider_.issuer) return {};
  return refuse(ErrorCode::kLoginMismatch,
                fmt::format("the browser came back from {}",
                            sender == query.end() ? "nobody who says so" : excerpt(sender->second)),
                options_->issuer);
}

Result<std::string> Authorization::code_of(const Query& query) const {
  WM_CHECK(check_sender(query));
  if (const auto error = query.find("error"); error != query.end())
    return login_refused(*options_, {error->second, std::string(value_of(query, "error_description"))});
  const std::string_view code = value_of(query, "code");
  if (!code.empty() && code.size() <= kMaxCode) return std::string(code);
  return refuse(ErrorCode::kLoginProvider, "the browser came back without a code", options_->issuer);
}

Result<IdentityToken> Authorization::token(std::string_view code) const {
  WM_TRY(auto answer, redeem(*options_, provider_,
                             {{"grant_type", "authorization_code"},
                              {"code", code},
                              {"redirect_uri", redirect_uri_},
                              {"code_verifier", key_.verifier}}));
  if (const auto* refused = std::get_if<RefusedGrant>(&answer)) return login_refused(*options_, *refused);
  auto token = std::get<IdentityToken>(std::move(answer));
  // OpenID Connect Core 1.0, section 3.1.3.7, 11: a token for another login is somebody's
  // else, perhaps.
  if (token.claim("nonce") == nonce_) return token;
  return refuse(ErrorCode::kLoginMismatch, "the identity token is for another login: its nonce differs",
                options_->issuer);
}

}  // namespace weightmark
