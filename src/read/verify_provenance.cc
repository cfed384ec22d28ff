#include <fmt/format.h>

#include <algorithm>

#include "attest/attestation.h"
#include "attest/provenance_file.h"
#include "base/file.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "model/placement.h"
#include "read/signatures.h"
#include "verify/checks.h"
#include "verify/verifier.h"
#include "weightmark/provenance.h"

namespace weightmark {
namespace {

namespace fs = std::filesystem;

using Envelopes = std::vector<ProvenanceEnvelope>;

// --- which files

// Claimed is what an envelope says before anybody has verified it: enough to find the one
// that is about this model, and nothing else.
struct Claimed {
  std::vector<Subject> subjects;
  std::optional<Provenance> provenance;
};

std::optional<Claimed> claimed_by(const ProvenanceEnvelope& envelope) {
  const auto statement = parse_statement(as_text(envelope.bundle.envelope.payload), StatementVersions::kAny);
  if (!statement || !is_provenance(statement->predicate_type)) return std::nullopt;
  Claimed claimed{statement->subjects, std::nullopt};
  if (auto provenance = parse_provenance(statement->predicate_type, statement->predicate()))
    claimed.provenance = *std::move(provenance);
  return claimed;
}

Result<Envelopes> read_envelopes(const fs::path& path) {
  auto text = read_file(path, kMaxBundleSize);
  if (!text && text.error().code == ErrorCode::kFileTooLarge) text.error().code = ErrorCode::kBundleTooLarge;
  if (!text && text.error().code == ErrorCode::kFileNotFound)
    return refuse(ErrorCode::kProvenanceMissing, "there is no such file", path.native(), "name it with --provenance");
  if (!text) return std::unexpected(std::move(text).error());
  auto envelopes = parse_provenance_file(*text);
  if (!envelopes) {
    std::string& subject = envelopes.error().subject;
    subject = subject.empty() ? path.native() : fmt::format("{}: {}", path.native(), subject);
  }
  return envelopes;
}

struct ProvenanceFile {
  fs::path path;
  Envelopes envelopes;
};

bool has_provenance(const Envelopes& envelopes) {
  return std::ranges::any_of(envelopes, [](const auto& one) { return claimed_by(one).has_value(); });
}

// further_provenance are the files of provenance in the folder of further signatures.
Result<std::vector<ProvenanceFile>> further_provenance(const fs::path& model) {
  WM_TRY(const std::vector<fs::path> paths, list_further(model));
  std::vector<ProvenanceFile> files;
  for (const fs::path& path : paths)
    if (auto envelopes = read_envelopes(path); envelopes && has_provenance(*envelopes))
      files.push_back({path, *std::move(envelopes)});
  return files;
}

// --- one verification

class Session {
 public:
  explicit Session(const VerifyProvenanceOptions& options) : options_(options) {
    report_.model = options.digest ? fmt::format("sha256:{}", options.digest->hex()) : options.hash.model.native();
    report_.time = options.time;
  }

  ProvenanceReport run() {
    if (const auto status = verify(); !status) conclude(status.error());
    return std::move(report_);
  }

 private:
  Result<void> verify() {
    WM_CHECK(find_files());
    WM_CHECK(measure());
    WM_TRY(const Verified<JudgedProvenance> statement, verify_file(files_.front(), options_));
    report_.statement = describe(files_.front().path, *statement);
    report_.level = statement->facts.level;
    report_.level_reason = statement->facts.level_reason;
    WM_CHECK(verify_platform(*statement));
    WM_CHECK(record(check_all_cycles(*statement), "cycles", report_.checks));
    WM_CHECK(record(check_level(report_.level, report_.level_reason, options_.expectations.least_level), "level",
                    report_.checks));
    report_.verdict = Verdict::kVerified;
    return {};
  }

  // The statement comes first, then what may be the platform's.
  Result<void> find_files() {
    if (options_.provenance) {
      WM_TRY(Envelopes envelopes, read_envelopes(*options_.provenance));
      files_.push_back({*options_.provenance, std::move(envelopes)});
    }
    if (!options_.digest) WM_CHECK(find_further());
    if (files_.empty())
      return refuse(ErrorCode::kProvenanceMissing, "there is no provenance of it", further_name(),
                    "name the file with --provenance");
    report_.provenance = files_.front().path.native();
    if (!options_.platform) return {};
    WM_TRY(Envelopes envelopes, read_envelopes(*options_.platform));
    platform_ = ProvenanceFile{*options_.platform, std::move(envelopes)};
    return {};
  }

  std::string further_name() const { return further_folder(options_.hash.model).native(); }

  Result<void> find_further() {
    WM_TRY(std::vector<ProvenanceFile> further, further_provenance(options_.hash.model));
    const fs::path first = further_folder(options_.hash.model) / (short_name(kProvenanceV1) + ".sig");
    std::ranges::stable_partition(further, [&](const ProvenanceFile& file) { return file.path == first; });
    for (ProvenanceFile& file : further)
      if (files_.empty() || file.path != files_.front().path) files_.push_back(std::move(file));
    return {};
  }

  static void ignore(const fs::path& path, HashOptions& hash) {
    if (std::string inside = path_in_model(hash.model, path); !inside.empty())
      hash.ignore_paths.push_back(std::move(inside));
  }

  Result<void> measure() {
    if (options_.digest) {
      FileEntry file;
      file.digest = options_.digest;
      measured_.files.push_back(std::move(file));
      complete_manifest(measured_);
      return {};
    }
    HashOptions hash = options_.hash;
    std::ranges::for_each(files_, [&](const ProvenanceFile& file) { ignore(file.path, hash); });
    if (platform_) ignore(platform_->path, hash);
    WM_TRY(HashedModel model, hash_model(hash));
    measured_ = std::move(model.manifest);
    std::ranges::copy(model.warnings, std::back_inserter(report_.warnings));
    return {};
  }

  bool is_about_this(const ProvenanceEnvelope& envelope) const {
    const auto claimed = claimed_by(envelope);
    return claimed && find_subject(claimed->subjects, measured_) != nullptr;
  }

  // candidates are the envelopes that are about this; where none is, the first, which says so.
  std::vector<const ProvenanceEnvelope*> candidates(const ProvenanceFile& file) const {
    std::vector<const ProvenanceEnvelope*> found;
    for (const ProvenanceEnvelope& envelope : file.envelopes)
      if (is_about_this(envelope)) found.push_back(&envelope);
    if (found.empty() && !file.envelopes.empty()) found.push_back(&file.envelopes.front());
    return found;
  }

  // verify_file takes that of the highest level among those that hold; where none does,
  // what is said is why the first did not.
  Result<Verified<JudgedProvenance>> verify_file(const ProvenanceFile& file, const VerifyProvenanceOptions& options) {
    Result<Verified<JudgedProvenance>> best =
        refuse(ErrorCode::kBundleNoEnvelope, "has no envelope", file.path.native());
    std::vector<Check> best_checks;
    bool first = true;
    for (const ProvenanceEnvelope* envelope : candidates(file)) {
      std::vector<Check> checks;
      auto judged = verify_envelope(*envelope, options, checks);
      const bool better = judged && (!best || (*judged)->facts.level > (*best)->facts.level);
      if (!first && !better) continue;
      first = false;
      best = std::move(judged);
      best_checks = std::move(checks);
    }
    std::ranges::move(best_checks, std::back_inserter(report_.checks));
    return best;
  }

  Result<Verified<JudgedProvenance>> verify_envelope(const ProvenanceEnvelope& envelope,
                                                     const VerifyProvenanceOptions& options,
                                                     std::vector<Check>& checks) const {
    const ProvenanceTrust& trust = options.trust;
    WM_TRY(const auto said, Verifier::verify_provenance_signature(envelope, trust, options.time, checks));
    return Verifier::verify_provenance(said, measured_, trust.builders, options.expectations, options.time, checks);
  }

  // verify_platform looks for the platform's own statement where a step of the build made
  // the first. One that was named has to hold and to be tied; one that was found counts only then.
  Result<void> verify_platform(const JudgedProvenance& statement) {
    if (platform_) return tie(statement, *platform_);
    if (statement.facts.by_platform) return {};
    for (auto file = files_.begin() + 1; file != files_.end() && !report_.platform; ++file) {
      const std::size_t before = report_.checks.size();
      const auto tied = tie(statement, *file);
      if (tied) continue;
      report_.checks.resize(before);
      report_.warnings.push_back(
          fmt::format("{} does not count: {}", file->path.native(), weightmark::describe(tied.error())));
    }
    return {};
  }

  // The platform signs by its own identity, whoever signed ours: its rule says which.
  VerifyProvenanceOptions platform_options() const {
    VerifyProvenanceOptions options = options_;
    options.trust.google_keys = true;
    if (auto* sigstore = std::get_if<SigstoreTrust>(&options.trust.trust)) sigstore->identities.clear();
    if (!options.platform_builder_id.empty()) options.expectations.builder_id = options.platform_builder_id;
    options.expectations.inputs.clear();
    return options;
  }

  Result<void> tie(const JudgedProvenance& statement, const ProvenanceFile& file) {
    WM_TRY(const Verified<JudgedProvenance> judged, verify_file(file, platform_options()));
    WM_CHECK(tie_platform(statement.facts, judged->facts, report_.checks));
    report_.platform = describe(file.path, *judged);
    if (judged->facts.level <= report_.level) return {};
    report_.level = judged->facts.level;
    report_.level_reason = "the platform's own statement: " + judged->facts.level_reason;
    return {};
  }

  // Whatever other provenance lies there can show a cycle; nothing else is believed of it.
  Result<void> check_all_cycles(const JudgedProvenance& statement) const {
    std::vector<SignedProvenance> others;
    const auto add = [&](const ProvenanceFile& file) {
      for (const ProvenanceEnvelope& envelope : file.envelopes)
        if (auto claimed = claimed_by(envelope); claimed && claimed->provenance)
          others.push_back({*std::move(claimed->provenance), std::move(claimed->subjects), {}, {}, {}});
    };
    std::ranges::for_each(files_, add);
    if (platform_) add(*platform_);
    std::vector<const SignedProvenance*> all = {&statement.said};
    for (const SignedProvenance& other : others) all.push_back(&other);
    return check_cycles(all);
  }

  static ProvenanceStatement describe(const fs::path& path, const JudgedProvenance& judged) {
    return {path.native(), judged.said.signer, judged.facts, judged.said.predicate};
  }

  void conclude(const Error& error) {
    report_.verdict = code_class(error.code) == ErrorClass::kRefused ? Verdict::kRefused : Verdict::kUndecided;
    const bool told = std::ranges::any_of(report_.checks, [](const Check& check) { return check.error.has_value(); });
    if (!told) report_.checks.push_back({"provenance", Outcome::kFailed, weightmark::describe(error), error});
  }

  VerifyProvenanceOptions options_;
  ProvenanceReport report_;
  std::vector<ProvenanceFile> files_;
  std::optional<ProvenanceFile> platform_;
  Manifest measured_;
};

}  // namespace

ProvenanceReport verify_provenance(const VerifyProvenanceOptions& options) { return Session(options).run(); }

}  // namespace weightmark
