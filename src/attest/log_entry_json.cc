#include "attest/log_entry_json.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string>

#include "base/encoding.h"
#include "base/try.h"

namespace weightmark {
namespace {

// No tree of 2^64 entries has a longer path.
constexpr std::size_t kMaxHashes = 64;
constexpr std::size_t kLogIdSize = 32;

// integer takes proto3 JSON's 64-bit integers: text or a number.
Result<std::int64_t> integer(const JsonView& parent, std::string_view key) {
  WM_TRY(JsonView field, parent.member(key));
  const auto text = field.string();
  if (!text) return field.integer();
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size()) return field.fail("not a 64-bit integer");
  return value;
}

Result<std::uint64_t> count(const JsonView& parent, std::string_view key) {
  WM_TRY(std::int64_t value, integer(parent, key));
  if (value < 0) return parent.fail("a negative " + std::string(key));
  return static_cast<std::uint64_t>(value);
}

Result<Bytes> base64(const JsonView& field) {
  WM_TRY(std::string_view text, field.string());
  auto bytes = from_base64(text);
  if (!bytes) return field.fail("not standard base64");
  return *std::move(bytes);
}

Result<Bytes> base64(const JsonView& parent, std::string_view key) {
  WM_TRY(JsonView field, parent.member(key));
  return base64(field);
}

Result<MerkleHash> hash(const JsonView& field) {
  WM_TRY(Bytes bytes, base64(field));
  MerkleHash value{};
  if (bytes.size() != value.size()) return field.fail("not a SHA-256 hash");
  std::ranges::copy(bytes, value.begin());
  return value;
}

Result<void> parse_hashes(const JsonView& view, InclusionProof& proof) {
  if (!view.has("hashes")) return {};  // proto3 leaves out what is empty
  WM_TRY(JsonView field, view.member("hashes"));
  WM_TRY(JsonItems items, field.array());
  if (items.size() > kMaxHashes) return field.fail("more hashes than any tree needs");
  for (const JsonView& item : items) {
    WM_TRY(MerkleHash value, hash(item));
    proof.hashes.push_back(value);
  }
  return {};
}

Result<InclusionProof> parse_proof(const JsonView& view) {
  InclusionProof proof;
  if (view.has("logIndex")) {  // proto3 leaves out what is zero
    WM_TRY(proof.index, count(view, "logIndex"));
  }
  WM_TRY(proof.tree_size, count(view, "treeSize"));
  WM_TRY(JsonView root, view.member("rootHash"));
  WM_TRY(proof.root, hash(root));
  WM_CHECK(parse_hashes(view, proof));
  if (!view.has("checkpoint")) return proof;
  WM_TRY(JsonView checkpoint, view.member("checkpoint"));
  WM_TRY(JsonView envelope, checkpoint.member("envelope"));
  WM_TRY(proof.checkpoint, envelope.string());
  return proof;
}

Result<void> parse_log_id(const JsonView& view, LogEntry& entry) {
  WM_TRY(JsonView id, view.member("logId"));
  WM_TRY(entry.log_id, base64(id, "keyId"));
  if (entry.log_id.size() != kLogIdSize) return id.fail("not a key id of 32 bytes");
  return {};
}

Result<void> parse_kind(const JsonView& view, LogEntry& entry) {
  WM_TRY(JsonView kind_version, view.member("kindVersion"));
  WM_TRY(JsonView kind, kind_version.member("kind"));
  WM_TRY(entry.kind, kind.string());
  WM_TRY(JsonView version, kind_version.member("version"));
  WM_TRY(entry.version, version.string());
  return {};
}

Result<void> parse_evidence(const JsonView& view, LogEntry& entry) {
  if (view.has("inclusionPromise")) {
    WM_TRY(JsonView promise, view.member("inclusionPromise"));
    WM_TRY(entry.promise, base64(promise, "signedEntryTimestamp"));
  }
  if (!view.has("inclusionProof")) return {};
  WM_TRY(JsonView proof, view.member("inclusionProof"));
  WM_TRY(entry.proof, parse_proof(proof));
  return {};
}

Json proof_json(const InclusionProof& proof) {
  JsonArray hashes;
  for (const MerkleHash& hash : proof.hashes) hashes.emplace_back(to_base64(hash));
  JsonObject members = {{"logIndex", std::to_string(proof.index)},
                        {"treeSize", std::to_string(proof.tree_size)},
                        {"rootHash", to_base64(proof.root)},
                        {"hashes", std::move(hashes)}};
  if (!proof.checkpoint.empty()) members.emplace_back("checkpoint", Json::object({{"envelope", proof.checkpoint}}));
  return Json::object(std::move(members));
}

}  // namespace

Json log_entry_json(const LogEntry& entry) {
  JsonObject members = {{"logIndex", std::to_string(entry.index)},
                        {"logId", Json::object({{"keyId", to_base64(entry.log_id)}})},
                        {"kindVersion", Json::object({{"kind", entry.kind}, {"version", entry.version}})},
                        {"integratedTime", std::to_string(entry.integrated_time)},
                        {"canonicalizedBody", to_base64(entry.body)}};
  if (!entry.promise.empty())
    members.emplace_back("inclusionPromise", Json::object({{"signedEntryTimestamp", to_base64(entry.promise)}}));
  if (entry.proof) members.emplace_back("inclusionProof", proof_json(*entry.proof));
  return Json::object(std::move(members));
}

Result<LogEntry> parse_log_entry(const JsonView& given) {
  const JsonView view = given.with_code(ErrorCode::kLogEntryMalformed);
  WM_CHECK(view.object());
  LogEntry entry;
  if (view.has("logIndex")) {
    WM_TRY(entry.index, count(view, "logIndex"));
  }
  if (view.has("integratedTime")) {
    WM_TRY(entry.integrated_time, integer(view, "integratedTime"));
  }
  WM_CHECK(parse_log_id(view, entry));
  WM_CHECK(parse_kind(view, entry));
  WM_CHECK(parse_evidence(view, entry));
  WM_TRY(entry.body, base64(view, "canonicalizedBody"));
  return entry;
}

}  // namespace weightmark
