// The services that sign, in memory: Fulcio, Rekor of both versions, a timestamp
// authority. What real ones will not do, these do: fail, lie, and answer with what
// belongs to others.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "net/http.h"
#include "sign/keyless_signer.h"
#include "verify/sigstore_testing.h"

namespace weightmark::testing {

// Where they are, and of which a fault may be.
inline constexpr const char* kAuthorityUrl = "https://ca.lab";
inline constexpr const char* kClockUrl = "https://tsa.lab";
inline constexpr const char* kLogV1Url = "https://rekor.lab";
inline constexpr const char* kLogV2Url = "https://rekor2.lab";

// TokenClaims makes an identity token that nobody signed: only the authority looks.
using TokenClaims = std::map<std::string, Json>;
TokenClaims token_claims();
std::string token_text(const TokenClaims& claims);

// FakeServices answer as the laboratory has them, but for what is changed here.
class FakeServices : public HttpClient {
 public:
  Result<HttpAnswer> send(const HttpRequest& request) override;
  Result<std::string> get(const std::string& url, std::uint64_t max_size) override;

  // options signs with these services, and an entry in that version of Rekor.
  KeylessOptions options(int rekor_version = 2);

  Laboratory lab;
  Time now = kTestNow;
  TokenClaims claims = token_claims();

  // Of the certificate; of entries; of timestamps.
  std::function<void(Recipe&)> change_recipe = {};
  std::function<void(LogRecipe&)> change_log = {};
  TimestampOptions timestamp = {};
  const IssuedCertificate* clock = nullptr;  // who signs timestamps in place of the right one

  // Changes the request to a service, or its answer, by the start of the URL.
  std::map<std::string, std::function<void(HttpRequest&)>> change_request = {};
  std::map<std::string, std::function<void(Result<HttpAnswer>&)>> change_answer = {};

  std::vector<std::string> asked;  // the URLs

 private:
  HttpAnswer certify(const HttpRequest& request) const;
  HttpAnswer stamp(const HttpRequest& request) const;
  HttpAnswer record_v1(const HttpRequest& request) const;
  HttpAnswer record_v2(const HttpRequest& request) const;
  LogEntry record(RekorKind kind, Logged logged) const;
};

}  // namespace weightmark::testing
