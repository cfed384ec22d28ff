// Who a signature claims to be by, none of it verified.
#pragma once

#include <string>
#include <string_view>

#include "attest/bundle.h"
#include "base/json.h"

namespace weightmark::cli {

// inspect_line is one line of what `inspect` prints.
std::string inspect_line(std::string_view label, std::string_view text);

// describe_material says which key, or whose certificate and under which ones.
std::string describe_material(const Bundle& bundle);

// describe_records says which logs have the signature and how often its time is attested.
std::string describe_records(const Bundle& bundle);

// add_signer_json adds the members keyFingerprint, chain, and, of a certificate that
// Sigstore issued, identity.
void add_signer_json(const Bundle& bundle, JsonObject& members);

}  // namespace weightmark::cli
