#include "net/system_certificates.h"

#include <string_view>
#include <system_error>

namespace weightmark {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFiles[] = {
    "etc/ssl/certs/ca-certificates.crt",                 // Debian, Ubuntu, Arch, Gentoo
    "etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // Fedora, Red Hat 7 and newer
    "etc/pki/tls/certs/ca-bundle.crt",                   // Red Hat and CentOS before
    "etc/ssl/ca-bundle.pem",                             // SUSE
    "var/lib/ca-certificates/ca-bundle.pem",             // SUSE, newer
    "etc/ssl/cert.pem",                                  // Alpine
    "etc/ssl/certs/ca-bundle.crt",                       // NixOS
};
constexpr std::string_view kFolder = "etc/ssl/certs";

}  // namespace

SystemCertificates find_system_certificates(const fs::path& root) {
  std::error_code error;
  for (const std::string_view name : kFiles)
    if (const fs::path file = root / name; fs::is_regular_file(file, error))
      return {.file = file.native(), .folder = {}};
  const fs::path folder = root / kFolder;
  if (fs::is_directory(folder, error)) return {.file = {}, .folder = folder.native()};
  return {};
}

}  // namespace weightmark
