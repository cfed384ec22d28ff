// Comparing what was signed with what was measured.
#pragma once

#include <string>
#include <vector>

#include "model/listing.h"
#include "model/measure.h"
#include "model/selection.h"
#include "weightmark/manifest.h"
#include "weightmark/report.h"

namespace weightmark {

// What to do about a file that is not the signed one.
inline constexpr const char* kMismatchHint = "the file is not the one that was signed; get it again from its publisher";

// compare_file judges one signed file by everything that was measured of it. The
// message of a difference names both digests and, with shards and nodes, the bytes.
// Errors: that of the measurement, file-mismatch, tree-conflict.
FileReport compare_file(const FileEntry& signed_file, const Result<Measurement>& measured);

// check_size says, before a file is read, whether its size can be right.
// Errors: file-mismatch, shard-past-end.
Result<void> check_size(const FileEntry& signed_file, std::uint64_t size);

// UnsignedRules say what becomes of files that are there but not signed.
struct UnsignedRules {
  IgnoreSet recorded;     // ignored by the signer or on the user's request
  bool tolerate = false;  // --ignore-unsigned-files: report them, no more
  Selection selection;    // what it leaves out is reported, no more
};

// report_unsigned reports everything in the listing that the manifest does not
// have: extra files, and what was ignored.
std::vector<FileReport> report_unsigned(const Manifest& manifest, const Listing& listing, const UnsignedRules& rules);

}  // namespace weightmark
