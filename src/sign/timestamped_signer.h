// Signing with a key or a certificate, and somebody who attests when.
#pragma once

#include <string>
#include <vector>

#include "net/http.h"
#include "weightmark/certificate.h"
#include "weightmark/signer.h"

namespace weightmark {

// TimestampService is who is asked for timestamps.
struct TimestampService {
  std::string url;
  // Its certificates, the signer's first, its root last, to verify what it answers by.
  // Empty: only that the answer is about this signature, and to this request.
  std::vector<Certificate> chain = {};
};

// add_timestamp has the time of a bundle's signature attested. A timestamp that is
// there already stays.
// Errors: those of request_timestamp and verify_timestamp.
Result<void> add_timestamp(Bundle& bundle, HttpClient& http, const TimestampService& service);

// TimestampedSigner adds that to what another signer makes, so that a signature outlives
// its certificate.
class TimestampedSigner : public Signer {
 public:
  // Signer and client must live longer.
  TimestampedSigner(Signer& signer, HttpClient& http, TimestampService service)
      : signer_(signer), http_(http), service_(std::move(service)) {}

  Result<void> check(Time now) override { return signer_.check(now); }
  Result<Bundle> sign(std::string_view statement) override;
  Result<Verified<SignedStatement>> verify(const Bundle& bundle, Time now) const override;

 private:
  Signer& signer_;
  HttpClient& http_;
  TimestampService service_;
};

}  // namespace weightmark
