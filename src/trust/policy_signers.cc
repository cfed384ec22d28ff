#include "trust/policy_signers.h"

#include <algorithm>
#include <iterator>

#include "base/pattern.h"
#include "trust/policy_fields.h"

namespace weightmark::policies {
namespace {

constexpr std::size_t kMaxSigners = 1024;  // of one publisher

// --- what files hold

template <class T, class... Arguments>
Result<T> read_as(const PolicyFiles& files, const std::string& path, Result<T> (*parse)(Arguments...)) {
  WM_TRY(const std::string text, files(path));
  auto parsed = parse(text);
  if (!parsed) {
    std::string& subject = parsed.error().subject;
    subject = subject.empty() ? path : fmt::format("{}: {}", path, subject);
  }
  return parsed;
}

Result<std::vector<Certificate>> read_authorities(const JsonView& view, const PolicyFiles& files) {
  WM_TRY(const std::vector<std::string> paths, texts_at(view, "certificate-authorities"));
  std::vector<Certificate> roots;
  for (const std::string& path : paths) {
    WM_TRY(std::vector<Certificate> found, read_as(files, path, &Certificate::list_from_pem));
    std::ranges::move(found, std::back_inserter(roots));
  }
  return roots;
}

// --- who

std::string as_pattern(std::string_view text) {
  std::string pattern;
  for (const char c : text) {
    if (std::string_view("\\^$.[]|()*+?{}").find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

Result<ExpectedIdentity> parse_identity(const JsonView& view) {
  WM_TRY(std::string provider, text_at(view, "provider"));
  if (!view.find("identity-pattern")) {
    WM_TRY(std::string identity, text_at(view, "identity"));
    return ExpectedIdentity{std::move(identity), std::move(provider), false};
  }
  WM_TRY(std::string pattern, text_at(view, "identity-pattern"));
  WM_CHECK(Pattern::parse(pattern));
  return ExpectedIdentity{std::move(pattern), as_pattern(provider), true};
}

Result<std::vector<Claim>> parse_claims(const JsonView& signer) {
  std::vector<Claim> claims;
  const auto field = signer.find("claims");
  if (!field) return claims;
  WM_TRY(const JsonMembers members, field->object());
  for (const auto& [name, value] : members) {
    WM_TRY(std::string text, text_in(value));
    claims.push_back({std::string(name), std::move(text)});
  }
  return claims;
}

Result<void> parse_key(const JsonView& view, const PolicyFiles& files, PolicySigner& signer) {
  WM_CHECK(view.only({"key", "logs", "timestamps"}));
  WM_TRY(const std::string path, text_at(view, "key"));
  WM_TRY(signer.who, read_as(files, path, &PublicKey::from_pem));
  return {};
}

Result<void> parse_authority(const JsonView& view, const PolicyFiles& files, PolicySigner& signer) {
  WM_CHECK(view.only({"certificate-authorities", "subject"}));
  PolicyAuthority authority;
  WM_TRY(authority.roots, read_authorities(view, files));
  WM_TRY(authority.subject, optional_text(view, "subject"));
  signer.who = std::move(authority);
  return {};
}

// A private Sigstore may have no logs; a certificate without a time says nothing.
Result<void> parse_keyless(const JsonView& view, PolicySigner& signer) {
  WM_CHECK(view.only({"identity", "identity-pattern", "provider", "claims", "logs", "timestamps", "certificate-logs"}));
  WM_TRY(signer.who, parse_identity(view));
  WM_TRY(signer.claims, parse_claims(view));
  WM_TRY(signer.logs, count_at(view, "logs", 1, 0));
  WM_TRY(signer.times, count_at(view, "timestamps", 1, 1));
  WM_TRY(signer.scts, count_at(view, "certificate-logs", 1, 0));
  return {};
}

Result<PolicySigner> parse_signer(std::string_view name, const JsonView& view, const PolicyFiles& files) {
  WM_CHECK(view.object());
  PolicySigner signer{std::string(name), ExpectedIdentity{}, {}};
  WM_TRY(const auto kind, kind_of(view, {"key", "certificate-authorities", "identity", "identity-pattern"}));
  if (kind == "certificate-authorities") {
    WM_CHECK(parse_authority(view, files, signer));
  } else if (kind == "key") {
    WM_CHECK(parse_key(view, files, signer));
    WM_TRY(signer.logs, count_at(view, "logs", 0, 0));
    WM_TRY(signer.times, count_at(view, "timestamps", 0, 0));
  } else {
    WM_CHECK(parse_keyless(view, signer));
  }
  return signer;
}

}  // namespace

Result<NamedSigner> parse_named_signer(const JsonView& view) {
  WM_TRY(const auto kind, kind_of(view, {"key", "identity", "identity-pattern"}));
  if (kind != "key") {
    WM_TRY(ExpectedIdentity identity, parse_identity(view));
    return identity;
  }
  if (view.find("provider")) return view.fail("a key has no provider");
  WM_TRY(std::string fingerprint, text_at(view, "key"));
  if (!is_sha256(fingerprint)) return view.fail("the key is not a fingerprint as `weightmark inspect` prints it");
  return fingerprint;
}

Result<std::optional<TrustedRoot>> read_root(const JsonView& parent, const PolicyFiles& files) {
  WM_TRY(const auto path, optional_text(parent, "trusted-root"));
  if (!path) return std::nullopt;
  return read_as(files, *path, &TrustedRoot::parse);
}

Result<std::vector<PolicySigner>> parse_signers(const JsonView& parent, const PolicyFiles& files) {
  return parse_named<PolicySigner>(parent, "signers", kMaxSigners,
                                   [&](auto name, const auto& view) { return parse_signer(name, view, files); });
}

}  // namespace weightmark::policies
