#include "verify/log_evidence.h"

#include <fmt/format.h>

#include <algorithm>

#include "attest/dsse.h"
#include "base/encoding.h"
#include "base/json.h"
#include "base/refuse.h"
#include "base/try.h"
#include "crypto/sha2.h"
#include "tlog/checkpoint.h"
#include "tlog/merkle.h"

namespace weightmark {
namespace {

constexpr std::string_view kSubject = "tlogEntries";

// --- which log

Result<const LogInstance*> find_log(const LogEntry& entry, const std::vector<LogInstance>& logs) {
  auto found = std::ranges::find(logs, entry.log_id, &LogInstance::id);
  if (found == logs.end())
    return refuse(ErrorCode::kLogUntrusted, fmt::format("the log {} is not in the trusted root", to_hex(entry.log_id)),
                  kSubject, "the signature may be of another Sigstore: give its trusted root");
  if (!found->key)
    return refuse(ErrorCode::kLogKeyUnsupported, fmt::format("{}: {}", found->base_url, found->key.error().what),
                  kSubject);
  return &*found;
}

// --- the signed entry timestamp (Rekor v1)

// promised_bytes is what the log signed: canonical JSON (RFC 8785) of these four.
std::string promised_bytes(const LogEntry& entry) {
  return write_json(Json::object({{"body", to_base64(entry.body)},
                                  {"integratedTime", entry.integrated_time},
                                  {"logID", to_hex(entry.log_id)},
                                  {"logIndex", entry.index}}));
}

Result<void> verify_promise(const LogEntry& entry, const LogInstance& log) {
  const std::string text = promised_bytes(entry);
  if (log.key->key.verify(as_bytes(text), entry.promise, log.key->scheme)) return {};
  return refuse(ErrorCode::kLogPromiseInvalid, fmt::format("{} did not sign this entry's time and place", log.name()),
                kSubject, "the time or the entry was changed");
}

// time_of: Rekor v2 keeps no time, and what the entry says of one counts for nothing.
Result<std::optional<Instant>> time_of(const LogEntry& entry, const LogInstance& log) {
  if (entry.promise.empty() || entry.integrated_time <= 0) return std::nullopt;
  constexpr std::int64_t kLast = 9'000'000'000;  // the year 2255: nanoseconds still fit
  const Instant time{std::chrono::seconds(std::min(entry.integrated_time, kLast))};
  if (log.window.contains(time)) return time;
  return refuse(ErrorCode::kLogWindow, fmt::format("{} was not trusted when it took the entry", log.base_url),
                kSubject);
}

// --- the inclusion proof

Result<Checkpoint> checkpoint_of(std::string_view name, const InclusionProof& proof, const LogEntry& entry,
                                 const LogInstance& log) {
  return verify_checkpoint(proof.checkpoint, {std::string(name), entry.log_id, log.key->key, log.key->scheme});
}

// A log is called by its host. Rekor v1 takes any name that it is given, and some give it
// the port, too.
Result<Checkpoint> signed_checkpoint(const InclusionProof& proof, const LogEntry& entry, const LogInstance& log) {
  auto checkpoint = checkpoint_of(log.name(), proof, entry, log);
  if (checkpoint || log.name() == log.host_and_port()) return checkpoint;
  auto with_port = checkpoint_of(log.host_and_port(), proof, entry, log);
  return with_port ? with_port : checkpoint;
}

Result<Checkpoint> verified_checkpoint(const InclusionProof& proof, const LogEntry& entry, const LogInstance& log) {
  WM_TRY(Checkpoint checkpoint, signed_checkpoint(proof, entry, log));
  if (checkpoint.size == proof.tree_size && checkpoint.root == proof.root) return checkpoint;
  return refuse(ErrorCode::kCheckpointMismatch, "the entry tells another size or root than its checkpoint", kSubject);
}

// Without a checkpoint nobody signed the root: that proves nothing, but must be right.
Result<void> verify_proof(const InclusionProof& proof, const LogEntry& entry, const LogInstance& log) {
  Checkpoint checkpoint{{}, proof.tree_size, proof.root};
  if (!proof.checkpoint.empty()) {
    WM_TRY(checkpoint, verified_checkpoint(proof, entry, log));
  }
  return verify_inclusion(merkle_leaf(entry.body), proof.index, checkpoint.size, proof.hashes, checkpoint.root);
}

// Version 0.1 demands a promise; later ones a proof (sigstore_bundle.proto, media_type).
Result<void> check_evidence(const LogEntry& entry, const Bundle& bundle) {
  const bool first_version = bundle.media_type.ends_with("version=0.1");
  if (first_version && entry.promise.empty())
    return refuse(ErrorCode::kLogPromiseMissing, "no signed entry timestamp", kSubject);
  const bool proven = entry.proof && !entry.proof->checkpoint.empty();
  if (!first_version && !proven)
    return refuse(ErrorCode::kLogProofMissing, "no inclusion proof with a checkpoint", kSubject);
  return {};
}

// --- entry and bundle are about the same

bool same_digest(const RekorBody& body, const SignedContent& content) {
  if (body.what == RekorBody::Signed::kEnvelope)
    return content.payload && sha2(body.digest_algorithm, *content.payload) == body.digest;
  return content.has_digest(body.digest_algorithm, body.digest);
}

// check_binding is what keeps a valid entry of another signature from passing for this
// one's (CVE-2022-36056, CVE-2026-22703).
Result<void> check_binding(const RekorBody& body, const Bundle& bundle, const RekorVerifier& signer,
                           const SignedContent& content) {
  auto is_ours = [&](const RekorSignature& signature) { return signature.signature == bundle.signature(); };
  auto found = std::ranges::find_if(body.signatures, is_ours);
  if (found == body.signatures.end())
    return refuse(ErrorCode::kLogOtherSignature, "the log has another signature than the bundle", kSubject);
  if (found->verifier != signer)
    return refuse(ErrorCode::kLogOtherSigner, "the log has another key or certificate than the bundle", kSubject);
  if (!same_digest(body, content))
    return refuse(ErrorCode::kLogOtherContent, "the log has the digest of other content", kSubject);
  return {};
}

}  // namespace

bool SignedContent::has_digest(Sha2 algorithm, const Bytes& digest) const {
  if (algorithm == Sha2::k256) return digest == sha256;
  return bytes && sha2(algorithm, *bytes) == digest;
}

SignedContent SignedContent::of_message(Bytes message) {
  Bytes digest = sha2(Sha2::k256, message);
  return {std::move(message), std::move(digest), std::nullopt};
}

SignedContent SignedContent::of_digest(Bytes sha256) { return {std::nullopt, std::move(sha256), std::nullopt}; }

SignedContent SignedContent::of_envelope(const Envelope& envelope) {
  SignedContent content = of_message(pae(envelope.payload_type, envelope.payload));
  content.payload = envelope.payload;
  return content;
}

Result<LogEvidence> verify_log_entry(const LogEntry& entry, const Bundle& bundle, const RekorVerifier& signer,
                                     const SignedContent& content, const std::vector<LogInstance>& logs) {
  WM_TRY(const LogInstance* log, find_log(entry, logs));
  WM_CHECK(check_evidence(entry, bundle));
  if (!entry.promise.empty()) WM_CHECK(verify_promise(entry, *log));
  if (entry.proof) WM_CHECK(verify_proof(*entry.proof, entry, *log));
  WM_TRY(std::optional<Instant> time, time_of(entry, *log));
  WM_TRY(RekorBody body, parse_rekor_body(entry.body, entry.kind, entry.version));
  WM_CHECK(check_binding(body, bundle, signer, content));
  return LogEvidence{log, entry.index, time};
}

Result<void> check_log_window(const LogEvidence& evidence, const std::vector<Instant>& times) {
  if (evidence.time) return {};
  auto inside = [&](Instant time) { return evidence.log->window.contains(time); };
  if (std::ranges::all_of(times, inside)) return {};
  return refuse(ErrorCode::kLogWindow, fmt::format("{} was not trusted when this was signed", evidence.log->base_url),
                kSubject);
}

}  // namespace weightmark
