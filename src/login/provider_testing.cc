#include "login/provider_testing.h"

#include <utility>

#include "base/encoding.h"
#include "base/json.h"
#include "base/refuse.h"
#include "crypto/sha2.h"

namespace weightmark::testing {
namespace {

std::string object(const std::map<std::string, std::string>& members) {
  std::string text;
  for (const auto& [name, value] : members)
    if (!value.empty()) text += (text.empty() ? "" : ",") + ("\"" + name + "\":" + value);
  return "{" + text + "}";
}

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

HttpAnswer problem(const std::string& error) { return {400, object({{"error", quoted(error)}})}; }

}  // namespace

FakeProvider::FakeProvider()
    : description{{"issuer", quoted(kIssuer)},
                  {"authorization_endpoint", quoted("https://login.lab/auth")},
                  {"token_endpoint", quoted("https://login.lab/token")},
                  {"device_authorization_endpoint", quoted("https://login.lab/device")},
                  {"authorization_response_iss_parameter_supported", "true"},
                  {"code_challenge_methods_supported", R"(["plain","S256"])"}},
      claims{{"iss", quoted(kIssuer)},
             {"aud", quoted("sigstore")},
             {"exp", "4000000000"},
             {"email", quoted("alice@example.com")}} {}

LoginOptions FakeProvider::options() {
  LoginOptions options;
  options.issuer = kIssuer;
  options.http = this;
  options.limit = std::chrono::seconds(60);
  options.wait = [this](std::chrono::milliseconds time) {
    waits.push_back(time);
    return !interrupted;
  };
  return options;
}

Result<std::string> FakeProvider::get(const std::string& url, std::uint64_t) {
  if (url != std::string(kIssuer) + "/.well-known/openid-configuration") return refuse(ErrorCode::kServerNotFound, url);
  std::string text = object(description);
  if (change_description) change_description(text);
  return text;
}

std::string FakeProvider::come_back(const std::string& url) {
  const Query asked = parse_query(url.substr(url.find('?') + 1)).value();
  challenge_ = asked.at("code_challenge");
  nonce_ = asked.at("nonce");
  redirect_uri = asked.at("redirect_uri");
  Query back{{"state", asked.at("state")}, {"code", "the code"}, {"iss", kIssuer}};
  if (change_return) change_return(back);
  std::string text;
  for (const auto& [name, value] : back) text += (text.empty() ? "" : "&") + write_query({{name, value}});
  return text;
}

Result<HttpAnswer> FakeProvider::send(const HttpRequest& request) {
  sent.push_back(request);
  const Query form = parse_query(request.body).value();
  if (request.url == "https://login.lab/device") return device_code(form);
  if (request.url == "https://login.lab/token") return token(form);
  return refuse(ErrorCode::kServerUnreachable, request.url);
}

HttpAnswer FakeProvider::device_code(const Query& form) {
  challenge_ = form.at("code_challenge");
  HttpAnswer answer{200,
                    R"({"device_code":"secret","user_code":"ABCD-EFGH","expires_in":600,"interval":1,)"
                    R"("verification_uri":"https://login.lab/d","verification_uri_complete":"https://login.lab/d?c"})"};
  if (change_device) change_device(answer);
  return answer;
}

HttpAnswer FakeProvider::token(const Query& form) {
  if (!refusals.empty()) {
    const std::string first = refusals.front();
    refusals.erase(refusals.begin());
    return problem(first);
  }
  const std::string verifier = form.contains("code_verifier") ? form.at("code_verifier") : "";
  if (to_base64url(sha2(Sha2::k256, as_bytes(verifier))) != challenge_) return problem("invalid_grant");
  const bool device = form.at("grant_type") != "authorization_code";
  if (device ? form.at("device_code") != "secret" : form.at("code") != "the code") return problem("invalid_grant");
  if (!device && form.at("redirect_uri") != redirect_uri) return problem("invalid_grant");
  HttpAnswer answer{200, object({{"id_token", quoted(token_text())}, {"token_type", quoted("Bearer")}})};
  if (change_token) change_token(answer);
  return answer;
}

std::string FakeProvider::token_text() const {
  auto all = claims;
  if (!nonce_.empty()) all.emplace("nonce", quoted(nonce_));
  return to_base64url(as_bytes("{}")) + "." + to_base64url(as_bytes(object(all))) + "." + to_base64url(as_bytes("s"));
}

}  // namespace weightmark::testing
