// Which timestamp authority attests a signature's time.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/ui.h"
#include "sign/timestamped_signer.h"

namespace weightmark::cli {

struct ClockFlags {
  std::string url;
  std::string chain;  // path

  void add_to(CLI::App& method);

  // service reads the authority's certificates.
  // Errors: those of reading them.
  Result<TimestampService> service(const Ui& ui) const;
};

}  // namespace weightmark::cli
