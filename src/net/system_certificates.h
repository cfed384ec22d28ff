// Where this system keeps the certificate authorities that it trusts. The system's own
// libcurl knows; one that was built elsewhere has to look.
#pragma once

#include <filesystem>
#include <string>

namespace weightmark {

// SystemCertificates has a file of all certificates, or a folder with each by the hash
// of its name; neither where nothing was found.
struct SystemCertificates {
  std::string file;
  std::string folder;
};

// find_system_certificates looks in the usual places below `root`.
SystemCertificates find_system_certificates(const std::filesystem::path& root = "/");

}  // namespace weightmark
