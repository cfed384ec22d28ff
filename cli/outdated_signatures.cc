#include "cli/outdated_signatures.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "attest/attestation.h"
#include "attest/bundle.h"
#include "attest/oms.h"
#include "base/file.h"
#include "base/text.h"
#include "crypto/identity.h"
#include "model/placement.h"

namespace weightmark::cli {
namespace {

namespace fs = std::filesystem;

// all_bundles lists what may be one: that of the model, and those in its folder of further
// signatures, by their names.
std::vector<fs::path> all_bundles(const fs::path& model) {
  std::vector<fs::path> paths;
  std::error_code failed;
  for (fs::directory_iterator at(further_folder(model), failed), end; !failed && at != end; at.increment(failed))
    if (at->path().extension() == ".sig") paths.push_back(at->path());
  std::ranges::sort(paths);
  if (auto first = find_signature(model)) paths.insert(paths.begin(), *std::move(first));
  return paths;
}

// signer_words are the words of a command that signs by the same method.
std::string signer_words(const Bundle& bundle) {
  const auto* certificates = std::get_if<CertificateMaterial>(&bundle.material);
  if (certificates == nullptr) return " key --private-key KEY";
  return read_identity(certificates->chain.front()) ? "" : " certificate --private-key KEY --signing-certificate CERT";
}

// add_words place it where it was.
std::string add_words(const fs::path& model, const fs::path& path) {
  const bool further = path.parent_path().filename() == further_folder(model).filename();
  return further ? fmt::format(" --add {}", path.stem().native()) : std::string();
}

bool leaves_out(const Manifest& manifest, const std::string& name) {
  return manifest.serialization.ignore_paths &&
         std::ranges::find(*manifest.serialization.ignore_paths, name) != manifest.serialization.ignore_paths->end();
}

std::optional<OutdatedSignature> look_at(const fs::path& model, const fs::path& path, const std::string& name) {
  const auto text = read_file(path, kMaxBundleSize);
  const auto bundle = text ? parse_bundle(*text) : std::unexpected(text.error());
  const auto statement = bundle ? parse_statement(as_text(bundle->envelope.payload)) : std::unexpected(bundle.error());
  if (!statement) return std::nullopt;
  if (!is_model_signature(statement->predicate_type))
    return OutdatedSignature{path.native(), fmt::format("is about all files of the model, {} among them", name),
                             fmt::format("weightmark attest{} --type {} --predicate FILE {}", signer_words(*bundle),
                                         short_name(statement->predicate_type), model.native())};
  const auto manifest = parse_oms(*statement);
  if (!manifest || leaves_out(*manifest, name)) return std::nullopt;
  const bool listed = std::ranges::any_of(
      list_resources(*manifest, ResourceOrder::kSpecification),
      [&](const NamedDigest& resource) { return resource.name == name || resource.name.starts_with(name + ":"); });
  return OutdatedSignature{
      path.native(), fmt::format("{} {}", listed ? "covers" : "does not list", name),
      fmt::format("weightmark sign{}{} {}", signer_words(*bundle), add_words(model, path), model.native())};
}

}  // namespace

std::vector<OutdatedSignature> outdated_by(const fs::path& model, const std::string& name) {
  std::vector<OutdatedSignature> outdated;
  for (const fs::path& path : all_bundles(model))
    if (auto found = look_at(model, path, name)) outdated.push_back(*std::move(found));
  return outdated;
}

}  // namespace weightmark::cli
