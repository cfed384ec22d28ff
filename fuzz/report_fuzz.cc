// parse_process_report: what a training says of itself. What it accepts makes a statement
// that is read back.
#include <cstdlib>

#include "base/json_document.h"
#include "train/training_record.h"

namespace {

using namespace weightmark;

// reads_back says whether the statement is the training that it was made of.
bool reads_back(const TrainingStatement& made) {
  const auto document = JsonDocument::parse(write_provenance(made.provenance));
  if (!document) return false;
  const auto provenance = parse_provenance(kProvenanceV1, document->root(ErrorCode::kProvenanceMalformed));
  if (!provenance) return false;
  const auto training = parse_training(*provenance);
  return training && training->summary == made.training.summary;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto report = parse_process_report("rank0.jsonl", as_text({data, size}));
  if (!report) return 0;
  TrainingRecord record;
  record.command = {"train"};
  record.builder_id = "b";
  record.confinement.network = "denied";
  record.confinement.capture = "none";
  record.report = merge_reports({*std::move(report)});
  if (!reads_back(make_statement(record, Redaction()))) std::abort();
  return 0;
}
