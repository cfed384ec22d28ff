#include "verify/verifier.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "attest/attestation.h"
#include "attest/oms.h"
#include "attest/statement.h"
#include "base/name_cursor.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "crypto/chain.h"
#include "crypto/timestamp.h"
#include "verify/sigstore.h"

namespace weightmark {
namespace {

void passed(std::vector<Check>& checks, std::string id, std::string detail) {
  checks.push_back({std::move(id), Outcome::kPassed, std::move(detail), std::nullopt});
}

// recorded appends the failed check where `result` is an error.
template <class T>
Result<T> recorded(Result<T> result, std::string id, std::vector<Check>& checks) {
  if (!result) checks.push_back({std::move(id), Outcome::kFailed, describe(result.error()), result.error()});
  return result;
}

// --- the signature over the envelope

// Encoding is a way in which some client turned a payload into signed bytes.
struct Encoding {
  bool v02;
  SignatureScheme scheme;
};

// encodings lists what the key may have signed: DSSE first, then what
// model-signing 0.2 did, which used SHA-256 with certificates of every curve.
std::vector<Encoding> encodings(KeyType type) {
  SignatureScheme scheme = default_scheme(type);
  std::vector<Encoding> list = {{false, scheme}, {true, scheme}};
  if (type == KeyType::kEcP384 || type == KeyType::kEcP521) list.push_back({true, SignatureScheme::kEcdsaSha256});
  if (type == KeyType::kEd25519) list.push_back({true, SignatureScheme::kEd25519});
  return list;
}

Result<std::string> check_signature(const Envelope& envelope, const PublicKey& key) {
  for (const Encoding& encoding : encodings(key.type())) {
    auto encode = encoding.v02 ? pae_v02 : pae;
    Bytes message = encode(envelope.payload_type, envelope.payload);
    if (key.verify(message, envelope.signature, encoding.scheme))
      return encoding.v02 ? "DSSE as model-signing 0.2 encoded it" : "DSSE";
  }
  return refuse(ErrorCode::kSignatureInvalid, "the signature does not match the statement and the key", {},
                "the signature file was changed, or somebody else signed it");
}

SignerReport describe_signer(std::string method, const PublicKey& key, std::string encoding) {
  return {std::move(method), std::string(key_type_name(key.type())), key.fingerprint(), {}, std::move(encoding)};
}

// --- the method "key"

std::string fingerprints(const std::vector<PublicKey>& keys) {
  std::string text;
  for (const PublicKey& key : keys) text += (text.empty() ? "" : ", ") + key.fingerprint();
  return text;
}

// named_by says whether the bundle names the key. What an old bundle embeds in
// place of a name counts only where it is a key at all.
std::optional<bool> named_by(const PublicKeyMaterial& material, const PublicKey& key) {
  if (!material.hint.empty()) return material.hint == key.fingerprint();
  auto embedded = PublicKey::from_pem(material.embedded_pem);
  if (!embedded) return std::nullopt;
  return *embedded == key;
}

// candidates returns the keys that the bundle names, or all where it names none.
// The name is not signed: it decides which error is reported, never what is
// accepted.
Result<std::vector<PublicKey>> candidates(const PublicKeyMaterial& material, const Bytes& signature,
                                          const std::vector<PublicKey>& keys) {
  std::vector<PublicKey> named;
  std::ranges::copy_if(keys, std::back_inserter(named),
                       [&](const PublicKey& key) { return named_by(material, key).value_or(false); });
  if (!named.empty()) return named;
  if (std::ranges::none_of(keys, [&](const PublicKey& key) { return key.could_have_made(signature); }))
    return refuse(ErrorCode::kKeyOtherCurve, "the signature was made by a key of another type or curve",
                  fingerprints(keys), "give the public key of whoever signed");
  if (!named_by(material, keys.front())) return keys;
  std::string signer = material.hint.empty() ? "another key" : "the key " + material.hint;
  return refuse(ErrorCode::kKeyMismatch, fmt::format("signed with {}, not with {}", signer, fingerprints(keys)), {},
                "give the public key of whoever signed");
}

// Keyless bundles have their certificate by itself; authorities of one's own a chain.
std::string_view method_of(const Bundle& bundle) {
  const auto* certificates = std::get_if<CertificateMaterial>(&bundle.material);
  return certificates != nullptr && certificates->single ? "sigstore" : "certificate";
}

void report_logs(const std::vector<LogEvidence>& logs, SignerReport& signer, std::vector<Check>& checks) {
  for (const LogEvidence& log : logs) {
    signer.logs.push_back({log.log->base_url, log.index});
    passed(checks, "log", fmt::format("{}, index {}", log.log->base_url, log.index));
    if (log.time) signer.times.push_back({std::chrono::floor<std::chrono::seconds>(*log.time), log.log->base_url});
  }
}

// A key has no certificate whose time would matter: what a log says of it is reported.
Result<void> verify_logged(const Bundle& bundle, const PublicKey& key, const KeyTrust& trust, SignerReport& signer,
                           std::vector<Check>& checks) {
  if (!trust.logs) return {};
  const SignedContent content = SignedContent::of_envelope(bundle.envelope);
  WM_TRY(auto logs, recorded(verify_logged_key(bundle, content, key, *trust.logs), "log", checks));
  report_logs(logs, signer, checks);
  return {};
}

Result<SignerReport> verify_key(const Bundle& bundle, const KeyTrust& trust, std::vector<Check>& checks) {
  const auto* material = std::get_if<PublicKeyMaterial>(&bundle.material);
  if (material == nullptr)
    return refuse(ErrorCode::kMethodMismatch, "signed with a certificate, not with a key", {},
                  fmt::format("use `weightmark verify {}`", method_of(bundle)));
  WM_TRY(std::vector<PublicKey> keys, candidates(*material, bundle.envelope.signature, trust.keys));
  Result<std::string> encoding;
  for (const PublicKey& key : keys) {
    encoding = check_signature(bundle.envelope, key);
    if (!encoding) continue;
    SignerReport signer = describe_signer("key", key, *encoding);
    WM_CHECK(verify_logged(bundle, key, trust, signer, checks));
    return signer;
  }
  return std::unexpected(encoding.error());
}

// --- the method "certificate"

// attested_times are those that an authority of the caller's attests. What is wrong with
// the others is a check that failed, and no more: anybody can add a timestamp.
std::vector<TimeReport> attested_times(const Bundle& bundle, const CertificateTrust& trust,
                                       std::vector<Check>& checks) {
  std::vector<TimeReport> times;
  for (const Bytes& token : bundle.timestamps) {
    std::optional<Error> first;
    for (const std::vector<Certificate>& clock : trust.clocks) {
      const auto time = verify_timestamp(token, bundle.signature(), clock);
      if (!time && !first) first = time.error();
      if (!time) continue;
      times.push_back({std::chrono::floor<std::chrono::seconds>(*time), clock.front().subject()});
      first.reset();
      break;
    }
    if (first) checks.push_back({"time", Outcome::kNotChecked, describe(*first), std::nullopt});
  }
  return times;
}

// verify_at builds the chain as of each attested time, else as of now.
Result<std::vector<Certificate>> verify_at(const std::vector<TimeReport>& attested, Time now,
                                           const CertificateMaterial& material, const std::vector<Certificate>& roots) {
  const Certificate& leaf = material.chain.front();
  const std::vector<Certificate> others(material.chain.begin() + 1, material.chain.end());
  if (attested.empty()) return verify_chain(leaf, others, roots, now);
  std::vector<Certificate> chain;
  for (const TimeReport& one : attested) {
    WM_TRY(chain, verify_chain(leaf, others, roots, one.time));
  }
  return chain;
}

Result<SignerReport> verify_certificate(const Bundle& bundle, const CertificateTrust& trust, Time now,
                                        std::vector<Check>& checks) {
  const auto* material = std::get_if<CertificateMaterial>(&bundle.material);
  if (material == nullptr)
    return refuse(ErrorCode::kMethodMismatch, "signed with a key, not with a certificate", {},
                  "use `weightmark verify key`");
  std::vector<TimeReport> attested = attested_times(bundle, trust, checks);
  WM_TRY(auto chain, recorded(verify_at(attested, now, *material, trust.roots), "certificate", checks));
  const Certificate& leaf = material->chain.front();
  passed(checks, "certificate", fmt::format("{}, issued by {}", leaf.subject(), chain.back().subject()));
  WM_TRY(PublicKey key, leaf.public_key());
  WM_TRY(std::string encoding, check_signature(bundle.envelope, key));
  SignerReport signer = describe_signer("certificate", key, std::move(encoding));
  signer.chain = std::move(chain);
  for (const TimeReport& one : attested)
    passed(checks, "time", fmt::format("{:%Y-%m-%dT%H:%M:%SZ} by {}", one.time, one.by));
  signer.times = std::move(attested);
  return signer;
}

// --- the method "sigstore"

Result<SignerReport> verify_identity_of(const Bundle& bundle, const SigstoreTrust& trust, std::vector<Check>& checks) {
  const SignedContent content = SignedContent::of_envelope(bundle.envelope);
  WM_TRY(KeylessSignature found, verify_keyless(bundle, content, trust, checks));
  WM_TRY(PublicKey key, found.chain.front().public_key());
  SignerReport signer = describe_signer("sigstore", key, "DSSE");
  signer.chain = std::move(found.chain);
  signer.identity = std::move(found.identity);
  for (const AttestedTime& time : found.times)
    signer.times.push_back({std::chrono::floor<std::chrono::seconds>(time.time), time.by});
  for (const LogEvidence& log : found.logs) signer.logs.push_back({log.log->base_url, log.index});
  return signer;
}

Result<SignerReport> verify_signer(const Bundle& bundle, const Trust& trust, Time time, std::vector<Check>& checks) {
  if (bundle.message)
    return refuse(ErrorCode::kBundleNoEnvelope, "the bundle signs a message, not a model", "messageSignature");
  if (const auto* sigstore = std::get_if<SigstoreTrust>(&trust)) return verify_identity_of(bundle, *sigstore, checks);
  // Only version 0.3 has ever been written for keys and certificates.
  bool version3 = bundle.media_type == kBundleMediaType || bundle.media_type.ends_with("version=0.3");
  if (!version3)
    return refuse(ErrorCode::kBundleMediaType, fmt::format("\"{}\" is not for keys or certificates", bundle.media_type),
                  "mediaType");
  if (const auto* keys = std::get_if<KeyTrust>(&trust)) return verify_key(bundle, *keys, checks);
  return verify_certificate(bundle, std::get<CertificateTrust>(trust), time, checks);
}

Result<Statement> read_statement(const Envelope& envelope) {
  if (envelope.payload_type != kInTotoPayloadType)
    return refuse(ErrorCode::kPayloadType, fmt::format("\"{}\" is not {}", envelope.payload_type, kInTotoPayloadType),
                  "dsseEnvelope.payloadType");
  return parse_statement(as_text(envelope.payload));
}

Result<Manifest> read_manifest(const Envelope& envelope) {
  WM_TRY(const Statement statement, read_statement(envelope));
  return parse_oms(statement);
}

// verify_envelope finds out who signed.
Result<SignerReport> verify_envelope(const Bundle& bundle, const Trust& trust, Time time, std::vector<Check>& checks) {
  auto signer = verify_signer(bundle, trust, time, checks);
  const bool reported = !checks.empty() && checks.back().outcome == Outcome::kFailed;
  if (!signer && reported) return signer;
  WM_TRY(SignerReport report, recorded(std::move(signer), "signature", checks));
  passed(checks, "signature",
         fmt::format("{}, by {} key {}", report.encoding, report.key_type, report.key_fingerprint));
  return report;
}

// first_failed returns the first refused file, else the first that could not be
// looked at: what does not hold says more.
std::vector<FileReport>::const_iterator first_failed(const std::vector<FileReport>& files) {
  auto refused = std::ranges::find_if(
      files, [](const FileReport& file) { return file.error && code_class(file.error->code) == ErrorClass::kRefused; });
  return refused != files.end() ? refused : std::ranges::find(files, Coverage::kFailed, &FileReport::coverage);
}

// overlooked returns a signed file that no report covers; with `partial`, one that has
// no report at all. Null where there is none, as there should be.
const FileEntry* overlooked(const Manifest& manifest, const std::vector<FileReport>& files, bool partial) {
  NameCursor reports(files);
  auto is_looked_at = [&](const FileEntry& file) {
    const FileReport* report = reports.find(file.name);
    return report != nullptr && (partial || is_covered(report->coverage));
  };
  auto found = std::ranges::find_if_not(manifest.files, is_looked_at);
  return found != manifest.files.end() ? &*found : nullptr;
}

}  // namespace

Result<Verified<SignedModel>> Verifier::verify_signature(const Bundle& bundle, const Trust& trust, Time time,
                                                         std::vector<Check>& checks) {
  WM_TRY(SignerReport report, verify_envelope(bundle, trust, time, checks));
  WM_TRY(Manifest manifest, recorded(read_manifest(bundle.envelope), "statement", checks));
  passed(checks, "statement", fmt::format("{} of \"{}\"", plural(manifest.files.size(), "file"), manifest.name));
  return Verified<SignedModel>(SignedModel{std::move(manifest), std::move(report)});
}

Result<Verified<SignedStatement>> Verifier::verify_statement(const Bundle& bundle, const Trust& trust, Time time,
                                                             std::vector<Check>& checks) {
  WM_TRY(SignerReport report, verify_envelope(bundle, trust, time, checks));
  WM_TRY(Statement statement, recorded(read_statement(bundle.envelope), "statement", checks));
  passed(checks, "statement", statement.predicate_type);
  return Verified<SignedStatement>(SignedStatement{std::move(statement), std::move(report)});
}

Result<Verified<Attestation>> Verifier::verify_attestation(const Verified<SignedStatement>& statement,
                                                           std::string_view type, const Manifest& measured,
                                                           std::vector<Check> checks) {
  const Statement& said = statement->statement;
  if (said.predicate_type != type)
    return refuse(ErrorCode::kPredicateOther, fmt::format("of the type {}, not {}", excerpt(said.predicate_type), type),
                  {}, "name its type with --type; `weightmark inspect` tells it");
  passed(checks, "type", std::string(type));
  const Subject* subject = find_subject(said.subjects, measured);
  if (subject == nullptr)
    return refuse(ErrorCode::kSubjectOther,
                  fmt::format("about \"{}\" with other digests than this model, whose root digest is {}",
                              excerpt(said.subjects.front().name), measured.root.hex()),
                  {}, "it is for another version, or other paths were ignored when it was made");
  passed(checks, "subject",
         fmt::format("\"{}\", {} as attested", excerpt(subject->name), plural(measured.files.size(), "file")));
  return Verified<Attestation>(Attestation{said.predicate_type, write_json(said.predicate().json()), subject->name,
                                           statement->signer, std::move(checks), subject->digests});
}

Result<void> Verifier::verify_expectations(const Verified<SignedModel>& model, const Expectations& expectations,
                                           std::vector<Check>& checks) {
  const Manifest& manifest = model->manifest;
  if (expectations.name && *expectations.name != manifest.name)
    return recorded<void>(refuse(ErrorCode::kNameMismatch,
                                 fmt::format("signed as \"{}\", not as \"{}\"", manifest.name, *expectations.name)),
                          "name", checks);
  if (expectations.name) passed(checks, "name", fmt::format("\"{}\"", manifest.name));
  if (!expectations.digest_hex) return {};
  bool root = *expectations.digest_hex == manifest.root.hex();
  bool v1 = manifest.manifest_v1 && *expectations.digest_hex == manifest.manifest_v1->hex();
  if (!root && !v1)
    return recorded<void>(
        refuse(ErrorCode::kDigestMismatch,
               fmt::format("signed with the root digest {}{}, not with {}", manifest.root.hex(),
                           manifest.manifest_v1 ? " and weightmarkManifestV1 " + manifest.manifest_v1->hex() : "",
                           *expectations.digest_hex)),
        "digest", checks);
  passed(checks, "digest", fmt::format("{} {}", root ? "root" : std::string(kManifestV1), *expectations.digest_hex));
  return {};
}

Result<Verified<Manifest>> Verifier::verify_files(Verified<SignedModel> model, const std::vector<FileReport>& files,
                                                  bool partial, std::vector<Check>& checks) {
  auto failed = first_failed(files);
  if (failed != files.end()) return recorded<Verified<Manifest>>(std::unexpected(*failed->error), "files", checks);
  Manifest manifest = std::move(model.value_.manifest);
  const std::size_t signed_count = manifest.files.size();
  // Every signed file has a report of its own; anything else is our mistake.
  if (const FileEntry* file = overlooked(manifest, files, partial))
    return recorded<Verified<Manifest>>(refuse(ErrorCode::kInternal, "not looked at", file->name), "files", checks);
  NameCursor reports(files);
  std::erase_if(manifest.files, [&](const FileEntry& file) { return !is_covered(reports.find(file.name)->coverage); });
  if (manifest.files.empty())
    return recorded<Verified<Manifest>>(refuse(ErrorCode::kInternal, "no file was looked at", {}), "files", checks);
  const std::string signed_files = plural(signed_count, "file");
  passed(checks, "files",
         partial ? fmt::format("{} of {} as signed; the others were not selected", grouped(manifest.files.size()),
                               signed_files)
                 : signed_files + " as signed");
  return Verified<Manifest>(std::move(manifest));
}

}  // namespace weightmark
