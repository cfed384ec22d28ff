// weightmark bom
#include <fmt/format.h>

#include <filesystem>

#include "attest/bom.h"
#include "base/file.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/provenance_source.h"
#include "formats/model_card.h"
#include "model/placement.h"

namespace weightmark::cli {
namespace {

struct BomFlags {
  ProvenanceFlags provenance;
  bool unverified = false;
  std::string output;
  std::string version = "1.6";
};

bool is_there(const std::filesystem::path& path) {
  std::error_code failed;
  return std::filesystem::exists(path, failed);
}

// add_card takes the licence from the model's card, where it has one. What is verified is
// about all files of the model, the card among them.
Result<void> add_card(const std::filesystem::path& model, BomModel& bom) {
  const std::filesystem::path path = model / "README.md";
  if (!is_there(path)) return {};
  WM_TRY(const std::string text, read_file(path, kMaxCardSize));
  WM_TRY(const ModelCard card, parse_card(text));
  bom.card = "README.md";
  bom.licenses = card.licenses;
  if (!card.license_name.empty()) bom.licenses = {card.license_name};
  bom.task = card.pipeline_tag;
  return {};
}

Result<BomModel> describe_model(const FoundProvenance& found, const std::filesystem::path& model) {
  BomModel bom;
  bom.name = found.name;
  bom.digests = found.digests;
  bom.verified = found.verified;
  if (found.verified) bom.signed_by = signer_name(found.signer);
  WM_CHECK(add_card(model, bom));
  bom.attestation = path_in_model(model, found.path);
  bom.attestation_sha256 = found.sha256;
  if (const auto signature = find_signature(model)) bom.signature = path_in_model(model, *signature);
  return bom;
}

Result<std::string> make_bom(const BomFlags& flags, const Ui& ui, Progress& progress) {
  if (!flags.unverified && !flags.provenance.trusts_somebody())
    return refuse(
        ErrorCode::kUsage, "nobody is trusted to say what the model is made of", "bom",
        "give --identity and --identity-provider, or a method such as `bom key`, or take what is claimed with "
        "--unverified");
  WM_TRY(const FoundProvenance found, flags.provenance.read(ui, progress));
  WM_TRY(const BomModel model, describe_model(found, flags.provenance.verify.model.model));
  if (!found.verified) ui.warn("the provenance is not verified; the bill of materials says so");
  return write_bom(found.said.provenance, model, flags.version == "1.7" ? BomVersion::kV17 : BomVersion::kV16);
}

void warn_of_place(const BomFlags& flags, const Ui& ui) {
  if (path_in_model(flags.provenance.verify.model.model, flags.output).empty()) return;
  ui.warn(fmt::format("{} lies in the model, whose signature does not list it: attest it instead, or sign again",
                      printable(flags.output)));
}

Result<void> write(const BomFlags& flags, const std::string& text, const Ui& ui) {
  if (flags.output.empty() || flags.output == "-") {
    out(text);
    return {};
  }
  WM_CHECK(write_file_atomically(flags.output, as_bytes(text)));
  ui.say(fmt::format("{}wrote{} {}", ui.green(), ui.plain(), printable(flags.output)));
  warn_of_place(flags, ui);
  return {};
}

int run(const BomFlags& flags, Ui& ui) {
  const OutputFlags& output = flags.provenance.verify.output;
  ui.set_quiet(output.quiet);
  Progress progress(ui);
  const auto text = make_bom(flags, ui, progress);
  if (!text) return report_error(text.error(), output, ui);
  if (auto written = write(flags, *text, ui); !written) return report_error(written.error(), output, ui);
  return 0;
}

}  // namespace

void add_bom(CLI::App& app, Action& action) {
  CLI::App* bom = app.add_subcommand("bom", "Write a model's bill of materials, CycloneDX, from its provenance");
  auto flags = std::make_shared<BomFlags>();
  flags->provenance.add_methods_to(*bom, "Write the bill of materials", [&](CLI::App& method) {
    method.add_flag("--unverified", flags->unverified, "Take the provenance as it is claimed; the result says so");
    method.add_option("--output", flags->output, "Where to write it; standard output where absent, or with \"-\"")
        ->type_name("PATH");
    method.add_option("--spec-version", flags->version, "The version of CycloneDX: 1.6 or 1.7")
        ->check(one_of({"1.6", "1.7"}))
        ->type_name("VERSION");
    method.callback([flags, &action] { action = [flags](Ui& ui) { return run(*flags, ui); }; });
  });
}

}  // namespace weightmark::cli
