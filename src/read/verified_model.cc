#include <fmt/format.h>

#include <algorithm>

#include "attest/oms.h"
#include "base/try.h"
#include "hash/hasher.h"
#include "read/content_facts.h"
#include "read/evidence.h"
#include "read/loaded_file.h"
#include "read/model_listing.h"
#include "read/signed_model.h"
#include "read/stream_verifier.h"
#include "read/verifying_reader.h"
#include "weightmark/reader.h"

namespace weightmark {
namespace {

Result<std::optional<ModelRoot>> open_root(const VerifyOptions& options, const Manifest& manifest) {
  if (options.model.empty()) return std::nullopt;
  const bool follow = manifest.serialization.allow_symlinks || options.allow_symlinks;
  return ModelRoot::open(options.model, follow ? SymlinkPolicy::kFollow : SymlinkPolicy::kRefuse);
}

std::unexpected<Error> missing(const FileEntry& entry) {
  return std::unexpected(Error{ErrorCode::kFileMissing, "was signed but is not there", entry.name, {}});
}

Result<OpenFile> open_signed(const ModelRoot& root, const FileEntry& entry) {
  const std::string& name = root.is_file() && entry.name == kSingleFileName ? root.file_name() : entry.name;
  // Of a model that is one file, nothing else in its folder is part.
  if (root.is_file() && name != root.file_name()) return missing(entry);
  auto file = root.open_file(name);
  if (!file && file.error().code == ErrorCode::kFileNotFound) return missing(entry);
  return file;
}

Result<void> compare_digests(const Digest& found, const Digest& wanted, const std::string& name) {
  if (found == wanted) return {};
  return std::unexpected(
      Error{ErrorCode::kTreeConflict,
            fmt::format("has the signed tree, but not the signed digest: its {} digest is {}, signed was {}",
                        algorithm_name(found.algorithm()), found.hex(), wanted.hex()),
            name, "the signer listed two contents for it; do not use the model"});
}

// check_digest reads all of a file by its tree, node by node, and compares the digest
// of what it was handed.
Result<void> check_digest(VerifyingReader& reader, const Digest& wanted) {
  Hasher hasher(wanted.algorithm());
  Bytes buffer(std::min(kNodeSize, reader.size()));
  for (std::uint64_t offset = 0; offset < reader.size(); offset += buffer.size()) {
    const std::span node = std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), reader.size() - offset));
    WM_CHECK(reader.read(offset, node));
    hasher.update(node);
  }
  return compare_digests(hasher.finish(), wanted, reader.name());
}

// Opened is a signed file, and the digest to check beside its tree.
struct Opened {
  std::unique_ptr<VerifyingReader> reader;
  std::optional<Digest> digest;
};

}  // namespace

struct VerifiedModel::State {
  Verified<SignedModel> signed_model;
  std::optional<ModelRoot> root;  // none where there are only streams
  std::string signature;          // path of the bundle
  VerifyOptions options;
  Evidence evidence;

  Result<FileEntry> find(std::string_view name) const {
    if (const FileEntry* entry = find_file(signed_model->manifest, name)) return *entry;
    return std::unexpected(Error{ErrorCode::kFileNotSigned, "was not signed", std::string(name),
                                 "names are relative to the model, as its manifest has them"});
  }

  // open_reader opens a signed file by `open`, one of VerifyingReader's, and says by
  // which digest it is to be checked beside its tree, if by any.
  template <class Open>
  Result<Opened> open_reader(std::string_view name, Open open) const {
    WM_TRY(FileEntry entry, find(name));
    if (!root) return missing(entry);
    WM_TRY(OpenFile file, open_signed(*root, entry));
    if (evidence == Evidence::kWholeFiles) entry.tree.reset();
    const KernelMeasurement seal = measure_by_kernel(file.fd.get());
    Opened opened;
    if (evidence == Evidence::kBoth && entry.tree) opened.digest = entry.digest;
    WM_TRY(opened.reader, open(std::move(file), std::move(entry), seal, options.work));
    return opened;
  }
};

VerifiedModel::VerifiedModel(std::shared_ptr<const State> state) : state_(std::move(state)) {}

Result<VerifiedModel> VerifiedModel::open(const VerifyOptions& options) {
  Report report;
  WM_TRY(auto model, verify_signed_model(options, report));
  WM_TRY(auto root, open_root(options, model->manifest));
  const Evidence evidence = evidence_for(options, *model);
  return VerifiedModel(
      std::make_shared<const State>(std::move(model), std::move(root), std::move(report.signature), options, evidence));
}

Result<void> VerifiedModel::check_files() const {
  if (!state_->root) return missing(manifest().files.front());
  WM_CHECK(check_listing(state_->options, state_->signature, manifest(), *state_->root));
  if (!forbids_content(state_->options.policy)) return {};
  WM_TRY(const std::vector<ContentFact> facts, content_facts(*this));
  return check_content(state_->options.policy, facts);
}

const Manifest& VerifiedModel::manifest() const { return state_->signed_model->manifest; }

const SignerReport& VerifiedModel::signer() const { return state_->signed_model->signer; }

Result<VerifiedFile> VerifiedModel::open_file(std::string_view name) const {
  WM_TRY(Opened file, state_->open_reader(name, VerifyingReader::open));
  if (file.digest) WM_CHECK(check_digest(*file.reader, *file.digest));
  return VerifiedFile(std::move(file.reader));
}

Result<LoadedFile> VerifiedModel::load_file(std::string_view name) const {
  WM_TRY(const Opened file, state_->open_reader(name, VerifyingReader::create));
  WM_TRY(LoadedFile::Impl loaded, load(*file.reader));
  if (file.digest)
    WM_CHECK(compare_digests(hash_bytes(file.digest->algorithm(), loaded.memory.bytes()), *file.digest, loaded.name));
  return LoadedFile(std::make_shared<const LoadedFile::Impl>(std::move(loaded)));
}

Result<SealedCopy> VerifiedModel::seal_copy(std::string_view name) const {
  WM_TRY(const Opened file, state_->open_reader(name, VerifyingReader::create));
  if (file.digest) WM_CHECK(check_digest(*file.reader, *file.digest));
  WM_TRY(SealedCopy::Impl sealed, weightmark::seal_copy(*file.reader));
  return SealedCopy(std::make_shared<const SealedCopy::Impl>(std::move(sealed)));
}

Result<VerifiedStream> VerifiedModel::open_stream(std::string_view name, VerifiedStream::Sink sink) const {
  WM_TRY(FileEntry entry, state_->find(name));
  // What has to have its whole digest is known only at its end.
  if (state_->evidence != Evidence::kTrees) entry.tree.reset();
  WM_TRY(auto verifier, StreamVerifier::create(entry, std::move(sink)));
  return VerifiedStream(std::move(verifier));
}

VerifiedFile::VerifiedFile(std::shared_ptr<VerifyingReader> reader) : reader_(std::move(reader)) {}

const std::string& VerifiedFile::name() const { return reader_->name(); }
std::uint64_t VerifiedFile::size() const { return reader_->size(); }
Coverage VerifiedFile::coverage() const { return reader_->coverage(); }

Result<void> VerifiedFile::read(std::uint64_t offset, std::span<std::uint8_t> out) const {
  return reader_->read(offset, out);
}

}  // namespace weightmark
