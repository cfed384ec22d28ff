#include "sign/signature_place.h"

#include <utility>

#include "attest/attestation.h"
#include "base/refuse.h"
#include "base/try.h"
#include "model/placement.h"

namespace weightmark {
namespace {

namespace fs = std::filesystem;

using Kind = SignaturePlace::Kind;

bool is_of_kind(const std::string& text, Kind kind) {
  const auto bundle = parse_bundle(text);
  return bundle && is_attestation(*bundle) == (kind == Kind::kAttestation);
}

// is_replaceable says whether nothing but an older one would be lost, or a file without
// content, such as mktemp makes.
Result<bool> is_replaceable(const fs::path& path, Kind kind) {
  std::error_code error;
  const auto status = fs::symlink_status(path, error);
  if (!fs::exists(status) || fs::is_directory(status)) return true;  // AtomicFile judges
  if (!fs::is_regular_file(path, error)) return false;
  auto text = read_file(path, kMaxBundleSize);
  if (text) return text->empty() || is_of_kind(*text, kind);
  if (text.error().code == ErrorCode::kFileTooLarge) return false;
  return std::unexpected(std::move(text).error());
}

}  // namespace

SignaturePlace::SignaturePlace(SignaturePlace&& other) noexcept
    : path_(std::move(other.path_)), made_(std::exchange(other.made_, {})) {}

// What has something in it cannot be removed this way.
SignaturePlace::~SignaturePlace() {
  std::error_code error;
  if (!made_.empty()) fs::remove(made_, error);
}

Result<void> SignaturePlace::make_folder(const fs::path& model) {
  if (model.empty() || path_.parent_path() != further_folder(model)) return {};
  std::error_code error;
  if (fs::create_directory(path_.parent_path(), error)) made_ = path_.parent_path();
  if (!error) return {};
  return std::unexpected(system_error(error.value(), path_.parent_path().native(), ErrorCode::kWriteFailed));
}

Result<SignaturePlace> SignaturePlace::prepare(const fs::path& path, const fs::path& model, Kind kind) {
  SignaturePlace place(path);
  std::error_code error;
  // Where a model is named and is not there, hash_model says so.
  if (!model.empty() && !fs::exists(fs::symlink_status(model, error))) return place;
  if (fs::equivalent(path, model, error))
    return refuse(ErrorCode::kUsage, "the signature would replace the model", path.native(),
                  "choose another place with --signature");
  WM_CHECK(place.make_folder(model));
  WM_TRY(const bool replaceable, is_replaceable(path, kind));
  if (!replaceable)
    return refuse(ErrorCode::kSignaturePlaceTaken,
                  kind == Kind::kSignature ? "is there already, and is not a signature of a model"
                                           : "is there already, and is not an attestation",
                  path.native(), "choose another place with --signature, or remove it if it is not needed");
  WM_CHECK(AtomicFile::create(path));  // nothing of the trial is left
  return place;
}

Result<AtomicFile> SignaturePlace::stage(const Bundle& bundle) const {
  WM_TRY(AtomicFile file, AtomicFile::create(path_));
  WM_CHECK(file.write(as_bytes(write_bundle(bundle))));
  return file;
}

}  // namespace weightmark
