#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "attest/oms.h"
#include "base/name_cursor.h"
#include "base/text.h"
#include "base/try.h"
#include "model/compare.h"
#include "model/listing.h"
#include "model/measure.h"
#include "model/placement.h"
#include "read/content_facts.h"
#include "read/evidence.h"
#include "read/model_listing.h"
#include "read/policy_files.h"
#include "read/signed_model.h"
#include "trust/policy.h"
#include "weightmark/verify.h"

namespace weightmark {
namespace {

// More missing and unsigned files than these, and looking for renames is not
// worth another pass over the bytes.
constexpr std::size_t kMaxRenames = 16;

// Session holds one verification under way.
class Session {
 public:
  explicit Session(const VerifyOptions& options) : options_(options), selection_(options.files) {}

  Verification run() {
    if (auto status = verify(); !status) conclude(status.error());
    return std::move(verification_);
  }

 private:
  Result<void> verify() {
    if (is_allowed_unsigned(options_)) return accept_unsigned(options_, report());
    WM_TRY(auto model, verify_signed_model(options_, report()));
    evidence_ = evidence_for(options_, *model);
    WM_CHECK(recorded("files", verify_contents(model->manifest)));
    std::ranges::sort(report().files, {}, &FileReport::name);
    WM_TRY(Verified<Manifest> verified,
           Verifier::verify_files(std::move(model), report().files, report().partial, report().checks));
    WM_CHECK(recorded("content", verify_content(verified->files)));
    verification_.manifest = std::move(verified);
    report().verdict = Verdict::kVerified;
    return {};
  }

  Result<void> verify_contents(const Manifest& manifest) {
    WM_CHECK(check_selection(manifest));
    bool follow = manifest.serialization.allow_symlinks || options_.allow_symlinks;
    WM_TRY(ModelRoot root, ModelRoot::open(options_.model, follow ? SymlinkPolicy::kFollow : SymlinkPolicy::kRefuse));
    const bool only_signed = options_.ignore_unsigned_files && !forbids_uncovered();
    UnsignedRules rules{recorded_ignores(options_, manifest), only_signed, selection_};
    // A single file is always listed: it must be the signed one.
    Listing listing;
    if (!only_signed || root.is_file()) {
      WM_TRY(listing, list_model(options_, report().signature, manifest, root, rules.recorded));
    }
    std::ranges::copy(listing.warnings, std::back_inserter(report().warnings));
    measure(manifest, root, listing);
    auto rest = report_unsigned(manifest, listing, rules);
    find_renames(manifest, root, listing, rest);
    std::ranges::move(rest, std::back_inserter(report().files));
    if (selection_.everything()) forbid_uncovered(options_, report().signature, manifest, report().files);
    return {};
  }

  // verify_content opens the files anew: facts are told of verified bytes alone.
  Result<void> verify_content(const std::vector<FileEntry>& files) {
    if (!options_.content_facts && !forbids_content(options_.policy)) return {};
    WM_TRY(const VerifiedModel model, VerifiedModel::open(options_));
    WM_TRY(report().content, facts_of_files(model, files));
    WM_CHECK(check_content(options_.policy, *report().content));
    report().checks.push_back(
        {"content", Outcome::kPassed, plural(report().content->size(), "fact") + ", none forbidden", std::nullopt});
    return {};
  }

  bool forbids_uncovered() const { return options_.policy && options_.policy->impl().uncovered_forbidden; }

  // check_selection refuses a pattern that a typing error made meaningless: the
  // caller would believe that something was verified.
  Result<void> check_selection(const Manifest& manifest) {
    for (const std::string& pattern : selection_.patterns()) {
      auto matches = [&](const FileEntry& file) { return Selection::matches(pattern, file.name); };
      if (std::ranges::none_of(manifest.files, matches))
        return std::unexpected(Error{ErrorCode::kPatternUnmatched, "selects no signed file", pattern,
                                     "`weightmark inspect` lists the signed files; `*` does not match a slash"});
    }
    auto selects = [&](const FileEntry& file) { return selection_.selects(file.name); };
    report().partial = !std::ranges::all_of(manifest.files, selects);
    return {};
  }

  void measure(const Manifest& manifest, const ModelRoot& root, const Listing& listing) {
    std::vector<const FileEntry*> entries;
    std::vector<MeasureTask> tasks;
    entries.reserve(manifest.files.size());
    tasks.reserve(manifest.files.size());
    NameCursor listed(listing.files);
    for (const FileEntry& file : manifest.files) {
      if (!selection_.selects(file.name)) {
        report().files.push_back({file.name, Coverage::kNotCovered, 0, std::nullopt, {}});
        continue;
      }
      auto task = plan(file, root, listed.find(file.name));
      if (!task) {
        report().files.push_back(compare_file(file, std::unexpected(task.error())));
        continue;
      }
      task->scope = scope_of(file);
      if (task->scope == MeasureScope::kTree) task->expected = &*file.tree;
      entries.push_back(&file);
      tasks.push_back(*std::move(task));
    }
    // Compared as soon as it is measured, so that measurements need not be kept.
    const std::size_t first = report().files.size();
    report().files.resize(first + tasks.size());
    std::atomic<std::uint64_t> bytes_read = 0;
    measure_each(root, tasks, kind_of(manifest), options_.work,
                 [&](std::size_t i, const Result<Measurement>& measured) {
                   FileReport& file = report().files[first + i];
                   file = compare_file(*entries[i], measured);
                   file.size = tasks[i].identity.size;
                   bytes_read += measured ? measured->bytes_read : 0;
                   if (entries[i]->unknown_tree && file.note.empty())
                     file.note = "signed with a tree of an unknown version";
                 });
    report().bytes_hashed = bytes_read;
  }

  MeasureScope scope_of(const FileEntry& file) const {
    if (!file.tree) return MeasureScope::kWhole;
    switch (evidence_) {
      case Evidence::kTrees: return MeasureScope::kTree;
      case Evidence::kWholeFiles: return MeasureScope::kWhole;
      case Evidence::kBoth: break;
    }
    return MeasureScope::kBoth;
  }

  static MeasureKind kind_of(const Manifest& manifest) {
    const Serialization& serialization = manifest.serialization;
    return {serialization.hash_type, serialization.method, serialization.shard_size};
  }

  static Result<MeasureTask> plan(const FileEntry& file, const ModelRoot& root, const ListedFile* listed) {
    MeasureTask task;
    WM_TRY(task.identity, find_signed(file, root, listed));
    task.name = file.name == kSingleFileName ? root.file_name() : file.name;
    return task;
  }

  // find_renames tells a missing file with the bytes of an unsigned one apart
  // from a loss, so that the message helps. It changes no verdict.
  void find_renames(const Manifest& manifest, const ModelRoot& root, const Listing& listing,
                    const std::vector<FileReport>& rest) {
    std::vector<FileReport*> missing;
    for (FileReport& file : report().files)
      if (has(file, ErrorCode::kFileMissing)) missing.push_back(&file);
    if (root.is_file() || missing.empty() || missing.size() > kMaxRenames) return;
    auto tasks = rename_candidates(manifest, listing, missing, rest);
    if (tasks.size() > kMaxRenames) return;
    // Nobody is told of this pass: its bytes are in no plan.
    WorkOptions work = options_.work;
    work.observer = nullptr;
    auto results = measure_files(root, tasks, kind_of(manifest), work);
    for (FileReport* file : missing) explain_rename(*find_file(manifest, file->name), results, *file);
  }

  static bool has(const FileReport& file, ErrorCode code) { return file.error && file.error->code == code; }

  // rename_candidates lists the unsigned files whose size is that of a missing
  // one. This also bounds their shards by those of the manifest.
  static std::vector<MeasureTask> rename_candidates(const Manifest& manifest, const Listing& listing,
                                                    const std::vector<FileReport*>& missing,
                                                    const std::vector<FileReport>& rest) {
    std::vector<MeasureTask> tasks;
    for (const FileReport& extra : rest) {
      if (!has(extra, ErrorCode::kFileExtra)) continue;
      auto listed = std::ranges::lower_bound(listing.files, extra.name, {}, &ListedFile::name);
      auto may_be = [&](const FileReport* file) {
        return check_size(*find_file(manifest, file->name), listed->identity.size).has_value();
      };
      if (std::ranges::any_of(missing, may_be))
        tasks.push_back({extra.name, listed->identity, MeasureScope::kWhole, nullptr});
    }
    return tasks;
  }

  static void explain_rename(const FileEntry& entry, const std::vector<Result<Measurement>>& extras, FileReport& file) {
    for (const auto& extra : extras)
      if (extra && compare_file(entry, extra).coverage == Coverage::kWhole)
        file.error = Error{ErrorCode::kFileRenamed, fmt::format("was renamed to {}", extra->entry.name), file.name,
                           "names are signed as well; give it its old name"};
  }

  template <class T>
  Result<T> recorded(std::string id, Result<T> result) {
    if (!result) report().checks.push_back({std::move(id), Outcome::kFailed, describe(result.error()), result.error()});
    return result;
  }

  // conclude turns the first failure into the verdict. Of several failed files a
  // refusal outweighs what could not be read.
  void conclude(const Error& first) {
    std::ranges::sort(report().files, {}, &FileReport::name);
    ErrorClass worst = code_class(first.code);
    for (const FileReport& file : report().files) {
      if (!file.error) continue;
      ErrorClass found = code_class(file.error->code);
      if (found == ErrorClass::kInterrupted) worst = found;
      if (found == ErrorClass::kRefused && worst == ErrorClass::kUndecided) worst = found;
    }
    report().interrupted = worst == ErrorClass::kInterrupted;
    report().verdict = worst == ErrorClass::kRefused ? Verdict::kRefused : Verdict::kUndecided;
  }

  Report& report() { return verification_.report; }
  const Report& report() const { return verification_.report; }

  const VerifyOptions& options_;
  Selection selection_;
  Evidence evidence_ = Evidence::kTrees;
  Verification verification_;
};

}  // namespace

Verification verify_model(const VerifyOptions& options) { return Session(options).run(); }

}  // namespace weightmark
