#include "sign/timestamped_signer.h"

#include "attest/bundle.h"
#include "base/refuse.h"
#include "base/try.h"
#include "crypto/timestamp.h"
#include "sign/timestamp_authority.h"
#include "verify/verifier.h"

namespace weightmark {

Result<void> add_timestamp(Bundle& bundle, HttpClient& http, const TimestampService& service) {
  if (bundle.timestamps.size() >= kMaxTimestamps)
    return refuse(ErrorCode::kBundleTooManyTimestamps, "there is no room for another timestamp");
  WM_TRY(Bytes token, request_timestamp(http, service.url, bundle.signature()));
  if (!service.chain.empty()) {
    WM_CHECK(verify_timestamp(token, bundle.signature(), service.chain));
  }
  bundle.timestamps.push_back(std::move(token));
  return {};
}

Result<Bundle> TimestampedSigner::sign(std::string_view statement) {
  WM_TRY(Bundle bundle, signer_.sign(statement));
  WM_CHECK(add_timestamp(bundle, http_, service_));
  return bundle;
}

Result<Verified<SignedStatement>> TimestampedSigner::verify(const Bundle& bundle, Time now) const {
  return signer_.verify(bundle, now);
}

}  // namespace weightmark
