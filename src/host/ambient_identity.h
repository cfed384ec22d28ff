// The identity that this process's surroundings offer.
#pragma once

#include <optional>

#include "host/stop.h"
#include "net/http.h"
#include "sign/identity_token.h"

namespace weightmark {

// ambient_identity asks the environment, files, services and programs that
// sign/ambient_token.h names; nothing where none offers an identity.
// Errors: those of ambient_token.
Result<std::optional<IdentityToken>> ambient_identity(HttpClient& http, const Stop& stop);

}  // namespace weightmark
