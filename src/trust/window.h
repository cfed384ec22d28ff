// Fields that the files of Sigstore's trust have in common.
// https://github.com/sigstore/protobuf-specs, sigstore_common.proto
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json_document.h"
#include "base/time.h"
#include "weightmark/error.h"

namespace weightmark {

// Window is when something counts. Both ends are in it; an absent one is open.
struct Window {
  std::optional<Instant> start;
  std::optional<Instant> end;

  bool contains(Instant time) const { return (!start || *start <= time) && (!end || time <= *end); }
};

// parse_window reads the member `validFor`; an open window where there is none.
Result<Window> parse_window(const JsonView& holder);

// optional_text reads a text, "" where there is none.
Result<std::string> optional_text(const JsonView& parent, std::string_view key);

}  // namespace weightmark
