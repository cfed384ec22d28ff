// An identity in documents: docs/report.schema.json, "identity".
#pragma once

#include "base/json.h"
#include "weightmark/identity.h"

namespace weightmark {

// identity_json has the names, the provider, and each claim by its name.
Json identity_json(const CertificateIdentity& identity);

}  // namespace weightmark
