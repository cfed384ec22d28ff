#include "train/measured_input.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "attest/oms.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "model/digest_memory.h"
#include "model/kernel_verity.h"
#include "model/listing.h"
#include "model/placement.h"
#include "train/file_tree_root.h"
#include "train/input_facts.h"
#include "weightmark/sign.h"

namespace weightmark {
namespace {

namespace fs = std::filesystem;

HashOptions hash_options(const MeasuredInput& input, const WorkOptions& work) {
  HashOptions options;
  options.model = input.spec.path;
  options.name = input.manifest.name.empty() ? std::nullopt : std::optional(input.manifest.name);
  options.work = work;
  // What its signer left out is not part of it, and what is opened of that is told apart.
  if (const auto& ignored = input.manifest.serialization.ignore_paths) {
    options.ignore_paths = *ignored;
    options.ignore_git_paths = false;
  }
  return options;
}

// hash_anew computes what no signature vouches for yet.
Result<void> hash_anew(MeasuredInput& input, const WorkOptions& work) {
  WM_TRY(HashedModel hashed, hash_model(hash_options(input, work)));
  input.manifest = std::move(hashed.manifest);
  std::ranges::move(hashed.warnings, std::back_inserter(input.warnings));
  return {};
}

// identify lists the files that were measured, so that an opened one can be told by its
// inode, and finds out whether others may write to them.
Result<void> identify(MeasuredInput& input, const WorkOptions& work) {
  WM_TRY(const ModelRoot root, ModelRoot::open(input.spec.path, SymlinkPolicy::kRefuse));
  input.path = root.is_file() ? root.path().parent_path() / root.file_name() : root.path();
  if (root.hub_cache()) input.blobs = real_path(Fd(::dup(root.hub_cache()->blobs())));
  const auto& ignored = input.manifest.serialization.ignore_paths;
  WM_TRY(Listing listing, list_files(root, IgnoreSet(ignored.value_or(std::vector<std::string>())), work));
  const bool same = std::ranges::equal(listing.files, input.manifest.files, {}, &ListedFile::name, &FileEntry::name);
  if (!same) return refuse(ErrorCode::kTrainingInputChanged, "changed while it was hashed", input.spec.path.native());
  for (ListedFile& file : listing.files) input.files.push_back({std::move(file.name), file.identity});
  input.facts.writable_by_others = others_may_write(root, input.manifest);
  return {};
}

void describe_content(MeasuredInput& input) {
  DependencyFacts& facts = input.facts;
  facts.kind = input.spec.kind;
  facts.role = input.spec.role;
  facts.relation = input.spec.relation;
  facts.evidence = kEvidenceDeclared;
  facts.digest_kind = "oms-root";
  facts.files = static_cast<std::int64_t>(input.files.size());
  facts.bytes = 0;
  for (const InputFile& file : input.files) *facts.bytes += static_cast<std::int64_t>(file.identity.size);
  facts.merkle = merkle_root(named_digests(input.manifest));
  auto& digests = input.resource.digests;
  digests = {{"sha256", input.manifest.root.hex()}};
  if (input.manifest.manifest_v1) digests.emplace_back(kManifestV1, input.manifest.manifest_v1->hex());
}

// Sealed remembers only what the kernel keeps as it was measured.
class Sealed : public DigestMemory {
 public:
  explicit Sealed(const Manifest& manifest) {
    for (const FileEntry& file : manifest.files) files_[file.name] = &file;
  }

  std::optional<FileEntry> recall(std::string_view name, const OpenFile& file) const override {
    const auto found = files_.find(name);
    if (found == files_.end() || !found->second->tree || !file.may_be_sealed) return std::nullopt;
    const bool covered = judge(measure_by_kernel(file.fd.get()), *found->second->tree) == KernelVerdict::kCovered;
    return covered ? std::optional(*found->second) : std::nullopt;
  }

  void remember(const FileEntry&, const FileIdentity&) override {}

 private:
  std::map<std::string_view, const FileEntry*> files_;
};

// first_difference names a file that is not as it was; empty where there is none.
std::string first_difference(const Manifest& before, const Manifest& after) {
  std::map<std::string_view, const FileEntry*> old;
  for (const FileEntry& file : before.files) old[file.name] = &file;
  for (const FileEntry& file : after.files) {
    const auto found = old.find(file.name);
    if (found == old.end() || found->second->digest != file.digest) return file.name;
    old.erase(found);
  }
  return old.empty() ? "" : std::string(old.begin()->first);
}

// note_bundle: who reads all of a folder opens these as well.
void note_bundle(const fs::path& path, MeasuredInput& input) {
  std::error_code error;
  fs::path canonical = fs::canonical(path, error);
  if (!path.empty() && !error) input.bundles.push_back(std::move(canonical));
}

}  // namespace

Result<MeasuredInput> measure_input(const InputSpec& spec, const InputOptions& options) {
  MeasuredInput input;
  input.spec = spec;
  WM_TRY(SignedInput found, read_input_signature(spec.path, options.trust, options.time, options.work));
  input.facts.signature = std::move(found.signature);
  input.warnings = std::move(found.warnings);
  if (found.manifest) input.manifest = *std::move(found.manifest);
  // Digests of shards or by other algorithms are not what statements of training have.
  if (!input.manifest.manifest_v1) WM_CHECK(hash_anew(input, options.work));
  WM_CHECK(identify(input, options.work));
  describe_content(input);
  name_input(input);
  WM_TRY(SignedFile provenance, find_provenance(spec.path));
  input.facts.provenance_sha256 = std::move(provenance.sha256);
  note_bundle(provenance.path, input);
  if (input.facts.signature) note_bundle(find_signature(spec.path).value_or(fs::path()), input);
  read_licence(input);
  return input;
}

Result<void> check_unchanged(const MeasuredInput& input, const WorkOptions& work) {
  Sealed sealed(input.manifest);
  const auto changed = [&](std::string what, std::string_view subject) {
    return refuse(ErrorCode::kTrainingInputChanged, std::move(what), subject,
                  "nothing was signed; keep others from writing to it, or train on a copy");
  };
  auto after = hash_model(hash_options(input, work), &sealed);
  if (!after && after.error().code == ErrorCode::kInterrupted) return std::unexpected(std::move(after).error());
  if (!after) return changed("cannot be read any more: " + describe(after.error()), input.spec.path.native());
  const std::string name = first_difference(input.manifest, after->manifest);
  if (name.empty()) return {};
  return changed("is not what it was before the command ran", fmt::format("{}: {}", input.spec.path.native(), name));
}

}  // namespace weightmark
