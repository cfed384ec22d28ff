// What Rekor logs: the body of an entry, by kind and version.
// https://github.com/sigstore/rekor, pkg/types; https://github.com/sigstore/rekor-tiles
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crypto/sha2.h"
#include "weightmark/bytes.h"
#include "weightmark/error.h"

namespace weightmark {

// RekorVerifier is the key or certificate that a log says made a signature.
struct RekorVerifier {
  bool is_certificate = false;
  Bytes der;  // a certificate, or a SubjectPublicKeyInfo

  friend bool operator==(const RekorVerifier&, const RekorVerifier&) = default;
};

struct RekorSignature {
  Bytes signature;
  RekorVerifier verifier;
};

// RekorBody is what an entry says was signed, by whom.
struct RekorBody {
  enum class Signed {
    kMessage,   // hashedrekord: the digest is that of the signed bytes
    kEnvelope,  // dsse, intoto: the digest is that of the envelope's payload
  };

  Signed what = Signed::kMessage;
  Sha2 digest_algorithm = Sha2::k256;
  Bytes digest;
  std::vector<RekorSignature> signatures;  // at least one
};

// parse_rekor_body reads hashedrekord 0.0.1 and 0.0.2, dsse 0.0.1 and intoto 0.0.2. The
// kind and version in the body must be those that the entry names.
// Errors: log-entry-kind, log-body-malformed, json-*, key-malformed,
// certificate-malformed.
Result<RekorBody> parse_rekor_body(ByteView body, std::string_view kind, std::string_view version);

}  // namespace weightmark
