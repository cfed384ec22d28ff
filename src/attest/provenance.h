// SLSA provenance as typed values: how something was built, of what.
// https://slsa.dev/spec/v1.2/build-provenance (version 1 of the predicate)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/json_document.h"
#include "base/time.h"
#include "weightmark/error.h"

namespace weightmark {

inline constexpr std::string_view kProvenanceV1 = "https://slsa.dev/provenance/v1";

// The most dependencies or byproducts that a statement may list.
inline constexpr std::size_t kMaxResources = 65'536;

// ResourceDescriptor names something that went into a build, or came out of it.
// https://github.com/in-toto/attestation/blob/main/spec/v1/resource_descriptor.md
// Absent texts are empty; one of name, uri and digests is there.
struct ResourceDescriptor {
  std::string name;
  std::string uri;
  std::vector<std::pair<std::string, std::string>> digests;  // sorted by algorithm, none empty
  std::string media_type;
  std::string download_location;
  JsonObject annotations;  // sorted by key

  // digest returns the digest of that algorithm, or "" where there is none.
  std::string_view digest(std::string_view algorithm) const;

  // annotation returns the annotation of that name, or null.
  const Json* annotation(std::string_view key) const;

  friend bool operator==(const ResourceDescriptor&, const ResourceDescriptor&) = default;
};

// Provenance is a predicate, of whatever version it was.
struct Provenance {
  std::string predicate_type = std::string(kProvenanceV1);
  std::string build_type;
  JsonObject external_parameters;
  JsonObject internal_parameters;
  std::vector<ResourceDescriptor> dependencies;
  std::string builder_id;
  JsonObject builder_version;  // of texts
  std::vector<ResourceDescriptor> builder_dependencies;
  std::string invocation_id;
  std::optional<Instant> started;
  std::optional<Instant> finished;
  std::vector<ResourceDescriptor> byproducts;

  friend bool operator==(const Provenance&, const Provenance&) = default;
};

// is_provenance says whether parse_provenance knows that type of predicate.
bool is_provenance(std::string_view predicate_type);

// parse_provenance takes the predicate of a statement. Fields that it does not know are
// passed over, as SLSA demands; whoever verifies parameters decides about unknown ones.
// Errors: provenance-type, provenance-malformed, provenance-time, provenance-too-large.
Result<Provenance> parse_provenance(std::string_view predicate_type, const JsonView& predicate);

// write_provenance writes a predicate of version 1: equal values give equal bytes.
std::string write_provenance(const Provenance& provenance);

// Shared by the parsers of the versions.

// parse_resource takes a resource descriptor. Errors: provenance-malformed.
Result<ResourceDescriptor> parse_resource(const JsonView& view);

// resource_json is what parse_resource takes.
Json resource_json(const ResourceDescriptor& resource);

}  // namespace weightmark
