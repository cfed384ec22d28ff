// Who signed, and how that was found, in documents: docs/report.schema.json, "identity",
// "signer" and "check".
#pragma once

#include "base/json.h"
#include "weightmark/identity.h"
#include "weightmark/report.h"

namespace weightmark {

// identity_json has the names, the provider, and each claim by its name.
Json identity_json(const CertificateIdentity& identity);

// signer_json has the key, the certificates, the identity, times and logs.
Json signer_json(const SignerReport& signer);

// check_json has a check with its outcome.
Json check_json(const Check& check);

}  // namespace weightmark
