#include "sign/service.h"

#include <fmt/format.h>

#include "base/json_document.h"
#include "base/refuse.h"
#include "base/text.h"

namespace weightmark {
namespace {

// said finds the member `message` that all of the services answer errors with.
std::string said(const std::string& body) {
  const auto document = JsonDocument::parse(body);
  if (!document) return excerpt(body);
  const auto message = document->root(ErrorCode::kServerAnswer).find("message");
  if (!message) return excerpt(body);
  const auto text = message->string();
  return excerpt(text ? *text : body);
}

std::string hint_for(int status) {
  if (status == 429) return "it is asked too often; try again later";
  if (status >= 500) return "the service is in trouble; try again later";
  return {};
}

}  // namespace

HttpRequest json_request(std::string url, const Json& body) {
  return {.method = "POST",
          .url = std::move(url),
          .headers = {"Content-Type: application/json", "Accept: application/json"},
          .body = write_json(body)};
}

std::unexpected<Error> service_error(ErrorCode code, const HttpAnswer& answer, std::string_view service) {
  const std::string words = said(answer.body);
  return refuse(code, fmt::format("answered with the status {}{}{}", answer.status, words.empty() ? "" : ": ", words),
                service, hint_for(answer.status));
}

}  // namespace weightmark
