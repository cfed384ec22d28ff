// Refusing with an error.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "weightmark/error.h"

namespace weightmark {

// refuse makes what a function of a Result returns when it refuses.
inline std::unexpected<Error> refuse(ErrorCode code, std::string what, std::string_view subject = {},
                                     std::string hint = {}) {
  return std::unexpected(Error{code, std::move(what), std::string(subject), std::move(hint)});
}

}  // namespace weightmark
