// The Merkle tree over the files of an input.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attest/training.h"
#include "weightmark/manifest.h"

namespace weightmark {

// NamedSha256 is a file's name and its SHA-256 in lower-case hex.
using NamedSha256 = std::pair<std::string, std::string>;

// merkle_root is the root of RFC 6962, section 2.1, over the lines "SHA256  NAME" in byte
// order of their names, without line feeds: so `sha256sum` and a few hashes show that one
// file is among them. Nothing where there is no file.
std::optional<MerkleRoot> merkle_root(std::vector<NamedSha256> files);

// named_digests are those of a manifest of whole files by SHA-256.
std::vector<NamedSha256> named_digests(const Manifest& manifest);

}  // namespace weightmark
