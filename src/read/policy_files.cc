#include "read/policy_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/refuse.h"
#include "base/try.h"
#include "model/ignore.h"
#include "model/placement.h"
#include "read/signatures.h"
#include "trust/policy.h"
#include "weightmark/sign.h"

namespace weightmark {
namespace {

// own_paths are where the files of signatures lie in a model. What the Hub keeps
// beside its downloads is not among them: a policy that forbids forbids that as well.
IgnoreSet own_paths(const VerifyOptions& options, const std::string& signature) {
  IgnoreSet paths({"model.sig", "model.sig.d"});
  if (std::string path = path_in_model(options.model, signature); !path.empty()) paths.add(std::move(path));
  return paths;
}

HashOptions hash_options(const VerifyOptions& options) {
  HashOptions hash;
  hash.model = options.model;
  hash.allow_symlinks = options.allow_symlinks;
  hash.ignore_git_paths = options.ignore_git_paths;
  hash.ignore_paths = options.ignore_paths;
  hash.work = options.work;
  return hash;
}

Result<void> check_denied(const Manifest& manifest, const Policy::Impl& policy) {
  for (const DeniedDigest& denied : policy.denied)
    if (const std::string part = denied.part_of(manifest); !part.empty())
      return refuse(ErrorCode::kPolicyDenied, fmt::format("{} is on the deny list", denied.text()), part);
  return {};
}

Result<void> check_contents(const VerifyOptions& options, Report& report) {
  const Policy::Impl& policy = options.policy->impl();
  if (policy.denied.empty()) return {};
  WM_TRY(const HashedModel hashed, hash_model(hash_options(options)));
  report.bytes_hashed = hashed.bytes;
  return check_denied(hashed.manifest, policy);
}

}  // namespace

void forbid_uncovered(const VerifyOptions& options, const std::string& signature, const Manifest& manifest,
                      std::vector<FileReport>& files) {
  if (!options.policy || !options.policy->impl().uncovered_forbidden) return;
  const IgnoreSet signatures = own_paths(options, signature);
  for (FileReport& file : files) {
    const bool uncovered = file.coverage == Coverage::kIgnored || file.coverage == Coverage::kNotCovered;
    if (!uncovered || signatures.matches(file.name) || find_file(manifest, file.name) != nullptr) continue;
    file.coverage = Coverage::kFailed;
    file.error = Error{ErrorCode::kPolicyUncovered, "no signature covers it", file.name,
                       "remove it, or have it signed; the policy forbids such files"};
  }
}

bool is_allowed_unsigned(const VerifyOptions& options) {
  // Who expects a name or a digest, pinned a signer, or names a signature, expects one.
  const Expectations& expected = options.expectations;
  const bool allowed = options.policy && options.policy->impl().unsigned_allowed;
  if (!allowed || options.signature || expected.name || expected.digest_hex || options.pin) return false;
  const auto signatures = list_signatures(options);
  return signatures && signatures->empty();
}

Result<void> accept_unsigned(const VerifyOptions& options, Report& report) {
  report.model = options.model.native();
  report.time = options.time;
  if (auto checked = check_contents(options, report); !checked) {
    report.checks.push_back({"policy", Outcome::kFailed, describe(checked.error()), checked.error()});
    return checked;
  }
  report.checks.push_back({"policy", Outcome::kPassed, "not signed, which the policy allows", std::nullopt});
  report.verdict = Verdict::kUnsigned;
  return {};
}

}  // namespace weightmark
