#include <initializer_list>

#include "net/http.h"

namespace weightmark {
namespace {

// first_of returns the first variable that is set, be it to nothing.
std::string first_of(const Environment& environment, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (const char* value = environment(name)) return value;
  return {};
}

}  // namespace

HttpSettings http_settings(const Environment& environment) {
  HttpSettings settings;
  settings.http_proxy = first_of(environment, {"http_proxy", "all_proxy", "ALL_PROXY"});
  settings.https_proxy = first_of(environment, {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
  settings.no_proxy = first_of(environment, {"no_proxy", "NO_PROXY"});
  settings.ca_file = first_of(environment, {"SSL_CERT_FILE"});
  settings.ca_folder = first_of(environment, {"SSL_CERT_DIR"});
  return settings;
}

}  // namespace weightmark
