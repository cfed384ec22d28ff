#include "verify/sigstore.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/encoding.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "crypto/chain.h"
#include "crypto/identity.h"
#include "crypto/key_details.h"
#include "crypto/sct.h"
#include "crypto/sha2.h"
#include "crypto/timestamp.h"

namespace weightmark {
namespace {

// FirstError keeps why the first of several candidates did not count: what is said when
// too few are left.
class FirstError {
 public:
  void keep(Error error) {
    if (!error_) error_ = std::move(error);
  }
  std::unexpected<Error> or_else(Error error) && {
    return std::unexpected(error_ ? *std::move(error_) : std::move(error));
  }

 private:
  std::optional<Error> error_;
};

Time whole_seconds(Instant time) { return std::chrono::floor<std::chrono::seconds>(time); }

void passed(std::vector<Check>& checks, std::string id, std::string detail) {
  checks.push_back({std::move(id), Outcome::kPassed, std::move(detail), std::nullopt});
}

template <class T>
Result<T> recorded(Result<T> result, std::string id, std::vector<Check>& checks) {
  if (!result) checks.push_back({std::move(id), Outcome::kFailed, describe(result.error()), result.error()});
  return result;
}

// --- timestamps (RFC 3161)

Result<void> check_twice(const std::vector<Bytes>& tokens) {
  const std::set<Bytes> distinct(tokens.begin(), tokens.end());
  if (distinct.size() == tokens.size()) return {};
  return refuse(ErrorCode::kTimestampTwice, "the same timestamp is there twice", "rfc3161Timestamps");
}

// verify_token asks each authority whether it made the token: its own window counts,
// not that of another one.
Result<AttestedTime> verify_token(const Bytes& token, const Bytes& signature, const TrustedRoot::Impl& root) {
  FirstError first;
  for (const AuthorityInstance& authority : root.timestamp_authorities) {
    auto verified = verify_timestamp(token, signature, authority.chain);
    if (!verified) {
      first.keep(std::move(verified).error());
      continue;
    }
    if (authority.window.contains(*verified)) return AttestedTime{*verified, authority.uri, authority.owner};
    first.keep({ErrorCode::kTimestampWindow,
                fmt::format("{} was not trusted at the time that it attests", authority.uri),
                "rfc3161Timestamps",
                {}});
  }
  return std::move(first).or_else(
      {ErrorCode::kTimestampUntrusted, "the trusted root has no timestamp authority", "rfc3161Timestamps", {}});
}

template <class Item>
std::size_t count_owners(const std::vector<Item>& items, auto owner_of) {
  std::set<std::string> owners;
  for (const Item& item : items) owners.insert(owner_of(item));
  return owners.size();
}

// --- the certificate

// Only the trusted root brings anchors; a root in the bundle is there to mislead.
Result<void> check_no_root(const CertificateMaterial& material) {
  for (const Certificate& certificate : material.chain)
    if (certificate.subject() == certificate.issuer() && !certificate.subject().empty())
      return refuse(ErrorCode::kBundleRootCertificate, "the bundle brings a root certificate", certificate.subject());
  return {};
}

Result<std::vector<Certificate>> chain_under(const AuthorityInstance& authority, const CertificateMaterial& material,
                                             const std::vector<AttestedTime>& times) {
  const std::vector<Certificate> candidates(material.chain.begin() + 1, material.chain.end());
  std::vector<Certificate> chain;
  for (const AttestedTime& attested : times) {
    WM_TRY(chain,
           verify_fulcio_chain(material.chain.front(), candidates, authority.chain, whole_seconds(attested.time)));
    if (!authority.window.contains(attested.time))
      return refuse(ErrorCode::kAuthorityWindow, fmt::format("{} was not trusted at that time", authority.uri), {});
  }
  return chain;
}

Result<void> verify_logged(const Sct& sct, const std::vector<Certificate>& chain, const LogInstance& log) {
  if (!log.key) return refuse(ErrorCode::kLogKeyUnsupported, log.key.error().what, log.base_url);
  WM_CHECK(verify_sct(sct, chain.front(), chain.at(1), *log.key));
  if (log.window.contains(time_of(sct))) return {};
  return refuse(ErrorCode::kSctWindow, fmt::format("{} was not trusted when it logged the certificate", log.base_url));
}

std::string describe_identity(const CertificateIdentity& identity) {
  std::string text;
  for (const SubjectName& name : identity.names) text += (text.empty() ? "" : ", ") + name.value;
  return fmt::format("{}, confirmed by {}", text, identity.issuer);
}

// --- the signature

Result<void> verify_content(const Bundle& bundle, const SignedContent& content, const PublicKey& key) {
  // Other clients hash with SHA-256 whatever the curve.
  const SignatureScheme scheme = default_scheme(key.type());
  const bool ec = key.type() != KeyType::kRsa && key.type() != KeyType::kEd25519;
  const SignatureScheme other = ec ? SignatureScheme::kEcdsaSha256 : SignatureScheme::kEd25519;
  if (!content.bytes) return verify_digest(key, content.sha256, bundle.signature(), ec ? other : scheme);
  if (key.verify(*content.bytes, bundle.signature(), other)) return {};
  return key.verify(*content.bytes, bundle.signature(), scheme);
}

// A hint that is wrong is refused all the same: somebody else may go by it.
Result<void> check_hint(const Bundle& bundle, const SignedContent& content) {
  if (!bundle.message || bundle.message->digest.empty()) return {};
  const auto algorithm = find_sha2(bundle.message->digest_algorithm);
  if (algorithm && content.has_digest(*algorithm, bundle.message->digest)) return {};
  return refuse(ErrorCode::kMessageDigestMismatch, "the bundle's digest is not that of the message", "messageDigest");
}

}  // namespace

Result<std::vector<LogEvidence>> verify_logs(const Bundle& bundle, const RekorVerifier& signer,
                                             const SignedContent& content, const SigstoreTrust& trust) {
  FirstError first;
  std::vector<LogEvidence> found;
  for (std::size_t i = 0; i < bundle.log_entries.size(); ++i) {
    const LogEntry& entry = bundle.log_entries[i];
    if (std::find(bundle.log_entries.begin(), bundle.log_entries.begin() + static_cast<std::ptrdiff_t>(i), entry) !=
        bundle.log_entries.begin() + static_cast<std::ptrdiff_t>(i))
      return refuse(ErrorCode::kLogEntryTwice, "the same entry is there twice", "tlogEntries");
    auto evidence = verify_log_entry(entry, bundle, signer, content, trust.root.impl().logs);
    if (evidence)
      found.push_back(*evidence);
    else
      first.keep(std::move(evidence).error());
  }
  if (count_owners(found, [](const LogEvidence& one) { return one.log->owner; }) >= trust.logs) return found;
  return std::move(first).or_else({ErrorCode::kLogMissing,
                                   fmt::format("in {} of {} transparency logs", found.size(), trust.logs),
                                   "tlogEntries", "the signature was made without a log"});
}

Result<std::vector<AttestedTime>> verify_times(const Bundle& bundle, const std::vector<LogEvidence>& logs,
                                               const SigstoreTrust& trust) {
  WM_CHECK(check_twice(bundle.timestamps));
  FirstError first;
  std::vector<AttestedTime> times;
  for (const Bytes& token : bundle.timestamps) {
    auto time = verify_token(token, bundle.signature(), trust.root.impl());
    if (time)
      times.push_back(*std::move(time));
    else
      first.keep(std::move(time).error());
  }
  for (const LogEvidence& log : logs)
    if (log.time) times.push_back({*log.time, log.log->base_url, log.log->owner});
  if (count_owners(times, [](const AttestedTime& one) { return one.owner; }) >= trust.times && !times.empty())
    return times;
  return std::move(first).or_else({ErrorCode::kTimeMissing,
                                   "nobody attests when this was signed",
                                   {},
                                   "a certificate is valid for minutes: without a time it says nothing"});
}

Result<std::vector<Certificate>> verify_authority(const CertificateMaterial& material,
                                                  const std::vector<AttestedTime>& times, const SigstoreTrust& trust) {
  WM_CHECK(check_no_root(material));
  FirstError first;
  for (const AuthorityInstance& authority : trust.root.impl().certificate_authorities) {
    auto chain = chain_under(authority, material, times);
    if (chain) return chain;
    first.keep(std::move(chain).error());
  }
  return std::move(first).or_else(
      {ErrorCode::kCertificateUntrusted, "the trusted root has no certificate authority", {}, {}});
}

Result<void> verify_scts(const std::vector<Certificate>& chain, const SigstoreTrust& trust) {
  if (trust.scts == 0) return {};
  WM_TRY(std::vector<Sct> scts, embedded_scts(chain.front()));
  FirstError first;
  std::set<std::string> owners;
  for (const Sct& sct : scts) {
    for (const LogInstance& log : trust.root.impl().certificate_logs) {
      if (!std::ranges::equal(log.id, sct.log_id)) continue;
      auto status = verify_logged(sct, chain, log);
      if (status)
        owners.insert(log.owner);
      else
        first.keep(std::move(status).error());
    }
  }
  if (owners.size() >= trust.scts) return {};
  return std::move(first).or_else({ErrorCode::kSctMissing,
                                   fmt::format("in {} of {} certificate transparency logs", owners.size(), trust.scts),
                                   "certificate",
                                   {}});
}

Result<std::vector<LogEvidence>> verify_logged_key(const Bundle& bundle, const SignedContent& content,
                                                   const PublicKey& key, const TrustedRoot& root) {
  if (!std::holds_alternative<PublicKeyMaterial>(bundle.material))
    return refuse(ErrorCode::kMethodMismatch, "signed with a certificate, not with a key");
  WM_CHECK(check_hint(bundle, content));
  WM_CHECK(verify_content(bundle, content, key));
  return verify_logs(bundle, {false, key.spki()}, content, {root, {}});
}

Result<KeylessSignature> verify_keyless(const Bundle& bundle, const SignedContent& content, const SigstoreTrust& trust,
                                        std::vector<Check>& checks) {
  const auto* material = std::get_if<CertificateMaterial>(&bundle.material);
  if (material == nullptr)
    return recorded<KeylessSignature>(refuse(ErrorCode::kMethodMismatch, "signed with a key, not with an identity", {},
                                             "use `weightmark verify key`"),
                                      "signature", checks);
  KeylessSignature found;
  const Certificate& leaf = material->chain.front();
  WM_TRY(found.logs, recorded(verify_logs(bundle, {true, leaf.der()}, content, trust), "log", checks));
  WM_TRY(found.times, recorded(verify_times(bundle, found.logs, trust), "time", checks));
  std::vector<Instant> times;
  times.reserve(found.times.size());
  for (const AttestedTime& time : found.times) times.push_back(time.time);
  for (const LogEvidence& log : found.logs) WM_CHECK(recorded(check_log_window(log, times), "log", checks));
  for (const LogEvidence& log : found.logs)
    passed(checks, "log", fmt::format("{}, index {}", log.log->base_url, log.index));
  for (const AttestedTime& time : found.times)
    passed(checks, "time", fmt::format("{:%Y-%m-%dT%H:%M:%SZ} by {}", whole_seconds(time.time), time.by));
  WM_TRY(found.chain, recorded(verify_authority(*material, found.times, trust), "certificate", checks));
  passed(checks, "certificate", fmt::format("issued by {}", found.chain.back().subject()));
  WM_CHECK(recorded(verify_scts(found.chain, trust), "certificate-log", checks));
  passed(checks, "certificate-log", "the certificate was logged");
  WM_TRY(found.identity, recorded(read_identity(leaf), "identity", checks));
  WM_CHECK(recorded(verify_identity(found.identity, trust.identities), "identity", checks));
  passed(checks, "identity", describe_identity(found.identity));
  WM_TRY(PublicKey key, recorded(leaf.public_key(), "signature", checks));
  WM_CHECK(recorded(check_hint(bundle, content), "signature", checks));
  WM_CHECK(recorded(verify_content(bundle, content, key), "signature", checks));
  return found;
}

}  // namespace weightmark
