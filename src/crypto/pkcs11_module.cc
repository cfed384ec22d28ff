#include "crypto/pkcs11_module.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/try.h"

namespace weightmark {
namespace {

namespace fs = std::filesystem;

// Where distributions install modules: Fedora, upstream, Debian.
constexpr std::string_view kSystemFolders[] = {
    "/usr/lib64/pkcs11",
    "/usr/lib/pkcs11",
#if defined(__x86_64__)
    "/usr/lib/x86_64-linux-gnu/pkcs11",
    "/usr/lib/x86_64-linux-gnu/softhsm",
    "/usr/lib/x86_64-linux-gnu",
#elif defined(__aarch64__)
    "/usr/lib/aarch64-linux-gnu/pkcs11",
    "/usr/lib/aarch64-linux-gnu/softhsm",
    "/usr/lib/aarch64-linux-gnu",
#endif
    "/usr/lib/softhsm",
};

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

// is_exact says whether a file is called NAME.so or libNAME.so, which is what
// RFC 7512, section 2.4 means by module-name.
bool is_exact(std::string_view file_name, std::string_view name) {
  if (file_name.starts_with("lib") && !name.starts_with("lib")) file_name.remove_prefix(3);
  return file_name.substr(0, file_name.find('.')) == name;
}

bool is_library(const fs::directory_entry& entry) {
  std::error_code ignored;
  return entry.is_regular_file(ignored) && entry.path().filename().native().find(".so") != std::string::npos;
}

// matches_in returns the folder's libraries whose name contains `name`, the best
// first. A folder that cannot be read has none.
std::vector<fs::path> matches_in(const fs::path& folder, const std::string& name) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (is_library(*it) && lower(it->path().filename().native()).find(name) != std::string::npos)
      found.push_back(it->path());
  std::ranges::sort(found, {}, [&](const fs::path& path) {
    return std::pair(!is_exact(lower(path.filename().native()), name), path.native());
  });
  return found;
}

Result<fs::path> find_by_name(const Pkcs11Uri& uri, const std::vector<fs::path>& folders) {
  for (const fs::path& folder : folders) {
    std::vector<fs::path> found = matches_in(folder, lower(uri.module_name()));
    if (!found.empty()) return found.front();
  }
  return uri.fail(ErrorCode::kPkcs11Module, fmt::format("no PKCS#11 module is called \"{}\"", uri.module_name()),
                  "install it, or name its file with module-path");
}

Result<fs::path> only_library_in(const Pkcs11Uri& uri, const fs::path& folder) {
  std::vector<fs::path> found = matches_in(folder, "");
  if (found.size() == 1) return found.front();
  return uri.fail(
      ErrorCode::kPkcs11Module,
      fmt::format("the folder {} has {} libraries, and module-name does not choose one", folder.native(), found.size()),
      "name the file with module-path, or add module-name");
}

Result<fs::path> find_by_path(const Pkcs11Uri& uri) {
  fs::path path = uri.module_path();
  std::error_code error;
  if (!fs::is_directory(path, error)) return path;
  if (uri.module_name().empty()) return only_library_in(uri, path);
  return find_by_name(uri, {path});
}

}  // namespace

Result<fs::path> find_module_file(const Pkcs11Uri& uri, const std::vector<fs::path>& folders) {
  if (!uri.module_path().empty()) return find_by_path(uri);
  if (uri.module_name().empty()) return fs::path();
  std::vector<fs::path> all = folders;
  all.insert(all.end(), std::begin(kSystemFolders), std::end(kSystemFolders));
  return find_by_name(uri, all);
}

Result<Pkcs11Modules> Pkcs11Modules::load(const Pkcs11Uri& uri, const std::vector<fs::path>& folders) {
  WM_TRY(fs::path file, find_module_file(uri, folders));
  Pkcs11Modules modules;
  Result<void> loaded = file.empty() ? modules.load_configured() : modules.load_file(file);
  if (!loaded) return std::unexpected(std::move(loaded).error());
  return modules;
}

Result<void> Pkcs11Modules::load_file(const fs::path& file) {
  auto fail = [&](std::string what) {
    return std::unexpected(
        Error{ErrorCode::kPkcs11Module, std::move(what), file.native(), "check that this is a PKCS#11 module"});
  };
  CK_FUNCTION_LIST* module = p11_kit_module_load(file.c_str(), 0);
  if (module == nullptr) {
    const char* message = p11_kit_message();
    return fail(fmt::format("the module cannot be loaded: {}", message != nullptr ? message : "unknown reason"));
  }
  CK_RV status = p11_kit_module_initialize(module);
  if (status != CKR_OK) {
    p11_kit_module_release(module);
    return fail(fmt::format("the module cannot be initialized: {}", p11_kit_strerror(status)));
  }
  list_.push_back(module);
  return {};
}

// A configured module that fails is left out, unless it is marked critical.
Result<void> Pkcs11Modules::load_configured() {
  configured_ = p11_kit_modules_load_and_initialize(0);
  for (CK_FUNCTION_LIST** module = configured_; module != nullptr && *module != nullptr; ++module)
    list_.push_back(*module);
  if (!list_.empty()) return {};
  return std::unexpected(Error{ErrorCode::kPkcs11Module,
                               "p11-kit has no PKCS#11 module that works",
                               {},
                               "name one with module-path or module-name in the URI"});
}

Pkcs11Modules::Pkcs11Modules(Pkcs11Modules&& other) noexcept
    : list_(std::exchange(other.list_, {})), configured_(std::exchange(other.configured_, nullptr)) {}

Pkcs11Modules::~Pkcs11Modules() {
  if (configured_ != nullptr) {
    p11_kit_modules_finalize(configured_);
    p11_kit_modules_release(configured_);
    return;
  }
  for (CK_FUNCTION_LIST* module : list_) {
    p11_kit_module_finalize(module);
    p11_kit_module_release(module);
  }
}

}  // namespace weightmark
