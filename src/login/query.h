// Names with values as URLs and forms carry them (application/x-www-form-urlencoded).
#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace weightmark {

using Query = std::map<std::string, std::string, std::less<>>;

// write_query leaves out what has no value.
std::string write_query(std::initializer_list<std::pair<std::string_view, std::string_view>> parameters);

// parse_query takes each name once (RFC 6749, section 3.1); nothing where that does not
// hold, or a "%" leads no byte.
std::optional<Query> parse_query(std::string_view text);

// percent_encoded escapes all but what never has a meaning (RFC 3986, section 2.3).
std::string percent_encoded(std::string_view text);

}  // namespace weightmark
