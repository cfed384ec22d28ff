#include "trust/tuf_signatures.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "base/refuse.h"
#include "base/try.h"
#include "crypto/sha2.h"
#include "crypto/tuf_key.h"

namespace weightmark::tuf {
namespace {

const Signature* signature_by(std::string_view key_id, const SignedText& text) {
  const auto found = std::ranges::find(text.signatures, key_id, &Signature::key_id);
  return found != text.signatures.end() ? &*found : nullptr;
}

// signer returns the key with that id where its signature is there and valid.
std::optional<TufKey> signer(std::string_view key_id, const Keys& keys, const SignedText& text) {
  const auto key = keys.find(key_id);
  const Signature* signature = signature_by(key_id, text);
  if (key == keys.end() || signature == nullptr) return std::nullopt;
  const std::optional<Bytes> bytes = from_hex(signature->hex);
  if (!bytes) return std::nullopt;
  Result<TufKey> decoded = TufKey::parse(key->second.type, key->second.scheme, key->second.value);
  if (!decoded || !decoded->verify(as_bytes(text.bytes), *bytes)) return std::nullopt;
  return *std::move(decoded);
}

Result<void> check_length(std::uint64_t expected, std::string_view text) {
  if (text.size() == expected) return {};
  return refuse(ErrorCode::kTufLength, fmt::format("has {} bytes where {} are expected", text.size(), expected));
}

std::optional<Sha2> find_sha2(std::string_view name) {
  if (name == "sha256") return Sha2::k256;
  if (name == "sha512") return Sha2::k512;
  return std::nullopt;
}

}  // namespace

Result<void> check_signatures(const SignedText& text, const Keys& keys, const Role& role) {
  std::vector<TufKey> signers;
  for (const std::string& id : role.key_ids) {
    if (std::cmp_greater_equal(signers.size(), role.threshold)) break;
    std::optional<TufKey> key = signer(id, keys, text);
    if (key && std::ranges::find(signers, *key) == signers.end()) signers.push_back(*std::move(key));
  }
  if (std::cmp_greater_equal(signers.size(), role.threshold)) return {};
  return refuse(ErrorCode::kTufSignatures,
                fmt::format("valid signatures by {} of its keys, where {} are needed", signers.size(), role.threshold));
}

Result<void> check_hashes(const Hashes& hashes, std::string_view text) {
  bool known = hashes.empty();
  for (const auto& [name, digits] : hashes) {
    const std::optional<Sha2> algorithm = find_sha2(name);
    if (!algorithm) continue;
    known = true;
    if (from_hex(digits) != sha2(*algorithm, as_bytes(text)))
      return refuse(ErrorCode::kTufDigest, fmt::format("its {} is not the one that is expected", name));
  }
  if (known) return {};
  return refuse(ErrorCode::kTufHashUnknown, "neither SHA-256 nor SHA-512 is among its hashes");
}

Result<void> check_meta_file(const MetaFile& file, std::string_view text) {
  if (file.length) WM_CHECK(check_length(*file.length, text));
  return check_hashes(file.hashes, text);
}

Result<void> check_target_file(const TargetFile& file, std::string_view text) {
  WM_CHECK(check_length(file.length, text));
  return check_hashes(file.hashes, text);
}

}  // namespace weightmark::tuf
