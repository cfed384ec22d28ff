// Signed certificate timestamps: that a certificate is in a certificate transparency
// log (RFC 6962, section 3).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/time.h"
#include "crypto/key_details.h"
#include "weightmark/bytes.h"
#include "weightmark/certificate.h"
#include "weightmark/error.h"

namespace weightmark {

struct Sct {
  std::array<std::uint8_t, 32> log_id{};
  std::uint64_t timestamp = 0;  // milliseconds since 1970
  Bytes extensions;
  std::uint8_t hash = 0;       // as TLS 1.2 numbers them (RFC 5246, section 7.4.1.4.1)
  std::uint8_t algorithm = 0;  //
  Bytes signature;
};

// time_of is the timestamp as a time. One beyond the year 2255, where nanoseconds no
// longer fit, is that year.
Instant time_of(const Sct& sct);

// embedded_scts reads the list in a certificate; none where it has no list. Those of a
// version to come are passed over (RFC 6962, section 3.3).
// Errors: sct-malformed.
Result<std::vector<Sct>> embedded_scts(const Certificate& leaf);

// verify_sct checks that the log signed this certificate without its list, as issued by
// `issuer`, the next one of the verified chain. Names do not tell issuers apart.
// Errors: sct-invalid, sct-malformed.
Result<void> verify_sct(const Sct& sct, const Certificate& leaf, const Certificate& issuer, const DetailedKey& log);

}  // namespace weightmark
