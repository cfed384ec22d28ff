// What `verify` and `seal` share: the options that say what is verified and
// against what, and telling people that a model does not verify.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/trust_flags.h"
#include "cli/ui.h"
#include "weightmark/report.h"
#include "weightmark/verify.h"

namespace weightmark::cli {

struct VerifyFlags {
  ModelFlags model;
  OutputFlags output;
  std::string signature;
  bool ignore_unsigned = false;
  bool whole_files = false;
  bool check_both = false;
  std::vector<std::string> files;
  bool content = false;
  std::string name;
  std::string digest;
  std::vector<std::string> public_keys;
  std::vector<std::string> roots;
  bool log_fingerprints = false;
  std::vector<std::string> clocks;
  bool logged = false;
  std::vector<std::string> identities;
  std::vector<std::string> providers;
  bool patterns = false;
  std::string policy;
  std::string provenance;
  std::string previous_provenance;
  TrustFlags trust;
  std::string lock;
  bool pin = false;
  bool allow_older = false;

  void add_to(CLI::App& method);
  void add_keys_to(CLI::App& method);
  void add_certificates_to(CLI::App& method);
  void add_identities_to(CLI::App& method);
  void add_policy_to(CLI::App& method);
  void add_files_to(CLI::App& method);

  // options reads the keys, the certificates or the policy, and the clock.
  Result<VerifyOptions> options(const Ui& ui) const;

  // read_trust reads the keys, the certificates or the trusted root.
  Result<Trust> read_trust(const Ui& ui) const;

 private:
  Result<Trust> read_sigstore_trust(const Ui& ui) const;
  Result<void> read_policy(const Ui& ui, VerifyOptions& options) const;
};

// tell_judgement says how a model was made, and what the rules of a policy came to.
void tell_judgement(const JudgementReport& judgement, const Ui& ui);

// tell_refused says why a model does not verify.
void tell_refused(const Report& report, const Ui& ui);

}  // namespace weightmark::cli
