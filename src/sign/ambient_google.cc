// Google Cloud: a machine asks its metadata server who it is, or acts as an account that
// lets it.
// https://cloud.google.com/compute/docs/instances/verifying-instance-identity
// https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateIdToken
#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "sign/ambient_sources.h"
#include "sign/service.h"

namespace weightmark {
namespace {

constexpr const char* kWho = "Google Cloud";

// What the firmware of a machine of theirs says: others are not asked, for whoever answers
// at that name in another network could be anybody.
constexpr const char* kProductFile = "/sys/class/dmi/id/product_name";

bool is_google(std::string_view product) { return product == "Google" || product == "Google Compute Engine"; }

// GCE_METADATA_HOST is Google's own variable for another server, such as an emulator. The
// answer is a secret that nothing encrypts: a proxy would read it.
HttpRequest metadata_request(const Surroundings& surroundings, std::string_view path) {
  const std::string_view host = variable(surroundings, "GCE_METADATA_HOST");
  return {.url = fmt::format("http://{}/computeMetadata/v1/instance/service-accounts/default/{}",
                             host.empty() ? "metadata.google.internal" : host, path),
          .headers = {"Metadata-Flavor: Google"},
          .direct = true};
}

Result<bool> is_machine_of_google(const Surroundings& surroundings) {
  if (!variable(surroundings, "GCE_METADATA_HOST").empty()) return true;
  if (!surroundings.read_file) return false;
  WM_TRY(const std::optional<std::string> product, surroundings.read_file(kProductFile));
  return product && is_google(trimmed(*product));
}

FoundToken token_of_machine(const Surroundings& surroundings, std::string_view audience) {
  const std::string path = fmt::format("identity?audience={}&format=full", audience);
  WM_TRY(const std::string token, text_of_answer(surroundings, metadata_request(surroundings, path), kWho,
                                                 "check that the machine has a service account"));
  return parsed_token(token);
}

// --- as another account

// The name becomes part of a path.
bool is_account(std::string_view name) {
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("@.-_:").contains(c);
  });
}

HttpRequest request_as(std::string_view account, std::string_view access, std::string_view audience) {
  const Json body = Json::of("audience", std::string(audience), "includeEmail", true);
  HttpRequest request = json_request(
      fmt::format("https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{}:generateIdToken", account),
      body);
  request.headers.push_back(fmt::format("Authorization: Bearer {}", access));
  return request;
}

FoundToken token_of_account(const Surroundings& surroundings, std::string_view account, std::string_view audience) {
  if (!is_account(account))
    return refuse(ErrorCode::kTokenSource, fmt::format("{} is not a service account", excerpt(account)),
                  "GOOGLE_SERVICE_ACCOUNT_NAME");
  constexpr const char* kAccess = "token?scopes=https://www.googleapis.com/auth/cloud-platform";
  WM_TRY(const std::string access, text_in_answer(surroundings, metadata_request(surroundings, kAccess), "access_token",
                                                  kWho, "check that the machine has a service account"));
  WM_TRY(
      const std::string token,
      text_in_answer(surroundings, request_as(account, access, audience), "token", kWho,
                     "give the machine's account the role \"Service Account OpenID Connect Identity Token Creator\""));
  return parsed_token(token);
}

}  // namespace

FoundToken token_from_google(const Surroundings& surroundings, std::string_view audience) {
  const std::string_view account = variable(surroundings, "GOOGLE_SERVICE_ACCOUNT_NAME");
  if (!account.empty()) return token_of_account(surroundings, account, audience);
  WM_TRY(const bool here, is_machine_of_google(surroundings));
  if (!here) return std::nullopt;
  return token_of_machine(surroundings, audience);
}

}  // namespace weightmark
