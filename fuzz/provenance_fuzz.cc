// parse_provenance_file, and the predicates of every version in what it finds: whatever is
// accepted keeps its promises, and version 1 survives being written and read again.
#include <cstdlib>

#include "attest/provenance.h"
#include "attest/provenance_file.h"
#include "attest/statement.h"
#include "attest/training.h"
#include "base/text.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

// An error quotes only the start of what is wrong.
void check_error(const weightmark::Error& error) {
  require(weightmark::is_utf8(error.what) && weightmark::is_utf8(error.subject));
  require(error.what.size() < 4000);
}

void check_predicate(std::string_view type, const weightmark::JsonView& predicate) {
  const auto provenance = weightmark::parse_provenance(type, predicate);
  if (!provenance) return check_error(provenance.error());
  require(weightmark::is_provenance(type) && provenance->predicate_type == type);
  require(!provenance->builder_id.empty() && !provenance->build_type.empty());
  require(provenance->dependencies.size() <= weightmark::kMaxResources);
  if (provenance->build_type == weightmark::kTrainingBuildType) {
    const auto training = weightmark::parse_training(*provenance);
    if (!training) check_error(training.error());
  }
  const std::string written = weightmark::write_provenance(*provenance);
  const auto document = weightmark::JsonDocument::parse(written);
  require(document.has_value());
  auto again =
      weightmark::parse_provenance(weightmark::kProvenanceV1, document->root(weightmark::ErrorCode::kInternal));
  require(again.has_value());
  again->predicate_type = provenance->predicate_type;
  require(*again == *provenance);
}

void check_statement(std::string_view text) {
  const auto statement = weightmark::parse_statement(text, weightmark::StatementVersions::kAny);
  if (!statement) return;
  check_predicate(statement->predicate_type, statement->predicate());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = weightmark::as_text({data, size});
  check_statement(text);
  const auto envelopes = weightmark::parse_provenance_file(text);
  if (!envelopes) {
    check_error(envelopes.error());
    return 0;
  }
  require(envelopes->size() <= weightmark::kMaxEnvelopes);
  for (const weightmark::ProvenanceEnvelope& envelope : *envelopes)
    check_statement(weightmark::as_text(envelope.bundle.envelope.payload));
  return 0;
}
