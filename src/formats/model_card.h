// Model cards: what README.md says of a model in its front matter, the YAML between two
// lines of "---" at its top, as Hugging Face reads and writes it.
// https://github.com/huggingface/hub-docs, modelcard.md; docs/model-cards.md
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weightmark/error.h"

namespace weightmark {

// The most bytes of a card: those with the results of very many evaluations have megabytes.
inline constexpr std::uint64_t kMaxCardSize = 4U << 20U;

// The key of the block that points to signature and provenance.
inline constexpr std::string_view kSupplyChainKey = "supply_chain";

// ModelCard is what the front matter claims, none of it verified. Members that it does not
// have are empty.
struct ModelCard {
  bool has_front_matter = false;
  std::vector<std::string> licenses;  // ids of the Hub, such as "apache-2.0"; "other" with the next two
  std::string license_name;
  std::string license_link;
  std::vector<std::string> base_models;  // repositories: "acme/tinylm"
  std::string base_model_relation;       // "finetune", "adapter", "merge", "quantized"
  std::vector<std::string> datasets;
  std::vector<std::string> tags;
  std::string library_name;
  std::string pipeline_tag;
  bool has_model_index = false;  // results of evaluations, left as they are
  // Paths from the model's folder, with "/". Never a digest: the card is among the files
  // that a signature covers, and cannot contain what is computed from itself.
  std::string signature;
  std::string provenance;
};

// parse_card reads a card, or a text without front matter.
// Errors: card-too-large; card-malformed, also for a pointer that leads out of the model.
Result<ModelCard> parse_card(std::string_view text);

// CardChanges are the members to be set; the others stay.
struct CardChanges {
  std::optional<std::string> license;
  std::optional<std::string> license_name;
  std::optional<std::string> license_link;
  std::optional<std::vector<std::string>> base_models;
  std::optional<std::string> base_model_relation;
  std::optional<std::vector<std::string>> datasets;
  std::optional<std::string> library_name;
  std::optional<std::string> signature;
  std::optional<std::string> provenance;
};

// edit_card returns the text with the members set. Only lines of those that change are
// touched, what is new goes to the end of the front matter, and everything else stays byte
// for byte. Without front matter it begins with one. The new front matter is read back: it
// must say what the old one did, and the changes.
// Errors: those of parse_card; card-value for a text with control characters or an unsafe
// pointer, card-unwritable for front matter that is not one member a line.
Result<std::string> edit_card(std::string_view text, const CardChanges& changes);

// hub_repository returns what a card calls a model or dataset of the Hub, "acme/tinylm", by
// its URI: hf://acme/tinylm@…, hf://datasets/acme/mix, pkg:huggingface/acme/tinylm@…, or
// https://huggingface.co/…; nothing for any other.
std::optional<std::string> hub_repository(std::string_view uri);

// is_pointer says whether a path stays in the model: relative, no "..", no URL.
bool is_pointer(std::string_view path);

}  // namespace weightmark
