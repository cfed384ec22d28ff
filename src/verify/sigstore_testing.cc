#include "verify/sigstore_testing.h"

#include <fmt/format.h>

#include <cstdlib>

#include "attest/dsse.h"
#include "base/encoding.h"
#include "crypto/pem.h"
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

// raw is a text without a type, as Fulcio's first extensions had it.
std::string raw(std::string_view text) {
  std::string value = "DER";
  for (std::size_t i = 0; i < text.size(); ++i) value += ":" + to_hex(as_bytes(text.substr(i, 1)));
  return value;
}

CertificateOptions leaf_options(const Recipe& recipe) {
  CertificateOptions options;
  options.common_name = "";
  options.key_type = recipe.key_type;
  options.not_before = recipe.time;
  options.not_after = recipe.time + std::chrono::minutes(10);
  options.subject_alternative_name = std::string("critical,email:") + kIdentity;
  options.other_extensions = {{"1.3.6.1.4.1.57264.1.1", raw(kProvider)},
                              {"1.3.6.1.4.1.57264.1.8", std::string("ASN1:UTF8String:") + kProvider},
                              {"1.3.6.1.4.1.57264.1.12", "ASN1:UTF8String:https://example.com/acme/model"}};
  return options;
}

CertificateOptions authority(std::string name, KeyType type) {
  CertificateOptions options = authority_options(std::move(name));
  options.key_type = type;
  return options;
}

CertificateOptions clock_options(std::string name, KeyType type) {
  CertificateOptions options;
  options.common_name = std::move(name);
  options.key_type = type;
  options.extended_key_usage = "critical,timeStamping";
  return options;
}

// --- what Rekor records

std::string pem64(const RekorVerifier& signer) {
  return b64(write_pem(signer.is_certificate ? "CERTIFICATE" : "PUBLIC KEY", signer.der));
}

Json hash_json(ByteView bytes) {
  return Json::object({{"algorithm", "sha256"}, {"value", to_hex(sha2(Sha2::k256, bytes))}});
}

std::string entry_json(const char* kind, const char* version, Json spec) {
  return write_json(Json::object({{"apiVersion", version}, {"kind", kind}, {"spec", std::move(spec)}}));
}

std::string hashedrekord_v1(const Logged& logged) {
  Json key = Json::object({{"content", pem64(logged.signer)}});
  return entry_json(
      "hashedrekord", "0.0.1",
      Json::object({{"data", Json::object({{"hash", hash_json(logged.signed_bytes)}})},
                    {"signature", Json::object({{"content", b64(logged.signature)}, {"publicKey", std::move(key)}})}}));
}

std::string dsse_v1(const Logged& logged) {
  Json signature = Json::object({{"signature", b64(logged.signature)}, {"verifier", pem64(logged.signer)}});
  // The envelope's hash is of JSON that nobody keeps: any will do.
  return entry_json("dsse", "0.0.1",
                    Json::object({{"envelopeHash", hash_json(logged.signed_bytes)},
                                  {"payloadHash", hash_json(logged.payload)},
                                  {"signatures", JsonArray{std::move(signature)}}}));
}

std::string intoto_v2(const Logged& logged) {
  Json signature = Json::object({{"sig", b64(b64(logged.signature))}, {"publicKey", pem64(logged.signer)}});
  Json envelope =
      Json::object({{"payloadType", "application/vnd.in-toto+json"}, {"signatures", JsonArray{std::move(signature)}}});
  Json content = Json::object({{"envelope", std::move(envelope)}, {"payloadHash", hash_json(logged.payload)}});
  return entry_json("intoto", "0.0.2", Json::object({{"content", std::move(content)}}));
}

std::string hashedrekord_v2(const Logged& logged) {
  Json verifier = Json::object({{"keyDetails", "PKIX_ECDSA_P256_SHA_256"},
                                {logged.signer.is_certificate ? "x509Certificate" : "publicKey",
                                 Json::object({{"rawBytes", b64(logged.signer.der)}})}});
  const Bytes digest = logged.digest ? *logged.digest : sha2(Sha2::k256, logged.signed_bytes);
  Json record = Json::object(
      {{"data", Json::object({{"algorithm", "SHA2_256"}, {"digest", b64(digest)}})},
       {"signature", Json::object({{"content", b64(logged.signature)}, {"verifier", std::move(verifier)}})}});
  return entry_json("hashedrekord", "0.0.2", Json::object({{"hashedRekordV002", std::move(record)}}));
}

struct KindNames {
  const char* kind;
  const char* version;
  std::string (*body)(const Logged&);
};

KindNames names_of(RekorKind kind) {
  switch (kind) {
    case RekorKind::kHashedRekordV1: return {"hashedrekord", "0.0.1", hashedrekord_v1};
    case RekorKind::kDsseV1: return {"dsse", "0.0.1", dsse_v1};
    case RekorKind::kIntotoV2: return {"intoto", "0.0.2", intoto_v2};
    case RekorKind::kHashedRekordV2: break;
  }
  return {"hashedrekord", "0.0.2", hashedrekord_v2};
}

std::string checkpoint(const LogRecipe& recipe, const InMemoryLog& log, MerkleHash root, std::uint64_t size) {
  if (recipe.lie_about) recipe.lie_about(root, size);
  const std::string own = is_v2(recipe.kind) ? log.name : log.name + " - 1234";
  const std::string text = fmt::format("{}\n{}\n{}\n", recipe.origin.empty() ? own : recipe.origin, size, b64(root));
  return text + "\n" + log.note_line(text, recipe.signer.empty() ? log.name : recipe.signer) + recipe.witness_line;
}

// The log's promise: canonical JSON of these four (Rekor's signed entry timestamp).
Bytes promise(const LogEntry& entry, const InMemoryLog& log) {
  const std::string text = write_json(Json::object({{"body", b64(entry.body)},
                                                    {"integratedTime", entry.integrated_time},
                                                    {"logID", to_hex(entry.log_id)},
                                                    {"logIndex", entry.index}}));
  return log.sign(as_bytes(text));
}

// --- the trusted root

Json window_json(const std::string& start, const std::string& end) {
  JsonObject window;
  if (!start.empty()) window.emplace_back("start", start);
  if (!end.empty()) window.emplace_back("end", end);
  return Json::object(std::move(window));
}

JsonObject with_owner(JsonObject members, const std::string& owner) {
  if (!owner.empty()) members.emplace_back("operator", owner);
  return members;
}

Json log_json(const LogLine& line) {
  Json key = Json::object({{"rawBytes", b64(line.log->key->public_key().spki())},
                           {"keyDetails", line.key_details},
                           {"validFor", window_json(line.start, line.end)}});
  return Json::object(with_owner({{"baseUrl", "https://" + line.log->name},
                                  {"hashAlgorithm", "SHA2_256"},
                                  {"logId", Json::object({{"keyId", b64(line.log->id)}})},
                                  {"publicKey", std::move(key)}},
                                 line.owner));
}

Json authority_json(const AuthorityLine& line) {
  JsonArray certificates;
  for (const Certificate& certificate : line.chain)
    certificates.push_back(Json::object({{"rawBytes", b64(certificate.der())}}));
  // Other clients want a subject, though it says nothing.
  const Json subject = Json::object({{"organization", "Lab"}, {"commonName", line.chain.front().subject()}});
  return Json::object(with_owner({{"uri", line.uri},
                                  {"subject", subject},
                                  {"certChain", Json::object({{"certificates", std::move(certificates)}})},
                                  {"validFor", window_json(line.start, line.end)}},
                                 line.owner));
}

template <class Line>
JsonArray list_json(const std::vector<Line>& lines, Json (*write)(const Line&)) {
  JsonArray list;
  for (const Line& line : lines) list.push_back(write(line));
  return list;
}

// details_of names a key as a trusted root does.
std::string details_of(const InMemoryLog& log) {
  switch (log.key->public_key().type()) {
    case KeyType::kEcP256: return "PKIX_ECDSA_P256_SHA_256";
    case KeyType::kEcP384: return "PKIX_ECDSA_P384_SHA_384";
    case KeyType::kEcP521: return "PKIX_ECDSA_P521_SHA_512";
    case KeyType::kEd25519: return "PKIX_ED25519";
    case KeyType::kRsa: break;
  }
  return "PKIX_RSA_PKCS1V15_2048_SHA256";
}

LogLine line_for(const InMemoryLog& log) { return {.log = &log, .key_details = details_of(log)}; }

std::vector<InMemoryLog> three_logs(KeyType type) {
  std::vector<InMemoryLog> logs;
  for (const char* name : {"ct.lab", "ct2.lab", "ct3.lab"}) logs.emplace_back(name, type);
  return logs;
}

}  // namespace

Recipe recipe_for(RekorKind kind) {
  Recipe recipe;
  recipe.logs.front().kind = kind;
  if (is_v2(kind)) recipe.timestamps.emplace_back();
  return recipe;
}

std::string root_json(const RootLines& root) {
  return write_json(Json::object({{"mediaType", "application/vnd.dev.sigstore.trustedroot+json;version=0.1"},
                                  {"tlogs", list_json(root.logs, log_json)},
                                  {"ctlogs", list_json(root.certificate_logs, log_json)},
                                  {"certificateAuthorities", list_json(root.certificate_authorities, authority_json)},
                                  {"timestampAuthorities", list_json(root.timestamp_authorities, authority_json)}}));
}

InMemoryLog::InMemoryLog(std::string host, KeyType type)
    : name(std::move(host)),
      key_pem(generate_key_pem(type)),
      key(load(key_pem)),
      id(sha2(Sha2::k256, key->public_key().spki())) {}

Bytes InMemoryLog::sign(ByteView message) const {
  if (key->public_key().type() == KeyType::kEd25519) return sign_ed25519(key_pem, message);
  return key->sign(message).value();
}

std::string InMemoryLog::note_line(std::string_view text, std::string_view signer) const {
  Bytes line(id.begin(), id.begin() + 4);
  append(line, sign(as_bytes(text)));
  return fmt::format("\u2014 {} {}\n", signer, b64(line));
}

Laboratory::Laboratory(const LabKeys& keys)
    : payload({'m', 'o', 'd', 'e', 'l'}),
      ca_root(TestAuthority::root(authority("Lab Root", keys.authority))),
      ca(ca_root.intermediate(authority("Lab Intermediate", keys.authority))),
      clock_root(TestAuthority::root(authority("Lab Time Root", keys.clock))),
      clock(clock_root.issue(clock_options("Lab Clock", keys.clock))),
      other_clock(clock_root.issue(clock_options("Other Clock", keys.clock))),
      rekor_v1("rekor.lab", keys.rekor_v1),
      rekor_v2("rekor2.lab", keys.rekor_v2),
      certificate_logs(three_logs(keys.certificate_log)) {}

// sct_list is the certificate log's part (RFC 6962, sections 3.2 and 3.3).
Bytes Laboratory::sct_list(const Recipe& recipe, ByteView tbs, const Certificate& issuer) const {
  const std::chrono::milliseconds time = recipe.time.time_since_epoch() + recipe.sct_delay;
  const auto stamp = static_cast<std::uint64_t>(time.count());
  Bytes to_sign = {0, 0};
  append(to_sign, stamp, 8);
  append(to_sign, 1, 2);
  append(to_sign, sha2(Sha2::k256, issuer.public_key().value().spki()));
  append(to_sign, tbs.size(), 3);
  append(to_sign, tbs);
  append(to_sign, 0, 2);
  Bytes items;
  for (const std::size_t number : recipe.scts) {
    const InMemoryLog& log = certificate_logs.at(number);
    const InMemoryLog& signer = recipe.sct_by_other_key ? certificate_logs.at((number + 1) % 3) : log;
    const Bytes signature = signer.sign(to_sign);
    Bytes sct = {0};
    append(sct, log.id);
    append(sct, stamp, 8);
    append(sct, 0, 2);
    append(sct, log.key->public_key().type() == KeyType::kRsa ? 0x0401 : 0x0403, 2);
    append(sct, signature.size(), 2);
    append(sct, signature);
    if (recipe.change_sct) recipe.change_sct(sct);
    append(items, sct.size(), 2);
    append(items, sct);
  }
  Bytes list;
  append(list, items.size(), 2);
  append(list, items);
  return list;
}

IssuedCertificate Laboratory::issue(const Recipe& recipe) const {
  CertificateOptions options = leaf_options(recipe);
  if (!recipe.scts.empty())
    options.sct_list = [&](ByteView tbs, const Certificate& issuer) { return sct_list(recipe, tbs, issuer); };
  if (recipe.change_leaf) recipe.change_leaf(options);
  return ca.issue(options);
}

Certificate Laboratory::another_leaf() const { return issue({}).certificate; }

LogEntry Laboratory::log(const LogRecipe& recipe, Logged logged) const {
  const InMemoryLog& log = is_v2(recipe.kind) ? rekor_v2 : rekor_v1;
  const KindNames names = names_of(recipe.kind);
  if (recipe.change) recipe.change(logged);
  std::string body = names.body(logged);
  if (recipe.change_body) recipe.change_body(body);
  LogEntry entry;
  entry.index = 1001;
  entry.log_id = log.id;
  entry.kind = names.kind;
  entry.version = names.version;
  entry.body.assign(body.begin(), body.end());
  const MerkleHash neighbour = merkle_leaf(as_bytes("neighbour"));
  const MerkleHash root = merkle_node(neighbour, merkle_leaf(entry.body));
  entry.proof = InclusionProof{1, 2, root, {neighbour}, checkpoint(recipe, log, root, 2)};
  if (is_v2(recipe.kind)) return entry;
  entry.integrated_time = recipe.time.time_since_epoch().count();
  entry.promise = promise(entry, log);
  return entry;
}

Bundle Laboratory::make(const Recipe& recipe) const {
  const IssuedCertificate issued = issue(recipe);
  const bool by_key = !recipe.key_pem.empty();
  const std::unique_ptr<SigningKey> key = load(by_key ? recipe.key_pem : issued.private_key_pem);
  Bundle bundle;
  bundle.media_type = recipe.media_type;
  bundle.material = CertificateMaterial{{issued.certificate}, true};
  if (recipe.brings_intermediate) bundle.material = CertificateMaterial{{issued.certificate, ca.certificate()}, false};
  const Bytes& what = recipe.payload ? *recipe.payload : payload;
  RekorVerifier signer{true, issued.certificate.der()};
  if (by_key) {
    bundle.material = PublicKeyMaterial{key->public_key().fingerprint(), {}};
    signer = {false, key->public_key().spki()};
  }
  bundle.envelope = {"application/vnd.in-toto+json", what, {}};
  const Bytes signed_bytes = recipe.message ? what : pae(bundle.envelope.payload_type, what);
  const Bytes signature = key->sign(signed_bytes).value();
  if (recipe.message)
    bundle.message = MessageSignature{"SHA2_256", sha2(Sha2::k256, what), signature};
  else
    bundle.envelope.signature = signature;
  for (const LogRecipe& one : recipe.logs)
    bundle.log_entries.push_back(log(one, {signature, signer, signed_bytes, what}));
  for (const TimestampOptions& one : recipe.timestamps)
    bundle.timestamps.push_back(make_timestamp(clock, signature, one));
  for (const TimestampOptions& one : recipe.others)
    bundle.timestamps.push_back(make_timestamp(other_clock, signature, one));
  return bundle;
}

SignedContent Laboratory::content(const Bundle& bundle) const {
  return bundle.message ? SignedContent::of_message(payload) : SignedContent::of_envelope(bundle.envelope);
}

RootLines Laboratory::root() const {
  RootLines root;
  root.logs = {line_for(rekor_v1), line_for(rekor_v2)};
  for (const InMemoryLog& one : certificate_logs) root.certificate_logs.push_back(line_for(one));
  root.certificate_authorities = {{"https://ca.lab", {ca.certificate(), ca_root.certificate()}}};
  root.timestamp_authorities = {{"https://tsa.lab", {clock.certificate, clock_root.certificate()}}};
  return root;
}

SigstoreTrust Laboratory::trust(const RootLines& root) {
  return {TrustedRoot::parse(root_json(root)).value(), {{kIdentity, kProvider}}};
}

std::string Laboratory::verify(const Bundle& bundle, const SigstoreTrust& trust) const {
  std::vector<Check> checks;
  const auto found = verify_keyless(bundle, content(bundle), trust, checks);
  if (found) return "verified";
  // What is refused is among the checks, too.
  const bool reported = !checks.empty() && checks.back().outcome == Outcome::kFailed;
  return reported ? std::string(code_name(found.error().code)) : "not reported";
}

}  // namespace weightmark::testing
