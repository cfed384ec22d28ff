#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "base/json_document.h"
#include "base/refuse.h"
#include "base/try.h"
#include "sign/rekor.h"
#include "sign/service.h"

namespace weightmark {
namespace {

constexpr const char* kSubject = "transparency log";
constexpr const char* kVersion = "0.0.1";
constexpr const char* kPath = "/api/v1/log/entries";

std::string envelope_json(const Envelope& envelope) {
  const JsonArray signatures{Json::of("sig", to_base64(envelope.signature))};
  return write_json(
      Json::of("payload", to_base64(envelope.payload), "payloadType", envelope.payload_type, "signatures", signatures));
}

std::string_view kind_of(const Recorded& recorded) { return recorded.bundle.message ? "hashedrekord" : "dsse"; }

Json dsse_spec(const Recorded& recorded) {
  const JsonArray verifiers{to_base64(as_bytes(recorded.signer_pem))};
  return Json::of("proposedContent",
                  Json::of("envelope", envelope_json(recorded.bundle.envelope), "verifiers", verifiers));
}

Json hashedrekord_spec(const Recorded& recorded) {
  const Json key = Json::of("content", to_base64(as_bytes(recorded.signer_pem)));
  const Json hash = Json::of("algorithm", "sha256", "value", to_hex(recorded.sha256));
  return Json::of("signature", Json::of("content", to_base64(recorded.bundle.signature()), "publicKey", key), "data",
                  Json::of("hash", hash));
}

Json request_json(const Recorded& recorded) {
  return Json::of("apiVersion", kVersion, "kind", kind_of(recorded), "spec",
                  recorded.bundle.message ? hashedrekord_spec(recorded) : dsse_spec(recorded));
}

// --- the answer: its numbers are numbers, its digests hexadecimal

Result<std::uint64_t> number_of(const JsonView& holder, std::string_view key) {
  WM_TRY(JsonView field, holder.member(key));
  WM_TRY(const std::int64_t number, field.integer());
  if (number < 0) return field.fail("negative");
  return static_cast<std::uint64_t>(number);
}

Result<std::string> text_of(const JsonView& holder, std::string_view key) {
  WM_TRY(JsonView field, holder.member(key));
  WM_TRY(std::string_view text, field.string());
  return std::string(text);
}

Result<Bytes> bytes_of(const JsonView& holder, std::string_view key, std::optional<Bytes> (*decode)(std::string_view)) {
  WM_TRY(JsonView field, holder.member(key));
  WM_TRY(std::string_view text, field.string());
  auto bytes = decode(text);
  if (!bytes) return field.fail("not encoded as it must be");
  return *std::move(bytes);
}

Result<MerkleHash> hash_of(const JsonView& field) {
  WM_TRY(std::string_view text, field.string());
  const auto bytes = from_hex(text);
  MerkleHash hash{};
  if (!bytes || bytes->size() != hash.size()) return field.fail("not a digest of 32 bytes");
  std::ranges::copy(*bytes, hash.begin());
  return hash;
}

Result<InclusionProof> proof_of(const JsonView& view) {
  InclusionProof proof;
  WM_TRY(proof.index, number_of(view, "logIndex"));
  WM_TRY(proof.tree_size, number_of(view, "treeSize"));
  WM_TRY(proof.checkpoint, text_of(view, "checkpoint"));
  WM_TRY(JsonView root, view.member("rootHash"));
  WM_TRY(proof.root, hash_of(root));
  WM_TRY(JsonView field, view.member("hashes"));
  WM_TRY(JsonItems hashes, field.array());
  for (const JsonView& item : hashes) {
    WM_TRY(const MerkleHash hash, hash_of(item));
    proof.hashes.push_back(hash);
  }
  return proof;
}

Result<LogEntry> entry_of(const JsonView& view, std::string_view kind) {
  LogEntry entry;
  entry.kind = kind;
  entry.version = kVersion;
  WM_TRY(entry.index, number_of(view, "logIndex"));
  WM_TRY(const std::uint64_t time, number_of(view, "integratedTime"));
  entry.integrated_time = static_cast<std::int64_t>(time);
  WM_TRY(entry.log_id, bytes_of(view, "logID", from_hex));
  WM_TRY(entry.body, bytes_of(view, "body", from_base64));
  WM_TRY(JsonView verification, view.member("verification"));
  WM_TRY(entry.promise, bytes_of(verification, "signedEntryTimestamp", from_base64));
  WM_TRY(JsonView proof, verification.member("inclusionProof"));
  WM_TRY(entry.proof, proof_of(proof));
  return entry;
}

// An answer is an object of one entry under its identifier.
Result<LogEntry> parse_answer(const std::string& body, std::string_view kind) {
  auto document = JsonDocument::parse(body);
  if (!document) return refuse(ErrorCode::kLogAnswer, document.error().what, kSubject);
  const JsonView root = document->root(ErrorCode::kLogAnswer);
  WM_TRY(JsonMembers entries, root.object());
  if (entries.size() != 1) return root.fail(fmt::format("{} entries", entries.size()));
  return entry_of((*entries.begin()).second, kind);
}

}  // namespace

Answered record_in_rekor_v1(HttpClient& http, const std::string& url, const Recorded& recorded) {
  WM_TRY(const HttpAnswer answer, http.send(json_request(url + kPath, request_json(recorded))));
  if (answer.status == 200 || answer.status == 201) return parse_answer(answer.body, kind_of(recorded));
  if (answer.status == 409) return std::nullopt;
  if (answer.status == 413) return service_error(ErrorCode::kLogEntryTooLarge, answer, kSubject);
  return service_error(ErrorCode::kLogRefused, answer, kSubject);
}

}  // namespace weightmark
