// Judging by rules that can be unable to tell.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weightmark/export.h"

namespace weightmark {

// Answer is what a rule comes to. Only kHolds is a "yes".
enum class Answer : std::uint8_t {
  kHolds,
  kDoesNotHold,
  kCannotTell,  // what would decide it is not said
};

// Finding is what a rule found, of the whole or of one thing that a model was made of.
struct Finding {
  std::string rule;  // stable, the field of the policy: "inputs.digests"
  Answer answer = Answer::kCannotTell;
  std::string what;   // for people; the wording can change
  std::string about;  // which dependency; empty where it is about the whole

  friend bool operator==(const Finding&, const Finding&) = default;
};

WEIGHTMARK_API std::string_view answer_name(Answer answer);  // "holds", "does-not-hold", "cannot-tell"

// overall is the worst of all answers: what does not hold outweighs what cannot be told.
WEIGHTMARK_API Answer overall(const std::vector<Finding>& findings);

}  // namespace weightmark
