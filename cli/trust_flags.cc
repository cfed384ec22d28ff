#include "cli/trust_flags.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/try.h"
#include "host/clock.h"

namespace weightmark::cli {

std::vector<CLI::Option*> TrustFlags::add_sources_to(CLI::App& method, const char* root_help) {
  CLI::Option* root = method.add_option("--trusted-root", places.trusted_root, root_help);
  root->type_name("PATH");
  CLI::Option* config =
      method.add_option("--trust-config", places.trust_config, "The same, in a client's trust configuration");
  config->type_name("PATH")->excludes(root);
  CLI::Option* stage = method.add_flag("--use-staging", places.staging, "Use Sigstore's instance for tests");
  stage->excludes(root)->excludes(config);
  return {root, config, stage};
}

std::vector<CLI::Option*> TrustFlags::add_to(CLI::App& method) {
  std::vector<CLI::Option*> options =
      add_sources_to(method, "The logs and authorities to trust: the trusted_root.json of a Sigstore");
  options.push_back(method.add_flag("--offline", places.offline,
                                    "Ask nobody: trust what was verified last, or what came with the program"));
  return options;
}

std::vector<CLI::Option*> TrustFlags::add_signing_to(CLI::App& method) {
  std::vector<CLI::Option*> options =
      add_sources_to(method, "The logs and authorities of a Sigstore: its trusted_root.json");
  CLI::Option* config = method.add_option("--signing-config", places.signing_config,
                                          "The services to sign with: its signing_config.json");
  config->type_name("PATH")->needs(options.front());
  options.front()->needs(config);
  options.push_back(config);
  return options;
}

Result<TrustSource> TrustFlags::load() const { return load_trust(places, interrupt()); }

Result<SigningSource> TrustFlags::load_for_signing() const { return weightmark::load_for_signing(places, interrupt()); }

Result<TrustedRoot> TrustFlags::read(const Ui& ui) const {
  WM_TRY(TrustSource source, load());
  if (source.vouched_until && *source.vouched_until < now())
    ui.warn(
        fmt::format("the trusted root was vouched for until {:%Y-%m-%d}; without --offline it is brought up to date",
                    *source.vouched_until));
  return parse_root(source);
}

}  // namespace weightmark::cli
