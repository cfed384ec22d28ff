#include "trust/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "attest/oms.h"
#include "base/encoding.h"
#include "base/json_document.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "base/yaml.h"
#include "crypto/sha2.h"
#include "trust/policy_fields.h"
#include "trust/policy_signers.h"

namespace weightmark {
namespace {

using namespace policies;

constexpr std::string_view kSchema = "weightmark.policy.v1";
constexpr std::size_t kMaxPublishers = 1024;

// --- the whole

Result<PolicyPublisher> parse_publisher(std::string_view name, const JsonView& view, const PolicyFiles& files) {
  WM_CHECK(view.only({"models", "threshold", "signers", "trusted-root", "provenance"}));
  PolicyPublisher publisher{std::string(name), {}, 1, {}, {}, {}};
  WM_TRY(publisher.models, texts_at(view, "models"));
  WM_TRY(publisher.threshold, count_at(view, "threshold", 1, 1));
  WM_TRY(publisher.root, read_root(view, files));
  WM_TRY(publisher.signers, parse_signers(view, files));
  if (publisher.threshold > publisher.signers.size())
    return view.fail(fmt::format("demands {} of {}", publisher.threshold, plural(publisher.signers.size(), "signer")));
  WM_TRY(publisher.provenance, parse_provenance_policy(view, publisher.signers, files));
  return publisher;
}

Result<RevokedSigner> parse_revoked(const JsonView& view) {
  WM_CHECK(view.only({"key", "identity", "identity-pattern", "provider", "since"}));
  RevokedSigner revoked;
  WM_TRY(revoked.who, parse_named_signer(view));
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
  if ((kind == "sha256" || denied.manifest_v1) && is_sha256(denied.hex)) return denied;
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

// parse_content reads which kinds of content facts are forbidden; none is, unless it says so.
Result<std::set<ContentKind>> parse_content(const JsonView& root) {
  std::set<ContentKind> forbidden;
  const auto field = root.find("content");
  if (!field) return forbidden;
  WM_CHECK(field->only({"code", "disguised", "malformed", "escapes", "inflates", "unread"}));
  for (const ContentKind kind : kContentKinds) {
    WM_TRY(const bool is_forbidden, choice_at(*field, content_kind_name(kind), "forbidden", "allowed"));
    if (is_forbidden) forbidden.insert(kind);
  }
  return forbidden;
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

std::string sha256_of(std::string_view text) { return to_hex(sha2(Sha2::k256, as_bytes(text))); }

// policy_digest binds the files as well: whoever exchanges a key exchanges who is trusted.
std::string policy_digest(const std::string& own, const std::map<std::string, std::string>& files) {
  std::string lines = own + '\n';
  for (const auto& [name, digest] : files) {
    lines += digest + "  " + name;
    lines += '\0';
  }
  return sha256_of(lines);
}

}  // namespace

std::string_view DeniedDigest::algorithm() const { return manifest_v1 ? kManifestV1 : "sha256"; }

std::string DeniedDigest::text() const { return fmt::format("{}:{}", algorithm(), hex); }

std::string DeniedDigest::part_of(const Manifest& manifest) const {
  if (manifest_v1) return manifest.manifest_v1 && manifest.manifest_v1->hex() == hex ? manifest.name : "";
  if (manifest.root.hex() == hex) return manifest.name;
  auto is_denied = [&](const FileEntry& file) {
    return file.digest && file.digest->algorithm() == HashAlgorithm::kSha256 && file.digest->hex() == hex;
  };
  const auto found = std::ranges::find_if(manifest.files, is_denied);
  return found == manifest.files.end() ? "" : found->name;
}

Result<Policy> Policy::parse(std::string_view text, const PolicyFiles& read) {
  WM_TRY(const JsonDocument document, parse_document(text));
  std::map<std::string, std::string> digests;  // of the files by their names
  const PolicyFiles files = [&](const std::string& path) {
    auto found = read(path);
    if (found) digests[path] = sha256_of(*found);
    return found;
  };
  const JsonView root = document.root(ErrorCode::kPolicyMalformed);
  WM_CHECK(check_schema(root));
  WM_CHECK(root.only({"schema", "trusted-root", "trusted-root-max-age", "publishers", "revoked", "deny", "trees",
                      "uncovered-files", "unsigned", "content"}));
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
  WM_TRY(policy->forbidden_content, parse_content(root));
  policy->sha256 = sha256_of(text);
  policy->policy_v1 = policy_digest(policy->sha256, digests);
  return Policy(std::move(policy));
}

bool Policy::needs_trusted_root() const {
  auto lacks_root = [&](const PolicyPublisher& publisher) {
    const bool provenance = publisher.provenance && publisher.provenance->needs_root();
    return !publisher.root && (provenance || std::ranges::any_of(publisher.signers, &PolicySigner::needs_root));
  };
  return !impl_->root && std::ranges::any_of(impl_->publishers, lacks_root);
}

}  // namespace weightmark
