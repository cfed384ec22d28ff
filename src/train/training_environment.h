// The environment of a training command: what it gets, and what of that is told.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weightmark/error.h"

namespace weightmark {

using Variables = std::vector<std::pair<std::string, std::string>>;

// EnvironmentOptions say which variables the command gets beside those that every program
// needs to find its way about.
struct EnvironmentOptions {
  std::vector<std::string> recorded;  // "NAME", or "NAME=VALUE", which sets it
  std::vector<std::string> passed;    // "NAME": never recorded
};

// TrainingEnvironment is a closed list: what is not on it the command does not get.
struct TrainingEnvironment {
  Variables command;   // sorted by name, each once
  Variables recorded;  // those of them that are told, sorted
  // Values that must not be told: of what is passed without being recorded, and of all
  // variables of the caller whose names or values look like credentials.
  std::vector<std::string> secrets;
};

// make_environment chooses from the caller's variables. `home` becomes HOME.
// Errors: usage for a name that is none, or one that only the caller may have: those by
// which the caller signs, and those by which a loader runs other code unseen.
Result<TrainingEnvironment> make_environment(const Variables& caller, const EnvironmentOptions& options,
                                             std::string_view home);

// is_credential says whether a variable of that name is one by which somebody signs or logs
// in: identity tokens of CI services, agents, passwords.
bool is_credential(std::string_view name);

// has_secret_value says whether the value is the secret itself, going by the name, and not
// only where one is found.
bool has_secret_value(std::string_view name);

// caller_variables are those of this process.
Variables caller_variables();

}  // namespace weightmark
