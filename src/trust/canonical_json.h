// Canonical JSON as OLPC defines it: the bytes that TUF signs.
// http://wiki.laptop.org/go/Canonical_JSON
#pragma once

#include <string>

#include "base/json.h"
#include "weightmark/error.h"

namespace weightmark {

// canonical_json writes members sorted by key and without white space; in strings only
// the quotation mark and the backslash are escaped, so that it is not always JSON:
// control characters stand for themselves, which RFC 8259 does not allow.
// Errors: tuf-malformed: a number with a fraction has no canonical form.
Result<std::string> canonical_json(const Json& value);

}  // namespace weightmark
