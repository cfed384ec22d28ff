// weightmark digest
#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "weightmark/hash_kernel.h"

namespace weightmark::cli {
namespace {

struct DigestFlags {
  ModelFlags model;
  HashFlags hash;
  OutputFlags output;
  std::string kernel;
  bool list_kernels = false;
};

std::string kernels_text() {
  std::string text = fmt::format("{:<10} {:>5}  {:<8}  {}\n", "kernel", "lanes", "this CPU", "used for");
  for (const Sha256KernelInfo& kernel : list_sha256_kernels()) {
    std::string_view uses = kernel.for_many  ? (kernel.for_one ? "all streams" : "many streams")
                            : kernel.for_one ? "one stream"
                                             : "-";
    text += fmt::format("{:<10} {:>5}  {:<8}  {}\n", kernel.name, kernel.lanes, kernel.supported ? "yes" : "no", uses);
  }
  return text;
}

int list_kernels(const DigestFlags& flags) {
  out(flags.output.json ? write_json_indented(kernels_json(list_sha256_kernels())) : kernels_text());
  return 0;
}

int run(const DigestFlags& flags, Ui& ui) {
  ui.set_quiet(flags.output.quiet);
  if (!flags.kernel.empty())
    if (auto forced = force_sha256_kernel(flags.kernel); !forced) return report_error(forced.error(), flags.output, ui);
  if (flags.list_kernels) return list_kernels(flags);
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
  digest->add_option("--kernel", flags->kernel, "Compute SHA-256 with this kernel, whichever is fastest")
      ->type_name("NAME");
  digest->add_flag("--list-kernels", flags->list_kernels,
                   "List the SHA-256 kernels, and which of them are used; no MODEL is needed");
  digest->get_option("MODEL")->required(false);
  digest->callback([flags, &action] {
    if (flags->model.model.empty() && !flags->list_kernels) throw CLI::RequiredError("MODEL");
    action = [flags](Ui& ui) { return run(*flags, ui); };
  });
}

}  // namespace weightmark::cli
