#include "host/ambient_identity.h"

#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "base/try.h"
#include "host/program.h"
#include "sign/ambient_token.h"

namespace weightmark {
namespace {

Result<std::optional<std::string>> read_if_there(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::nullopt;
  WM_TRY(std::string text, read_file(path, kMaxIdentityToken));
  return text;
}

}  // namespace

Result<std::optional<IdentityToken>> ambient_identity(HttpClient& http, const Stop& stop) {
  const Surroundings surroundings{http, [](const char* name) { return std::getenv(name); }, read_if_there,
                                  [&](const std::vector<std::string>& words) { return run_program(words, stop); }};
  return ambient_token(surroundings, kSigstoreAudience);
}

}  // namespace weightmark
