// The protocol of sigstore-conformance.
// https://github.com/sigstore/sigstore-conformance, docs/cli_protocol.md
#pragma once

#include <string>
#include <vector>

// verify_bundle runs `verify-bundle` and returns the exit status.
int verify_bundle(const std::vector<std::string>& arguments);
