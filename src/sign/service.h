// Talking to Sigstore's services: what their requests and answers have in common.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "net/http.h"
#include "weightmark/error.h"

namespace weightmark {

// json_request posts a document.
HttpRequest json_request(std::string url, const Json& body);

// service_error tells an answer that is an error: the service's own words, where it has
// any, and its status.
std::unexpected<Error> service_error(ErrorCode code, const HttpAnswer& answer, std::string_view service);

}  // namespace weightmark
