#include "cli/inspect_signer.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <utility>

#include "base/text.h"
#include "cli/output.h"
#include "crypto/identity.h"
#include "verify/signer_json.h"

namespace weightmark::cli {
namespace {

std::string describe_key(const PublicKeyMaterial& key) {
  if (key.hint.empty()) return inspect_line("claims to be", "signed with a key that it does not name");
  return inspect_line("claims to be", "signed with the key with the fingerprint " + printable(key.hint));
}

std::string join_names(const CertificateIdentity& identity) {
  std::string text;
  for (const SubjectName& name : identity.names) text += (text.empty() ? "" : ", ") + printable(name.value);
  return text;
}

// Of a certificate without a subject the names are all there is.
std::string describe_identity(const CertificateIdentity& identity) {
  std::string text = inspect_line("claims to be", "signed by " + join_names(identity));
  text += inspect_line("", "confirmed by " + printable(identity.issuer));
  for (const Claim& claim : identity.claims)
    text += inspect_line("", fmt::format("{} {}", claim.name, printable(claim.value)));
  return text;
}

std::string describe_issue(const Certificate& certificate) {
  return inspect_line("", fmt::format("issued by {}, valid {:%Y-%m-%d} to {:%Y-%m-%d}", printable(certificate.issuer()),
                                      certificate.not_before(), certificate.not_after())) +
         inspect_line("", "sha256 " + certificate.fingerprint());
}

std::string describe_leaf(const Certificate& leaf) {
  if (const auto identity = read_identity(leaf)) return describe_identity(*identity);
  return inspect_line("claims to be", "signed by " + printable(leaf.subject()));
}

std::string describe_chain(const std::vector<Certificate>& chain) {
  std::string text = describe_leaf(chain.front()) + describe_issue(chain.front());
  for (std::size_t i = 1; i < chain.size(); ++i)
    text += inspect_line("under", printable(chain[i].subject())) + describe_issue(chain[i]);
  return text;
}

// Rekor v2 keeps no time. What an entry says may be beyond all calendars.
std::string describe_time(std::int64_t seconds) {
  constexpr std::int64_t kLast = 253'402'300'799;  // 9999-12-31T23:59:59Z
  if (seconds <= 0 || seconds > kLast) return {};
  return fmt::format(", taken {:%Y-%m-%d %H:%M:%S} UTC", Time(std::chrono::seconds(seconds)));
}

Json chain_json(const std::vector<Certificate>& chain) {
  JsonArray list;
  for (const Certificate& certificate : chain)
    list.push_back(Json::object({{"subject", json_text(certificate.subject())},
                                 {"issuer", json_text(certificate.issuer())},
                                 {"sha256", certificate.fingerprint()}}));
  return list;
}

}  // namespace

std::string inspect_line(std::string_view label, std::string_view text) {
  return fmt::format("  {:<14} {}\n", label, text);
}

std::string describe_material(const Bundle& bundle) {
  if (const auto* key = std::get_if<PublicKeyMaterial>(&bundle.material)) return describe_key(*key);
  return describe_chain(std::get<CertificateMaterial>(bundle.material).chain);
}

std::string describe_records(const Bundle& bundle) {
  std::string text = inspect_line("log entries", fmt::format("{}", bundle.log_entries.size()));
  for (const LogEntry& entry : bundle.log_entries)
    text += inspect_line("", fmt::format("{} {}, index {}{}", printable(entry.kind), printable(entry.version),
                                         entry.index, describe_time(entry.integrated_time)));
  return text + inspect_line("timestamps", fmt::format("{}", bundle.timestamps.size()));
}

void add_signer_json(const Bundle& bundle, JsonObject& members) {
  const auto* key = std::get_if<PublicKeyMaterial>(&bundle.material);
  members.emplace_back("keyFingerprint", key != nullptr ? key->hint : "");
  const auto* certificates = std::get_if<CertificateMaterial>(&bundle.material);
  members.emplace_back("chain", certificates != nullptr ? chain_json(certificates->chain) : JsonArray{});
  if (certificates == nullptr) return;
  if (auto identity = read_identity(certificates->chain.front()))
    members.emplace_back("identity", identity_json(*identity));
}

}  // namespace weightmark::cli
