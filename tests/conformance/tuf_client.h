// The protocol of the public conformance suite for TUF clients: init, refresh, download.
//   https://github.com/theupdateframework/tuf-conformance, CLIENT-CLI.md
#pragma once

#include <string>
#include <vector>

// is_tuf_command says whether the arguments are of that protocol.
bool is_tuf_command(const std::vector<std::string>& arguments);

// run_tuf_command returns the exit status: 0, or 1 with a message on standard error.
int run_tuf_command(const std::vector<std::string>& arguments);
