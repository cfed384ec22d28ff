// Builders that a file tells of (docs/provenance-verification.md, "Builders of your own").
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "weightmark/key.h"
#include "weightmark/provenance.h"
#include "weightmark/trust.h"

namespace weightmark {

inline constexpr std::size_t kMaxBuildersFile = std::size_t{1} << 20U;
inline constexpr std::size_t kMaxBuilders = 256;

// ConfiguredBuilder says who signs for a builder, and what that is worth.
struct ConfiguredBuilder {
  std::string name;
  std::string id;           // exact, or a pattern
  bool id_pattern = false;  // POSIX extended, of the whole
  std::vector<std::string> build_types;
  std::variant<ExpectedIdentity, PublicKey> signer;
  std::vector<std::string> parameters;  // external ones that are understood
  // Whether the source is what the signer's certificate claims; else the first dependency that is of git.
  bool source_in_certificate = false;
  bool by_platform = false;
  unsigned level = 1;
};

struct Builders::Impl {
  std::vector<ConfiguredBuilder> configured;
};

}  // namespace weightmark
