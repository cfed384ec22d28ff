// weightmark trust
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/trust_flags.h"
#include "cli/trust_text.h"

namespace weightmark::cli {
namespace {

struct Flags {
  TrustFlags trust;
  OutputFlags output;
  std::string path;  // of what `export` writes
};

// Loaded is a trusted root that this version understands.
struct Loaded {
  TrustSource source;
  TrustedRoot root;
};

Result<Loaded> load(const TrustFlags& flags) {
  auto source = flags.load();
  if (!source) return std::unexpected(source.error());
  auto root = TrustedRoot::parse(source->text);
  if (!root) return std::unexpected(root.error());
  return Loaded{*std::move(source), *std::move(root)};
}

int show(const Flags& flags, Ui& ui) {
  ui.set_quiet(flags.output.quiet);
  const auto loaded = load(flags.trust);
  if (!loaded) return report_error(loaded.error(), flags.output, ui);
  const TrustedRoot::Impl& root = loaded->root.impl();
  out(flags.output.json ? trust_json(loaded->source, root, now()) : describe_root(loaded->source, root, now()));
  return 0;
}

int update(const Flags& flags, Ui& ui) {
  ui.set_quiet(flags.output.quiet);
  const auto loaded = load(flags.trust);
  if (!loaded) return report_error(loaded.error(), flags.output, ui);
  ui.say("the trusted root is up to date");
  ui.detail("from", printable(loaded->source.from));
  ui.detail("vouched for", fmt::format("until {:%Y-%m-%d %H:%M:%S} UTC", *loaded->source.vouched_until));
  return 0;
}

// Only what was understood is handed on, byte for byte.
int export_root(const Flags& flags, Ui& ui) {
  ui.set_quiet(flags.output.quiet);
  const auto loaded = load(flags.trust);
  if (!loaded) return report_error(loaded.error(), flags.output, ui);
  if (flags.path.empty()) {
    out(loaded->source.text);
    return 0;
  }
  if (auto written = write_file_atomically(flags.path, as_bytes(loaded->source.text)); !written)
    return report_error(written.error(), flags.output, ui);
  ui.say(fmt::format("wrote {}", printable(flags.path)));
  ui.detail("from", printable(loaded->source.from));
  return 0;
}

using Run = int (*)(const Flags&, Ui&);

CLI::App* add(CLI::App& trust, const char* name, const char* description, const std::shared_ptr<Flags>& flags, Run run,
              Action& action) {
  CLI::App* command = trust.add_subcommand(name, description);
  command->callback([flags, run, &action] { action = [flags, run](Ui& ui) { return run(*flags, ui); }; });
  return command;
}

}  // namespace

void add_trust(CLI::App& app, Action& action) {
  CLI::App* trust = app.add_subcommand("trust", "Pin models; show, update and copy what is trusted of a Sigstore");
  trust->require_subcommand(1);
  auto flags = std::make_shared<Flags>();
  CLI::App* shown = add(*trust, "show", "List the logs and authorities that count, and when", flags, show, action);
  flags->trust.add_to(*shown);
  flags->output.add_to(*shown);
  CLI::App* updated =
      add(*trust, "update", "Ask Sigstore's repository what is trusted now, and remember it", flags, update, action);
  updated->add_flag("--use-staging", flags->trust.places.staging, "Of Sigstore's instance for tests");
  flags->output.add_to(*updated);
  // The parser makes `verify --pin` of it; here it is for the help.
  trust->add_subcommand("pin", "Verify a model and remember who signed it: the same as `verify --pin`");
  CLI::App* exported =
      add(*trust, "export", "Write the trusted_root.json, for machines without a network", flags, export_root, action);
  flags->trust.add_to(*exported);
  exported->add_option("--output", flags->path, "Where to; standard output where absent")->type_name("PATH");
  flags->output.add_to(*exported);
}

}  // namespace weightmark::cli
