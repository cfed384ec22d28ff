#include "sign/timestamp_authority.h"

#include "base/try.h"
#include "crypto/timestamp_request.h"
#include "sign/service.h"

namespace weightmark {

Result<Bytes> request_timestamp(HttpClient& http, const std::string& url, ByteView message) {
  WM_TRY(const TimestampRequest request, make_timestamp_request(message));
  const HttpRequest query{
      .method = "POST",
      .url = url,
      .headers = {"Content-Type: application/timestamp-query", "Accept: application/timestamp-reply"},
      .body = std::string(request.der.begin(), request.der.end())};
  WM_TRY(const HttpAnswer answer, http.send(query));
  // RFC 3161 knows only 200; Sigstore's authority says that it made something.
  if (answer.status != 200 && answer.status != 201)
    return service_error(ErrorCode::kTimestampRefused, answer, "timestamp authority");
  Bytes response(answer.body.begin(), answer.body.end());
  WM_CHECK(check_timestamp_response(response, request));
  return response;
}

}  // namespace weightmark
