// Distributions of Python packages as installers leave them.
// https://packaging.python.org/specifications/recording-installed-packages
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "weightmark/error.h"

namespace weightmark {

inline constexpr std::uint64_t kMaxPackageFile = std::uint64_t{64} << 20U;

// PackageFile is a line of RECORD.
struct PackageFile {
  std::string path;    // relative to the folder of all packages, or absolute
  std::string sha256;  // lower-case hex; empty where none is recorded, as of bytecode

  friend bool operator==(const PackageFile&, const PackageFile&) = default;
};

// PackageMetadata is what METADATA says at its top (core metadata, version 1.0 to 2.4).
struct PackageMetadata {
  std::string name;
  std::string version;
  std::string license;  // License-Expression, else a short License

  friend bool operator==(const PackageMetadata&, const PackageMetadata&) = default;
};

// Package is a distribution that is installed.
struct Package {
  PackageMetadata metadata;
  std::string record_sha256;  // of RECORD itself
  std::vector<PackageFile> files;

  // purl is "pkg:pypi/NAME@VERSION", the name normalised
  // (https://github.com/package-url/purl-spec, PURL-TYPES).
  std::string purl() const;

  // kind is "framework", "accelerator-runtime" or "package".
  std::string kind() const;
};

// parse_installed takes the CSV (RFC 4180) of a RECORD; lines that are none are passed over:
// what they would vouch for counts as not vouched for.
std::vector<PackageFile> parse_installed(std::string_view text);

PackageMetadata parse_metadata(std::string_view text);

// read_package reads NAME.dist-info. Errors: those of reading.
Result<Package> read_package(const std::filesystem::path& info);

// normalised_name is a name as PyPI compares them: lower case, "-" for runs of "-_.".
std::string normalised_name(std::string_view name);

}  // namespace weightmark
