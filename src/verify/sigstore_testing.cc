#include "verify/sigstore_testing.h"

#include <fmt/format.h>

#include <cstdlib>

#include "attest/dsse.h"
#include "base/encoding.h"
#include "crypto/sha2.h"
#include "verify/sigstore.h"

namespace weightmark::testing {
namespace {

std::string b64(ByteView bytes) { return to_base64(bytes); }
std::string b64(std::string_view text) { return to_base64(as_bytes(text)); }

std::unique_ptr<SigningKey> load(const std::string& pem) { return load_private_key(pem, {}).value(); }

void append(Bytes& out, std::uint64_t value, std::size_t size) {
  for (std::size_t i = size; i > 0; --i) out.push_back(static_cast<std::uint8_t>(value >> (8 * (i - 1))));
}

void append(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

CertificateOptions leaf_options(const Recipe& recipe) {
  CertificateOptions options;
  options.common_name = "";
  options.key_type = recipe.key_type;
  options.not_before = recipe.time;
  options.not_after = recipe.time + std::chrono::minutes(10);
  options.subject_alternative_name = std::string("critical,email:") + kIdentity;
  options.other_extensions = {
      {"1.3.6.1.4.1.57264.1.8", std::string("ASN1:UTF8String:") + kProvider},
      {"1.3.6.1.4.1.57264.1.12", "ASN1:UTF8String:https://example.com/acme/model"}};
  return options;
}

std::string hashedrekord_v1(const Bundle& bundle, ByteView signed_bytes, const Certificate& leaf) {
  return write_json(Json::object(
      {{"apiVersion", "0.0.1"},
       {"kind", "hashedrekord"},
       {"spec",
        Json::object({{"data", Json::object({{"hash", Json::object({{"algorithm", "sha256"},
                                                                    {"value", to_hex(sha2(Sha2::k256, signed_bytes))}})}})},
                      {"signature",
                       Json::object({{"content", b64(bundle.signature())},
                                     {"publicKey", Json::object({{"content", b64(certificate_pem(leaf))}})}})}})}}));
}

std::string dsse_v1(const Bundle& bundle, const Certificate& leaf) {
  const std::string payload_hash = to_hex(sha2(Sha2::k256, bundle.envelope.payload));
  return write_json(Json::object(
      {{"apiVersion", "0.0.1"},
       {"kind", "dsse"},
       {"spec", Json::object({{"payloadHash", Json::object({{"algorithm", "sha256"}, {"value", payload_hash}})},
                              {"signatures", JsonArray{Json::object({{"signature", b64(bundle.signature())},
                                                                     {"verifier", b64(certificate_pem(leaf))}})}}})}}));
}

std::string intoto_v2(const Bundle& bundle, const Certificate& leaf) {
  const std::string payload_hash = to_hex(sha2(Sha2::k256, bundle.envelope.payload));
  Json envelope = Json::object({{"payloadType", bundle.envelope.payload_type},
                                {"signatures", JsonArray{Json::object({{"sig", b64(b64(bundle.signature()))},
                                                                       {"publicKey", b64(certificate_pem(leaf))}})}}});
  return write_json(Json::object(
      {{"apiVersion", "0.0.2"},
       {"kind", "intoto"},
       {"spec", Json::object({{"content", Json::object({{"envelope", std::move(envelope)},
                                                        {"payloadHash", Json::object({{"algorithm", "sha256"},
                                                                                      {"value", payload_hash}})}})}})}}));
}

std::string hashedrekord_v2(const Bundle& bundle, ByteView signed_bytes, const Certificate& leaf) {
  Json verifier = Json::object({{"keyDetails", "PKIX_ECDSA_P256_SHA_256"},
                                {"x509Certificate", Json::object({{"rawBytes", b64(leaf.der())}})}});
  Json record = Json::object(
      {{"data", Json::object({{"algorithm", "SHA2_256"}, {"digest", b64(sha2(Sha2::k256, signed_bytes))}})},
       {"signature", Json::object({{"content", b64(bundle.signature())}, {"verifier", std::move(verifier)}})}});
  return write_json(Json::object({{"apiVersion", "0.0.2"},
                                  {"kind", "hashedrekord"},
                                  {"spec", Json::object({{"hashedRekordV002", std::move(record)}})}}));
}

std::string window_json(const char* start) { return fmt::format(R"({{"start":"{}"}})", start); }

std::string log_json(const InMemoryLog& log) {
  return fmt::format(
      R"({{"baseUrl":"https://{}","hashAlgorithm":"SHA2_256","logId":{{"keyId":"{}"}},)"
      R"("publicKey":{{"rawBytes":"{}","keyDetails":"PKIX_ECDSA_P256_SHA_256","validFor":{}}}}})",
      log.name, b64(log.id), b64(log.key->public_key().spki()), window_json("2020-01-01T00:00:00Z"));
}

std::string authority_json(const char* uri, const std::vector<Certificate>& chain) {
  std::string certificates;
  for (const Certificate& certificate : chain)
    certificates += fmt::format(R"({}{{"rawBytes":"{}"}})", certificates.empty() ? "" : ",", b64(certificate.der()));
  return fmt::format(R"({{"uri":"{}","certChain":{{"certificates":[{}]}},"validFor":{}}})", uri, certificates,
                     window_json("2020-01-01T00:00:00Z"));
}

CertificateOptions timestamp_options() {
  CertificateOptions options;
  options.common_name = "Lab Clock";
  options.extended_key_usage = "critical,timeStamping";
  return options;
}

}  // namespace

InMemoryLog::InMemoryLog(std::string host, KeyType type)
    : name(std::move(host)), key(load(generate_key_pem(type))), id(sha2(Sha2::k256, key->public_key().spki())) {}

std::string InMemoryLog::checkpoint(const MerkleHash& root, std::uint64_t size, const std::string& origin,
                                    const std::string& signer) const {
  const std::string text = fmt::format("{}\n{}\n{}\n", origin, size, b64(root));
  Bytes line(id.begin(), id.begin() + 4);
  append(line, key->sign(as_bytes(text)).value());
  return fmt::format("{}\n\u2014 {} {}\n", text, signer, b64(line));
}

Laboratory::Laboratory() : tsa_(tsa_root_.issue(timestamp_options())) {}

// sct_list is the log's part (RFC 6962, sections 3.2 and 3.3).
Bytes Laboratory::sct_list(const Recipe& recipe, ByteView tbs, const Certificate& issuer) const {
  const auto time = static_cast<std::uint64_t>(
      std::chrono::milliseconds(recipe.time.time_since_epoch()).count() + recipe.sct_delay_ms);
  Bytes to_sign = {0, 0};
  append(to_sign, time, 8);
  append(to_sign, 1, 2);
  append(to_sign, sha2(Sha2::k256, issuer.public_key().value().spki()));
  append(to_sign, tbs.size(), 3);
  append(to_sign, tbs);
  append(to_sign, 0, 2);
  const Bytes signature = (recipe.other_ct_key ? other_ct_ : ct_).key->sign(to_sign).value();
  Bytes sct = {0};
  append(sct, ct_.id);
  append(sct, time, 8);
  append(sct, 0, 2);
  append(sct, 0x0403, 2);
  append(sct, signature.size(), 2);
  append(sct, signature);
  if (recipe.change_sct) recipe.change_sct(sct);
  Bytes items;
  for (std::size_t i = 0; i < recipe.scts; ++i) {
    append(items, sct.size(), 2);
    append(items, sct);
  }
  Bytes list;
  append(list, items.size(), 2);
  append(list, items);
  return list;
}

Certificate Laboratory::issue(const Recipe& recipe, SigningKey*& key) const {
  CertificateOptions options = leaf_options(recipe);
  if (recipe.scts > 0)
    options.sct_list = [&](ByteView tbs, const Certificate& issuer) { return sct_list(recipe, tbs, issuer); };
  if (recipe.change_leaf) recipe.change_leaf(options);
  IssuedCertificate issued = ca_.issue(options);
  leaf_key_ = load(issued.private_key_pem);
  key = leaf_key_.get();
  return issued.certificate;
}

LogEntry Laboratory::log(const Recipe& recipe, const Bundle& bundle, const Certificate& leaf) const {
  const bool v2 = recipe.kind == RekorKind::kHashedRekordV2;
  const InMemoryLog& log = v2 ? rekor_v2_ : rekor_v1_;
  const Bytes signed_bytes = recipe.message ? message : pae(bundle.envelope.payload_type, bundle.envelope.payload);
  std::string body = recipe.kind == RekorKind::kHashedRekordV1 ? hashedrekord_v1(bundle, signed_bytes, leaf)
                     : recipe.kind == RekorKind::kDsseV1       ? dsse_v1(bundle, leaf)
                     : recipe.kind == RekorKind::kIntotoV2     ? intoto_v2(bundle, leaf)
                                                               : hashedrekord_v2(bundle, signed_bytes, leaf);
  if (recipe.change_body) recipe.change_body(body);
  LogEntry entry;
  entry.index = 1001;
  entry.log_id = log.id;
  entry.kind = recipe.kind == RekorKind::kDsseV1 ? "dsse" : recipe.kind == RekorKind::kIntotoV2 ? "intoto" : "hashedrekord";
  entry.version = v2 || recipe.kind == RekorKind::kIntotoV2 ? "0.0.2" : "0.0.1";
  entry.body = Bytes(body.begin(), body.end());
  const MerkleHash neighbour = merkle_leaf(as_bytes("neighbour"));
  MerkleHash root = merkle_node(neighbour, merkle_leaf(entry.body));
  std::uint64_t size = 2;
  entry.proof = InclusionProof{1, size, root, {neighbour}, {}};
  if (recipe.change_checkpoint) recipe.change_checkpoint(root, size);
  const std::string own_origin = v2 ? log.name : log.name + " - 1234";
  entry.proof->checkpoint =
      log.checkpoint(root, size, recipe.checkpoint_origin.empty() ? own_origin : recipe.checkpoint_origin,
                     recipe.checkpoint_signer.empty() ? log.name : recipe.checkpoint_signer);
  if (v2) return entry;
  entry.integrated_time = recipe.time.time_since_epoch().count();
  LogEntry promised = entry;
  if (recipe.before_promise) recipe.before_promise(promised);
  const std::string text = write_json(Json::object({{"body", b64(promised.body)},
                                                    {"integratedTime", promised.integrated_time},
                                                    {"logID", to_hex(promised.log_id)},
                                                    {"logIndex", promised.index}}));
  entry.promise = log.key->sign(as_bytes(text)).value();
  return entry;
}

Bundle Laboratory::make(const Recipe& recipe) const {
  SigningKey* key = nullptr;
  const Certificate leaf = issue(recipe, key);
  Bundle bundle;
  bundle.media_type = recipe.media_type;
  bundle.material = CertificateMaterial{{leaf}, true};
  if (recipe.message) {
    bundle.message = MessageSignature{"SHA2_256", sha2(Sha2::k256, message), key->sign(message).value()};
  } else {
    bundle.envelope = {"application/vnd.in-toto+json", message, {}};
    bundle.envelope.signature = key->sign(pae(bundle.envelope.payload_type, message)).value();
  }
  bundle.log_entries.push_back(log(recipe, bundle, leaf));
  if (recipe.timestamped || recipe.kind == RekorKind::kHashedRekordV2) {
    TimestampOptions options = recipe.timestamp;
    if (options.time == kTestNow) options.time = recipe.time;
    bundle.timestamps.push_back(make_timestamp(tsa_, bundle.signature(), options));
  }
  return bundle;
}

SignedContent Laboratory::content(const Bundle& bundle) const {
  return bundle.message ? SignedContent::of_message(message) : SignedContent::of_envelope(bundle.envelope);
}

std::string Laboratory::root_json() const {
  return fmt::format(
      R"({{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1","tlogs":[{},{}],"ctlogs":[{}],)"
      R"("certificateAuthorities":[{}],"timestampAuthorities":[{}]}})",
      log_json(rekor_v1_), log_json(rekor_v2_), log_json(ct_),
      authority_json("https://ca.lab", {ca_.certificate(), ca_root_.certificate()}),
      authority_json("https://tsa.lab", {tsa_.certificate, tsa_root_.certificate()}));
}

SigstoreTrust Laboratory::trust(const RootChange& change) const {
  std::string json = root_json();
  if (change) change(json);
  return {TrustedRoot::parse(json).value(), {{kIdentity, kProvider}}};
}

std::string Laboratory::verify(const Bundle& bundle, const SigstoreTrust& trust) const {
  std::vector<Check> checks;
  auto found = verify_keyless(bundle, content(bundle), trust, checks);
  return found ? "verified" : std::string(code_name(found.error().code));
}

}  // namespace weightmark::testing
