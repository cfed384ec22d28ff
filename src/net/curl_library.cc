#include "net/curl_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include "base/refuse.h"

namespace weightmark {
namespace {

// The name that Linux distributions give the library's stable interface.
constexpr const char* kName = "libcurl.so.4";

std::unexpected<Error> unavailable(const char* name) {
  const char* why = dlerror();
  return refuse(ErrorCode::kHttpUnavailable, why != nullptr ? why : "cannot be loaded", name,
                "install libcurl 7.85 or newer; without it --offline and files of your own still work");
}

// find sets a function to the one of that name.
template <class Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

}  // namespace

Result<CurlLibrary> CurlLibrary::load(const char* name) {
  void* library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return unavailable(name);
  CurlLibrary curl;
  decltype(&::curl_global_init) global_init = nullptr;
  const bool found =
      find(library, "curl_global_init", global_init) && find(library, "curl_easy_init", curl.easy_init) &&
      find(library, "curl_easy_reset", curl.easy_reset) && find(library, "curl_easy_setopt", curl.easy_setopt) &&
      find(library, "curl_easy_perform", curl.easy_perform) && find(library, "curl_easy_getinfo", curl.easy_getinfo) &&
      find(library, "curl_easy_cleanup", curl.easy_cleanup) &&
      find(library, "curl_easy_strerror", curl.easy_strerror) &&
      find(library, "curl_slist_append", curl.slist_append) &&
      find(library, "curl_slist_free_all", curl.slist_free_all);
  if (!found) return unavailable(name);
  if (global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
    return refuse(ErrorCode::kHttpUnavailable, "cannot be initialised", name);
  return curl;
}

const Result<CurlLibrary>& CurlLibrary::get() {
  // Once, and by one thread alone: libcurl(3), "global constants".
  static const Result<CurlLibrary> library = load(kName);
  return library;
}

}  // namespace weightmark
