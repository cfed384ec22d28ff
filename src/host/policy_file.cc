#include "host/policy_file.h"

#include <filesystem>

#include "base/file.h"
#include "base/try.h"
#include "trust/policy.h"

namespace weightmark {
namespace {

Result<std::string> read_text(const std::filesystem::path& path) {
  auto text = read_file(path, kMaxPolicy);
  if (!text && text.error().code == ErrorCode::kFileTooLarge) text.error().code = ErrorCode::kPolicyTooLarge;
  return text;
}

}  // namespace

Result<Policy> read_policy(const std::string& path) {
  WM_TRY(const std::string text, read_text(path));
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  // As large as the policy itself at most: a trusted root is the largest.
  auto policy = Policy::parse(text, [&](const std::string& name) { return read_file(folder / name, kMaxPolicy); });
  if (!policy) {
    Error& error = policy.error();
    error.subject = error.subject.empty() ? path : path + ": " + error.subject;
  }
  return policy;
}

}  // namespace weightmark
