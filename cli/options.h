// Options that several commands share, and how their values become types.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/ui.h"
#include "host/clock.h"
#include "host/named_files.h"
#include "weightmark/sign.h"
#include "weightmark/verify.h"

namespace weightmark::cli {

// one_of refuses other words, whole_number what is not decimal or out of range.
CLI::Validator one_of(std::vector<std::string> words);
CLI::Validator whole_number(std::uint64_t low, std::uint64_t high);

// ModelFlags say which model, and which of its files.
struct ModelFlags {
  std::string model;
  std::vector<std::string> ignore_paths;
  bool ignore_git_paths = true;
  bool allow_symlinks = false;
  unsigned threads = 0;

  void add_to(CLI::App& command);

  // relative_ignore_paths turns what the user typed into paths from the model's
  // root: relative to the current folder where that leads into the model, as the
  // Python client reads them, else relative to the model, as the Go client does.
  // A path outside the model is dropped with a warning.
  std::vector<std::string> relative_ignore_paths(const Ui& ui) const;
};

// OutputFlags say how results are told.
struct OutputFlags {
  bool json = false;
  bool quiet = false;

  void add_to(CLI::App& command);
};

// HashFlags say how files are hashed.
struct HashFlags {
  std::string algorithm = "sha256";
  std::uint64_t shard_size = 0;
  std::string name;
  std::string compatibility;

  void add_to(CLI::App& command);
  HashOptions options(const ModelFlags& model, const Ui& ui) const;
};

// PasswordFlags say where the password of a private key comes from: an option, a
// file, WEIGHTMARK_PASSWORD, else a prompt on the terminal.
struct PasswordFlags {
  std::string password;  // for take_secret
  std::string password_file;

  void add_to(CLI::App& command);
  SecretSource source(const Ui& ui) const;
};

// ask_secret prompts on the controlling terminal without echo. Where there is none,
// `no_terminal` is the error.
Result<Secret> ask_secret(const std::string& prompt, const Error& no_terminal);

// with_near_miss adds "did you mean …?" to an error about a path that does not
// exist, where its folder has one of nearly that name.
Error with_near_miss(Error error);

}  // namespace weightmark::cli
