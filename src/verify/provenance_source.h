// Sources and versions, as provenance spells them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "weightmark/error.h"
#include "weightmark/provenance.h"

namespace weightmark {

// normal_uri makes one spelling of "git+https://host/path.git", "host/path" and
// "https://host/path/".
std::string normal_uri(std::string_view uri);

// parse_source splits "git+https://host/path@ref" (SPDX's form, as SLSA uses it); the URI
// is normal. A "@" before the path names a user.
ProvenanceSource parse_source(std::string_view uri);

// Names in references: "main" of "refs/heads/main", "v1" of "refs/tags/v1"; "" for others.
std::string branch_of(std::string_view ref);
std::string tag_of(std::string_view ref);

// BuilderName is an identifier of a builder: a name and, where there is "@", what follows.
struct BuilderName {
  std::string name;
  std::string ref;
};

// split_builder splits at its only "@". Errors: provenance-malformed where there are several, or
// nothing on one side.
Result<BuilderName> split_builder(std::string_view id);

// is_release says whether a reference is refs/tags/vX.Y.Z, without what semantic versions
// allow to follow.
bool is_release(std::string_view ref);

// matches_version says whether a tag is the expected semantic version, of which minor and
// patch may be left out: "v1.2" is any v1.2.x. Errors: usage where the expected one is none.
Result<bool> matches_version(std::string_view tag, std::string_view expected);

}  // namespace weightmark
