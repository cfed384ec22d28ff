// What a bill of materials is put together from.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attest/provenance.h"
#include "attest/training.h"
#include "base/json.h"

namespace weightmark::bom {

// The bom-ref of the model; that of a dependency is "dependency-N", from 0.
inline constexpr std::string_view kModelRef = "model";
std::string dependency_ref(std::size_t index);

// Properties are names in "weightmark:" with texts, in the order in which they are added.
class Properties {
 public:
  void add(std::string_view name, std::string_view value);  // not where it is empty
  void add(std::string_view name, const char* value) { add(name, std::string_view(value)); }
  void add(std::string_view name, std::optional<std::int64_t> value);
  void add(std::string_view name, std::optional<bool> value);

  // into adds the member "properties", if there are any.
  void into(JsonObject& members) &&;

 private:
  JsonArray list_;
};

// add_hashes adds the digests that CycloneDX has names for, others become properties.
void add_hashes(const std::vector<std::pair<std::string, std::string>>& digests, JsonObject& members,
                Properties& properties);

// add_licenses adds SPDX ids as such where they are known, anything else as a name.
void add_licenses(const std::vector<std::string>& licenses, JsonObject& members);

// is_reference says whether a text can stand where an IRI reference must.
bool is_reference(std::string_view text);

// component_of makes a component from a dependency.
Json component_of(const ResourceDescriptor& resource, const DependencyFacts& facts, std::size_t index);

// formula_of tells how the model came to be: the run, what went in, what it ran on.
Json formula_of(const Provenance& provenance, const Training* training);

}  // namespace weightmark::bom
