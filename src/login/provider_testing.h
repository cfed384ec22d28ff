// An identity provider in memory, with a person who logs in at it.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "login/login.h"
#include "login/query.h"

namespace weightmark::testing {

inline constexpr const char* kIssuer = "https://login.lab";

// FakeProvider grants every login, and looks at PKCE as a real one does.
class FakeProvider : public HttpClient {
 public:
  Result<std::string> get(const std::string& url, std::uint64_t max_size) override;
  Result<HttpAnswer> send(const HttpRequest& request) override;

  LoginOptions options();

  // come_back logs a person in at that URL, and returns the query that the browser is sent
  // back with, to `redirect_uri`.
  std::string come_back(const std::string& url);

  // What it says of itself, and in the token; "" leaves a member out.
  std::map<std::string, std::string> description;
  std::map<std::string, std::string> claims;

  // Changes an answer; of the token endpoint, where it is not a refusal already.
  std::function<void(std::string&)> change_description = {};
  std::function<void(Query&)> change_return = {};
  std::function<void(HttpAnswer&)> change_device = {};
  std::function<void(HttpAnswer&)> change_token = {};

  std::vector<std::string> refusals;  // what is answered to a device first, one after another
  std::vector<HttpRequest> sent;
  std::vector<std::chrono::milliseconds> waits;
  bool interrupted = false;
  std::string redirect_uri;

  FakeProvider();

 private:
  HttpAnswer device_code(const Query& form);
  HttpAnswer token(const Query& form);
  std::string token_text() const;

  std::string challenge_;
  std::string nonce_;
};

}  // namespace weightmark::testing
