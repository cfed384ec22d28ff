// Licence expressions (SPDX specification 2.3, annex D).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace weightmark {

// license_holds says whether an expression can be complied with by licences that `holds`
// accepts: of "A OR B" either is enough, of "A AND B" both are needed, and "A WITH C" is one
// licence. `holds` is given identifiers in lower case. Nothing where the text is no expression.
std::optional<bool> license_holds(std::string_view expression, const std::function<bool(const std::string&)>& holds);

}  // namespace weightmark
