#include "attest/attestation.h"
#include "base/refuse.h"
#include "base/try.h"
#include "model/placement.h"
#include "sign/signature_place.h"
#include "sign/signed_file.h"
#include "weightmark/attestation.h"

namespace weightmark {
namespace {

// What is known of a model elsewhere is its SHA-256.
Result<void> check_hash(const HashOptions& options) {
  if (options.algorithm == HashAlgorithm::kSha256 && options.shard_size == 0) return {};
  return refuse(ErrorCode::kUsage, "attestations are about the SHA-256 of whole files");
}

}  // namespace

std::filesystem::path default_attestation(const std::filesystem::path& model, std::string_view type) {
  return further_folder(model) / (short_name(type) + ".sig");
}

Result<SignedOutput> attest_model(const AttestOptions& options) {
  WM_CHECK(check_hash(options.hash));
  WM_CHECK(check_predicate(options.predicate));
  WM_CHECK(options.signer->check(options.time));
  WM_TRY(const SignaturePlace place,
         SignaturePlace::prepare(options.output, options.hash.model, SignaturePlace::Kind::kAttestation));
  HashOptions hash = options.hash;
  if (std::string inside = path_in_model(hash.model, options.output); !inside.empty())
    hash.ignore_paths.push_back(std::move(inside));
  HashedModel model;
  if (options.measured != nullptr) {
    model.manifest = *options.measured;
  } else {
    WM_TRY(model, hash_model(hash));
  }
  const std::string statement = write_attestation(model.manifest, options.type, options.predicate);
  WM_TRY(SignerReport signer, write_signed(place, *options.signer, statement, options.time, [&](const Statement& read) {
           return read.predicate_type == options.type && find_subject(read.subjects, model.manifest) != nullptr;
         }));
  return SignedOutput{options.output, std::move(model), std::move(signer)};
}

}  // namespace weightmark
