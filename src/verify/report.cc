#include "weightmark/report.h"

#include <fmt/chrono.h>

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "verify/signer_json.h"

namespace weightmark {
namespace {

// Allowed by the policy, but no verified signature (FORMAT, section 6).
constexpr int kUnsignedStatus = 4;

std::string timestamp(Time time) { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", time); }

// text keeps JSON well-formed whatever a path is made of.
Json text(std::string_view value) { return is_utf8(value) ? Json(value) : Json(printable(value)); }

Json error_json(const Error& error) {
  JsonObject members = {{"code", code_name(error.code)}, {"what", text(error.what)}};
  if (!error.subject.empty()) members.emplace_back("subject", text(error.subject));
  if (!error.hint.empty()) members.emplace_back("hint", error.hint);
  return Json::object(std::move(members));
}

std::string_view outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPassed: return "passed";
    case Outcome::kFailed: return "failed";
    case Outcome::kNotChecked: return "not-checked";
  }
  return "";
}

Json file_json(const FileReport& file) {
  JsonObject members = {{"name", text(file.name)}, {"coverage", coverage_name(file.coverage)}};
  if (file.size > 0) members.emplace_back("size", file.size);
  if (file.error) members.emplace_back("error", error_json(*file.error));
  if (!file.note.empty()) members.emplace_back("note", text(file.note));
  return Json::object(std::move(members));
}

Json certificate_json(const Certificate& certificate) {
  return Json::object({{"subject", text(certificate.subject())},
                       {"issuer", text(certificate.issuer())},
                       {"serial", certificate.serial()},
                       {"sha256", certificate.fingerprint()},
                       {"notBefore", timestamp(certificate.not_before())},
                       {"notAfter", timestamp(certificate.not_after())}});
}

void append_evidence(const SignerReport& signer, JsonObject& members) {
  JsonArray times;
  for (const TimeReport& time : signer.times)
    times.push_back(Json::object({{"time", timestamp(time.time)}, {"by", text(time.by)}}));
  JsonArray logs;
  for (const LogReport& log : signer.logs) logs.push_back(Json::object({{"log", text(log.log)}, {"index", log.index}}));
  if (!signer.identity.names.empty()) members.emplace_back("identity", identity_json(signer.identity));
  if (!times.empty()) members.emplace_back("times", std::move(times));
  if (!logs.empty()) members.emplace_back("logs", std::move(logs));
}

Json trust_json(const TrustReport& trust) {
  JsonObject members = {{"from", text(trust.from)}};
  if (trust.vouched_until) members.emplace_back("vouchedUntil", timestamp(*trust.vouched_until));
  return Json::object(std::move(members));
}

Json subject_json(const SubjectReport& subject) {
  JsonObject digests = {{"sha256", subject.root.hex()}};
  if (subject.manifest_v1) digests.emplace_back("weightmarkManifestV1", subject.manifest_v1->hex());
  return Json::object({{"name", subject.name},
                       {"digest", Json::object(std::move(digests))},
                       {"files", subject.files},
                       {"declaredFiles", subject.declared_files},
                       {"method", subject.method == SerializationMethod::kShards ? "shards" : "files"},
                       {"hashType", algorithm_name(subject.hash_type)}});
}

Json policy_json(const PolicyReport& policy) {
  JsonArray signers;
  for (const PrincipalReport& principal : policy.signers)
    signers.push_back(Json::object({{"name", principal.name},
                                    {"signature", text(principal.signature)},
                                    {"signer", signer_json(principal.signer)}}));
  return Json::object(
      {{"publisher", policy.publisher}, {"threshold", policy.threshold}, {"signers", std::move(signers)}});
}

Json content_json(const std::vector<ContentFact>& facts) {
  JsonArray items;
  for (const ContentFact& fact : facts)
    items.push_back(Json::object(
        {{"file", text(fact.file)}, {"kind", content_kind_name(fact.kind)}, {"detail", text(fact.detail)}}));
  return items;
}

Json finding_json(const Finding& finding) {
  JsonObject members = {{"rule", finding.rule}, {"answer", answer_name(finding.answer)}, {"what", text(finding.what)}};
  if (!finding.about.empty()) members.emplace_back("about", text(finding.about));
  return Json::object(std::move(members));
}

Json summary_json(const SummaryReport& summary) {
  JsonObject members = {{"path", text(summary.path)},
                        {"verifier", text(summary.verifier)},
                        {"timeVerified", timestamp(summary.verified)},
                        {"name", summary.signer_name},
                        {"signer", signer_json(summary.signer)}};
  if (summary.level) members.emplace_back("level", *summary.level);
  return Json::object(std::move(members));
}

Json judgement_json(const JudgementReport& judgement) {
  JsonArray findings;
  for (const Finding& one : judgement.findings) findings.push_back(finding_json(one));
  JsonArray statements;
  for (const AttestationReport& one : judgement.provenance)
    statements.push_back(Json::object({{"path", text(one.path)},
                                       {"sha256", one.sha256},
                                       {"name", one.signer_name},
                                       {"signer", signer_json(one.signer)}}));
  JsonObject members = {{"answer", answer_name(judgement.answer)},
                        {"findings", std::move(findings)},
                        {"statements", std::move(statements)},
                        {"level", judgement.level},
                        {"levelReason", text(judgement.level_reason)}};
  if (judgement.summary) members.emplace_back("summary", summary_json(*judgement.summary));
  if (!judgement.builder.empty()) members.emplace_back("builder", text(judgement.builder));
  if (!judgement.source.empty()) members.emplace_back("source", text(judgement.source));
  if (!judgement.commit.empty()) members.emplace_back("commit", text(judgement.commit));
  return Json::object(std::move(members));
}

}  // namespace

Json check_json(const Check& check) {
  JsonObject members = {{"id", check.id}, {"outcome", outcome_name(check.outcome)}, {"detail", text(check.detail)}};
  if (check.error) members.emplace_back("error", error_json(*check.error));
  return Json::object(std::move(members));
}

Json signer_json(const SignerReport& signer) {
  JsonObject members = {{"method", signer.method},
                        {"keyType", signer.key_type},
                        {"keyFingerprint", signer.key_fingerprint},
                        {"encoding", signer.encoding}};
  JsonArray chain;
  for (const Certificate& certificate : signer.chain) chain.push_back(certificate_json(certificate));
  if (!chain.empty()) members.emplace_back("chain", std::move(chain));
  append_evidence(signer, members);
  return Json::object(std::move(members));
}

Json identity_json(const CertificateIdentity& identity) {
  JsonArray names;
  for (const SubjectName& name : identity.names) names.push_back(text(name.value));
  JsonObject claims;
  for (const Claim& claim : identity.claims) claims.emplace_back(claim.name, text(claim.value));
  return Json::object(
      {{"names", std::move(names)}, {"provider", text(identity.issuer)}, {"claims", Json::object(std::move(claims))}});
}

SubjectReport SubjectReport::of(const Manifest& manifest) {
  return {manifest.name,
          manifest.root,
          manifest.manifest_v1,
          manifest.serialization.method,
          manifest.serialization.hash_type,
          manifest.files.size(),
          declared_count(manifest)};
}

int Report::exit_status() const {
  if (verdict == Verdict::kVerified) return 0;
  if (verdict == Verdict::kUnsigned) return kUnsignedStatus;
  if (interrupted) return static_cast<int>(ErrorClass::kInterrupted);
  if (verdict == Verdict::kRefused) return static_cast<int>(ErrorClass::kRefused);
  return static_cast<int>(ErrorClass::kUndecided);
}

const Error* Report::first_error() const {
  for (const Check& check : checks)
    if (check.outcome == Outcome::kFailed && check.error) return &*check.error;
  return nullptr;
}

std::size_t Report::count(Coverage coverage) const {
  return static_cast<std::size_t>(std::ranges::count(files, coverage, &FileReport::coverage));
}

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kVerified: return "verified";
    case Verdict::kRefused: return "refused";
    case Verdict::kUndecided: return "undecided";
    case Verdict::kUnsigned: return "unsigned";
  }
  return "";
}

std::string_view coverage_name(Coverage coverage) {
  switch (coverage) {
    case Coverage::kWhole: return "whole";
    case Coverage::kTree: return "tree";
    case Coverage::kKernel: return "kernel";
    case Coverage::kIgnored: return "ignored";
    case Coverage::kNotCovered: return "not-covered";
    case Coverage::kFailed: return "failed";
  }
  return "";
}

std::string report_json(const Report& report) {
  JsonArray checks;
  for (const Check& check : report.checks) checks.push_back(check_json(check));
  JsonArray files;
  for (const FileReport& file : report.files) files.push_back(file_json(file));
  JsonArray warnings;
  for (const std::string& warning : report.warnings) warnings.push_back(text(warning));
  JsonObject members = {{"schema", "weightmark.report.v1"},    {"verdict", verdict_name(report.verdict)},
                        {"exitStatus", report.exit_status()},  {"model", text(report.model)},
                        {"signature", text(report.signature)}, {"time", timestamp(report.time)},
                        {"bytesHashed", report.bytes_hashed},  {"partial", report.partial},
                        {"checks", std::move(checks)},         {"files", std::move(files)},
                        {"warnings", std::move(warnings)}};
  if (report.signer) members.emplace_back("signer", signer_json(*report.signer));
  if (report.trust) members.emplace_back("trust", trust_json(*report.trust));
  if (report.subject) members.emplace_back("subject", subject_json(*report.subject));
  if (report.policy) members.emplace_back("policy", policy_json(*report.policy));
  if (report.content) members.emplace_back("content", content_json(*report.content));
  if (report.judgement) members.emplace_back("provenance", judgement_json(*report.judgement));
  return write_json_indented(Json::object(std::move(members)));
}

}  // namespace weightmark
