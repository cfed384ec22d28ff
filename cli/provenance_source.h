// Where a command takes a model's provenance from: verified, or as it is claimed.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/provenance_text.h"
#include "cli/verify_flags.h"

namespace weightmark::cli {

// FoundProvenance is provenance, and how much it is worth.
struct FoundProvenance {
  ReadProvenance said;
  std::string name;                                          // what it calls the model
  std::vector<std::pair<std::string, std::string>> digests;  // of the model, as it has them
  bool verified = false;
  SignerReport signer;         // where verified
  std::filesystem::path path;  // of the bundle
  std::string sha256;          // of that file, lower-case hex
};

struct ProvenanceFlags {
  VerifyFlags verify;  // the model, and who is trusted
  std::string path;
  bool by_certificate = false;

  // add_methods_to adds `sigstore`, `key` and `certificate`, and to each what `add_more`
  // adds. Nobody need be named: then nothing is verified.
  void add_methods_to(CLI::App& command, std::string_view what, const std::function<void(CLI::App&)>& add_more);

  // trusts_somebody says whether it can be verified.
  bool trusts_somebody() const;

  // place is what is named, else where provenance lies; nothing where there is none.
  std::optional<std::filesystem::path> place() const;

  // read reads it, and verifies it where anybody is trusted: then all of the model is hashed.
  // Errors: signature-not-found where there is none, those of verify_attestation and of
  // read_provenance.
  Result<FoundProvenance> read(const Ui& ui, Progress& progress) const;
};

// signer_name is whom a report names, for one line of text.
std::string signer_name(const SignerReport& signer);

}  // namespace weightmark::cli
