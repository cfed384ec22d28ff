#include "read/signatures.h"

#include <fmt/format.h>

#include <algorithm>

#include "attest/attestation.h"
#include "base/file.h"
#include "base/refuse.h"
#include "base/try.h"
#include "model/placement.h"

namespace weightmark {
namespace {

namespace fs = std::filesystem;

// Each is tried against every signer of a policy, and may be as large as a bundle may be.
constexpr std::size_t kMaxSignatures = 32;

// prefix names the file before the field in it.
void prefix(Error& error, const fs::path& path) {
  error.subject = error.subject.empty() ? path.native() : fmt::format("{}: {}", path.native(), error.subject);
}

}  // namespace

Result<std::vector<fs::path>> list_further(const fs::path& model) {
  const fs::path folder = further_folder(model);
  std::vector<fs::path> paths;
  std::error_code error;
  for (auto entry = fs::directory_iterator(folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    if (paths.size() == kMaxSignatures)
      return refuse(ErrorCode::kSignaturesTooMany, fmt::format("has more than {} files", kMaxSignatures),
                    folder.native(), "leave only those that count");
    paths.push_back(entry->path());
  }
  const bool absent = error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory;
  if (error && !absent) return std::unexpected(system_error(error.value(), folder.native(), ErrorCode::kReadFailed));
  std::ranges::sort(paths);
  return paths;
}

Result<fs::path> signature_path(const VerifyOptions& options) {
  if (options.signature) return *options.signature;
  return find_signature(options.model);
}

Result<Bundle> read_signature(const fs::path& path) {
  auto text = read_file(path, kMaxBundleSize);
  if (!text && text.error().code == ErrorCode::kFileTooLarge) text.error().code = ErrorCode::kBundleTooLarge;
  if (!text && text.error().code == ErrorCode::kFileNotFound)
    return refuse(ErrorCode::kSignatureNotFound, "there is no such file", path.native(), "check --signature");
  if (!text) return std::unexpected(std::move(text).error());
  auto bundle = parse_bundle(*text);
  if (!bundle) prefix(bundle.error(), path);
  return bundle;
}

Result<std::vector<fs::path>> list_signatures(const VerifyOptions& options) {
  std::vector<fs::path> paths;
  auto first = signature_path(options);
  if (!first && first.error().code != ErrorCode::kSignatureNotFound) return std::unexpected(std::move(first).error());
  if (first) paths.push_back(*std::move(first));
  WM_TRY(const std::vector<fs::path> further, list_further(options.model));
  // What others say of the model lies there as well. What is neither is told of.
  std::ranges::copy_if(further, std::back_inserter(paths), [](const fs::path& path) {
    const auto bundle = read_signature(path);
    return !bundle || !is_attestation(*bundle);
  });
  return paths;
}

}  // namespace weightmark
