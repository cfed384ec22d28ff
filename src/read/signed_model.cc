#include "read/signed_model.h"

#include <fmt/format.h>

#include "base/file.h"
#include "base/try.h"
#include "model/placement.h"

namespace weightmark {
namespace {

// prefix names the file before the field in it.
void prefix(Error& error, const std::filesystem::path& path) {
  error.subject = error.subject.empty() ? path.native() : fmt::format("{}: {}", path.native(), error.subject);
}

Result<Bundle> read_bundle(const VerifyOptions& options, Report& report) {
  std::filesystem::path path;
  if (options.signature) {
    path = *options.signature;
  } else {
    WM_TRY(path, find_signature(options.model));
  }
  report.signature = path.native();
  auto text = read_file(path, kMaxBundleSize);
  if (!text && text.error().code == ErrorCode::kFileTooLarge) text.error().code = ErrorCode::kBundleTooLarge;
  if (!text && text.error().code == ErrorCode::kFileNotFound)
    return std::unexpected(
        Error{ErrorCode::kSignatureNotFound, "there is no such file", path.native(), "check --signature"});
  if (!text) return std::unexpected(std::move(text).error());
  auto bundle = parse_bundle(*text);
  if (!bundle) prefix(bundle.error(), path);
  return bundle;
}

}  // namespace

Result<Verified<SignedModel>> verify_signed_model(const VerifyOptions& options, Report& report) {
  report.model = options.model.native();
  report.time = options.time;
  auto bundle = read_bundle(options, report);
  if (!bundle) {
    report.checks.push_back({"bundle", Outcome::kFailed, describe(bundle.error()), bundle.error()});
    return std::unexpected(std::move(bundle).error());
  }
  report.checks.push_back({"bundle", Outcome::kPassed, report.signature, std::nullopt});
  WM_TRY(auto model, Verifier::verify_signature(*bundle, options.trust, options.time, report.checks));
  report.signer = model->signer;
  report.subject = SubjectReport::of(model->manifest);
  WM_CHECK(Verifier::verify_expectations(model, options.expectations, report.checks));
  return model;
}

}  // namespace weightmark
