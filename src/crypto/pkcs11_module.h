// Finding and loading PKCS#11 modules.
#pragma once

#include <p11-kit/p11-kit.h>

#include <filesystem>
#include <vector>

#include "crypto/pkcs11_uri.h"
#include "weightmark/error.h"

namespace weightmark {

// find_module_file returns the shared library that the URI's module-name or
// module-path means, or "" when the URI has neither. The name is looked for, in
// any case and as a part of the file's name, in module-path when that is a
// folder, else in `folders` and then in the system's own. Within a folder the
// file NAME.so or libNAME.so comes first, then the alphabet decides.
// Errors: pkcs11-module.
Result<std::filesystem::path> find_module_file(const Pkcs11Uri& uri, const std::vector<std::filesystem::path>& folders);

// Pkcs11Modules owns loaded and initialized modules.
class Pkcs11Modules {
 public:
  // load loads what find_module_file finds, or else every module that p11-kit is
  // configured with.
  // Errors: pkcs11-module.
  static Result<Pkcs11Modules> load(const Pkcs11Uri& uri, const std::vector<std::filesystem::path>& folders);

  Pkcs11Modules(Pkcs11Modules&& other) noexcept;
  Pkcs11Modules& operator=(Pkcs11Modules&&) = delete;
  ~Pkcs11Modules();

  const std::vector<CK_FUNCTION_LIST*>& list() const { return list_; }

 private:
  Pkcs11Modules() = default;
  Result<void> load_file(const std::filesystem::path& file);
  Result<void> load_configured();

  std::vector<CK_FUNCTION_LIST*> list_;
  CK_FUNCTION_LIST** configured_ = nullptr;  // null when list_ holds one file's module
};

}  // namespace weightmark
