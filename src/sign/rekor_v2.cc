#include "attest/log_entry_json.h"
#include "base/encoding.h"
#include "base/refuse.h"
#include "base/try.h"
#include "sign/rekor.h"
#include "sign/service.h"

namespace weightmark {
namespace {

constexpr const char* kSubject = "transparency log";

Json verifier_json(const Recorded& recorded) {
  const Json raw = Json::of("rawBytes", to_base64(recorded.signer.der));
  return Json::of(recorded.signer.is_certificate ? "x509Certificate" : "publicKey", raw, "keyDetails",
                  recorded.key_details);
}

Json request_json(const Recorded& recorded) {
  const std::string content = to_base64(recorded.bundle.signature());
  const Json signature = Json::of("content", content, "verifier", verifier_json(recorded));
  return Json::of("hashedRekordRequestV002", Json::of("digest", to_base64(recorded.sha256), "signature", signature));
}

}  // namespace

Answered record_in_rekor_v2(HttpClient& http, const std::string& url, const Recorded& recorded) {
  WM_TRY(const HttpAnswer answer, http.send(json_request(url + "/api/v2/log/entries", request_json(recorded))));
  if (answer.status == 409) return std::nullopt;
  if (answer.status == 413) return service_error(ErrorCode::kLogEntryTooLarge, answer, kSubject);
  if (answer.status != 200 && answer.status != 201) return service_error(ErrorCode::kLogRefused, answer, kSubject);
  auto document = JsonDocument::parse(answer.body);
  if (!document) return refuse(ErrorCode::kLogAnswer, document.error().what, kSubject);
  auto entry = parse_log_entry(document->root(ErrorCode::kLogAnswer));
  if (!entry) return refuse(ErrorCode::kLogAnswer, entry.error().what, kSubject);
  return *std::move(entry);
}

}  // namespace weightmark
