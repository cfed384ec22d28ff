// Versions of Python packages, and ranges of them.
// https://packaging.python.org/en/latest/specifications/version-specifiers/ (PEP 440)
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weightmark/error.h"

namespace weightmark {

// PythonVersion is a version, ordered as PEP 440 says: 1.0.dev1 < 1.0a1 < 1.0rc1 < 1.0 <
// 1.0+cu128 < 1.0.post1 < 1.1 < 1!0.1, and 1.0 equal to 1.0.0.
class PythonVersion {
 public:
  // parse takes any spelling of PEP 440, also those that it calls alternate, with numbers
  // of at most 18 digits; nothing for any other text.
  static std::optional<PythonVersion> parse(std::string_view text);

  bool has_local() const { return !local_.empty(); }

  // without_local is the version of the source, whoever built it.
  PythonVersion without_local() const;

  // begins_with says whether the release begins as that of `prefix` does: 2.6.1 with 2.6.
  bool begins_with(const PythonVersion& prefix) const;

  // series is the version without the last number of its release: what "~=" keeps.
  // Nothing where there is only one.
  std::optional<PythonVersion> series() const;

  std::strong_ordering operator<=>(const PythonVersion& other) const;
  bool operator==(const PythonVersion& other) const { return (*this <=> other) == 0; }

 private:
  // Where the version is before its release; PEP 440, "Summary of permitted suffixes".
  enum class Phase : std::uint8_t { kDevelopment, kAlpha, kBeta, kCandidate, kRelease };

  struct LocalPart {
    bool is_number = false;  // numbers come after words
    std::uint64_t number = 0;
    std::string word;
    auto operator<=>(const LocalPart&) const = default;
  };

  friend class VersionParser;

  std::uint64_t epoch_ = 0;
  std::vector<std::uint64_t> release_;  // as it is written
  Phase phase_ = Phase::kRelease;
  std::uint64_t phase_number_ = 0;
  std::int64_t post_ = -1;                                               // none
  std::int64_t development_ = std::numeric_limits<std::int64_t>::max();  // none
  std::vector<LocalPart> local_;
};

// PackageRange is a package, and which versions of it: "torch<2.6", "pkg:pypi/torch>=2,<2.6",
// "torch==2.5.*", "torch~=2.5.1", or "torch", which is all of them.
class PackageRange {
 public:
  // Errors: policy-malformed, with `text` as the subject.
  static Result<PackageRange> parse(const std::string& text);

  const std::string& name() const { return name_; }  // as normal_package_name makes it
  const std::string& text() const { return text_; }

  // contains says whether that version is one of them. Versions are compared by their order
  // alone, so that 2.6rc1 is below 2.6, unlike for pip; a local label counts only for a
  // bound that has one, so that 2.5+cu128 is 2.5.
  bool contains(const PythonVersion& version) const;

 private:
  enum class Relation : std::uint8_t { kBelow, kAtMost, kAbove, kAtLeast, kIs, kIsNot };
  struct Bound {
    Relation relation = Relation::kIs;
    PythonVersion version;
    bool prefix = false;  // "==2.5.*"
  };

  static Result<void> add_bound(std::string_view text, PackageRange& range);
  static bool holds(const Bound& bound, const PythonVersion& version);

  std::string text_;
  std::string name_;
  std::vector<Bound> bounds_;
};

// normal_package_name spells a name as PyPI compares them: "Foo_bar" as "foo-bar" (PEP 503).
std::string normal_package_name(std::string_view name);

// PythonPackage is what a package URL of PyPI names.
struct PythonPackage {
  std::string name;     // normal
  std::string version;  // decoded; may be empty
};

// parse_pypi_url takes "pkg:pypi/torch@2.8.0%2Bcu128"; nothing for other URIs.
std::optional<PythonPackage> parse_pypi_url(std::string_view uri);

}  // namespace weightmark
