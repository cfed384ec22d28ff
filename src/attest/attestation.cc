#include "attest/attestation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "attest/oms.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "weightmark/attestation.h"

namespace weightmark {
namespace {

// https://github.com/sigstore/cosign, cmd/cosign/cli/options/predicate.go
struct KnownType {
  std::string_view name;
  std::string_view uri;
};
constexpr std::array<KnownType, 11> kKnownTypes{{
    {"custom", "https://cosign.sigstore.dev/attestation/v1"},
    {"slsaprovenance1", "https://slsa.dev/provenance/v1"},
    {"slsaprovenance", "https://slsa.dev/provenance/v0.2"},
    {"slsaprovenance02", "https://slsa.dev/provenance/v0.2"},
    {"spdx", "https://spdx.dev/Document"},
    {"spdxjson", "https://spdx.dev/Document"},
    {"cyclonedx", "https://cyclonedx.org/bom"},
    {"link", "https://in-toto.io/Link/v1"},
    {"vuln", "https://cosign.sigstore.dev/attestation/vuln/v1"},
    {"openvex", "https://openvex.dev/ns"},
    {"verification_summary", "https://slsa.dev/verification_summary/v1"},  // not one of cosign's
}};

constexpr std::size_t kMaxType = 256;

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// A TypeURI of in-toto has a scheme (RFC 3986, section 3.1) and nothing to be escaped.
bool is_uri(std::string_view text) {
  const std::size_t colon = text.find(':');
  return colon != std::string_view::npos && colon > 0 && colon + 1 < text.size() && text.size() <= kMaxType &&
         std::ranges::all_of(text, [](char c) {
           return is_letter_or_digit(c) || std::string_view("-._~:/?#[]@!$&'()*+,;=%").contains(c);
         });
}

// file_digest is the SHA-256 of a model's only file.
const Digest* file_digest(const Manifest& manifest) {
  if (manifest.files.size() != 1) return nullptr;
  const std::optional<Digest>& digest = manifest.files.front().digest;
  return digest && digest->algorithm() == HashAlgorithm::kSha256 ? &*digest : nullptr;
}

bool is_about(const Subject& subject, const Manifest& measured) {
  const std::string_view sha256 = subject.digest("sha256");
  const std::string_view manifest = subject.digest(kManifestV1);
  if (!manifest.empty())
    return measured.manifest_v1 && manifest == measured.manifest_v1->hex() && sha256 == measured.root.hex();
  if (sha256.empty()) return false;
  const Digest* file = file_digest(measured);
  return sha256 == measured.root.hex() || (file != nullptr && sha256 == file->hex());
}

}  // namespace

bool is_model_signature(std::string_view predicate_type) {
  return predicate_type == kOmsPredicateType || predicate_type == kOmsPredicateTypeV02;
}

bool is_attestation(const Bundle& bundle) {
  if (bundle.message) return false;
  const auto statement = parse_statement(as_text(bundle.envelope.payload), StatementVersions::kAny);
  return statement && !is_model_signature(statement->predicate_type);
}

Result<std::string> predicate_type(std::string_view name_or_uri) {
  for (const KnownType& known : kKnownTypes)
    if (known.name == name_or_uri) return std::string(known.uri);
  if (is_model_signature(name_or_uri))
    return refuse(ErrorCode::kUsage, "is what the signature of a model says", name_or_uri,
                  "sign the model with `weightmark sign`");
  if (is_uri(name_or_uri)) return std::string(name_or_uri);
  std::string names;
  for (const KnownType& known : kKnownTypes) names += (names.empty() ? "" : ", ") + std::string(known.name);
  return refuse(ErrorCode::kUsage, "is not a type of predicate", excerpt(name_or_uri),
                fmt::format("give a URI, or one of {}", names));
}

Result<void> check_predicate(std::string_view predicate) {
  const auto malformed = [](std::string what) {
    return refuse(ErrorCode::kPredicateMalformed, std::move(what), "predicate");
  };
  if (predicate.size() > kMaxPredicateSize)
    return malformed(
        fmt::format("has {}, over the limit of {}", human_size(predicate.size()), human_size(kMaxPredicateSize)));
  const auto document = JsonDocument::parse(predicate);
  if (!document) return malformed(describe(document.error()));
  const auto object = document->root(ErrorCode::kPredicateMalformed).object();
  return object ? Result<void>() : malformed("is not a JSON object");
}

std::string short_name(std::string_view type) {
  for (const KnownType& known : kKnownTypes)
    if (known.uri == type) return std::string(known.name);
  if (const std::size_t scheme = type.find("://"); scheme != std::string_view::npos) type.remove_prefix(scheme + 3);
  std::string name;
  for (const char c : type) name += is_letter_or_digit(c) || c == '.' || c == '_' ? c : '-';
  while (name.starts_with('.') || name.starts_with('-')) name.erase(0, 1);
  while (name.ends_with('-')) name.pop_back();
  return name.empty() ? "attestation" : name;
}

std::string write_attestation(const Manifest& manifest, std::string_view type, std::string_view predicate) {
  std::vector<Subject> subjects{{manifest.name, {{"sha256", manifest.root.hex()}}}};
  if (const Digest* digest = file_digest(manifest))
    subjects.push_back({manifest.files.front().name, {{"sha256", digest->hex()}}});
  else if (manifest.manifest_v1)
    subjects.front().digests.emplace_back(kManifestV1, manifest.manifest_v1->hex());
  return write_statement(subjects, type, [&](JsonWriter& writer) { writer.verbatim(trimmed(predicate)); });
}

const Subject* find_subject(const std::vector<Subject>& subjects, const Manifest& measured) {
  const auto found =
      std::ranges::find_if(subjects, [&](const Subject& subject) { return is_about(subject, measured); });
  return found == subjects.end() ? nullptr : &*found;
}

}  // namespace weightmark
