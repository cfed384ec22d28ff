// Provenance for people, and as a document.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attest/provenance.h"
#include "attest/statement.h"
#include "attest/training.h"
#include "base/json.h"

namespace weightmark::cli {

// ReadProvenance is provenance and what of it is known here: of a build that is no
// training, only its dependencies are.
struct ReadProvenance {
  Provenance provenance;
  std::optional<Training> training;
  std::vector<DependencyFacts> facts;  // of provenance.dependencies, in their order

  // source is the index of the dependency that is the source, if there is one.
  std::optional<std::size_t> source() const;

  // of_kind are the indices of dependencies of that kind.
  std::vector<std::size_t> of_kind(std::string_view kind) const;
};

// read_provenance takes a predicate. Errors: those of parse_provenance, parse_training and
// parse_facts.
Result<ReadProvenance> read_provenance(std::string_view predicate_type, const JsonView& predicate);

// describe_provenance tells it line by line, all of it escaped.
std::string describe_provenance(const ReadProvenance& read);

// provenance_json is the member "provenance" of weightmark.inspect.v1.
Json provenance_json(const ReadProvenance& read);

// label_of is how a dependency is called: its name, else its URI.
std::string label_of(const ResourceDescriptor& resource);

}  // namespace weightmark::cli
