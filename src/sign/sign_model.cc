#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>

#include "attest/bundle.h"
#include "attest/oms.h"
#include "base/file.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "model/known_files.h"
#include "model/placement.h"
#include "sign/recorded_digests.h"
#include "sign/signature_place.h"
#include "sign/signed_file.h"
#include "verify/verifier.h"
#include "weightmark/sign.h"

namespace weightmark {
namespace {

// check_options refuses what contradicts itself or says too little.
Result<void> check_options(const SignOptions& options) {
  if ((options.key == nullptr) == (options.signer == nullptr))
    return refuse(ErrorCode::kUsage, "no key to sign with, or a signer beside a key");
  const bool shards = options.hash.shard_size > 0;
  if (options.record_folder && shards)
    return refuse(ErrorCode::kUsage, "digests of shards are not recorded, so they cannot be reused");
  if (options.known.empty()) return {};
  if (shards || options.record_folder)
    return refuse(ErrorCode::kUsage, "with a list of digests nothing is hashed, so there are no shards or records");
  if (options.hash.model.empty() && !(options.hash.name && options.signature))
    return refuse(ErrorCode::kUsage, "without a model, its name and the place of its signature must be given", {},
                  "give --name and --signature");
  return {};
}

std::string statement_of(const Manifest& manifest, const HashOptions& options) {
  const bool python = options.compatibility == Compatibility::kPython;
  return write_oms(manifest, python ? ResourceOrder::kPython : ResourceOrder::kSpecification);
}

// finish_record keeps what was hashed, once it is signed.
void finish_record(RecordedDigests& known, HashedModel& model) {
  known.save();
  std::ranges::copy(known.warnings(), std::back_inserter(model.warnings));
}

Result<SignedOutput> sign_with(Signer& signer, const SignOptions& options) {
  WM_CHECK(signer.check(options.time));
  SignOptions full = options;
  std::filesystem::path path = options.signature.value_or(default_signature(options.hash.model));
  WM_TRY(const SignaturePlace place, SignaturePlace::prepare(path, options.hash.model));
  std::string inside = options.hash.model.empty() ? "" : path_in_model(options.hash.model, path);
  if (!inside.empty()) full.hash.ignore_paths.push_back(inside);
  std::optional<RecordedDigests> known;
  if (options.record_folder) known.emplace(*options.record_folder, full.hash, options.time);
  WM_TRY(HashedModel model, options.known.empty() ? hash_model(full.hash, known ? &*known : nullptr)
                                                  : collect_known(full.hash, options.known));
  WM_TRY(SignerReport report, write_signed(place, signer, statement_of(model.manifest, full.hash), options.time,
                                           [&](const Statement& read) { return parse_oms(read) == model.manifest; }));
  if (known) finish_record(*known, model);
  return SignedOutput{std::move(path), std::move(model), std::move(report)};
}

}  // namespace

Result<SignedOutput> sign_model(const SignOptions& options) {
  WM_CHECK(check_options(options));
  if (options.signer != nullptr) return sign_with(*options.signer, options);
  return sign_with(*key_signer(*options.key, options.chain), options);
}

}  // namespace weightmark
