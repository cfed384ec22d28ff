#include "trust/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

#include "attest/oms.h"
#include "base/json_document.h"
#include "base/pattern.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "base/yaml.h"

namespace weightmark {
namespace {

constexpr std::string_view kSchema = "weightmark.policy.v1";
constexpr std::size_t kMaxSigners = 1024;  // of one publisher
constexpr std::size_t kMaxPublishers = 1024;
constexpr std::int64_t kMaxParties = 32;

// --- fields. A null is of the wrong type, not absent: what was meant is unclear.

Result<std::string> text_in(const JsonView& field) {
  WM_TRY(const std::string_view text, field.string());
  if (text.empty()) return field.fail("is empty");
  return std::string(text);
}

Result<std::string> text_at(const JsonView& parent, std::string_view key) {
  WM_TRY(const JsonView field, parent.member(key));
  return text_in(field);
}

Result<std::optional<std::string>> optional_text(const JsonView& parent, std::string_view key) {
  const auto field = parent.find(key);
  if (!field) return std::nullopt;
  return text_in(*field);
}

Result<std::vector<std::string>> texts_at(const JsonView& parent, std::string_view key) {
  WM_TRY(const JsonView field, parent.member(key));
  WM_TRY(const JsonItems items, field.array());
  if (items.empty()) return field.fail("is empty");
  std::vector<std::string> texts;
  for (const JsonView& item : items) {
    WM_TRY(std::string text, text_in(item));
    texts.push_back(std::move(text));
  }
  return texts;
}

Result<unsigned> count_at(const JsonView& parent, std::string_view key, unsigned absent, std::int64_t least) {
  const auto field = parent.find(key);
  if (!field) return absent;
  WM_TRY(const std::int64_t count, field->integer());
  if (count < least || count > kMaxParties) return field->fail(fmt::format("not from {} to {}", least, kMaxParties));
  return static_cast<unsigned>(count);
}

constexpr std::int64_t kMaxDays = 3650;

Result<std::optional<std::chrono::days>> days_at(const JsonView& parent, std::string_view key) {
  const auto field = parent.find(key);
  if (!field) return std::nullopt;
  WM_TRY(const std::int64_t days, field->integer());
  if (days < 0 || days > kMaxDays) return field->fail(fmt::format("not from 0 to {}", kMaxDays));
  return std::chrono::days(days);
}

// choice_at says whether the field is `yes`; absent, it is `no`.
Result<bool> choice_at(const JsonView& parent, std::string_view key, std::string_view yes, std::string_view no) {
  const auto field = parent.find(key);
  if (!field) return false;
  WM_TRY(const std::string_view text, field->string());
  if (text != yes && text != no) return field->fail(fmt::format("neither {} nor {}", yes, no));
  return text == yes;
}

bool is_hex_digest(const std::string& text) { return Digest::from_hex(HashAlgorithm::kSha256, text).has_value(); }

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

Result<std::optional<TrustedRoot>> read_root(const JsonView& parent, const PolicyFiles& files) {
  WM_TRY(const auto path, optional_text(parent, "trusted-root"));
  if (!path) return std::nullopt;
  return read_as(files, *path, &TrustedRoot::parse);
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

// kind_of refuses what names nobody, or is both a key and an identity.
Result<std::string_view> kind_of(const JsonView& view, std::initializer_list<std::string_view> kinds) {
  std::string_view kind;
  for (const std::string_view one : kinds) {
    if (!view.find(one)) continue;
    if (!kind.empty()) return view.fail(fmt::format("has both {} and {}", kind, one));
    kind = one;
  }
  if (kind.empty()) return view.fail(fmt::format("has none of {}", fmt::join(kinds, ", ")));
  return kind;
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

// --- the whole

template <class Item, class Parse>
Result<std::vector<Item>> parse_named(const JsonView& parent, std::string_view key, std::size_t limit, Parse parse) {
  WM_TRY(const JsonView field, parent.member(key));
  WM_TRY(const JsonMembers members, field.object());
  if (members.empty() || members.size() > limit) return field.fail(fmt::format("{} entries", members.size()));
  std::vector<Item> items;
  for (const auto& [name, view] : members) {
    if (name.empty()) return field.fail("has an entry without a name");
    WM_TRY(Item item, parse(name, view));
    items.push_back(std::move(item));
  }
  return items;
}

Result<PolicyPublisher> parse_publisher(std::string_view name, const JsonView& view, const PolicyFiles& files) {
  WM_CHECK(view.only({"models", "threshold", "signers", "trusted-root"}));
  PolicyPublisher publisher{std::string(name), {}, 1, {}, {}};
  WM_TRY(publisher.models, texts_at(view, "models"));
  WM_TRY(publisher.threshold, count_at(view, "threshold", 1, 1));
  WM_TRY(publisher.root, read_root(view, files));
  WM_TRY(publisher.signers, parse_named<PolicySigner>(view, "signers", kMaxSigners, [&](auto key, const auto& signer) {
           return parse_signer(key, signer, files);
         }));
  if (publisher.threshold > publisher.signers.size())
    return view.fail(fmt::format("demands {} of {}", publisher.threshold, plural(publisher.signers.size(), "signer")));
  return publisher;
}

Result<RevokedSigner> parse_revoked(const JsonView& view) {
  WM_CHECK(view.only({"key", "identity", "identity-pattern", "provider", "since"}));
  RevokedSigner revoked;
  WM_TRY(const auto kind, kind_of(view, {"key", "identity", "identity-pattern"}));
  if (kind != "key") {
    WM_TRY(revoked.who, parse_identity(view));
  } else {
    if (view.find("provider")) return view.fail("a key has no provider");
    WM_TRY(std::string fingerprint, text_at(view, "key"));
    if (!is_hex_digest(fingerprint)) return view.fail("the key is not a fingerprint as `weightmark inspect` prints it");
    revoked.who = std::move(fingerprint);
  }
  WM_TRY(const auto since, optional_text(view, "since"));
  if (!since) return revoked;
  revoked.since = parse_rfc3339(*since);
  if (!revoked.since) return view.fail("since is not a time by RFC 3339");
  return revoked;
}

Result<DeniedDigest> parse_denied(const JsonView& view) {
  WM_TRY(const std::string_view text, view.string());
  const std::size_t colon = text.find(':');
  const std::string_view kind = text.substr(0, colon);
  DeniedDigest denied{kind == kManifestV1, std::string(text.substr(colon == text.npos ? 0 : colon + 1))};
  if ((kind == "sha256" || denied.manifest_v1) && is_hex_digest(denied.hex)) return denied;
  return view.fail(fmt::format("not sha256:HEX or {}:HEX with 64 lower-case digits", kManifestV1));
}

template <class Item>
Result<std::vector<Item>> parse_list(const JsonView& root, std::string_view key,
                                     Result<Item> (*parse)(const JsonView&)) {
  std::vector<Item> items;
  const auto field = root.find(key);
  if (!field) return items;
  WM_TRY(const JsonItems views, field->array());
  for (const JsonView& view : views) {
    WM_TRY(Item item, parse(view));
    items.push_back(std::move(item));
  }
  return items;
}

// as_json reads JSON by its own rules; anything else is YAML.
Result<std::string> as_json(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && text[first] == '{') return std::string(text);
  WM_TRY(const Json json, parse_yaml(text, ErrorCode::kPolicySyntax));
  return write_json(json);
}

Result<JsonDocument> parse_document(std::string_view text) {
  if (text.size() > kMaxPolicy)
    return refuse(ErrorCode::kPolicyTooLarge, fmt::format("{}, over the limit", human_size(text.size())));
  WM_TRY(const std::string json, as_json(text));
  auto document = JsonDocument::parse(json);
  if (!document) document.error().code = ErrorCode::kPolicySyntax;
  return document;
}

Result<void> check_schema(const JsonView& root) {
  WM_TRY(const std::string schema, text_at(root, "schema"));
  if (schema == kSchema) return {};
  return refuse(ErrorCode::kPolicyMalformed, fmt::format("\"{}\" is not {}", excerpt(schema), kSchema), "schema",
                "it may be newer; try a newer Weightmark");
}

}  // namespace

std::string DeniedDigest::text() const { return fmt::format("{}:{}", manifest_v1 ? kManifestV1 : "sha256", hex); }

std::string DeniedDigest::part_of(const Manifest& manifest) const {
  if (manifest_v1) return manifest.manifest_v1 && manifest.manifest_v1->hex() == hex ? manifest.name : "";
  if (manifest.root.hex() == hex) return manifest.name;
  auto is_denied = [&](const FileEntry& file) {
    return file.digest && file.digest->algorithm() == HashAlgorithm::kSha256 && file.digest->hex() == hex;
  };
  const auto found = std::ranges::find_if(manifest.files, is_denied);
  return found == manifest.files.end() ? "" : found->name;
}

Result<Policy> Policy::parse(std::string_view text, const PolicyFiles& files) {
  WM_TRY(const JsonDocument document, parse_document(text));
  const JsonView root = document.root(ErrorCode::kPolicyMalformed);
  WM_CHECK(check_schema(root));
  WM_CHECK(root.only({"schema", "trusted-root", "trusted-root-max-age", "publishers", "revoked", "deny", "trees",
                      "uncovered-files", "unsigned"}));
  auto policy = std::make_shared<Impl>();
  WM_TRY(policy->root, read_root(root, files));
  WM_TRY(policy->root_max_age, days_at(root, "trusted-root-max-age"));
  WM_TRY(policy->publishers,
         parse_named<PolicyPublisher>(root, "publishers", kMaxPublishers,
                                      [&](auto name, const auto& view) { return parse_publisher(name, view, files); }));
  WM_TRY(policy->revoked, parse_list(root, "revoked", parse_revoked));
  WM_TRY(policy->denied, parse_list(root, "deny", parse_denied));
  WM_TRY(policy->trees_required, choice_at(root, "trees", "required", "optional"));
  WM_TRY(policy->uncovered_forbidden, choice_at(root, "uncovered-files", "forbidden", "allowed"));
  WM_TRY(policy->unsigned_allowed, choice_at(root, "unsigned", "allowed", "refused"));
  return Policy(std::move(policy));
}

bool Policy::needs_trusted_root() const {
  auto lacks_root = [&](const PolicyPublisher& publisher) {
    return !publisher.root && std::ranges::any_of(publisher.signers, &PolicySigner::needs_root);
  };
  return !impl_->root && std::ranges::any_of(impl_->publishers, lacks_root);
}

}  // namespace weightmark
