#include "sign/signed_file.h"

#include <fmt/format.h>

#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "verify/verifier.h"

namespace weightmark {
namespace {

// check_size refuses, before the key is used, a statement that no bundle has room for.
Result<void> check_size(std::string_view payload) {
  if (payload.size() / 3 * 4 < kMaxBundleSize) return {};
  return refuse(ErrorCode::kBundleTooLarge,
                fmt::format("the statement has {}, too much for a bundle of at most {}", human_size(payload.size()),
                            human_size(kMaxBundleSize)),
                {}, "sign fewer files, or larger shards");
}

Result<Bundle> read_staged(const AtomicFile& file) {
  WM_TRY(std::string text, file.read_back());
  return parse_bundle(text);
}

Result<SignerReport> self_check(const AtomicFile& file, const Signer& signer, Time now,
                                const std::function<bool(const Statement&)>& holds) {
  auto bundle = read_staged(file);
  if (!bundle && bundle.error().code == ErrorCode::kBundleTooLarge) return std::unexpected(std::move(bundle).error());
  auto verified = [&]() -> Result<Verified<SignedStatement>> {
    if (!bundle) return std::unexpected(bundle.error());
    return signer.verify(*bundle, now);
  }();
  if (verified && holds((*verified)->statement)) return (*verified)->signer;
  const std::string why = verified ? "it says something else" : describe(verified.error());
  return refuse(ErrorCode::kSelfCheck, "the new signature does not verify: " + why, {},
                "please report this; nothing was written");
}

}  // namespace

Result<SignerReport> write_signed(const SignaturePlace& place, Signer& signer, std::string_view statement, Time now,
                                  const std::function<bool(const Statement&)>& holds) {
  WM_CHECK(check_size(statement));
  WM_TRY(const Bundle bundle, signer.sign(statement));
  WM_TRY(AtomicFile file, place.stage(bundle));
  WM_TRY(SignerReport report, self_check(file, signer, now, holds));
  WM_CHECK(file.commit());
  return report;
}

}  // namespace weightmark
