// The protocol of sigstore-conformance.
// https://github.com/sigstore/sigstore-conformance, docs/cli_protocol.md
#pragma once

#include <string>
#include <vector>

// Each runs the command of its name and returns the exit status.
int sign_bundle(const std::vector<std::string>& arguments);
int verify_bundle(const std::vector<std::string>& arguments);
