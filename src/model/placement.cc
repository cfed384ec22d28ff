#include "model/placement.h"

#include <fmt/format.h>

#include <algorithm>

namespace weightmark {
namespace {

namespace fs = std::filesystem;

bool is_folder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

// beside returns MODEL.sig. "." and ".." have no name to extend, so their real
// path is taken.
fs::path beside(const fs::path& model) {
  fs::path path = model.has_filename() ? model : model.parent_path();
  fs::path name = path.filename();
  std::error_code error;
  if (name.empty() || name == "." || name == "..") path = fs::canonical(path, error);
  path += ".sig";
  return path;
}

constexpr std::size_t kMaxName = 128;

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

}  // namespace

fs::path default_signature(const fs::path& model) { return is_folder(model) ? model / "model.sig" : beside(model); }

fs::path further_folder(const fs::path& model) {
  fs::path folder = default_signature(model);
  folder += ".d";
  return folder;
}

Result<fs::path> further_signature(const fs::path& model, const std::string& name) {
  if (!name.empty() && name.size() <= kMaxName && !name.starts_with('.') && std::ranges::all_of(name, is_plain))
    return further_folder(model) / (name + ".sig");
  return std::unexpected(Error{ErrorCode::kUsage, "not a name for a signature", name,
                               "use letters, digits, \".\", \"_\" and \"-\", and begin with another than \".\""});
}

Result<fs::path> find_signature(const fs::path& model) {
  if (!is_there(model))
    return std::unexpected(
        Error{ErrorCode::kModelNotFound, "there is no model at that path", model.native(), "check the path"});
  fs::path inside = default_signature(model);
  fs::path outside = beside(model);
  bool two_places = inside != outside;
  if (two_places && is_there(inside) && is_there(outside))
    return std::unexpected(Error{ErrorCode::kSignatureAmbiguous,
                                 fmt::format("there are two signatures, {} and {}", inside.native(), outside.native()),
                                 model.native(), "name the one you mean with --signature"});
  for (const fs::path& path : {inside, outside})
    if (is_there(path)) return path;
  std::string places = two_places ? fmt::format("{} nor {}", inside.native(), outside.native()) : inside.native();
  return std::unexpected(Error{ErrorCode::kSignatureNotFound,
                               fmt::format("not signed: there is {} {}", two_places ? "neither" : "no", places),
                               model.native(), "if the signature lies elsewhere, name it with --signature"});
}

std::string path_in_model(const fs::path& model, const fs::path& path) {
  // What `path` itself names may be a link or not be there yet; it lies where its
  // folder is.
  std::error_code model_error;
  std::error_code folder_error;
  fs::path root = fs::weakly_canonical(model, model_error);
  fs::path folder = fs::weakly_canonical(path.has_parent_path() ? path.parent_path() : ".", folder_error);
  auto [root_end, rest] = std::ranges::mismatch(root, folder);
  if (model_error || folder_error || root_end != root.end()) return {};
  fs::path relative;
  for (; rest != folder.end(); ++rest) relative /= *rest;
  return (relative / path.filename()).native();
}

}  // namespace weightmark
