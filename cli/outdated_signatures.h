// What was signed of a model before one of its files changed.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace weightmark::cli {

// OutdatedSignature is a signature or an attestation that a change makes worthless.
struct OutdatedSignature {
  std::string file;
  std::string why;
  std::string command;  // that makes it anew
};

// outdated_by finds what covers the file `name` of a model's folder, or would have to list
// it: signatures, unless they leave that path out, and attestations, which are about all
// files of the model. What cannot be read is passed over: it was worthless before.
std::vector<OutdatedSignature> outdated_by(const std::filesystem::path& model, const std::string& name);

}  // namespace weightmark::cli
