#include "tlog/rekor_body.h"

#include <fmt/format.h>

#include <array>

#include "base/encoding.h"
#include "base/json_document.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "weightmark/certificate.h"
#include "weightmark/key.h"

namespace weightmark {
namespace {

constexpr std::size_t kMaxSignatures = 16;

Result<std::string_view> text_field(const JsonView& parent, std::string_view key) {
  WM_TRY(JsonView field, parent.member(key));
  return field.string();
}

Result<Bytes> base64_field(const JsonView& parent, std::string_view key) {
  WM_TRY(JsonView field, parent.member(key));
  WM_TRY(std::string_view text, field.string());
  auto bytes = from_base64(text);
  if (!bytes) return field.fail("not standard base64");
  return *std::move(bytes);
}

Result<Bytes> hex_field(const JsonView& parent, std::string_view key) {
  WM_TRY(JsonView field, parent.member(key));
  WM_TRY(std::string_view text, field.string());
  auto bytes = from_hex(text);
  if (!bytes) return field.fail("not hexadecimal");
  return *std::move(bytes);
}

Result<Sha2> algorithm_field(const JsonView& parent) {
  WM_TRY(JsonView field, parent.member("algorithm"));
  WM_TRY(std::string_view name, field.string());
  auto algorithm = find_sha2(name);
  if (!algorithm) return field.fail("no known hash");
  return *algorithm;
}

// verifier_of_pem takes what Rekor v1 keeps: a PEM certificate or key.
Result<RekorVerifier> verifier_of_pem(std::string_view pem) {
  if (pem.find("-----BEGIN CERTIFICATE-----") == std::string_view::npos) {
    WM_TRY(PublicKey key, PublicKey::from_pem(pem));
    return RekorVerifier{false, key.spki()};
  }
  WM_TRY(std::vector<Certificate> certificates, Certificate::list_from_pem(pem));
  return RekorVerifier{true, certificates.front().der()};
}

Result<RekorVerifier> pem_field(const JsonView& parent, std::string_view key) {
  WM_TRY(Bytes pem, base64_field(parent, key));
  return verifier_of_pem(as_text(pem));
}

// {"algorithm": "sha256", "value": "<hex>"}
Result<void> parse_hash(const JsonView& parent, std::string_view key, RekorBody& body) {
  WM_TRY(JsonView view, parent.member(key));
  WM_TRY(body.digest_algorithm, algorithm_field(view));
  WM_TRY(body.digest, hex_field(view, "value"));
  return {};
}

// rekor/pkg/types/hashedrekord/v0.0.1/hashedrekord_v0_0_1_schema.json
Result<RekorBody> parse_hashedrekord_v1(const JsonView& spec) {
  RekorBody body;
  WM_TRY(JsonView data, spec.member("data"));
  WM_CHECK(parse_hash(data, "hash", body));
  WM_TRY(JsonView view, spec.member("signature"));
  RekorSignature signature;
  WM_TRY(signature.signature, base64_field(view, "content"));
  WM_TRY(JsonView key, view.member("publicKey"));
  WM_TRY(signature.verifier, pem_field(key, "content"));
  body.signatures.push_back(std::move(signature));
  return body;
}

// rekor-tiles, api/proto/rekor/v2/verifier.proto
Result<RekorVerifier> parse_verifier_v2(const JsonView& view) {
  const bool certificate = view.has("x509Certificate");
  if (certificate == view.has("publicKey")) return view.fail("not one of x509Certificate and publicKey");
  WM_TRY(JsonView holder, view.member(certificate ? "x509Certificate" : "publicKey"));
  WM_TRY(Bytes der, base64_field(holder, "rawBytes"));
  return RekorVerifier{certificate, std::move(der)};
}

// rekor-tiles, api/proto/rekor/v2/hashedrekord.proto
Result<RekorBody> parse_hashedrekord_v2(const JsonView& spec) {
  RekorBody body;
  WM_TRY(JsonView record, spec.member("hashedRekordV002"));
  WM_TRY(JsonView data, record.member("data"));
  WM_TRY(body.digest_algorithm, algorithm_field(data));
  WM_TRY(body.digest, base64_field(data, "digest"));
  WM_TRY(JsonView view, record.member("signature"));
  RekorSignature signature;
  WM_TRY(signature.signature, base64_field(view, "content"));
  WM_TRY(JsonView verifier, view.member("verifier"));
  WM_TRY(signature.verifier, parse_verifier_v2(verifier));
  body.signatures.push_back(std::move(signature));
  return body;
}

Result<JsonItems> signature_list(const JsonView& parent) {
  WM_TRY(JsonView field, parent.member("signatures"));
  WM_TRY(JsonItems items, field.array());
  if (items.empty() || items.size() > kMaxSignatures) return field.fail(fmt::format("{} signatures", items.size()));
  return items;
}

// rekor/pkg/types/dsse/v0.0.1/dsse_v0_0_1_schema.json
Result<RekorBody> parse_dsse_v1(const JsonView& spec) {
  RekorBody body;
  body.what = RekorBody::Signed::kEnvelope;
  WM_CHECK(parse_hash(spec, "payloadHash", body));
  WM_TRY(JsonItems items, signature_list(spec));
  for (const JsonView& item : items) {
    RekorSignature signature;
    WM_TRY(signature.signature, base64_field(item, "signature"));
    WM_TRY(signature.verifier, pem_field(item, "verifier"));
    body.signatures.push_back(std::move(signature));
  }
  return body;
}

// rekor/pkg/types/intoto/v0.0.2/intoto_v0_0_2_schema.json. Signatures are base64 of the
// base64 in the envelope.
Result<RekorBody> parse_intoto_v2(const JsonView& spec) {
  RekorBody body;
  body.what = RekorBody::Signed::kEnvelope;
  WM_TRY(JsonView content, spec.member("content"));
  WM_CHECK(parse_hash(content, "payloadHash", body));
  WM_TRY(JsonView envelope, content.member("envelope"));
  WM_TRY(JsonItems items, signature_list(envelope));
  for (const JsonView& item : items) {
    RekorSignature signature;
    WM_TRY(Bytes inner, base64_field(item, "sig"));
    auto bytes = from_base64(as_text(inner));
    if (!bytes) return item.fail("the signature is not base64 twice");
    signature.signature = *std::move(bytes);
    WM_TRY(signature.verifier, pem_field(item, "publicKey"));
    body.signatures.push_back(std::move(signature));
  }
  return body;
}

struct KindParser {
  std::string_view kind;
  std::string_view version;
  Result<RekorBody> (*parse)(const JsonView& spec);
};

constexpr std::array<KindParser, 4> kKinds = {{{"hashedrekord", "0.0.1", parse_hashedrekord_v1},
                                               {"hashedrekord", "0.0.2", parse_hashedrekord_v2},
                                               {"dsse", "0.0.1", parse_dsse_v1},
                                               {"intoto", "0.0.2", parse_intoto_v2}}};

const KindParser* find_kind(std::string_view kind, std::string_view version) {
  for (const KindParser& parser : kKinds)
    if (parser.kind == kind && parser.version == version) return &parser;
  return nullptr;
}

}  // namespace

Result<RekorBody> parse_rekor_body(ByteView body, std::string_view kind, std::string_view version) {
  const KindParser* parser = find_kind(kind, version);
  if (parser == nullptr)
    return refuse(ErrorCode::kLogEntryKind,
                  fmt::format("entries of kind {} {} are not known", excerpt(kind), excerpt(version)), "tlogEntries",
                  "the bundle may come from a newer client; try a newer Weightmark");
  WM_TRY(JsonDocument document, JsonDocument::parse(as_text(body)));
  const JsonView root = document.root(ErrorCode::kLogBodyMalformed);
  WM_TRY(std::string_view own_kind, text_field(root, "kind"));
  WM_TRY(std::string_view own_version, text_field(root, "apiVersion"));
  if (own_kind != kind || own_version != version)
    return root.fail(
        fmt::format("is of kind {} {}, the entry says {} {}", excerpt(own_kind), excerpt(own_version), kind, version));
  WM_TRY(JsonView spec, root.member("spec"));
  return parser->parse(spec);
}

}  // namespace weightmark
