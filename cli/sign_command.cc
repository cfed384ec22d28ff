// weightmark sign
#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "base/try.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/signer_flags.h"
#include "model/placement.h"

namespace weightmark::cli {
namespace {

// SignFlags holds what `sign METHOD` takes; each method uses its part.
struct SignFlags {
  ModelFlags model;
  SignerFlags signer;
  HashFlags hash;
  OutputFlags output;
  std::string signature;
  std::string add;
  bool reuse = false;
  std::string digests;
};

Result<SignedOutput> sign(const SignFlags& flags, const Ui& ui, Progress& progress) {
  WM_TRY(const OpenSigner open, flags.signer.open(ui));
  SignOptions options;
  options.hash = flags.hash.options(flags.model, ui);
  options.hash.work.observer = &progress;
  options.signer = &open.last();
  if (!flags.signature.empty()) options.signature = flags.signature;
  if (!flags.add.empty()) {
    WM_TRY(options.signature, further_signature(flags.model.model, flags.add));
  }
  options.time = now();
  if (flags.reuse) {
    WM_TRY(options.record_folder, state_folder());
  }
  if (!flags.digests.empty()) {
    WM_TRY(options.known, read_digests(flags.digests));
  }
  return sign_model(options);
}

void tell(const SignedOutput& output, const SignFlags& flags, const Ui& ui) {
  const Manifest& manifest = output.model.manifest;
  for (const std::string& warning : output.model.warnings) ui.warn(printable(warning));
  ui.say(fmt::format("{}signed{} \"{}\"", ui.green(), ui.plain(), printable(manifest.name)));
  tell_signer(output.signer, ui);
  std::string how = flags.reuse              ? fmt::format(" ({} reused)", grouped(output.model.reused))
                    : !flags.digests.empty() ? " (declared, not read)"
                                             : "";
  ui.detail("files",
            fmt::format("{}, {}{}", plural(manifest.files.size(), "file"), human_size(output.model.bytes), how));
  ui.detail("root digest", "sha256:" + manifest.root.hex());
  ui.detail("signature", printable(output.signature.native()));
}

int run(const SignFlags& flags, Ui& ui) {
  ui.set_quiet(flags.output.quiet);
  Progress progress(ui);
  auto output = sign(flags, ui, progress);
  if (!output) return report_error(output.error(), flags.output, ui);
  if (flags.output.json) out(write_json_indented(signed_json(*output)));
  tell(*output, flags, ui);
  return 0;
}

// add_digests lets the model itself be missing: its files are named in the list.
void add_digests(CLI::App& method, SignFlags& flags) {
  method
      .add_option("--digests", flags.digests,
                  "Sign the digests in this JSON file and read none of the model's files; their names and sizes are "
                  "compared with MODEL, which may be left out where --name and --signature are given")
      ->type_name("PATH")
      ->excludes("--reuse", "--shard-size", "--hash-algorithm");
  method.get_option("MODEL")->required(false);
}

CLI::App* add_method(CLI::App& sign, const std::string& name, const std::string& description,
                     const std::shared_ptr<SignFlags>& flags, Action& action) {
  CLI::App* method = sign.add_subcommand(name, description);
  flags->model.add_to(*method);
  method
      ->add_option("--signature", flags->signature,
                   "Where to write the signature; MODEL/model.sig or FILE.sig where absent")
      ->type_name("PATH");
  method
      ->add_option("--add", flags->add,
                   "Sign beside the signatures that are there: into MODEL/model.sig.d/NAME.sig or FILE.sig.d/NAME.sig")
      ->type_name("NAME")
      ->excludes("--signature");
  flags->hash.add_to(*method);
  method
      ->add_flag("--reuse", flags->reuse,
                 "Hash only what changed since this user last signed the model with --reuse; "
                 "a private record of the digests is kept in $XDG_STATE_HOME/weightmark or ~/.local/state/weightmark")
      ->excludes("--shard-size");
  add_digests(*method, *flags);
  flags->output.add_to(*method);
  method->callback([flags, &action] {
    if (flags->model.model.empty() && flags->digests.empty()) throw CLI::RequiredError("MODEL");
    action = [flags](Ui& ui) { return run(*flags, ui); };
  });
  return method;
}

}  // namespace

void add_sign(CLI::App& app, Action& action) {
  CLI::App* sign = app.add_subcommand("sign", "Sign a model");
  auto flags = std::make_shared<SignFlags>();
  flags->signer.add_methods_to(*sign, [&](const std::string& name, const std::string& description) {
    return add_method(*sign, name, description, flags, action);
  });
}

}  // namespace weightmark::cli
