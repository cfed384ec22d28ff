// Attestations: what somebody says of a model beside that it is theirs, such as how it was
// trained, or what is in it; as an in-toto statement about the model's digests.
// https://github.com/in-toto/attestation, docs/attestations.md
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weightmark/error.h"
#include "weightmark/export.h"
#include "weightmark/report.h"
#include "weightmark/sign.h"
#include "weightmark/signer.h"
#include "weightmark/trust.h"
#include "weightmark/verified.h"

namespace weightmark {

// The most bytes that a predicate may have.
inline constexpr std::uint64_t kMaxPredicateSize = 16U << 20U;

// predicate_type returns the URI of a type by its short name, the same that cosign knows,
// such as "slsaprovenance1" or "cyclonedx"; a URI as it is.
// Errors: usage; also for what a model's signature says, which `sign` makes.
WEIGHTMARK_API Result<std::string> predicate_type(std::string_view name_or_uri);

// default_attestation is where an attestation of that type lies: NAME.sig in the folder of
// further signatures, NAME being the type's short name, or made from the URI.
WEIGHTMARK_API std::filesystem::path default_attestation(const std::filesystem::path& model, std::string_view type);

struct AttestOptions {
  HashOptions hash = {};       // whole files, with SHA-256
  std::string type = {};       // a URI
  std::string predicate = {};  // JSON, an object
  std::filesystem::path output = {};
  Signer* signer = nullptr;
  Time time = {};  // now
};

// attest_model hashes a model, signs the statement, verifies the new bundle and only then
// writes it, whole or not at all.
// Errors: predicate-malformed, and those of sign_model.
WEIGHTMARK_API Result<SignedOutput> attest_model(const AttestOptions& options);

struct VerifyAttestationOptions {
  HashOptions hash = {};  // as it was attested: which paths are ignored matters
  std::filesystem::path attestation = {};
  std::string type = {};  // a URI
  Trust trust = {};
  Time time = {};  // now
};

// Attestation is what was attested, by whom, of which model.
struct Attestation {
  std::string type;
  std::string predicate;  // JSON with sorted keys, equal to what was signed
  std::string name;       // what the attestation calls the model
  SignerReport signer;
  std::vector<Check> checks;
  // What the attestation gives as the model's digests, by algorithm; those that are known
  // here were compared with the model.
  std::vector<std::pair<std::string, std::string>> digests = {};
};

// verify_attestation verifies who attested, and that it is about the model on disk, all of
// which it hashes: what others say is never matched on a signer's word.
// Errors: predicate-other, subject-other, and those of Verifier::verify_statement,
// hash_model and reading the bundle.
WEIGHTMARK_API Result<Verified<Attestation>> verify_attestation(const VerifyAttestationOptions& options);

}  // namespace weightmark
