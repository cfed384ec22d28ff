#include "host/named_files.h"

#include <fmt/format.h>

#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/file.h"
#include "base/try.h"

namespace weightmark {
namespace {

namespace fs = std::filesystem;

// No file with keys or certificates is larger.
constexpr std::uint64_t kMaxKeyFile = 16U << 20U;

void name_file(Error& error, const std::string& path) {
  error.subject = error.subject.empty() ? path : fmt::format("{}: {}", path, error.subject);
}

}  // namespace

Result<std::vector<Certificate>> read_certificates(const std::vector<std::string>& paths) {
  std::vector<Certificate> certificates;
  for (const std::string& path : paths) {
    WM_TRY(std::string pem, read_file(path, kMaxKeyFile));
    auto list = Certificate::list_from_pem(pem);
    if (!list) {
      name_file(list.error(), path);
      return list;
    }
    std::ranges::move(*list, std::back_inserter(certificates));
  }
  return certificates;
}

Result<std::vector<PublicKey>> read_public_keys(const std::vector<std::string>& paths) {
  std::vector<PublicKey> keys;
  for (const std::string& path : paths) {
    WM_TRY(std::string pem, read_file(path, kMaxKeyFile));
    auto key = PublicKey::from_pem(pem);
    if (!key) {
      name_file(key.error(), path);
      return std::unexpected(std::move(key).error());
    }
    keys.push_back(*std::move(key));
  }
  return keys;
}

Result<std::vector<FileEntry>> read_digests(const std::string& path) {
  WM_TRY(std::string json, read_file(path, kMaxDigestsSize));
  auto digests = parse_digests(json);
  if (!digests) name_file(digests.error(), path);
  return digests;
}

Result<std::unique_ptr<SigningKey>> read_private_key(const std::string& path, const SecretSource& password) {
  WM_TRY(std::string pem, read_file(path, kMaxKeyFile));
  auto key = load_private_key(pem, password);
  ::explicit_bzero(pem.data(), pem.size());
  if (!key) name_file(key.error(), path);
  return key;
}

Result<fs::path> state_folder() {
  for (auto [variable, below] : {std::pair{"XDG_STATE_HOME", "weightmark"}, {"HOME", ".local/state/weightmark"}})
    if (const char* value = std::getenv(variable); value != nullptr && fs::path(value).is_absolute())
      return fs::path(value) / below;
  return std::unexpected(
      Error{ErrorCode::kUsage, "there is no place for records: neither XDG_STATE_HOME nor HOME is set", {}, {}});
}

}  // namespace weightmark
