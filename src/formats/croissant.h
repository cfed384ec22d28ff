// Croissant: what a dataset's publisher says of it, in JSON-LD: name, version, licence,
// and the files with their digests.
// https://docs.mlcommons.org/croissant/docs/croissant-spec.html, versions 0.8 to 1.1
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weightmark/digest.h"
#include "weightmark/error.h"

namespace weightmark {

// The most bytes and the most entries of `distribution` that are taken.
inline constexpr std::uint64_t kMaxCroissantSize = 16U << 20U;
inline constexpr std::size_t kMaxCroissantFiles = 100'000;

// CroissantFile is one FileObject of the distribution.
struct CroissantFile {
  std::string id;            // "@id"; "" in version 0.8
  std::string name;          // as downloaded
  std::string content_url;   // absolute, or a path from where the Croissant lies; "" where absent
  std::string encoding;      // a media type, or "git+https"; "" where absent
  std::string contained_in;  // the id of the archive or repository that it is in; "" for none
  // sha256 is nothing where absent, and where it is a URL: hubs write one in place of a
  // digest that they do not have (https://github.com/mlcommons/croissant/issues/80).
  std::optional<Digest> sha256;

  friend bool operator==(const CroissantFile&, const CroissantFile&) = default;
};

// CroissantDataset is what is claimed, none of it verified.
struct CroissantDataset {
  std::string conforms_to;  // "http://mlcommons.org/croissant/1.1"; "" in version 0.8
  std::string name;
  std::string version;                // "" where absent
  std::string url;                    // the dataset's page; "" where absent
  std::vector<std::string> licenses;  // URLs, SPDX ids or names, as written
  std::vector<CroissantFile> files;   // FileObjects; a FileSet only has patterns
  // records are counted where every record set has all of its data inline; other
  // numbers of records the format has no place for.
  std::optional<std::uint64_t> records;
};

// is_croissant says whether a JSON text calls itself Croissant by `conformsTo`: for files
// with a name that others use as well, such as metadata.json.
bool is_croissant(std::string_view text);

// parse_croissant reads the JSON as Croissant's own tools write it: terms bare or with the
// prefixes "sc:" and "cr:"; a general JSON-LD processor it is not. A term in two spellings
// at once is refused: tools would differ in which they believe.
// Errors: croissant-malformed, croissant-version, json-*.
Result<CroissantDataset> parse_croissant(std::string_view text);

// MeasuredFile is a file of the dataset on disk: its path from the dataset's root, with
// "/", and the SHA-256 of its content.
struct MeasuredFile {
  std::string path;
  Digest sha256;
};

// CroissantOutcome is how a FileObject compares.
enum class CroissantOutcome : std::uint8_t {
  kEqual,     // the digests are the same
  kDiffers,   // they are not
  kAbsent,    // no such file was measured
  kNoDigest,  // the Croissant has none, or not of the content: a git repository
  kWithin,    // inside another file, an archive, which is compared as a whole
};

struct CroissantFinding {
  std::size_t file = 0;                 // in CroissantDataset::files
  std::optional<std::size_t> measured;  // in what was measured
  CroissantOutcome outcome = CroissantOutcome::kAbsent;

  friend bool operator==(const CroissantFinding&, const CroissantFinding&) = default;
};

// compare_croissant compares each FileObject with the file that it means: the one whose
// path ends the path of its contentUrl, of several the longest; else the one whose path is
// its name. One finding for each FileObject, in their order.
std::vector<CroissantFinding> compare_croissant(const CroissantDataset& dataset,
                                                std::span<const MeasuredFile> measured);

// check_croissant refuses the first file that differs. What is absent, or has no digest, is
// no contradiction: part of a dataset may be all that is used.
// Errors: croissant-mismatch.
Result<void> check_croissant(const CroissantDataset& dataset, std::span<const MeasuredFile> measured);

}  // namespace weightmark
