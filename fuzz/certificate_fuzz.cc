// What Sigstore reads in a certificate: who it names, and the logs that it is in.
#include <cstdlib>

#include "base/text.h"
#include "crypto/identity.h"
#include "crypto/sct.h"

namespace {

using namespace weightmark;

void require(bool condition) {
  if (!condition) std::abort();
}

bool is_plain(std::string_view text) {
  return !text.empty() && is_utf8(text) && text.find('\0') == std::string_view::npos;
}

void check_identity(const Certificate& certificate) {
  const auto identity = read_identity(certificate);
  if (!identity) return;
  require(!identity->names.empty() && is_plain(identity->issuer));
  for (const SubjectName& name : identity->names) require(is_plain(name.value));
  for (const Claim& claim : identity->claims) require(is_plain(claim.value) && !identity->claim(claim.name).empty());
}

// check_scts takes the certificate for its own issuer and its own log, who did not sign.
void check_scts(const Certificate& certificate) {
  const auto scts = embedded_scts(certificate);
  const auto key = certificate.public_key();
  if (!scts || !key) return;
  for (const Sct& sct : *scts) {
    require(time_of(sct).time_since_epoch().count() >= 0);
    require(!verify_sct(sct, certificate, certificate, {*key, default_scheme(key->type())}));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto certificate = Certificate::from_der({data, size});
  if (!certificate) return 0;
  check_identity(*certificate);
  check_scts(*certificate);
  return 0;
}
