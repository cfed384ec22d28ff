// weightmark timestamp
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "attest/bundle.h"
#include "base/file.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "cli/clock_flags.h"
#include "cli/commands.h"
#include "cli/keyless_flags.h"
#include "cli/options.h"
#include "cli/output.h"
#include "host/network.h"

namespace weightmark::cli {
namespace {

struct Flags {
  std::string signature;
  ClockFlags clock;
  OutputFlags output;
};

// check_use refuses what no timestamp helps any more.
Result<void> check_use(const Bundle& bundle, Time now) {
  // Written anew, an older version would become another one.
  if (bundle.media_type != kBundleMediaType)
    return refuse(ErrorCode::kBundleMediaType,
                  fmt::format("\"{}\" is not written any more", excerpt(bundle.media_type)), "mediaType",
                  "sign the model again");
  const auto* material = std::get_if<CertificateMaterial>(&bundle.material);
  if (material == nullptr || material->single || material->chain.front().not_after() >= now) return {};
  return refuse(ErrorCode::kCertificateExpired,
                fmt::format("has expired at {:%Y-%m-%d %H:%M:%S} UTC", material->chain.front().not_after()),
                material->chain.front().subject(), "a timestamp of today comes too late; sign the model again");
}

Result<Bundle> read_bundle(const std::string& path) {
  WM_TRY(const std::string text, read_file(path, kMaxBundleSize));
  return parse_bundle(text);
}

Result<void> run(const Flags& flags, const Ui& ui) {
  WM_TRY(Bundle bundle, read_bundle(flags.signature));
  WM_CHECK(check_use(bundle, now()));
  WM_TRY(const TimestampService service, flags.clock.service(ui));
  const auto http = service_client(interrupt());
  WM_CHECK(add_timestamp(bundle, *http, service));
  WM_CHECK(write_file_atomically(flags.signature, as_bytes(write_bundle(bundle))));
  ui.say(fmt::format("added a timestamp to {}", printable(flags.signature)));
  ui.detail("by", printable(service.url));
  return {};
}

}  // namespace

void add_timestamp_command(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("timestamp", "Have the time of a signature attested, so that it outlives its certificate");
  auto flags = std::make_shared<Flags>();
  command->add_option("SIGNATURE", flags->signature, "The signature file")->required()->type_name("PATH");
  flags->clock.add_to(*command);
  command->get_option("--tsa-url")->required();
  flags->output.add_to(*command);
  command->callback([flags, &action] {
    action = [flags](Ui& ui) {
      ui.set_quiet(flags->output.quiet);
      const auto status = run(*flags, ui);
      return status ? 0 : report_error(status.error(), flags->output, ui);
    };
  });
}

}  // namespace weightmark::cli
