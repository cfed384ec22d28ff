// Reading who a certificate names.
#pragma once

#include "weightmark/certificate.h"
#include "weightmark/identity.h"

namespace weightmark {

// read_identity reads the names and Fulcio's extensions of a leaf. Newer certificates
// tell the issuer twice: both must agree.
// Errors: certificate-identity.
Result<CertificateIdentity> read_identity(const Certificate& leaf);

}  // namespace weightmark
