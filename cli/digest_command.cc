// weightmark digest
#include "base/json.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/progress.h"

namespace weightmark::cli {
namespace {

struct DigestFlags {
  ModelFlags model;
  HashFlags hash;
  OutputFlags output;
};

int run(const DigestFlags& flags, Ui& ui) {
  ui.set_quiet(flags.output.quiet);
  Progress progress(ui);
  HashOptions options = flags.hash.options(flags.model, ui);
  options.work.observer = &progress;
  auto model = hash_model(options);
  if (!model) return report_error(model.error(), flags.output, ui);
  for (const std::string& warning : model->warnings) ui.warn(printable(warning));
  out(flags.output.json ? write_json_indented(hashed_json(*model)) : "sha256:" + model->manifest.root.hex() + "\n");
  return 0;
}

}  // namespace

void add_digest(CLI::App& app, Action& action) {
  CLI::App* digest = app.add_subcommand("digest", "Print the root digest of a model");
  auto flags = std::make_shared<DigestFlags>();
  flags->model.add_to(*digest);
  flags->hash.add_to(*digest);
  flags->output.add_to(*digest);
  digest->callback([flags, &action] { action = [flags](Ui& ui) { return run(*flags, ui); }; });
}

}  // namespace weightmark::cli
