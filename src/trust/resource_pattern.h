// Patterns of what a model was made of: by digest, or by URI.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "weightmark/error.h"

namespace weightmark {

// glob_matches says whether `pattern` stands for all of `text`: "*" is any number of
// characters but "/", "**" of any characters, "?" one that is no "/".
bool glob_matches(std::string_view pattern, std::string_view text);

// unversioned is the part of a URI that names something, without what says which version:
// "hf://datasets/acme/mix" of "hf://datasets/acme/mix@5503434d", "pkg:pypi/torch" of
// "pkg:pypi/torch@2.8.0?extension=whl". An "@" of an authority is none of a version.
std::string_view unversioned(std::string_view uri);

// version_of is what comes behind the "@", without "?…" and "#…"; "" where there is none.
std::string_view version_of(std::string_view uri);

// ResourcePattern is a digest, "sha256:HEX", "gitCommit:HEX" or "merkle:HEX", or else a
// pattern of URIs. A pattern without a version stands for all versions.
class ResourcePattern {
 public:
  static ResourcePattern parse(const std::string& text);

  const std::string& text() const { return text_; }

  // algorithm is that of a digest, or "" where this is a pattern.
  const std::string& algorithm() const { return algorithm_; }
  const std::string& hex() const { return hex_; }

  bool matches_uri(std::string_view uri) const;

  friend bool operator==(const ResourcePattern&, const ResourcePattern&) = default;

 private:
  std::string text_;
  std::string algorithm_;
  std::string hex_;
};

}  // namespace weightmark
