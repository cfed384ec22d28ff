// The options of verification, as Python fills them in.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "native/trust.h"
#include "native/work.h"
#include "weightmark/verify.h"

namespace weightmark::python {

struct VerifySettings {
  std::string model;
  std::optional<std::string> signature;
  std::shared_ptr<Trusted> trusted;
  std::optional<std::string> name;
  std::optional<std::string> digest;
  std::string lock;
  std::vector<std::string> ignore_paths;
  bool ignore_git_paths = true;
  bool ignore_unsigned_files = false;
  std::string evidence = "trees";
  std::vector<std::string> files;
  bool allow_symlinks = false;
  unsigned threads = 0;
};

// to_options raises what is wrong with the settings. The GIL is held.
VerifyOptions to_options(const VerifySettings& settings, const Cancel& cancel);

}  // namespace weightmark::python
