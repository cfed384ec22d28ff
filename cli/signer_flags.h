// Who signs: what each method of `sign` and `attest` takes.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/clock_flags.h"
#include "cli/keyless_flags.h"
#include "cli/options.h"
#include "cli/ui.h"
#include "weightmark/report.h"
#include "weightmark/signer.h"

namespace weightmark::cli {

// OpenSigner is who signs, and what that needs.
struct OpenSigner {
  std::unique_ptr<HttpClient> http = nullptr;
  std::unique_ptr<SigningKey> key = nullptr;
  std::unique_ptr<Signer> signer = nullptr;
  std::unique_ptr<Signer> timestamped = nullptr;

  Signer& last() const { return timestamped ? *timestamped : *signer; }
};

struct SignerFlags {
  bool keyless = false;
  KeylessFlags identity;
  PasswordFlags password;
  std::string private_key;
  std::string certificate;
  std::vector<std::string> chain;
  ClockFlags clock;
  std::string pkcs11_uri;  // for take_secret
  std::vector<std::string> module_paths;

  // add_methods_to adds a subcommand for each method, which `add` makes, with what the
  // command itself takes. The methods share the flags, and one of them is called.
  using AddMethod = std::function<CLI::App*(const std::string& name, const std::string& description)>;
  void add_methods_to(CLI::App& command, const AddMethod& add);

  // open reads the key, or finds the services. The flags must live longer.
  Result<OpenSigner> open(const Ui& ui) const;

 private:
  void add_private_key_to(CLI::App& method);
  void add_certificate_to(CLI::App& method);
  void add_token_to(CLI::App& method);
  Result<std::vector<Certificate>> read_chain() const;
  Result<std::unique_ptr<SigningKey>> open_token() const;
  Result<OpenSigner> open_keyless(const Ui& ui) const;
};

// tell_signer says what anyone can now look up.
void tell_signer(const SignerReport& signer, const Ui& ui);

}  // namespace weightmark::cli
