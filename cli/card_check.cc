#include "cli/card_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace weightmark::cli {
namespace {

struct Relation {
  std::string_view ours;
  std::string_view cards;
};

// The Hub has no names for the others.
constexpr auto kRelations = std::to_array<Relation>(
    {{"finetune", "finetune"}, {"adapter", "adapter"}, {"merge", "merge"}, {"quantize", "quantized"}});

std::string_view relation_of(std::string_view ours) {
  const auto found = std::ranges::find(kRelations, ours, &Relation::ours);
  return found == kRelations.end() ? std::string_view() : found->cards;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

std::string_view last_part(std::string_view name, char separator) {
  const std::size_t at = name.rfind(separator);
  return at == std::string_view::npos ? name : name.substr(at + 1);
}

// matches: "acme/tiny" is hf://acme/tiny@…, and "base-model:tiny" from elsewhere.
bool matches(const std::string& in_card, const ResourceDescriptor& resource) {
  if (const auto repository = hub_repository(resource.uri)) return lower(*repository) == lower(in_card);
  const std::string_view name = last_part(resource.name, ':');
  return in_card == resource.uri || lower(name) == lower(in_card) || lower(name) == lower(last_part(in_card, '/'));
}

// A checkpoint from which the same training went on is no base model of its own.
bool is_base(const DependencyFacts& facts) { return facts.kind == "model" && facts.relation != "resume"; }

bool is_training_data(const DependencyFacts& facts) {
  return facts.kind == "dataset" && (facts.role.empty() || facts.role == "train");
}

std::vector<const ResourceDescriptor*> select(const ReadProvenance& read, const auto& wanted) {
  std::vector<const ResourceDescriptor*> found;
  for (std::size_t i = 0; i < read.facts.size(); ++i)
    if (wanted(read.facts[i])) found.push_back(&read.provenance.dependencies[i]);
  return found;
}

// compare_names: what the card names must be among `known`; what was `used` must be named.
void compare_names(const std::string& member, const std::vector<std::string>& names,
                   const std::vector<const ResourceDescriptor*>& known,
                   const std::vector<const ResourceDescriptor*>& used, std::vector<CardMismatch>& mismatches) {
  for (const std::string& name : names)
    if (std::ranges::none_of(known, [&](const auto* resource) { return matches(name, *resource); }))
      mismatches.push_back({member, fmt::format("the card names {}, which provenance does not have", name)});
  for (const ResourceDescriptor* resource : used)
    if (std::ranges::none_of(names, [&](const std::string& name) { return matches(name, *resource); }))
      mismatches.push_back(
          {member, fmt::format("provenance has {}{}, which the card does not name", label_of(*resource),
                               resource->name.empty() || resource->uri.empty() ? "" : ", " + resource->uri)});
}

// relation_in is what a card would call it, where all base models have the same one.
std::string relation_in(const ReadProvenance& read) {
  std::optional<std::string_view> relation;
  for (const DependencyFacts& facts : read.facts) {
    if (!is_base(facts)) continue;
    if (relation && *relation != relation_of(facts.relation)) return {};
    relation = relation_of(facts.relation);
  }
  return std::string(relation.value_or(""));
}

}  // namespace

std::vector<CardMismatch> compare_card(const ModelCard& card, const ReadProvenance& read) {
  std::vector<CardMismatch> mismatches;
  const auto models = select(read, is_base);
  compare_names("base_model", card.base_models, models, models, mismatches);
  const std::string relation = relation_in(read);
  if (!card.base_model_relation.empty() && !relation.empty() && card.base_model_relation != relation)
    mismatches.push_back(
        {"base_model_relation", fmt::format("the card says {}, provenance {}", card.base_model_relation, relation)});
  const auto all = select(read, [](const DependencyFacts& facts) { return facts.kind == "dataset"; });
  compare_names("datasets", card.datasets, all, select(read, is_training_data), mismatches);
  return mismatches;
}

FromProvenance changes_from(const ReadProvenance& read) {
  FromProvenance result;
  const auto take = [&](const auto& resources, std::optional<std::vector<std::string>>& names) {
    for (const ResourceDescriptor* resource : resources) {
      const auto repository = hub_repository(resource->uri);
      if (!repository) result.left_out.push_back(label_of(*resource));
      if (!repository) continue;
      if (!names) names.emplace();
      if (std::ranges::find(*names, *repository) == names->end()) names->push_back(*repository);
    }
  };
  take(select(read, is_base), result.changes.base_models);
  take(select(read, is_training_data), result.changes.datasets);
  if (std::string relation = relation_in(read); !relation.empty() && result.changes.base_models)
    result.changes.base_model_relation = std::move(relation);
  return result;
}

}  // namespace weightmark::cli
