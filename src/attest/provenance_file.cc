#include "attest/provenance_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"

namespace weightmark {
namespace {

constexpr std::size_t kMaxSignatures = 32;  // of one envelope

Result<std::string> optional_text(const JsonView& parent, std::string_view key) {
  if (!parent.has(key)) return std::string();
  WM_TRY(const JsonView field, parent.member(key));
  WM_TRY(const std::string_view text, field.string());
  return std::string(text);
}

// without_padding also takes what lacks none, and then is the other alphabet's one spelling.
std::string_view without_padding(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  return text;
}

Result<Bytes> base64_field(const JsonView& parent, std::string_view key, bool url) {
  WM_TRY(const JsonView field, parent.member(key));
  WM_TRY(const std::string_view text, field.string());
  if (auto bytes = from_base64(text)) return *std::move(bytes);
  if (url)
    if (auto bytes = from_base64url(without_padding(text))) return *std::move(bytes);
  return refuse(ErrorCode::kBundleBase64, "not standard base64", field.path());
}

// The generators for GitHub put the signer's certificate beside the signature.
Result<void> parse_material(const JsonView& signature, ProvenanceEnvelope& envelope) {
  WM_TRY(envelope.key_id, optional_text(signature, "keyid"));
  WM_TRY(const std::string pem, optional_text(signature, "cert"));
  if (pem.empty()) {
    envelope.bundle.material = PublicKeyMaterial{};
    return {};
  }
  WM_TRY(std::vector<Certificate> chain, Certificate::list_from_pem(pem));
  if (chain.size() > kMaxCertificates)
    return refuse(ErrorCode::kBundleChainTooLong, fmt::format("{} certificates", chain.size()), "cert");
  envelope.bundle.material = CertificateMaterial{std::move(chain), true};
  return {};
}

Result<std::vector<ProvenanceEnvelope>> parse_document(std::string_view json) {
  WM_TRY(const JsonDocument document, JsonDocument::parse(json));
  const JsonView root = document.root(ErrorCode::kBundleMalformed);
  WM_CHECK(root.object());
  if (root.find("provenance_summary")) return parse_google_envelopes(root);
  if (root.find("payloadType")) return parse_bare_envelope(root);
  WM_TRY(Bundle bundle, parse_bundle(json));
  std::vector<ProvenanceEnvelope> one;
  one.push_back({ProvenanceEnvelope::Form::kBundle, std::move(bundle), {}});
  return one;
}

// is_one_document goes by the first line: what ends there is one of several.
bool is_one_document(std::string_view text) {
  const std::size_t end = text.find('\n');
  return end == std::string_view::npos || trimmed(text.substr(end)).empty() ||
         !JsonDocument::parse(text.substr(0, end)).has_value();
}

Result<std::vector<ProvenanceEnvelope>> parse_lines(std::string_view text) {
  std::vector<ProvenanceEnvelope> all;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = trimmed(text.substr(begin, end - begin));
    begin = end + 1;
    if (line.empty()) continue;
    WM_TRY(auto found, parse_document(line));
    if (all.size() + found.size() > kMaxEnvelopes)
      return refuse(ErrorCode::kBundleMalformed, fmt::format("has more than {} envelopes", kMaxEnvelopes), {});
    std::ranges::move(found, std::back_inserter(all));
  }
  return all;
}

}  // namespace

Result<std::vector<ProvenanceEnvelope>> parse_bare_envelope(const JsonView& root, bool url) {
  ProvenanceEnvelope envelope;
  envelope.form = ProvenanceEnvelope::Form::kBare;
  Envelope& dsse = envelope.bundle.envelope;
  WM_TRY(const JsonView type, root.member("payloadType"));
  WM_TRY(dsse.payload_type, type.string());
  WM_TRY(dsse.payload, base64_field(root, "payload", url));
  WM_TRY(const JsonView list, root.member("signatures"));
  WM_TRY(const JsonItems signatures, list.array());
  if (signatures.empty()) return refuse(ErrorCode::kBundleNoSignature, "the envelope has no signature", list.path());
  if (signatures.size() > kMaxSignatures)
    return refuse(ErrorCode::kBundleSeveralSignatures, fmt::format("has {} signatures", signatures.size()),
                  list.path());
  std::vector<ProvenanceEnvelope> all;
  for (const JsonView& signature : signatures) {
    // One that is not even base64 is no signature; the others may be.
    auto bytes = base64_field(signature, "sig", url);
    if (!bytes && signatures.size() == 1) return std::unexpected(std::move(bytes).error());
    if (!bytes) continue;
    ProvenanceEnvelope one = envelope;
    one.bundle.envelope.signature = *std::move(bytes);
    WM_CHECK(parse_material(signature, one));
    all.push_back(std::move(one));
  }
  return all;
}

Result<std::vector<ProvenanceEnvelope>> parse_provenance_file(std::string_view text) {
  if (text.size() > kMaxBundleSize)
    return refuse(ErrorCode::kBundleTooLarge,
                  fmt::format("{}, over the limit of {}", human_size(text.size()), human_size(kMaxBundleSize)), {});
  if (trimmed(text).empty()) return refuse(ErrorCode::kBundleEmpty, "the file is empty", {});
  return is_one_document(text) ? parse_document(text) : parse_lines(text);
}

}  // namespace weightmark
