#include "cli/secrets.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace weightmark::cli {
namespace {

struct Hidden {
  std::string shown;
  Secret secret;
};

std::vector<Hidden>& all_hidden() {
  static std::vector<Hidden> all;
  return all;
}

// is_secret knows both spellings; the parser has not made them one yet. A URI can
// have a PIN in it (RFC 7512, section 2.4).
bool is_secret(std::string_view option) {
  std::string name(option);
  std::ranges::replace(name, '_', '-');
  return name == "--password" || name == "--pkcs11-uri" || name == "--identity-token" || name == "--client-secret";
}

void hide(char* value) {
  Secret secret{std::string_view(value)};
  std::memset(value, '*', std::strlen(value));
  all_hidden().push_back({value, std::move(secret)});
}

}  // namespace

void hide_secrets(std::span<char* const> arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--") return;
    const std::size_t end = std::min(argument.find('='), argument.size());
    if (!is_secret(argument.substr(0, end))) continue;
    if (end < argument.size())
      hide(arguments[i] + end + 1);
    else if (i + 1 < arguments.size())
      hide(arguments[++i]);
  }
}

Secret take_secret(std::string_view shown) {
  auto found = std::ranges::find(all_hidden(), shown, &Hidden::shown);
  if (found == all_hidden().end()) return Secret(shown);
  Secret secret = std::move(found->secret);
  all_hidden().erase(found);
  return secret;
}

}  // namespace weightmark::cli
