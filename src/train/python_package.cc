#include "train/python_package.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/encoding.h"
#include "base/file.h"
#include "base/text.h"
#include "base/try.h"
#include "crypto/sha2.h"

namespace weightmark {
namespace {

// What trains models, by the names of PyPI.
constexpr auto kFrameworks = std::to_array<std::string_view>({"torch",
                                                              "tensorflow",
                                                              "tensorflow-cpu",
                                                              "tensorflow-gpu",
                                                              "tf-nightly",
                                                              "jax",
                                                              "jaxlib",
                                                              "flax",
                                                              "keras",
                                                              "transformers",
                                                              "lightning",
                                                              "pytorch-lightning",
                                                              "accelerate",
                                                              "peft",
                                                              "trl",
                                                              "deepspeed",
                                                              "megatron-core",
                                                              "scikit-learn",
                                                              "xgboost",
                                                              "lightgbm",
                                                              "catboost",
                                                              "mxnet",
                                                              "paddlepaddle",
                                                              "onnxruntime-training",
                                                              "mlx",
                                                              "diffusers",
                                                              "sentence-transformers",
                                                              "fastai",
                                                              "torchtune",
                                                              "unsloth",
                                                              "optax"});

constexpr auto kAcceleratorPrefixes =
    std::to_array<std::string_view>({"nvidia-", "jax-cuda", "rocm-", "intel-extension-for-", "torch-xla", "libtpu"});

constexpr std::size_t kMaxLicense = 128;

// take_field cuts off a field of a line of CSV and the comma after it.
std::string take_field(std::string_view& line) {
  std::string field;
  if (!line.starts_with('"')) {
    const std::size_t comma = std::min(line.find(','), line.size());
    field = line.substr(0, comma);
    line.remove_prefix(std::min(comma + 1, line.size()));
    return field;
  }
  std::size_t at = 1;
  for (; at < line.size(); ++at) {
    if (line[at] != '"')
      field += line[at];
    else if (at + 1 < line.size() && line[at + 1] == '"')
      field += line[at++];
    else
      break;
  }
  line.remove_prefix(std::min(at + 2, line.size()));
  return field;
}

std::string recorded_sha256(std::string_view field) {
  constexpr std::string_view kAlgorithm = "sha256=";
  if (!field.starts_with(kAlgorithm)) return {};
  const auto bytes = from_base64url(field.substr(kAlgorithm.size()));
  return bytes && bytes->size() == 32 ? to_hex(*bytes) : "";
}

void take_header(std::string_view line, PackageMetadata& metadata, std::string& old_license) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  const std::string_view name = line.substr(0, colon);
  const std::string value(trimmed(line.substr(colon + 1)));
  if (name == "Name" && metadata.name.empty()) metadata.name = value;
  if (name == "Version" && metadata.version.empty()) metadata.version = value;
  if (name == "License-Expression") metadata.license = value;
  if (name == "License" && old_license.empty()) old_license = value;
}

}  // namespace

std::string normalised_name(std::string_view name) {
  std::string normal;
  for (const char c : name) {
    const bool separator = c == '-' || c == '_' || c == '.';
    if (separator && normal.ends_with('-')) continue;
    normal += separator ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return normal;
}

std::string Package::purl() const {
  std::string version;
  // "+" of a local version would be a space to some readers of URLs.
  for (const char c : metadata.version) version += c == '+' ? std::string("%2B") : std::string(1, c);
  return "pkg:pypi/" + normalised_name(metadata.name) + "@" + version;
}

std::string Package::kind() const {
  const std::string name = normalised_name(metadata.name);
  if (std::ranges::find(kFrameworks, name) != kFrameworks.end()) return "framework";
  const bool accelerator =
      std::ranges::any_of(kAcceleratorPrefixes, [&](std::string_view prefix) { return name.starts_with(prefix); });
  return accelerator ? "accelerator-runtime" : "package";
}

std::vector<PackageFile> parse_installed(std::string_view text) {
  std::vector<PackageFile> files;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    std::string path = take_field(line);
    if (path.empty()) continue;
    files.push_back({std::move(path), recorded_sha256(take_field(line))});
  }
  return files;
}

PackageMetadata parse_metadata(std::string_view text) {
  PackageMetadata metadata;
  std::string old_license;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (trimmed(line).empty()) break;  // the description follows
    if (!line.starts_with(' ') && !line.starts_with('\t')) take_header(line, metadata, old_license);
  }
  // Many have the whole text of a licence there.
  if (metadata.license.empty() && old_license.size() <= kMaxLicense) metadata.license = old_license;
  return metadata;
}

Result<Package> read_package(const std::filesystem::path& info) {
  Package package;
  WM_TRY(const std::string metadata, read_file(info / "METADATA", kMaxPackageFile));
  package.metadata = parse_metadata(metadata);
  WM_TRY(const std::string record, read_file(info / "RECORD", kMaxPackageFile));
  package.record_sha256 = to_hex(sha2(Sha2::k256, as_bytes(record)));
  package.files = parse_installed(record);
  return package;
}

}  // namespace weightmark
