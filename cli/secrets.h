// Passwords and PINs that stand on the command line.
#pragma once

#include <span>
#include <string_view>

#include "weightmark/key.h"

namespace weightmark::cli {

// hide_secrets takes the values of --password, --pkcs11-uri, --identity-token and --client-secret out of
// the command line itself and leaves asterisks. Neither the process list has them then, nor the
// parser's copies, which nobody wipes.
void hide_secrets(std::span<char* const> arguments);

// take_secret returns, once, what hide_secrets replaced by `shown`. What it did not
// replace is `shown` itself.
Secret take_secret(std::string_view shown);

}  // namespace weightmark::cli
