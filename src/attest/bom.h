// A bill of materials of a model, CycloneDX's ML-BOM, made from provenance.
// https://cyclonedx.org/docs/1.6/json/; docs/model-cards.md says what stands where.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attest/provenance.h"
#include "base/json.h"
#include "weightmark/error.h"

namespace weightmark {

enum class BomVersion : std::uint8_t { kV16, kV17 };

// BomModel is what provenance does not say of the model itself. Texts may be empty.
struct BomModel {
  std::string name;
  std::vector<std::pair<std::string, std::string>> digests;  // of the statement's subject, by algorithm
  bool verified = false;                                     // whether the provenance was; the BOM says so
  std::string signed_by;                                     // who did, where it was verified
  std::vector<std::string> licenses;                         // as its card has them
  std::string task;                                          // as its card has it: "text-generation"
  std::string card;                                          // paths from the model's folder
  std::string signature;
  std::string attestation;
  std::string attestation_sha256;  // of the file, lower-case hex
};

// write_bom writes the document. Equal values give equal bytes: the serial number is made
// from the rest of it, and its time is that of the statement.
// Errors: those of parse_training, where it is the provenance of a training, and of
// parse_facts.
Result<std::string> write_bom(const Provenance& provenance, const BomModel& model, BomVersion version);

}  // namespace weightmark
