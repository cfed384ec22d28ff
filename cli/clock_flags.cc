#include "cli/clock_flags.h"

#include "base/try.h"
#include "cli/options.h"

namespace weightmark::cli {

void ClockFlags::add_to(CLI::App& method) {
  CLI::Option* service =
      method.add_option("--tsa-url", url,
                        "Have a timestamp authority (RFC 3161) attest the time, so that the signature outlives its "
                        "certificate");
  service->type_name("URL");
  method
      .add_option("--tsa-chain", chain,
                  "Verify its answer by these certificates of the authority, the signer's first, PEM")
      ->type_name("PATH")
      ->needs(service);
}

Result<TimestampService> ClockFlags::service(const Ui& ui) const {
  if (chain.empty()) {
    ui.warn("no --tsa-chain: whether the timestamp authority is the right one is not checked");
    return TimestampService{url};
  }
  WM_TRY(std::vector<Certificate> certificates, read_certificates({chain}));
  return TimestampService{url, std::move(certificates)};
}

}  // namespace weightmark::cli
