// The commands: each adds itself to the parser and, when chosen, runs.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "cli/ui.h"

namespace weightmark::cli {

// Action is what a parsed command line asks for; it returns the exit status.
using Action = std::function<int(Ui&)>;

// Each adds a command to `app`; parsing it sets `action`.
void add_sign(CLI::App& app, Action& action);
void add_verify(CLI::App& app, Action& action);
void add_attest(CLI::App& app, Action& action);
void add_train(CLI::App& app, Action& action);
void add_verify_attestation(CLI::App& app, Action& action);
void add_seal(CLI::App& app, Action& action);
void add_digest(CLI::App& app, Action& action);
void add_inspect(CLI::App& app, Action& action);
void add_card(CLI::App& app, Action& action);
void add_bom(CLI::App& app, Action& action);
void add_trust(CLI::App& app, Action& action);
void add_timestamp_command(CLI::App& app, Action& action);
void add_completion(CLI::App& app, Action& action);
void add_manual(CLI::App& app, Action& action);

// The signing methods of the existing clients, in the order of their help.
const std::vector<std::string>& methods();

}  // namespace weightmark::cli
