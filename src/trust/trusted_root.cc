#include "trust/trusted_root.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/encoding.h"
#include "base/json_document.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"

namespace weightmark {
namespace {

constexpr std::size_t kMaxInstances = 256;  // of one kind
constexpr std::size_t kMaxChain = 16;

constexpr auto kMediaTypes = std::to_array<std::string_view>({
    "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    "application/vnd.dev.sigstore.trustedroot.v0.1+json",
    "application/vnd.dev.sigstore.trustedroot.v0.2+json",
});

std::string_view host_and_port_of(std::string_view url) {
  if (const std::size_t scheme = url.find("://"); scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  return url.substr(0, url.find('/'));
}

std::string_view host_of(std::string_view url) {
  url = host_and_port_of(url);
  if (url.starts_with('[')) return url.substr(1, url.find(']') - 1);  // an address of IPv6 has colons itself
  return url.substr(0, url.find(':'));
}

Result<Bytes> base64_field(const JsonView& parent, std::string_view key) {
  WM_TRY(JsonView field, parent.member(key));
  WM_TRY(std::string_view text, field.string());
  auto bytes = from_base64(text);
  if (!bytes) return field.fail("not standard base64");
  return *std::move(bytes);
}

Result<LogInstance> parse_log(const JsonView& view) {
  WM_TRY(std::string base_url, optional_text(view, "baseUrl"));
  WM_TRY(std::string owner, optional_text(view, "operator"));
  WM_TRY(JsonView id, view.member("logId"));
  WM_TRY(Bytes key_id, base64_field(id, "keyId"));
  WM_TRY(JsonView key, view.member("publicKey"));
  WM_TRY(Bytes raw, base64_field(key, "rawBytes"));
  WM_TRY(std::string details, optional_text(key, "keyDetails"));
  WM_TRY(Window window, parse_window(key));
  if (!window.start) return key.fail("no start of its validity");
  owner = owner_of(owner, base_url);
  return LogInstance{std::move(base_url), std::move(owner), std::move(key_id), key_by_details(raw, details), window};
}

Result<std::vector<Certificate>> parse_chain(const JsonView& view) {
  WM_TRY(JsonView chain, view.member("certChain"));
  WM_TRY(JsonView field, chain.member("certificates"));
  WM_TRY(JsonItems items, field.array());
  if (items.empty() || items.size() > kMaxChain) return field.fail(fmt::format("{} certificates", items.size()));
  std::vector<Certificate> certificates;
  for (const JsonView& item : items) {
    WM_TRY(Bytes der, base64_field(item, "rawBytes"));
    WM_TRY(Certificate certificate, Certificate::from_der(der));
    certificates.push_back(std::move(certificate));
  }
  return certificates;
}

Result<AuthorityInstance> parse_authority(const JsonView& view) {
  AuthorityInstance authority;
  WM_TRY(authority.uri, optional_text(view, "uri"));
  WM_TRY(authority.owner, optional_text(view, "operator"));
  authority.owner = owner_of(authority.owner, authority.uri);
  WM_TRY(authority.chain, parse_chain(view));
  WM_TRY(authority.window, parse_window(view));
  return authority;
}

template <class Instance>
Result<std::vector<Instance>> parse_list(const JsonView& root, std::string_view key,
                                         Result<Instance> (*parse)(const JsonView&)) {
  std::vector<Instance> instances;
  if (!root.has(key)) return instances;
  WM_TRY(JsonView field, root.member(key));
  WM_TRY(JsonItems items, field.array());
  if (items.size() > kMaxInstances) return field.fail(fmt::format("{} entries", items.size()));
  for (const JsonView& item : items) {
    WM_TRY(Instance instance, parse(item));
    instances.push_back(std::move(instance));
  }
  return instances;
}

Result<void> check_media_type(const JsonView& root) {
  WM_TRY(JsonView field, root.member("mediaType"));
  WM_TRY(std::string_view type, field.string());
  if (std::ranges::find(kMediaTypes, type) != kMediaTypes.end()) return {};
  return refuse(ErrorCode::kTrustedRootMediaType, fmt::format("\"{}\" is not a known trusted root", excerpt(type)),
                "mediaType", "it may be newer; try a newer Weightmark");
}

}  // namespace

std::string_view LogInstance::name() const { return host_of(base_url); }

std::string_view LogInstance::host_and_port() const { return host_and_port_of(base_url); }

std::string owner_of(std::string_view named, std::string_view url) {
  return std::string(named.empty() ? host_of(url) : named);
}

TrustedRoot TrustedRoot::with_origin(TrustedRootOrigin origin) const {
  TrustedRoot root = *this;
  root.origin_ = std::move(origin);
  return root;
}

Result<TrustedRoot> TrustedRoot::parse(std::string_view json) {
  if (json.size() > kMaxTrustedRoot)
    return refuse(ErrorCode::kTrustedRootTooLarge, fmt::format("{}, over the limit", human_size(json.size())));
  WM_TRY(JsonDocument document, JsonDocument::parse(json));
  const JsonView root = document.root(ErrorCode::kTrustedRootMalformed);
  WM_CHECK(check_media_type(root));
  auto trusted = std::make_shared<Impl>();
  WM_TRY(trusted->logs, parse_list(root, "tlogs", parse_log));
  WM_TRY(trusted->certificate_logs, parse_list(root, "ctlogs", parse_log));
  WM_TRY(trusted->certificate_authorities, parse_list(root, "certificateAuthorities", parse_authority));
  WM_TRY(trusted->timestamp_authorities, parse_list(root, "timestampAuthorities", parse_authority));
  return TrustedRoot(std::move(trusted));
}

}  // namespace weightmark
