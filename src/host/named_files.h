// Keys, certificates and records by the paths that the user gave. Errors name the file.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "weightmark/certificate.h"
#include "weightmark/error.h"
#include "weightmark/key.h"
#include "weightmark/sign.h"

namespace weightmark {

// Each reads PEM files, or a list of digests.
Result<std::vector<Certificate>> read_certificates(const std::vector<std::string>& paths);
Result<std::vector<PublicKey>> read_public_keys(const std::vector<std::string>& paths);
Result<std::vector<FileEntry>> read_digests(const std::string& path);
Result<std::unique_ptr<SigningKey>> read_private_key(const std::string& path, const SecretSource& password);

// state_folder is where this user's records lie: $XDG_STATE_HOME/weightmark, else
// ~/.local/state/weightmark. A relative path does not count (XDG base directory
// specification). Errors: usage where neither is set.
Result<std::filesystem::path> state_folder();

}  // namespace weightmark
