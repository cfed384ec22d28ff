#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <filesystem>

#include "attest/oms.h"
#include "base/file.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "hash/fsverity.h"
#include "hash/hasher.h"
#include "model/compare.h"
#include "model/kernel_verity.h"
#include "model/model_root.h"
#include "model/parallel.h"
#include "model/range_reader.h"
#include "weightmark/seal.h"

namespace weightmark {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBufferSize = std::size_t{256} * 1024;

// path_of_handle returns where an open file lies, as the kernel names it.
std::optional<fs::path> path_of_handle(int fd) {
  std::array<char, PATH_MAX> target{};
  ssize_t size = ::readlink(fmt::format("/proc/self/fd/{}", fd).c_str(), target.data(), target.size());
  if (size <= 0 || target[0] != '/') return std::nullopt;
  return fs::path(std::string_view(target.data(), static_cast<std::size_t>(size)));
}

bool is_below(const fs::path& path, const fs::path& folder) {
  return std::ranges::mismatch(folder, path).in1 == folder.end();
}

// in_blobs says whether a path leads through the blobs folder of a repository in
// the Hugging Face cache: models--ORG--NAME/blobs.
bool in_blobs(const fs::path& path) {
  std::string before;
  for (const fs::path& part : path) {
    bool repository =
        before.starts_with("models--") || before.starts_with("datasets--") || before.starts_with("spaces--");
    if (repository && part == "blobs") return true;
    before = part.native();
  }
  return false;
}

// TreeReader reads a file through the handle that will be sealed, compares it
// with its signed digests, and computes its tree in the same pass.
class TreeReader {
 public:
  TreeReader(const OpenFile& file, const FileEntry& entry, const WorkOptions& work)
      : file_(file), entry_(entry), work_(work), buffer_(kBufferSize) {
    work_.observer = nullptr;  // it is told of a file once that is sealed
  }

  // Errors: file-mismatch, file-shrank, file-changed, read-failed, interrupted.
  Result<FileTree> read() {
    WM_CHECK(check_size(entry_, file_.identity.size));
    Measurement measurement;
    FileEntry& measured = measurement.entry;
    measured.name = entry_.name;
    if (entry_.digest) {
      WM_TRY(measured.digest, hash(entry_.digest->algorithm(), 0, file_.identity.size));
    }
    for (const Shard& shard : entry_.shards) {
      WM_TRY(Digest digest, hash(shard.digest.algorithm(), shard.begin, shard.end));
      measured.shards.push_back({shard.begin, shard.end, digest});
    }
    if (!file_.unchanged()) return refuse(ErrorCode::kFileChanged, "changed while it was read", entry_.name);
    measured.tree = tree_.finish();
    if (FileReport report = compare_file(entry_, measurement); report.error) return std::unexpected(*report.error);
    return *measured.tree;
  }

 private:
  Result<Digest> hash(HashAlgorithm algorithm, std::uint64_t begin, std::uint64_t end) {
    Hasher hasher(algorithm);
    RangeReader reader(file_, entry_.name, work_, begin, end);
    while (!reader.done()) {
      WM_TRY(ByteView chunk, reader.next(buffer_));
      hasher.update(chunk);
      tree_.update(chunk);
    }
    return hasher.finish();
  }

  const OpenFile& file_;
  const FileEntry& entry_;
  WorkOptions work_;
  Bytes buffer_;
  TreeHasher tree_;
};

// FileSealer seals one file.
class FileSealer {
 public:
  FileSealer(const SealOptions& options, const ModelRoot& root, const FileEntry& entry, Coverage coverage)
      : options_(options), root_(root), entry_(entry), coverage_(coverage) {}

  // examine says, before anything is sealed, whether anything speaks against it,
  // or it is sealed already. kNotSealed: it can be tried.
  Result<SealOutcome> examine() {
    WM_CHECK(open());
    bool decided_by_reading = seal_.seal != KernelSeal::kNone && !entry_.tree;
    if (seal_.seal == KernelSeal::kNone || decided_by_reading) return SealOutcome::kNotSealed;
    return compare(*entry_.tree, SealOutcome::kBefore);
  }

  Result<SealOutcome> seal() {
    WM_CHECK(open());
    WM_TRY(FileTree wanted, wanted_tree());
    SealOutcome outcome = SealOutcome::kBefore;
    if (seal_.seal == KernelSeal::kNone) {
      WM_TRY(SealStart start, enable_verity(file_.fd.get(), entry_.name));
      if (start == SealStart::kNow) outcome = SealOutcome::kSealed;
      seal_ = measure_by_kernel(file_.fd.get());
    }
    return compare(wanted, outcome);
  }

  std::uint64_t size() const { return file_.identity.size; }

 private:
  Result<void> open() {
    WM_TRY(file_, root_.open_file(entry_.name == kSingleFileName ? root_.file_name() : entry_.name));
    seal_ = measure_by_kernel(file_.fd.get());
    // What is sealed already cannot become read-only a second time.
    if (seal_.seal == KernelSeal::kStandard || seal_.seal == KernelSeal::kOther) return {};
    WM_CHECK(check_links());
    WM_CHECK(check_place());
    if (seal_.seal == KernelSeal::kNone) return {};
    return refuse(ErrorCode::kSealUnsupported, "cannot be sealed: " + seal_.reason, entry_.name, seal_.hint);
  }

  Result<void> check_links() const {
    struct stat status{};
    if (::fstat(file_.fd.get(), &status) != 0)
      return std::unexpected(system_error(errno, entry_.name, ErrorCode::kReadFailed));
    if (options_.allow_hard_links || status.st_nlink <= 1) return {};
    return refuse(ErrorCode::kSealHardLinks,
                  fmt::format("has {} names (hard links), and all of them would become read-only", status.st_nlink),
                  entry_.name, "copy the model, or seal all the same with --allow-hard-links");
  }

  // check_place looks where the opened file really lies: a link may lead to what
  // others use too, and the model's signer does not decide about that.
  Result<void> check_place() const {
    if (options_.allow_shared_blobs) return {};
    std::string hint = "seal all the same with --allow-shared-blobs";
    auto path = path_of_handle(file_.fd.get());
    if (!path)
      return refuse(ErrorCode::kSealSharedBlobs, "cannot be placed without /proc, so others may use it too",
                    entry_.name, hint);
    if (in_blobs(*path))
      return refuse(
          ErrorCode::kSealSharedBlobs,
          fmt::format("lies in {}, which other snapshots of the repository may use too", path->parent_path().native()),
          entry_.name, hint);
    fs::path folder = root_.is_file() ? root_.path().parent_path() : root_.path();
    if (is_below(*path, folder)) return {};
    return refuse(ErrorCode::kSealSharedBlobs, fmt::format("lies outside the model, in {}", path->native()),
                  entry_.name, hint);
  }

  // wanted_tree is the signed tree where the verification went by it, or where
  // the file is sealed already. Else the file is read: what is sealed for good must
  // be known to be right before.
  Result<FileTree> wanted_tree() const {
    bool by_tree = coverage_ == Coverage::kTree || coverage_ == Coverage::kKernel;
    if (entry_.tree && (by_tree || seal_.seal != KernelSeal::kNone)) return *entry_.tree;
    return TreeReader(file_, entry_, options_.verify.work).read();
  }

  Result<SealOutcome> compare(const FileTree& wanted, SealOutcome outcome) const {
    std::string hint = "it cannot be written any more, but it can be removed; get it again from its publisher";
    switch (judge(seal_, wanted)) {
      case KernelVerdict::kCovered: return outcome;
      case KernelVerdict::kMismatch:
        return refuse(ErrorCode::kSealMismatch,
                      fmt::format("is sealed with other content: its fs-verity digest is {}, signed was {}",
                                  seal_.digest->hex(), wanted.fsverity.hex()),
                      entry_.name, hint);
      case KernelVerdict::kRead: break;
    }
    return refuse(ErrorCode::kSealParameters, "cannot be sealed again: " + seal_.reason, entry_.name,
                  "replace the file by a copy and seal that");
  }

  const SealOptions& options_;
  const ModelRoot& root_;
  const FileEntry& entry_;
  Coverage coverage_;
  OpenFile file_;
  KernelMeasurement seal_;
};

// Sealing is one call under way.
class Sealing {
 public:
  Sealing(const SealOptions& options, const ModelRoot& root, const Manifest& manifest, SealReport& report)
      : options_(options), root_(root), report_(report) {
    for (const FileReport& file : report.verification.files) {
      const FileEntry* entry = is_covered(file.coverage) ? find_file(manifest, file.name) : nullptr;
      if (entry == nullptr) continue;
      entries_.push_back({entry, file.coverage});
      report_.files.push_back({file.name, SealOutcome::kNotSealed, file.size, std::nullopt});
    }
  }

  void run() {
    for (std::size_t i = 0; i < entries_.size() && !cancelled(); ++i)
      record(i, [](FileSealer& sealer) { return sealer.examine(); });
    if (!may_go_on()) return;
    announce();
    for_each([this](std::size_t i) { seal(i); });
    if (work().observer != nullptr) work().observer->on_done();
    if (cancelled()) interrupted();
  }

 private:
  struct Entry {
    const FileEntry* file;
    Coverage coverage;
  };

  const WorkOptions& work() const { return options_.verify.work; }
  bool cancelled() const { return work().is_cancelled(); }

  void interrupted() {
    if (report_.count(SealOutcome::kNotSealed) > 0)
      report_.error = Error{ErrorCode::kInterrupted, "interrupted; not all of its files are sealed",
                            report_.verification.model, "seal it again to go on"};
  }

  // may_go_on is the last moment at which nothing is done that cannot be undone.
  bool may_go_on() {
    if (cancelled()) {
      interrupted();
      return false;
    }
    std::uint64_t files = report_.count(SealOutcome::kNotSealed);
    if (report_.count(SealOutcome::kFailed) > 0 || files == 0) return false;
    bool confirmed = !options_.confirm || options_.confirm(files, bytes_to_seal());
    if (cancelled()) interrupted();
    if (confirmed || report_.error) return !report_.error;
    report_.error = Error{ErrorCode::kSealNotConfirmed, "nothing was sealed, since it was not confirmed",
                          report_.verification.model, "confirm with --yes where there is nobody to ask"};
    return false;
  }

  std::uint64_t bytes_to_seal() const {
    std::uint64_t bytes = 0;
    for (const SealedFile& file : report_.files)
      if (file.outcome == SealOutcome::kNotSealed) bytes += file.size;
    return bytes;
  }

  void announce() const {
    if (work().observer != nullptr) work().observer->on_plan(report_.count(SealOutcome::kNotSealed), bytes_to_seal());
  }

  void seal(std::size_t i) {
    const SealedFile& file = report_.files[i];
    if (file.outcome != SealOutcome::kNotSealed || cancelled()) return;
    record(i, [](FileSealer& sealer) { return sealer.seal(); });
    if (work().observer != nullptr) work().observer->on_read(file.name, 0, file.size);
  }

  template <class Step>
  void record(std::size_t i, Step step) {
    FileSealer sealer(options_, root_, *entries_[i].file, entries_[i].coverage);
    Result<SealOutcome> outcome = step(sealer);
    SealedFile& file = report_.files[i];
    file.size = sealer.size();
    file.outcome = outcome ? *outcome : SealOutcome::kFailed;
    if (!outcome) file.error = std::move(outcome).error();
  }

  // for_each spreads the files over the processors: the kernel builds a file's
  // tree on the processor that asks for it.
  template <class Step>
  void for_each(Step step) const {
    std::atomic<std::size_t> next{0};
    run_parallel(thread_count(work(), entries_.size()), [&] {
      for (std::size_t i = next++; i < entries_.size(); i = next++) step(i);
    });
  }

  const SealOptions& options_;
  const ModelRoot& root_;
  SealReport& report_;
  std::vector<Entry> entries_;
};

}  // namespace

SealReport seal_model(const SealOptions& options) {
  SealReport report;
  Verification verification = verify_model(options.verify);
  report.verification = std::move(verification.report);
  if (!verification.manifest) return report;
  const Manifest& manifest = **verification.manifest;
  bool follow = manifest.serialization.allow_symlinks || options.verify.allow_symlinks;
  auto root = ModelRoot::open(options.verify.model, follow ? SymlinkPolicy::kFollow : SymlinkPolicy::kRefuse);
  if (root)
    Sealing(options, *root, manifest, report).run();
  else
    report.error = std::move(root).error();
  return report;
}

}  // namespace weightmark
