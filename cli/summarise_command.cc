// weightmark summarise
#include <fmt/format.h>

#include "attest/vsa.h"
#include "base/text.h"
#include "base/try.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/signer_flags.h"
#include "cli/verify_flags.h"
#include "host/policy_file.h"
#include "host/summarise.h"
#include "weightmark/attestation.h"

namespace weightmark::cli {
namespace {

struct SummariseFlags {
  ModelFlags model;
  SignerFlags signer;
  TrustFlags trust;  // of the policy, where the signer has none
  OutputFlags output;
  std::string policy;
  std::string policy_uri;
  std::string provenance;
  std::string previous_provenance;
  std::string verifier_id;
  std::string resource_uri;
  std::string place;
};

Result<VerifyOptions> verify_options(const SummariseFlags& flags, const Ui& ui) {
  VerifyOptions options;
  options.model = flags.model.model;
  WM_TRY(options.policy, read_policy(flags.policy));
  if (options.policy->needs_trusted_root()) {
    WM_TRY(options.trusted_root, (flags.signer.keyless ? flags.signer.identity.trust : flags.trust).read(ui));
  }
  if (!flags.provenance.empty()) options.provenance = flags.provenance;
  if (!flags.previous_provenance.empty()) options.previous_provenance = flags.previous_provenance;
  options.time = now();
  options.ignore_paths = flags.model.relative_ignore_paths(ui);
  options.ignore_git_paths = flags.model.ignore_git_paths;
  options.allow_symlinks = flags.model.allow_symlinks;
  options.work.threads = flags.model.threads;
  options.work.cancelled = &interrupt_flag();
  return options;
}

Result<Summarised> summarise(const SummariseFlags& flags, const Ui& ui, Progress& progress) {
  SummariseOptions options;
  WM_TRY(options.verify, verify_options(flags, ui));
  options.verify.work.observer = &progress;
  options.verifier_id = flags.verifier_id;
  options.resource_uri = flags.resource_uri;
  options.policy_uri = flags.policy_uri;
  options.output = flags.place;
  if (options.output.empty()) options.output = default_attestation(flags.model.model, kVsaType);
  WM_TRY(const OpenSigner open, flags.signer.open(ui));
  options.signer = &open.last();
  return summarise_model(options);
}

int run(const SummariseFlags& flags, Ui& ui) {
  ui.set_quiet(flags.output.quiet);
  Progress progress(ui);
  const auto done = summarise(flags, ui, progress);
  if (!done) return report_error(done.error(), flags.output, ui);
  const Report& report = done->verification.report;
  if (flags.output.json) out(report_json(report));
  if (!done->passed) tell_refused(report, ui);
  if (!done->written) {
    ui.say("no summary is written: it could not be decided");
    return report.exit_status();
  }
  const std::string_view result = done->passed ? "PASSED" : "FAILED";
  ui.say(fmt::format("{}{}{} \"{}\" {}", done->passed ? ui.green() : ui.red(), done->passed ? "vouched for" : "refused",
                     ui.plain(), printable(done->written->model.manifest.name), result));
  if (done->passed && report.judgement) tell_judgement(*report.judgement, ui);
  tell_signer(done->written->signer, ui);
  ui.detail("summary", printable(done->written->signature.native()));
  return report.exit_status();
}

void add_names(CLI::App& method, SummariseFlags& flags) {
  method.add_option("--policy", flags.policy, "The policy that the model is verified by: YAML or JSON")
      ->required()
      ->type_name("PATH");
  method.add_option("--verifier-id", flags.verifier_id, "Who verifies, as policies name it: a URI")
      ->required()
      ->type_name("URI");
  method.add_option("--resource-uri", flags.resource_uri, "What the model is called where it is fetched")
      ->required()
      ->type_name("URI");
  method.add_option("--policy-uri", flags.policy_uri, "Where others find the policy")->type_name("URI");
}

CLI::App* add_method(CLI::App& command, const std::string& name, const std::string& description,
                     const std::shared_ptr<SummariseFlags>& flags, Action& action) {
  CLI::App* method = command.add_subcommand(name, description);
  flags->model.add_to(*method);
  add_names(*method, *flags);
  method->add_option("--provenance", flags->provenance, "Where the provenance lies that the policy demands")
      ->type_name("PATH");
  method
      ->add_option("--previous-provenance", flags->previous_provenance,
                   "The provenance of the version before, for a policy that compares with it")
      ->type_name("PATH");
  method
      ->add_option("--signature", flags->place,
                   "Where to write the summary; MODEL/model.sig.d/verification_summary.sig where absent")
      ->type_name("PATH");
  if (name != "sigstore") flags->trust.add_to(*method);
  flags->output.add_to(*method);
  method->callback([flags, &action] { action = [flags](Ui& ui) { return run(*flags, ui); }; });
  return method;
}

}  // namespace

void add_summarise(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("summarise", "Verify a model by a policy, and sign what that came to, for others to accept");
  auto flags = std::make_shared<SummariseFlags>();
  flags->signer.add_methods_to(*command, [&](const std::string& name, const std::string& description) {
    return add_method(*command, name, description, flags, action);
  });
}

}  // namespace weightmark::cli
