#include "sign/rekor.h"

namespace weightmark {

Answered record_signature(HttpClient& http, const SigningService& service, const Recorded& recorded) {
  return service.api_version >= 2 ? record_in_rekor_v2(http, service.url, recorded)
                                  : record_in_rekor_v1(http, service.url, recorded);
}

}  // namespace weightmark
