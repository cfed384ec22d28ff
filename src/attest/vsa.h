// Verification summaries: what somebody else's verification of a model came to.
// https://slsa.dev/spec/v1.2/verification_summary
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_document.h"
#include "base/time.h"
#include "weightmark/error.h"

namespace weightmark {

inline constexpr std::string_view kVsaType = "https://slsa.dev/verification_summary/v1";
inline constexpr std::size_t kMaxVsaItems = 4096;  // of a list of one summary

// ResourceReference is a URI and digests by algorithm, sorted. Either may be empty.
struct ResourceReference {
  std::string uri;
  std::vector<std::pair<std::string, std::string>> digests;

  friend bool operator==(const ResourceReference&, const ResourceReference&) = default;
};

// VerificationSummary is the predicate.
struct VerificationSummary {
  std::string verifier_id;
  std::vector<std::pair<std::string, std::string>> verifier_version;  // by name, sorted; may be empty
  Instant verified{};
  std::string resource_uri;
  ResourceReference policy;
  std::vector<ResourceReference> inputs;  // attestations that it rests on
  bool passed = false;
  std::vector<std::string> levels;                                      // "SLSA_BUILD_LEVEL_2"
  std::vector<std::pair<std::string, std::int64_t>> dependency_levels;  // how many at each, sorted
  std::string slsa_version;                                             // "1.2"; may be empty

  // build_level is the highest SLSA build level among the levels; nothing where there is none.
  std::optional<unsigned> build_level() const;

  friend bool operator==(const VerificationSummary&, const VerificationSummary&) = default;
};

// build_level_name is "SLSA_BUILD_LEVEL_2" of 2.
std::string build_level_name(unsigned level);

// parse_vsa takes a predicate of kVsaType. Fields that it does not know are passed over, as
// in-toto demands. Errors: vsa-malformed.
Result<VerificationSummary> parse_vsa(const JsonView& predicate);

// write_vsa writes what parse_vsa takes: equal values give equal bytes.
std::string write_vsa(const VerificationSummary& summary);

}  // namespace weightmark
