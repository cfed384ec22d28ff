// Errors: a stable code, what happened, to what, and what to do about it.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weightmark/export.h"

namespace weightmark {

// ErrorClass says what an error means for the caller. The values are the exit
// statuses of the command.
enum class ErrorClass {
  kRefused = 1,        // looked at, and it is not as it must be
  kUsage = 2,          // the request itself is wrong
  kUndecided = 3,      // could not be looked at; a refusal all the same
  kInterrupted = 130,  // stopped by the caller
};

// ErrorCode names every reason for which something is refused.
// docs/errors.md lists them; error_codes.inc is their only source.
enum class ErrorCode {
#define WEIGHTMARK_ERROR(identifier, name, error_class, meaning) k##identifier,
#include "weightmark/error_codes.inc"
#undef WEIGHTMARK_ERROR
};

// code_name returns the stable spelling used in reports, such as "file-missing".
WEIGHTMARK_API std::string_view code_name(ErrorCode code);

// code_meaning returns one sentence that explains the code.
WEIGHTMARK_API std::string_view code_meaning(ErrorCode code);

// code_class returns what the code means for the caller.
WEIGHTMARK_API ErrorClass code_class(ErrorCode code);

// find_code returns the code that is spelled `name`, if there is one.
WEIGHTMARK_API std::optional<ErrorCode> find_code(std::string_view name);

// all_codes returns every code in the order of error_codes.inc.
WEIGHTMARK_API const std::vector<ErrorCode>& all_codes();

// Error describes one failure. All strings are UTF-8 and may quote untrusted
// text, which print() escapes.
struct Error {
  ErrorCode code;
  std::string what;     // what happened, lower case, no full stop
  std::string subject;  // to what: a file, a field, a URI; may be empty
  std::string hint;     // what to do about it; may be empty
};

// Result<T> is a value or an Error. No exception leaves the library.
template <class T>
using Result = std::expected<T, Error>;

// describe renders an error on one line: "SUBJECT: WHAT". Control characters in
// quoted names are escaped, so that a name cannot forge output on a terminal.
WEIGHTMARK_API std::string describe(const Error& error);

}  // namespace weightmark
