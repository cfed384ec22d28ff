// weightmark train
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>

#include "base/json.h"
#include "base/text.h"
#include "base/try.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/signer_flags.h"
#include "cli/train_flags.h"
#include "cli/verify_flags.h"
#include "host/policy_file.h"
#include "host/train_model.h"
#include "train/platform.h"

namespace weightmark::cli {
namespace {

// builder asks whose token this is: who signs is who built. A token that was given as text
// is kept for the signature.
Result<std::string> builder(const TrainFlags& flags, const OpenSigner& open) {
  if (!flags.builder_id.empty()) return flags.builder_id;
  const IdentityFlags& identity = flags.signer.identity.identity;
  if (!flags.signer.keyless || !identity.token.empty()) return std::string(kLocalBuilder);
  WM_TRY(const std::optional<IdentityToken> token, identity.obtain(*open.http));
  return builder_of(token ? token->identity().name : "");
}

Result<InputTrust> read_trust(const TrainFlags& flags, const Ui& ui) {
  InputTrust trust;
  if (!flags.input_policy.empty()) {
    WM_TRY(trust.policy, read_policy(flags.input_policy));
    if (trust.policy->needs_trusted_root()) {
      WM_TRY(trust.root, flags.input_root.read(ui));
    }
  }
  WM_TRY(trust.keys, read_public_keys(flags.input_keys));
  return trust;
}

Result<TrainedModel> train(const TrainFlags& flags, const Ui& ui, Progress& progress) {
  WM_TRY(TrainOptions options, flags.options());
  WM_TRY(options.trust, read_trust(flags, ui));
  std::optional<OpenSigner> open;
  if (flags.signs()) {
    WM_TRY(open, flags.signer.open(ui));
    // Before hours are spent: a key that cannot sign, a certificate that has expired.
    if (!flags.signer.keyless) WM_CHECK(open->last().check(now()));
    options.signer = &open->last();
    options.builder = [&] { return builder(flags, *open); };
  }
  options.warn = [&](const std::string& text) { ui.warn(printable(text)); };
  options.observer = &progress;
  options.stop = interrupt();
  return train_model(options);
}

void tell_conditions(const TrainingConditions& conditions, const Ui& ui) {
  ui.detail("confinement", fmt::format("tier {}, network {}", conditions.tier, conditions.network));
  if (conditions.mode == "none") return ui.detail("opened files", "not observed");
  ui.detail("opened files", conditions.complete ? "all observed" : "observed, but not all");
  for (const std::string& why : conditions.incomplete) ui.detail("", printable(why));
}

void tell_trained(const TrainedModel& trained, const Ui& ui) {
  const SignedOutput& provenance = *trained.provenance;
  ui.say(fmt::format("{}trained and attested{} \"{}\"", ui.green(), ui.plain(),
                     printable(provenance.model.manifest.name)));
  tell_signer(provenance.signer, ui);
  ui.detail("dependencies", grouped(trained.training.dependencies.size()));
  tell_conditions(trained.training.conditions, ui);
  ui.detail("root digest", "sha256:" + provenance.model.manifest.root.hex());
  ui.detail("provenance", printable(provenance.signature.native()));
  if (trained.signature) ui.detail("signature", printable(trained.signature->signature.native()));
}

// end_as ends this process the way the command did, so that whoever waits for it sees what
// it would have seen without us.
int end_as(const TrainedModel& trained, Ui& ui) {
  if (!trained.not_started.empty()) {
    ui.error({ErrorCode::kCommandNotStarted, printable(trained.not_started), {}, {}});
    return shell_status(trained.wait_status);
  }
  const int status = trained.wait_status;
  const std::string how = WIFSIGNALED(status) ? fmt::format("was ended by signal {}", WTERMSIG(status))
                                              : fmt::format("failed with status {}", WEXITSTATUS(status));
  ui.error({ErrorCode::kCommandFailed, "the command " + how + ", so nothing is signed", {}, {}});
  if (WIFSIGNALED(status)) {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);  // the command's own is the one of interest
    std::signal(WTERMSIG(status), SIG_DFL);
    sigset_t set{};
    sigemptyset(&set);
    sigaddset(&set, WTERMSIG(status));
    ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
    std::raise(WTERMSIG(status));
  }
  return shell_status(status);
}

int tell_node(const TrainFlags& flags, const Ui& ui) {
  if (flags.output.json) out(write_json_indented(Json::of("node", flags.node_rank)));
  ui.say(fmt::format("what was seen on node {} is left for node 0, which signs", flags.node_rank));
  return 0;
}

int run(const TrainFlags& flags, Ui& ui) {
  ui.set_quiet(flags.output.quiet);
  Progress progress(ui);
  const auto trained = train(flags, ui, progress);
  if (!trained) return report_error(trained.error(), flags.output, ui);
  if (trained->wait_status != 0) return end_as(*trained, ui);
  if (!trained->provenance) return tell_node(flags, ui);
  if (flags.output.json) out(write_json_indented(signed_json(*trained->provenance)));
  tell_trained(*trained, ui);
  return 0;
}

}  // namespace

void add_train(CLI::App& app, Action& action) {
  CLI::App* train = app.add_subcommand("train", "Run a training and sign how the model was made");
  auto flags = std::make_shared<TrainFlags>();
  flags->signer.add_methods_to(*train, [&](const std::string& name, const std::string& description) {
    CLI::App* method = train->add_subcommand(name, description);
    flags->add_to(*method);
    method->callback([flags, &action] { action = [flags](Ui& ui) { return run(*flags, ui); }; });
    return method;
  });
}

}  // namespace weightmark::cli
