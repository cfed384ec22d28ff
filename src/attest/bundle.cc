#include "attest/bundle.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "attest/log_entry_json.h"
#include "base/encoding.h"
#include "base/json.h"
#include "base/json_document.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"

namespace weightmark {
namespace {

// Version 0.3 has two spellings (sigstore_bundle.proto, media_type).
constexpr auto kMediaTypes = std::to_array<std::string_view>({
    kBundleMediaType,
    "application/vnd.dev.sigstore.bundle+json;version=0.3",
    "application/vnd.dev.sigstore.bundle+json;version=0.2",
    "application/vnd.dev.sigstore.bundle+json;version=0.1",
});

Result<Bytes> base64_field(const JsonView& parent, std::string_view key) {
  WM_TRY(JsonView field, parent.member(key));
  WM_TRY(std::string_view text, field.string());
  auto bytes = from_base64(text);
  if (!bytes) return refuse(ErrorCode::kBundleBase64, "not standard base64", field.path());
  return *std::move(bytes);
}

Result<std::string> check_media_type(const JsonView& root) {
  WM_TRY(JsonView field, root.member("mediaType"));
  WM_TRY(std::string_view media_type, field.string());
  if (std::ranges::find(kMediaTypes, media_type) == kMediaTypes.end())
    return refuse(ErrorCode::kBundleMediaType,
                  fmt::format("\"{}\" is not a known Sigstore bundle", excerpt(media_type)), "mediaType",
                  "the bundle may come from a newer client; try a newer Weightmark");
  return std::string(media_type);
}

Result<PublicKeyMaterial> parse_public_key(const JsonView& key) {
  WM_CHECK(key.object());
  PublicKeyMaterial material;
  if (key.has("hint")) {
    WM_TRY(JsonView hint, key.member("hint"));
    WM_TRY(material.hint, hint.string());
  }
  if (key.has("rawBytes")) {
    WM_TRY(Bytes raw, base64_field(key, "rawBytes"));
    material.embedded_pem = as_text(raw);
  }
  return material;
}

Result<Certificate> parse_certificate(const JsonView& holder) {
  WM_TRY(Bytes der, base64_field(holder, "rawBytes"));
  auto certificate = Certificate::from_der(der);
  if (!certificate) certificate.error().subject = holder.path();
  return certificate;
}

Result<CertificateMaterial> parse_chain(const JsonView& chain) {
  WM_TRY(JsonView field, chain.member("certificates"));
  WM_TRY(JsonItems items, field.array());
  if (items.empty()) return refuse(ErrorCode::kBundleNoMaterial, "no certificates", field.path());
  if (items.size() > kMaxCertificates)
    return refuse(ErrorCode::kBundleChainTooLong, fmt::format("{} certificates", items.size()), field.path());
  CertificateMaterial material;
  for (const JsonView& item : items) {
    WM_TRY(Certificate certificate, parse_certificate(item));
    material.chain.push_back(std::move(certificate));
  }
  return material;
}

Result<void> parse_content(const JsonView& field, Bundle& bundle) {
  bool key = field.has("publicKey");
  bool chain = field.has("x509CertificateChain");
  bool single = field.has("certificate");
  int kinds = int{key} + int{chain} + int{single};
  if (kinds == 0) return refuse(ErrorCode::kBundleNoMaterial, "neither a public key nor a certificate", field.path());
  if (kinds > 1)
    return refuse(ErrorCode::kBundleAmbiguousMaterial, "more than one of publicKey, x509CertificateChain, certificate",
                  field.path());
  if (key) {
    WM_TRY(JsonView holder, field.member("publicKey"));
    WM_TRY(bundle.material, parse_public_key(holder));
  } else if (chain) {
    WM_TRY(JsonView holder, field.member("x509CertificateChain"));
    WM_TRY(bundle.material, parse_chain(holder));
  } else {
    WM_TRY(JsonView holder, field.member("certificate"));
    WM_TRY(Certificate certificate, parse_certificate(holder));
    bundle.material = CertificateMaterial{{std::move(certificate)}, true};
  }
  return {};
}

// list returns the items of an array, none where the member is not there.
Result<std::vector<JsonView>> list(const JsonView& parent, std::string_view key, std::size_t limit, ErrorCode code) {
  std::vector<JsonView> views;
  WM_CHECK(parent.object());
  if (!parent.has(key)) return views;
  WM_TRY(JsonView field, parent.member(key));
  WM_TRY(JsonItems items, field.array());
  if (items.size() > limit)
    return refuse(code, fmt::format("{} entries, over the limit of {}", items.size(), limit), field.path());
  for (const JsonView& item : items) views.push_back(item);
  return views;
}

Result<void> parse_log_entries(const JsonView& material, Bundle& bundle) {
  WM_TRY(auto items, list(material, "tlogEntries", kMaxLogEntries, ErrorCode::kBundleTooManyLogEntries));
  for (const JsonView& item : items) {
    WM_TRY(LogEntry entry, parse_log_entry(item));
    bundle.log_entries.push_back(std::move(entry));
  }
  return {};
}

Result<void> parse_timestamps(const JsonView& material, Bundle& bundle) {
  if (!material.has("timestampVerificationData")) return {};
  WM_TRY(JsonView data, material.member("timestampVerificationData"));
  WM_TRY(auto items, list(data, "rfc3161Timestamps", kMaxTimestamps, ErrorCode::kBundleTooManyTimestamps));
  for (const JsonView& item : items) {
    WM_TRY(Bytes token, base64_field(item, "signedTimestamp"));
    bundle.timestamps.push_back(std::move(token));
  }
  return {};
}

Result<void> parse_material(const JsonView& root, Bundle& bundle) {
  if (!root.has("verificationMaterial")) return refuse(ErrorCode::kBundleNoMaterial, "missing", "verificationMaterial");
  WM_TRY(JsonView field, root.member("verificationMaterial"));
  WM_CHECK(parse_log_entries(field, bundle));
  WM_CHECK(parse_timestamps(field, bundle));
  return parse_content(field, bundle);
}

Result<Envelope> parse_envelope(const JsonView& field) {
  Envelope envelope;
  WM_TRY(JsonView type, field.member("payloadType"));
  WM_TRY(envelope.payload_type, type.string());
  WM_TRY(envelope.payload, base64_field(field, "payload"));
  WM_TRY(JsonView list, field.member("signatures"));
  WM_TRY(JsonItems signatures, list.array());
  if (signatures.empty()) return refuse(ErrorCode::kBundleNoSignature, "no signatures", list.path());
  if (signatures.size() > 1)
    return refuse(ErrorCode::kBundleSeveralSignatures, fmt::format("{} signatures", signatures.size()), list.path());
  // keyid may be absent, empty or null and is not used (OMS 4.1).
  WM_TRY(envelope.signature, base64_field(signatures.front(), "sig"));
  if (envelope.signature.empty()) return refuse(ErrorCode::kBundleNoSignature, "empty", signatures.front().path());
  return envelope;
}

Result<MessageSignature> parse_message(const JsonView& field) {
  MessageSignature message;
  if (field.has("messageDigest")) {
    WM_TRY(JsonView hint, field.member("messageDigest"));
    WM_TRY(JsonView algorithm, hint.member("algorithm"));
    WM_TRY(message.digest_algorithm, algorithm.string());
    WM_TRY(message.digest, base64_field(hint, "digest"));
  }
  WM_TRY(message.signature, base64_field(field, "signature"));
  if (message.signature.empty()) return refuse(ErrorCode::kBundleNoSignature, "empty", field.path());
  return message;
}

// The content of a bundle is one or the other (sigstore_bundle.proto, Bundle.content).
Result<void> parse_signed_content(const JsonView& root, Bundle& bundle) {
  const bool message = root.has("messageSignature");
  if (!message && !root.has("dsseEnvelope")) return refuse(ErrorCode::kBundleNoEnvelope, "missing", "dsseEnvelope");
  if (message && root.has("dsseEnvelope"))
    return refuse(ErrorCode::kBundleAmbiguousMaterial, "beside a dsseEnvelope", "messageSignature");
  WM_TRY(JsonView field, root.member(message ? "messageSignature" : "dsseEnvelope"));
  if (message) {
    WM_TRY(bundle.message, parse_message(field));
  } else {
    WM_TRY(bundle.envelope, parse_envelope(field));
  }
  return {};
}

Json certificate_json(const Certificate& certificate) {
  return Json::object({{"rawBytes", to_base64(certificate.der())}});
}

// A keyless bundle has its one certificate by itself, others have the chain.
std::pair<std::string, Json> signer_json(const Bundle& bundle) {
  if (const auto* key = std::get_if<PublicKeyMaterial>(&bundle.material))
    return {"publicKey", Json::object({{"hint", key->hint}})};
  const auto& material = std::get<CertificateMaterial>(bundle.material);
  if (material.single) return {"certificate", certificate_json(material.chain.front())};
  JsonArray certificates;
  for (const Certificate& certificate : material.chain) certificates.push_back(certificate_json(certificate));
  return {"x509CertificateChain", Json::object({{"certificates", std::move(certificates)}})};
}

Json timestamps_json(const Bundle& bundle) {
  JsonArray tokens;
  for (const Bytes& token : bundle.timestamps) tokens.push_back(Json::object({{"signedTimestamp", to_base64(token)}}));
  return Json::object({{"rfc3161Timestamps", std::move(tokens)}});
}

Json material_json(const Bundle& bundle) {
  JsonArray entries;
  for (const LogEntry& entry : bundle.log_entries) entries.push_back(log_entry_json(entry));
  JsonObject members = {signer_json(bundle), {"tlogEntries", std::move(entries)}};
  if (!bundle.timestamps.empty()) members.emplace_back("timestampVerificationData", timestamps_json(bundle));
  return Json::object(std::move(members));
}

Json message_json(const MessageSignature& message) {
  JsonObject members = {{"signature", to_base64(message.signature)}};
  if (!message.digest.empty())
    members.emplace_back("messageDigest", Json::object({{"algorithm", message.digest_algorithm},
                                                        {"digest", to_base64(message.digest)}}));
  return Json::object(std::move(members));
}

void write_envelope(const Envelope& envelope, JsonWriter& writer) {
  writer.begin_object();
  writer.key("payload");
  writer.string(to_base64(envelope.payload));
  writer.key("payloadType");
  writer.string(envelope.payload_type);
  writer.key("signatures");
  writer.value(JsonArray{Json::object({{"sig", to_base64(envelope.signature)}, {"keyid", ""}})});
  writer.end_object();
}

}  // namespace

Result<Bundle> parse_bundle(std::string_view json) {
  if (json.size() > kMaxBundleSize)
    return refuse(ErrorCode::kBundleTooLarge,
                  fmt::format("{}, over the limit of {}", human_size(json.size()), human_size(kMaxBundleSize)), {});
  if (json.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return refuse(ErrorCode::kBundleEmpty, "the bundle is empty", {});
  WM_TRY(JsonDocument document, JsonDocument::parse(json));
  const JsonView root = document.root(ErrorCode::kBundleMalformed);
  WM_CHECK(root.object());
  Bundle bundle;
  WM_TRY(bundle.media_type, check_media_type(root));
  WM_CHECK(parse_material(root, bundle));
  WM_CHECK(parse_signed_content(root, bundle));
  return bundle;
}

std::string write_bundle(const Bundle& bundle) {
  constexpr std::size_t kMost = std::size_t{64} << 10U;  // of all but the payload, mostly
  JsonWriter writer;
  writer.reserve(bundle.envelope.payload.size() / 3 * 4 + kMost);
  writer.begin_object();
  if (!bundle.message) {
    writer.key("dsseEnvelope");
    write_envelope(bundle.envelope, writer);
  }
  writer.key("mediaType");
  writer.string(bundle.media_type);
  if (bundle.message) {
    writer.key("messageSignature");
    writer.value(message_json(*bundle.message));
  }
  writer.key("verificationMaterial");
  writer.value(material_json(bundle));
  writer.end_object();
  return std::move(writer).take();
}

}  // namespace weightmark
