// What a model's card claims, beside what its provenance says.
#pragma once

#include <string>
#include <vector>

#include "cli/provenance_text.h"
#include "formats/model_card.h"

namespace weightmark::cli {

// CardMismatch is one thing in which they differ.
struct CardMismatch {
  std::string member;  // of the front matter
  std::string what;

  friend bool operator==(const CardMismatch&, const CardMismatch&) = default;
};

// compare_card compares base models, their relation, and datasets that were trained on.
// Repositories of the Hub are compared by name, without regard to case, as the Hub does;
// what provenance has by another URI matches what has its name.
std::vector<CardMismatch> compare_card(const ModelCard& card, const ReadProvenance& read);

// FromProvenance is what a card can take from provenance.
struct FromProvenance {
  CardChanges changes;
  std::vector<std::string> left_out;  // what is no repository of the Hub
};

// changes_from fills in base models, relation and datasets.
FromProvenance changes_from(const ReadProvenance& read);

}  // namespace weightmark::cli
