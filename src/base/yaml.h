// Reading YAML: a strict subset that has one meaning, and the same one as its JSON; and,
// for files that others write and many programs read already, what they commonly have.
// Only yaml.cc knows which library parses.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "weightmark/error.h"

namespace weightmark {

// YamlLimits bounds what is taken.
struct YamlLimits {
  std::size_t depth = 64;         // FORMAT: nesting 64
  std::size_t nodes = 1'000'000;  // values, those that aliases repeat counted each time
};

// parse_yaml takes one document: UTF-8 without a byte order mark, mappings, sequences,
// and scalars that are true, false, decimal integers or strings. What reads as one thing
// and means another is refused: anchors, aliases, tags, directives, keys that are there
// twice or are no strings, nulls, and plain words such as `no`, which older parsers take
// for booleans. Every error is `code` and names the line and the column.
Result<Json> parse_yaml(std::string_view text, ErrorCode code, const YamlLimits& limits = {});

// YamlEntry is a member of a document's outermost mapping, by its lines, from 0.
struct YamlEntry {
  std::string key;
  std::size_t first_line = 0;
  std::size_t last_line = 0;   // of the value's last character
  std::size_t end_column = 0;  // behind it, in characters
};

// YamlDocument is a document with its places, for who edits it line by line.
struct YamlDocument {
  Json root;                       // null for an empty document
  std::vector<YamlEntry> entries;  // in the order of the text; none where the root is no block mapping
  std::size_t indent = 0;          // characters before each key of the root
};

// parse_yaml_leniently also takes nulls, anchors and aliases, the tag `!!str`, and keys that
// look like other things than strings. Only `true` and `false` are booleans, only what has
// digits alone is a number, and every other plain word is the string that it looks like: so
// `language: no` is Norwegian, and 1.50 keeps its zero. Keys that are there twice, merge keys
// and other tags are refused: programs differ in what they make of them.
Result<YamlDocument> parse_yaml_leniently(std::string_view text, ErrorCode code, const YamlLimits& limits = {});

}  // namespace weightmark
