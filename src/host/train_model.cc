#include "host/train_model.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "base/file.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "host/clock.h"
#include "host/command_files.h"
#include "host/private_folder.h"
#include "host/training_source.h"
#include "train/file_digests.h"
#include "train/opened_files.h"
#include "train/platform.h"
#include "weightmark/attestation.h"

namespace weightmark {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxHyperparameters = std::uint64_t{1} << 20U;
constexpr const char* kReportVariable = "WEIGHTMARK_TRAINING_REPORT";

Instant clock_now() { return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()); }

Result<fs::path> without_links(const fs::path& path) {
  std::error_code error;
  fs::path canonical = fs::canonical(path, error);
  if (error) return std::unexpected(system_error(error.value(), path.native(), ErrorCode::kReadFailed));
  return canonical;
}

// files_below lists regular files, without following links.
std::vector<std::string> files_below(const fs::path& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (auto entry = fs::recursive_directory_iterator(folder, error);
       !error && entry != fs::recursive_directory_iterator(); entry.increment(error))
    if (entry->symlink_status(error).type() == fs::file_type::regular) files.push_back(entry->path());
  return files;
}

// TrainingRun is one run under way.
class TrainingRun {
 public:
  TrainingRun(const TrainOptions& options, PrivateFolder folder) : options_(options), private_(std::move(folder)) {
    work_ = {options.threads, options.observer, options.stop.flag()};
  }

  // run tells the other nodes, if there are any, when it fails.
  Result<TrainedModel> run() {
    auto result = run_here();
    if (!rendezvous_) return result;
    if (!result)
      rendezvous_->leave_failure(Redaction(environment_.secrets).apply(describe(result.error())));
    else if (result->wait_status != 0)
      rendezvous_->leave_failure("its command failed");
    return result;
  }

 private:
  Result<TrainedModel> run_here() {
    WM_CHECK(prepare());
    if (rendezvous_) WM_CHECK(rendezvous_->wait_until_ready());
    record_.started = clock_now();
    WM_TRY(ConfinedRun confined, run_confined(options_.command, confinement_, options_.stop.flag()));
    record_.finished = clock_now();
    result_.wait_status = confined.wait_status;
    result_.not_started = confined.not_started;
    if (confined.wait_status != 0) return std::move(result_);
    WM_CHECK(look_back(confined));
    WM_CHECK(state());
    return std::move(result_);
  }

  bool is_first() const { return !rendezvous_ || rendezvous_->is_first(); }

  // --- Before

  Result<void> prepare() {
    if (options_.command.empty()) return refuse(ErrorCode::kUsage, "no command is given", {}, "write it after --");
    if (options_.nodes) {
      WM_TRY(rendezvous_, Rendezvous::join(*options_.nodes, options_.stop));
    }
    WM_CHECK(prepare_outputs());
    WM_CHECK(measure_inputs());
    WM_CHECK(read_source());
    WM_CHECK(prepare_environment());
    WM_CHECK(read_parameters());
    files_ = find_command_files(options_.command, environment_.command);
    WM_CHECK(prepare_confinement());
    return remember_outputs();
  }

  Result<void> prepare_outputs() {
    for (const fs::path& folder : writable()) {
      std::error_code error;
      fs::create_directories(folder, error);
      if (error) return std::unexpected(system_error(error.value(), folder.native(), ErrorCode::kWriteFailed));
      WM_TRY(fs::path canonical, without_links(folder));
      outputs_.push_back(std::move(canonical));
    }
    WM_TRY(home_, private_.add("home"));
    WM_TRY(report_, private_.add("report"));
    return {};
  }

  std::vector<fs::path> writable() const {
    std::vector<fs::path> folders{options_.model};
    folders.insert(folders.end(), options_.writable.begin(), options_.writable.end());
    return folders;
  }

  Result<void> measure_inputs() {
    const InputOptions options{options_.trust, now(), work_};
    for (const InputSpec& spec : options_.inputs) {
      WM_TRY(MeasuredInput input, measure_input(spec, options));
      if (std::ranges::find(outputs_, input.path) != outputs_.end())
        return refuse(ErrorCode::kTrainingInput, "is an output as well", spec.path.native());
      for (const std::string& warning : input.warnings) warn(spec.path.native() + ": " + warning);
      if (input.facts.writable_by_others.value_or(false))
        warn(spec.path.native() + ": others may write to it; the statement says so");
      record_.inputs.push_back(std::move(input));
    }
    return {};
  }

  // others are not part of the source, though they may lie within it.
  std::vector<fs::path> others() const {
    std::vector<fs::path> paths = outputs_;
    for (const MeasuredInput& input : record_.inputs) paths.push_back(input.path);
    return paths;
  }

  Result<void> read_source() {
    WM_TRY(source_, read_training_source(options_.source, others(), work_, options_.stop));
    if (!source_) {
      warn("the source is not recorded: the current folder is no checkout of git, and none is named with --source");
      return {};
    }
    if (source_->tree.dirty()) warn(describe_dirt(source_->tree));
    record_.repository = source_->tree.repository;
    record_.ref = source_->tree.ref;
    return {};
  }

  static std::string describe_dirt(const SourceTree& tree) {
    const std::string& first = tree.changed.empty() ? tree.untracked.front() : tree.changed.front();
    const std::size_t count = tree.changed.size() + tree.untracked.size();
    return fmt::format("the source is not as it was committed: {}{}", first,
                       count > 1 ? fmt::format(" and {} more", count - 1) : "");
  }

  Result<void> prepare_environment() {
    WM_TRY(environment_, make_environment(caller_variables(), options_.environment, home_.native()));
    environment_.command.emplace_back(kReportVariable, report_.native());
    record_.environment = environment_.recorded;
    return {};
  }

  Result<void> read_parameters() {
    record_.command = options_.command;
    record_.machine = read_machine();
    if (!options_.hyperparameters.empty()) {
      WM_TRY(const std::string text, read_file(options_.hyperparameters, kMaxHyperparameters));
      WM_TRY(record_.hyperparameters, parse_hyperparameters(text, ErrorCode::kTrainingHyperparameters));
    }
    if (!options_.config.empty()) WM_CHECK(read_config());
    if (options_.image.empty()) return {};
    WM_TRY(Dependency image, image_dependency(options_.image));
    record_.others.push_back(std::move(image));
    return {};
  }

  Result<void> read_config() {
    record_.config = options_.config;
    Dependency it;
    it.resource.name = "config";
    WM_TRY(const std::string digest, file_sha256(options_.config, work_));
    it.resource.digests = {{"sha256", digest}};
    it.facts.kind = "file";
    it.facts.evidence = kEvidenceDeclared;
    it.facts.digest_kind = "file";
    record_.others.push_back(std::move(it));
    return {};
  }

  Result<void> prepare_confinement() {
    Confinement& it = confinement_;
    for (const MeasuredInput& input : record_.inputs) {
      it.inputs.push_back(input.spec.path);
      if (!input.blobs.empty()) it.inputs.push_back(input.blobs);
    }
    it.readable = options_.readable;
    if (source_) it.readable.push_back(source_->tree.root);
    it.readable.insert(it.readable.end(), files_.interpreters.begin(), files_.interpreters.end());
    it.readable.insert(it.readable.end(), files_.named.begin(), files_.named.end());
    if (!options_.config.empty()) it.readable.emplace_back(options_.config);
    it.outputs = writable();
    it.outputs.insert(it.outputs.end(), {home_, report_});
    it.hidden = options_.hidden;
    if (options_.nodes) it.hidden.push_back(options_.nodes->rendezvous);
    std::error_code error;
    it.folder = fs::current_path(error);
    for (const auto& [name, value] : environment_.command) it.environment.push_back(name + "=" + value);
    it.network = options_.network;
    it.strongest = options_.strongest;
    it.least = options_.least;
    return {};
  }

  // remember_outputs: what lies there already can be read like an input.
  Result<void> remember_outputs() {
    std::vector<std::string> files;
    for (const fs::path& folder : outputs_) std::ranges::move(files_below(folder), std::back_inserter(files));
    WM_TRY(before_, file_digests(files, work_));
    return {};
  }

  // --- Afterwards

  Result<void> look_back(const ConfinedRun& confined) {
    record_.confinement = confined.facts;
    if (!rendezvous_) WM_CHECK(check_model());
    for (const MeasuredInput& input : record_.inputs) WM_CHECK(check_unchanged(input, work_));
    WM_CHECK(look_at_source());
    WM_TRY(record_.report, read_run_report(report_));
    return look_at_opened(confined);
  }

  Result<void> check_model() const {
    if (!files_below(outputs_.front()).empty()) return {};
    return refuse(ErrorCode::kTrainingNoModel, "the command ended well and left no file there", options_.model.native(),
                  "name the folder that it writes to with --output");
  }

  Result<void> look_at_source() {
    if (!source_) return {};
    WM_CHECK(note_changes(*source_, others(), work_, options_.stop));
    if (source_->dependency.facts.changed.value_or(false)) warn("the source changed while the command ran");
    record_.others.insert(record_.others.begin(), source_->dependency);
    return {};
  }

  Result<void> look_at_opened(const ConfinedRun& confined) {
    if (confined.facts.capture == "none") return {};
    OpenedContext context;
    context.inputs = &record_.inputs;
    if (source_) context.source = &source_->tree;
    context.interpreters = files_.interpreters;
    context.declared = options_.readable;
    context.private_folders = {private_.path()};
    context.outputs = outputs_;
    context.before = before_;
    for (const fs::path& path : files_.programs) context.programs.push_back(path);
    for (const std::string& file : {options_.config, options_.hyperparameters}) {
      std::error_code error;
      if (const fs::path path = fs::canonical(file, error); !error) context.recorded.push_back(path);
    }
    context.work = work_;
    for (fs::path& path : context.declared) {
      WM_TRY(path, without_links(path));
    }
    WM_TRY(record_.opened, classify_opened(confined.opened, context));
    for (const std::string& warning : record_.opened.warnings) warn(warning);
    result_.undeclared = record_.opened.undeclared;
    if (result_.undeclared.empty()) return {};
    if (options_.strict)
      return refuse(ErrorCode::kTrainingUndeclared, "was opened without having been declared",
                    result_.undeclared.front(), "name it with --dataset, --base-model or --input");
    for (const std::string& path : result_.undeclared) warn(path + ": opened without having been declared");
    return {};
  }

  // --- The statement

  // state says what was seen: signed, or to node 0, which does so for all.
  Result<void> state() {
    record_.builder_id = std::string(kLocalBuilder);
    if (options_.builder && is_first()) {
      WM_TRY(record_.builder_id, options_.builder());
    }
    record_.invocation_id = invocation_id([](const char* name) { return std::getenv(name); });
    TrainingStatement statement = make_statement(record_, Redaction(environment_.secrets));
    if (!is_first()) return rendezvous_->leave(statement.provenance);
    if (rendezvous_) {
      WM_TRY(const std::vector<NodeRecord> others, rendezvous_->gather());
      WM_CHECK(check_model());  // any of them may have written it
      WM_TRY(statement, merge_nodes(std::move(statement), others));
    }
    for (const std::string& warning : statement.warnings) warn(warning);
    result_.training = std::move(statement.training);
    WM_CHECK(attest(write_provenance(statement.provenance)));
    return options_.sign_model ? sign_weights() : Result<void>();
  }

  HashOptions hash_options() const {
    HashOptions hash;
    hash.model = options_.model;
    hash.name = options_.name;
    hash.work = work_;
    return hash;
  }

  Result<void> attest(std::string predicate) {
    AttestOptions options;
    options.hash = hash_options();
    options.type = kProvenanceV1;
    options.predicate = std::move(predicate);
    options.output = options_.output.value_or(default_attestation(options_.model, kProvenanceV1));
    options.signer = options_.signer;
    options.time = now();
    WM_TRY(result_.provenance, attest_model(options));
    return {};
  }

  // sign_weights signs the very digests that the provenance is about.
  Result<void> sign_weights() {
    SignOptions options;
    options.hash = hash_options();
    options.signer = options_.signer;
    options.known = result_.provenance->model.manifest.files;
    options.time = now();
    WM_TRY(result_.signature, sign_model(options));
    return {};
  }

  void warn(const std::string& text) {
    result_.warnings.push_back(text);
    if (options_.warn) options_.warn(text);
  }

  const TrainOptions& options_;
  PrivateFolder private_;
  WorkOptions work_;
  TrainedModel result_;
  TrainingRecord record_;
  std::vector<fs::path> outputs_;  // without links, the model first
  fs::path home_;
  fs::path report_;
  std::optional<Rendezvous> rendezvous_;
  std::optional<TrainingSource> source_;
  TrainingEnvironment environment_;
  CommandFiles files_;
  Confinement confinement_;
  std::map<std::string, std::string> before_;
};

}  // namespace

Result<TrainedModel> train_model(const TrainOptions& options) {
  WM_TRY(PrivateFolder folder, PrivateFolder::make());
  return TrainingRun(options, std::move(folder)).run();
}

}  // namespace weightmark
