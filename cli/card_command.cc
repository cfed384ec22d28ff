// weightmark card
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>

#include "base/file.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "cli/card_check.h"
#include "cli/commands.h"
#include "cli/inspect_signer.h"
#include "cli/outdated_signatures.h"
#include "cli/output.h"
#include "cli/provenance_source.h"
#include "formats/model_card.h"
#include "model/placement.h"
#include "weightmark/attestation.h"

namespace weightmark::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCardName = "README.md";

struct CardFlags {
  ProvenanceFlags provenance;
  bool write = false;
  bool from_provenance = false;
  bool unverified = false;
  bool expect_provenance = false;
  std::string license;
  std::string license_name;
  std::string license_link;
  std::vector<std::string> base_models;
  std::string relation;
  std::vector<std::string> datasets;
  std::string library;

  fs::path model() const { return provenance.verify.model.model; }
  fs::path card() const { return model() / kCardName; }
};

// Shown is what the command found, for people and for programs.
struct Shown {
  ModelCard card;
  std::optional<FoundProvenance> provenance;
  std::vector<CardMismatch> mismatches;
  bool written = false;
  std::vector<OutdatedSignature> outdated;
};

bool is_there(const fs::path& path) {
  std::error_code failed;
  return fs::exists(path, failed);
}

Result<void> check_folder(const fs::path& model) {
  std::error_code failed;
  if (fs::is_directory(model, failed)) return {};
  return refuse(is_there(model) ? ErrorCode::kUsage : ErrorCode::kModelNotFound,
                is_there(model) ? "is no folder: a card is of a model's folder" : "there is no such model",
                model.native());
}

// A card that is to be written need not be there.
Result<std::string> read_text(const CardFlags& flags) {
  auto text = read_file(flags.card(), kMaxCardSize);
  if (text) return text;
  const ErrorCode code = text.error().code;
  if (flags.write && code == ErrorCode::kFileNotFound) return std::string();
  if (code == ErrorCode::kFileNotFound) text.error().code = ErrorCode::kCardMissing;
  if (code == ErrorCode::kFileTooLarge) text.error().code = ErrorCode::kCardTooLarge;
  return text;
}

// read_provenance_for reads what there is; it must be there where somebody is trusted, or
// where the card is to be written from it.
Result<std::optional<FoundProvenance>> read_provenance_for(const CardFlags& flags, const Ui& ui) {
  const ProvenanceFlags& source = flags.provenance;
  const bool wanted = flags.from_provenance || source.trusts_somebody();
  if (flags.from_provenance && !source.trusts_somebody() && !flags.unverified)
    return refuse(
        ErrorCode::kUsage, "nobody is trusted to say how the model was made", "--from-provenance",
        "give --identity and --identity-provider, or a method such as `card key`, or take what is claimed with "
        "--unverified");
  if (!wanted && !source.place()) return std::nullopt;
  Progress progress(ui);
  WM_TRY(FoundProvenance found, source.read(ui, progress));
  return found;
}

// --- writing

template <class T>
void set(std::optional<T>& member, const T& value) {
  if (!value.empty()) member = value;
}

// The signature will lie there; so will provenance, where it does already or is expected.
void add_pointers(const CardFlags& flags, CardChanges& changes) {
  const fs::path model = flags.model();
  changes.signature = path_in_model(model, default_signature(model));
  const fs::path usual = default_attestation(model, "https://slsa.dev/provenance/v1");
  const fs::path place = flags.expect_provenance ? usual : flags.provenance.place().value_or(fs::path());
  if (std::string path = path_in_model(model, place); !place.empty() && !path.empty())
    changes.provenance = std::move(path);
}

// changes_for: what is given takes the place of what provenance has.
CardChanges changes_for(const CardFlags& flags, const std::optional<FoundProvenance>& provenance, const Ui& ui) {
  CardChanges changes;
  if (flags.from_provenance) {
    FromProvenance taken = changes_from(provenance->said);
    changes = std::move(taken.changes);
    for (const std::string& name : taken.left_out)
      ui.warn(fmt::format("{} is no repository of the Hub; the card does not name it", printable(name)));
  }
  set(changes.license, flags.license);
  set(changes.license_name, flags.license_name);
  set(changes.license_link, flags.license_link);
  set(changes.base_models, flags.base_models);
  set(changes.base_model_relation, flags.relation);
  set(changes.datasets, flags.datasets);
  set(changes.library_name, flags.library);
  add_pointers(flags, changes);
  return changes;
}

// write_card changes the file, unless it says all of that already, and `shown` with it.
Result<void> write_card(const CardFlags& flags, const std::string& text, const Ui& ui, Shown& shown) {
  WM_TRY(const std::string edited, edit_card(text, changes_for(flags, shown.provenance, ui)));
  WM_TRY(shown.card, parse_card(edited));
  if (edited == text) return {};
  shown.outdated = outdated_by(flags.model(), kCardName);
  WM_CHECK(write_file_atomically(flags.card(), as_bytes(edited)));
  shown.written = true;
  return {};
}

Result<Shown> look(const CardFlags& flags, const Ui& ui) {
  Shown shown;
  WM_CHECK(check_folder(flags.model()));
  WM_TRY(const std::string text, read_text(flags));
  WM_TRY(shown.card, parse_card(text));
  WM_TRY(shown.provenance, read_provenance_for(flags, ui));
  if (flags.write) WM_CHECK(write_card(flags, text, ui, shown));
  if (shown.provenance) shown.mismatches = compare_card(shown.card, shown.provenance->said);
  return shown;
}

// --- for people

std::string list_line(std::string_view label, const std::vector<std::string>& texts) {
  return inspect_line(label, texts.empty() ? "not said" : printable(fmt::format("{}", fmt::join(texts, ", "))));
}

std::string pointer_line(std::string_view label, const std::string& path, const fs::path& model) {
  if (path.empty()) return inspect_line(label, "not pointed to");
  return inspect_line(label, printable(path) + (is_there(model / path) ? "" : ", which is not there"));
}

std::string describe_card(const ModelCard& card, const fs::path& model) {
  if (!card.has_front_matter) return inspect_line("front matter", "none");
  std::vector<std::string> licenses = card.licenses;
  for (const std::string& more : {card.license_name, card.license_link})
    if (!more.empty()) licenses.push_back(more);
  std::string text = list_line("licence", licenses);
  text += list_line("base models", card.base_models);
  if (!card.base_model_relation.empty()) text += inspect_line("relation", printable(card.base_model_relation));
  text += list_line("datasets", card.datasets);
  if (!card.library_name.empty()) text += inspect_line("library", printable(card.library_name));
  text += pointer_line("signature", card.signature, model);
  return text + pointer_line("provenance", card.provenance, model);
}

std::string describe_compared(const Shown& shown) {
  if (!shown.provenance) return "\nprovenance: none to compare with\n";
  const FoundProvenance& found = *shown.provenance;
  std::string text = fmt::format("\nprovenance {}, {}\n", printable(found.path.native()),
                                 found.verified ? "verified, signed by " + printable(signer_name(found.signer))
                                                : std::string("as it claims; not verified"));
  for (const auto& [label, kind] : {std::pair("base models", "model"), {"datasets", "dataset"}}) {
    std::vector<std::string> names;
    for (const std::size_t i : found.said.of_kind(kind)) {
      const ResourceDescriptor& resource = found.said.provenance.dependencies[i];
      names.push_back(resource.uri.empty() ? resource.name : resource.uri);
    }
    text += list_line(label, names);
  }
  for (const CardMismatch& mismatch : shown.mismatches)
    text += inspect_line("differs", fmt::format("{}: {}", mismatch.member, printable(mismatch.what)));
  return text + (shown.mismatches.empty() ? "\nthe card agrees with it\n" : "");
}

void tell(const CardFlags& flags, const Shown& shown, const Ui& ui) {
  const std::string path = printable(flags.card().native());
  if (flags.write)
    ui.say(shown.written ? fmt::format("{}wrote{} {}", ui.green(), ui.plain(), path)
                         : fmt::format("{} says so already", path));
  for (const OutdatedSignature& outdated : shown.outdated)
    ui.warn(fmt::format("{} {}, and does not hold any more; make it anew: {}", printable(outdated.file),
                        printable(outdated.why), printable(outdated.command)));
}

// --- for programs

Json texts_json(const std::vector<std::string>& texts) {
  JsonArray items;
  for (const std::string& text : texts) items.emplace_back(text);
  return items;
}

Json card_json(const ModelCard& card) {
  return Json::object({{"frontMatter", card.has_front_matter},
                       {"license", texts_json(card.licenses)},
                       {"licenseName", card.license_name},
                       {"licenseLink", card.license_link},
                       {"baseModels", texts_json(card.base_models)},
                       {"baseModelRelation", card.base_model_relation},
                       {"datasets", texts_json(card.datasets)},
                       {"tags", texts_json(card.tags)},
                       {"libraryName", card.library_name},
                       {"signature", card.signature},
                       {"provenance", card.provenance}});
}

Json compared_json(const Shown& shown) {
  JsonArray mismatches;
  for (const CardMismatch& mismatch : shown.mismatches)
    mismatches.push_back(Json::object({{"member", mismatch.member}, {"what", json_text(mismatch.what)}}));
  return Json::object({{"provenance", json_text(shown.provenance->path.native())},
                       {"verified", shown.provenance->verified},
                       {"mismatches", std::move(mismatches)}});
}

Json to_json(const CardFlags& flags, const Shown& shown) {
  JsonArray outdated;
  for (const OutdatedSignature& one : shown.outdated)
    outdated.push_back(Json::object(
        {{"file", json_text(one.file)}, {"why", json_text(one.why)}, {"command", json_text(one.command)}}));
  JsonObject members = {{"schema", "weightmark.card.v1"},
                        {"path", json_text(flags.card().native())},
                        {"card", card_json(shown.card)},
                        {"written", shown.written},
                        {"outdated", std::move(outdated)}};
  if (shown.provenance) members.emplace_back("compared", compared_json(shown));
  return Json::object(std::move(members));
}

// is_wrong: what nobody vouches for cannot prove a card wrong.
bool is_wrong(const Shown& shown) {
  return shown.provenance && shown.provenance->verified && !shown.mismatches.empty();
}

int run(const CardFlags& flags, Ui& ui) {
  const OutputFlags& output = flags.provenance.verify.output;
  ui.set_quiet(output.quiet);
  const auto shown = look(flags, ui);
  if (!shown) return report_error(shown.error(), output, ui);
  tell(flags, *shown, ui);
  if (output.json)
    out(write_json_indented(to_json(flags, *shown)));
  else if (!output.quiet)
    out(fmt::format("card {}\n{}{}", printable(flags.card().native()), describe_card(shown->card, flags.model()),
                    describe_compared(*shown)));
  if (!is_wrong(*shown)) return 0;
  ui.failure(fmt::format("{} says otherwise than its provenance", printable(flags.card().native())));
  return static_cast<int>(ErrorClass::kRefused);
}

void add_written(CLI::App& method, CardFlags& flags) {
  CLI::Option* write =
      method.add_flag("--write", flags.write, "Write the front matter: what is given, and where the signature lies");
  const auto add = [&](CLI::Option* option) { option->needs(write); };
  add(method.add_option("--license", flags.license, "The licence, as the Hub names it: apache-2.0, other")
          ->type_name("ID"));
  add(method.add_option("--license-name", flags.license_name, "The name of another licence")->type_name("NAME"));
  add(method.add_option("--license-link", flags.license_link, "Where its text is")->type_name("URL"));
  add(method.add_option("--base-model", flags.base_models, "What the model was made from; may be repeated")
          ->type_name("REPOSITORY")
          ->allow_extra_args(false));
  add(method.add_option("--base-model-relation", flags.relation, "How: finetune, adapter, merge or quantized")
          ->check(one_of({"finetune", "adapter", "merge", "quantized"}))
          ->type_name("RELATION"));
  add(method.add_option("--dataset", flags.datasets, "What it was trained on; may be repeated")
          ->type_name("REPOSITORY")
          ->allow_extra_args(false));
  add(method.add_option("--library-name", flags.library, "The library that loads it")->type_name("NAME"));
  CLI::Option* from =
      method.add_flag("--from-provenance", flags.from_provenance, "Take base models and datasets from the provenance");
  add(from);
  method.add_flag("--unverified", flags.unverified, "Take them as they are claimed")->needs(from);
  add(method.add_flag("--expect-provenance", flags.expect_provenance, "Point to provenance that is still to be made"));
}

}  // namespace

void add_card(CLI::App& app, Action& action) {
  CLI::App* card = app.add_subcommand("card", "Show or write what a model's card claims, beside its provenance");
  auto flags = std::make_shared<CardFlags>();
  flags->provenance.add_methods_to(*card, "Compare the card", [&](CLI::App& method) {
    add_written(method, *flags);
    method.callback([flags, &action] { action = [flags](Ui& ui) { return run(*flags, ui); }; });
  });
}

}  // namespace weightmark::cli
