// weightmark seal
#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/question.h"
#include "cli/verify_flags.h"
#include "weightmark/seal.h"

namespace weightmark::cli {
namespace {

// Of many failed files, as many are shown; --json has all of them.
constexpr std::size_t kMaxShown = 20;

struct SealFlags {
  VerifyFlags verify;
  bool yes = false;
  bool allow_hard_links = false;
  bool allow_shared_blobs = false;
};

std::string question(const std::string& model, std::uint64_t files, std::uint64_t bytes) {
  return fmt::format(
      "Seal {} of {} ({})?\n"
      "This cannot be undone: {} read-only for good, and nobody, not even root, can\n"
      "write to {} again. {} can still be removed or replaced.\n"
      "Type yes to go on: ",
      plural(files, "file"), printable(model), human_size(bytes), files == 1 ? "it becomes" : "they become",
      files == 1 ? "it" : "them", files == 1 ? "It" : "They");
}

// set_confirmation finds out before the model is read whether anyone can be asked.
Result<void> set_confirmation(const SealFlags& flags, SealOptions& options) {
  if (flags.yes) return {};
  auto terminal = std::make_shared<Fd>(open_terminal());
  if (!*terminal)
    return std::unexpected(
        Error{ErrorCode::kSealNotConfirmed, "sealing cannot be undone, and there is no terminal to ask on",
              flags.verify.model.model, "confirm with --yes: the model's files become read-only for good"});
  options.confirm = [terminal, model = flags.verify.model.model](std::uint64_t files, std::uint64_t bytes) {
    return ask_yes(*terminal, question(model, files, bytes));
  };
  return {};
}

void tell_sealed(const SealReport& report, const Ui& ui) {
  for (const std::string& warning : report.verification.warnings) ui.warn(printable(warning));
  std::uint64_t bytes = 0;
  for (const SealedFile& file : report.files) bytes += file.size;
  ui.say(fmt::format("{}verified and sealed{} {}", ui.green(), ui.plain(), printable(report.verification.model)));
  ui.detail("files", fmt::format("{}, {}", plural(report.files.size(), "file"), human_size(bytes)));
  if (std::size_t before = report.count(SealOutcome::kBefore); before > 0) ui.detail("sealed before", grouped(before));
}

void tell_failed(const SealReport& report, const Ui& ui) {
  std::size_t done = report.count(SealOutcome::kSealed) + report.count(SealOutcome::kBefore);
  ui.failure(fmt::format("{}{} verifies, but {} of {} sealed{}", ui.red(), printable(report.verification.model),
                         done == 0 ? "none" : grouped(done), plural(report.files.size(), "file"), ui.plain()));
  if (report.error) ui.failure_detail(*report.error);
  std::size_t failed = report.count(SealOutcome::kFailed);
  std::size_t shown = 0;
  for (const SealedFile& file : report.files)
    if (file.error && ++shown <= kMaxShown) ui.failure_detail(*file.error);
  if (failed > kMaxShown) ui.failure(fmt::format("and {} more; --json lists them", plural(failed - kMaxShown, "file")));
}

void tell(const SealReport& report, const Ui& ui) {
  if (report.verification.verdict != Verdict::kVerified)
    tell_refused(report.verification, ui);
  else if (report.exit_status() == 0)
    tell_sealed(report, ui);
  else
    tell_failed(report, ui);
}

int run(const SealFlags& flags, Ui& ui) {
  const OutputFlags& output = flags.verify.output;
  ui.set_quiet(output.quiet);
  SealOptions options;
  auto verify = flags.verify.options(ui);
  if (!verify) return report_error(verify.error(), output, ui);
  options.verify = *std::move(verify);
  options.allow_hard_links = flags.allow_hard_links;
  options.allow_shared_blobs = flags.allow_shared_blobs;
  if (auto status = set_confirmation(flags, options); !status) return report_error(status.error(), output, ui);
  Progress progress(ui);
  options.verify.work.observer = &progress;
  SealReport report = seal_model(options);
  if (output.json) out(seal_report_json(report));
  tell(report, ui);
  return report.exit_status();
}

CLI::App* add_method(CLI::App& seal, const std::string& name, const std::string& description,
                     const std::shared_ptr<SealFlags>& flags, Action& action) {
  CLI::App* method = seal.add_subcommand(name, description);
  flags->verify.add_to(*method);
  method->add_flag("--yes", flags->yes, "Do not ask, though it cannot be undone");
  method->add_flag("--allow-hard-links", flags->allow_hard_links,
                   "Seal files that have other names too; all of them become read-only");
  method->add_flag("--allow-shared-blobs", flags->allow_shared_blobs,
                   "Seal files outside the model, such as those of a cache that other snapshots share");
  method->callback([flags, &action] { action = [flags](Ui& ui) { return run(*flags, ui); }; });
  return method;
}

}  // namespace

void add_seal(CLI::App& app, Action& action) {
  CLI::App* seal = app.add_subcommand("seal", "Verify a model and let the kernel keep its files as they are, for good");
  seal->require_subcommand(1);
  auto flags = std::make_shared<SealFlags>();
  CLI::App* sigstore =
      add_method(*seal, "sigstore", "Seal a model that was signed with an identity, by Sigstore", flags, action);
  flags->verify.add_identities_to(*sigstore);
  CLI::App* key = add_method(*seal, "key", "Seal a model that was signed with a key", flags, action);
  flags->verify.add_keys_to(*key);
  CLI::App* certificate =
      add_method(*seal, "certificate", "Seal a model that was signed with a certificate", flags, action);
  flags->verify.add_certificates_to(*certificate);
  CLI::App* policy =
      add_method(*seal, "policy", "Seal a model that a policy accepts, as --policy alone does", flags, action);
  flags->verify.add_policy_to(*policy);
}

}  // namespace weightmark::cli
