// Reading YAML: a strict subset that has one meaning, and the same one as its JSON. Only
// yaml.cc knows which library parses.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/json.h"
#include "weightmark/error.h"

namespace weightmark {

// YamlLimits bounds what is taken.
struct YamlLimits {
  std::size_t depth = 64;  // FORMAT: nesting 64
};

// parse_yaml takes one document: UTF-8 without a byte order mark, mappings, sequences,
// and scalars that are true, false, decimal integers or strings. What reads as one thing
// and means another is refused: anchors, aliases, tags, directives, keys that are there
// twice or are no strings, nulls, and plain words such as `no`, which older parsers take
// for booleans. Every error is `code` and names the line and the column.
Result<Json> parse_yaml(std::string_view text, ErrorCode code, const YamlLimits& limits = {});

}  // namespace weightmark
