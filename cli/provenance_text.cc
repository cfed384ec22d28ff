#include "cli/provenance_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "attest/stated_inputs.h"
#include "base/text.h"
#include "base/try.h"
#include "cli/inspect_signer.h"

namespace weightmark::cli {
namespace {

constexpr std::size_t kMaxShown = 12;  // of a list
constexpr std::string_view kReported = "; self-reported";

std::string joined(const std::vector<std::string>& parts, std::string_view separator = ", ") {
  std::string text;
  for (const std::string& part : parts)
    if (!part.empty()) text += (text.empty() ? "" : std::string(separator)) + part;
  return text;
}

// lines_of puts the label before the first line only.
std::string lines_of(std::string_view label, const std::vector<std::string>& texts) {
  std::string lines;
  for (const std::string& text : texts) {
    if (text.empty()) continue;
    lines += inspect_line(lines.empty() ? label : "", text);
  }
  return lines;
}

std::string line_of(std::string_view label, const std::string& text) {
  return text.empty() ? std::string() : inspect_line(label, printable(text));
}

std::string rest_line(std::size_t count, std::string_view what) {
  return count > kMaxShown ? fmt::format("and {} more {}", count - kMaxShown, what) : std::string();
}

// --- who, when, from what source

std::string moment(Instant time) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", std::chrono::floor<std::chrono::seconds>(time));
}

std::string describe_time(const Provenance& provenance) {
  if (provenance.started && provenance.finished)
    return inspect_line("time", fmt::format("{} to {} UTC", moment(*provenance.started), moment(*provenance.finished)));
  if (provenance.started) return inspect_line("time", fmt::format("began {} UTC", moment(*provenance.started)));
  if (provenance.finished) return inspect_line("time", fmt::format("ended {} UTC", moment(*provenance.finished)));
  return inspect_line("time", "not said");
}

std::string describe_state(const DependencyFacts& facts) {
  if (!facts.dirty) return {};
  return *facts.dirty ? ", with changes that are in no commit" : ", without changes";
}

std::string describe_source(const ReadProvenance& read) {
  const auto index = read.source();
  std::vector<std::string> texts;
  if (read.training) {
    const TrainingParameters& asked = read.training->parameters;
    texts.push_back(printable(joined({asked.repository, asked.ref})));
  }
  if (index) {
    const ResourceDescriptor& source = read.provenance.dependencies[*index];
    if (texts.empty() || texts.front().empty()) texts.push_back(printable(source.uri));
    for (const auto& [algorithm, hex] : source.digests)
      texts.push_back(printable(algorithm == "gitCommit" ? "commit " + hex : algorithm + ":" + hex) +
                      describe_state(read.facts[*index]));
  }
  const std::string lines = lines_of("source", texts);
  return lines.empty() ? inspect_line("source", "not said") : lines;
}

// shell_word shows where one argument ends and the next begins.
std::string shell_word(const std::string& word) {
  const bool plain = !word.empty() && word.find_first_of(" \t\n'\"\\$`&|;<>()*?[]{}~#!") == std::string::npos;
  if (plain) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

std::string scalar_text(const Json& value) {
  const auto* text = value.as<std::string>();
  return text != nullptr ? *text : write_json(value);
}

std::string describe_settings(const JsonObject& values) {
  std::vector<std::string> texts;
  for (const auto& [name, value] : values) {
    if (texts.size() == kMaxShown) break;
    texts.push_back(printable(fmt::format("{} = {}", name, excerpt(scalar_text(value), 100))));
  }
  texts.push_back(rest_line(values.size(), "in --json"));
  return lines_of("settings", texts);
}

std::string describe_parameters(const TrainingParameters& parameters) {
  std::string command;
  for (const std::string& word : parameters.entry_point) command += (command.empty() ? "" : " ") + shell_word(word);
  std::string text = line_of("command", command);
  text += line_of("config", parameters.config);
  text += describe_settings(parameters.hyperparameters);
  std::vector<std::string> variables;
  variables.reserve(parameters.environment.size());
  for (const auto& [name, value] : parameters.environment) variables.push_back(name + "=" + value);
  return text + line_of("environment", excerpt(joined(variables, " "), 1000));
}

// --- inputs

std::string describe_signature(const std::optional<InputSignature>& signature) {
  if (!signature) return {};
  const std::string by = signature->issuer.empty()
                             ? signature->identity
                             : fmt::format("{}, confirmed by {}", signature->identity, signature->issuer);
  return printable("signed by " + by) + (signature->verified ? ", verified before the run" : ", not verified");
}

std::string describe_amount(const DependencyFacts& facts) {
  std::vector<std::string> parts;
  const auto count = [&](std::optional<std::int64_t> number, std::string_view what) {
    if (number && *number >= 0) parts.push_back(plural(static_cast<std::uint64_t>(*number), what));
  };
  count(facts.files, "file");
  if (facts.files_read && *facts.files_read >= 0)
    parts.push_back(grouped(static_cast<std::uint64_t>(*facts.files_read)) + " of them opened");
  if (facts.bytes && *facts.bytes >= 0) parts.push_back(human_size(static_cast<std::uint64_t>(*facts.bytes)));
  count(facts.records, "record");
  count(facts.tokens, "token");
  return joined(parts);
}

// describe_warnings are what should make somebody look twice.
std::string describe_warnings(const DependencyFacts& facts) {
  std::vector<std::string> parts;
  if (facts.undeclared.value_or(false)) parts.emplace_back("opened without having been declared");
  if (facts.writable_by_others.value_or(false)) parts.emplace_back("others could write it during the run");
  if (facts.changed.value_or(false)) parts.emplace_back("was not the same afterwards");
  return joined(parts);
}

std::vector<std::string> describe_input(const ResourceDescriptor& resource, const DependencyFacts& facts) {
  const std::string license = facts.license.empty() ? "licence not said" : "licence " + facts.license;
  std::vector<std::string> texts;
  texts.push_back(printable(joined({label_of(resource), facts.role, facts.relation, facts.evidence, license})));
  if (!resource.name.empty() && !resource.uri.empty()) texts.push_back("  " + printable(resource.uri));
  for (const auto& [algorithm, hex] : resource.digests) texts.push_back("  " + printable(algorithm + ":" + hex));
  if (resource.digests.empty()) texts.emplace_back("  no digest");
  for (const std::string& more :
       {describe_amount(facts), describe_signature(facts.signature), describe_warnings(facts)})
    if (!more.empty()) texts.push_back("  " + more);
  return texts;
}

std::string describe_inputs(const ReadProvenance& read, std::string_view kind, std::string_view label) {
  const std::vector<std::size_t> indices = read.of_kind(kind);
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < std::min(indices.size(), kMaxShown); ++i)
    for (std::string& text : describe_input(read.provenance.dependencies[indices[i]], read.facts[indices[i]]))
      texts.push_back(std::move(text));
  texts.push_back(rest_line(indices.size(), "in --json"));
  return lines_of(label, texts);
}

// --- packages, of which there are many: those whose code was opened come first

std::string describe_packages(const ReadProvenance& read, std::string_view kind, std::string_view label) {
  std::vector<std::string> loaded;
  const std::vector<std::size_t> indices = read.of_kind(kind);
  for (const std::size_t i : indices) {
    const ResourceDescriptor& package = read.provenance.dependencies[i];
    if (!read.facts[i].loaded.value_or(false)) continue;
    if (loaded.size() < kMaxShown) loaded.push_back(printable(package.uri.empty() ? package.name : package.uri));
  }
  if (indices.empty()) return {};
  const auto all = std::ranges::count_if(indices, [&](std::size_t i) { return read.facts[i].loaded.value_or(false); });
  loaded.push_back(rest_line(static_cast<std::size_t>(all), "loaded"));
  loaded.push_back(fmt::format("{} recorded, {} loaded", indices.size(), all));
  return lines_of(label, loaded);
}

// describe_others counts what no other line is about, by kind.
std::string describe_others(const ReadProvenance& read) {
  static constexpr std::array<std::string_view, 6> kShown = {"dataset",   "model",   "source",
                                                             "framework", "package", "container"};
  std::map<std::string, std::size_t> counts;
  for (std::size_t i = 0; i < read.facts.size(); ++i) {
    const std::string& kind = read.facts[i].kind;
    if (std::ranges::find(kShown, kind) != kShown.end() || i == read.source()) continue;
    ++counts[kind.empty() ? "of no kind" : kind];
  }
  std::vector<std::string> parts;
  parts.reserve(counts.size());
  for (const auto& [kind, count] : counts) parts.push_back(fmt::format("{} {}", count, printable(kind)));
  return line_of("other inputs", joined(parts));
}

// --- how it ran

std::string describe_isolation(const TrainingConditions& it) {
  const std::string filesystem = it.filesystem == "readonly-inputs" ? "inputs shown read-only"
                                 : it.filesystem == "confined"      ? "files confined"
                                 : it.filesystem.empty()            ? ""
                                                                    : "files " + it.filesystem;
  return inspect_line("isolation", printable(joined({it.network.empty() ? "network not said" : "network " + it.network,
                                                     filesystem, it.io_uring.empty() ? "" : "io_uring " + it.io_uring,
                                                     it.new_privileges ? "could gain privileges" : ""})));
}

std::string describe_capture(const TrainingConditions& it) {
  std::vector<std::string> texts = {
      printable(fmt::format("tier {}: {}", it.tier.empty() ? "not said" : it.tier,
                            it.complete ? "complete, every file that was opened is listed"
                                        : "not complete, it may have read what is not listed"))};
  for (const std::string& reason : it.incomplete)
    if (texts.size() <= kMaxShown) texts.push_back("  " + printable(reason));
  if (it.dropped_events != 0) texts.push_back(fmt::format("  {} events were lost", it.dropped_events));
  return lines_of("what it opened", texts);
}

std::string describe_hardware(const TrainingConditions& it) {
  std::vector<std::string> texts;
  for (const Accelerators& one : it.accelerators)
    if (texts.size() < kMaxShown)
      texts.push_back(printable(fmt::format("{} × {}{}", one.count, one.model,
                                            one.driver.empty() ? "" : ", driver " + one.driver)) +
                      std::string(kReported));
  texts.push_back(printable(joined({it.cpu, it.kernel, it.runtime})));
  const auto count = [](std::int64_t number, std::string_view what) {
    return number < 0 ? fmt::format("{} {}s", number, what) : plural(static_cast<std::uint64_t>(number), what);
  };
  if (it.nodes != 1 || it.ranks != 1)
    texts.push_back(fmt::format("{} on {}", count(it.ranks, "rank"), count(it.nodes, "node")));
  return lines_of("hardware", texts);
}

// of_planned renders "500 of 12,000 steps".
std::string of_planned(std::optional<std::int64_t> done, std::optional<std::int64_t> planned, std::string_view what) {
  const auto text = [](std::int64_t n) {
    return n < 0 ? fmt::format("{}", n) : grouped(static_cast<std::uint64_t>(n));
  };
  if (done && planned) return fmt::format("{} of {} {}", text(*done), text(*planned), what);
  if (done) return fmt::format("{} {}", text(*done), what);
  return planned ? fmt::format("{} {} planned", text(*planned), what) : std::string();
}

std::string describe_epochs(const TrainingSummary& it) {
  if (it.epochs_completed.empty()) return {};
  return it.epochs_planned.empty() ? it.epochs_completed + " epochs"
                                   : fmt::format("{} of {} epochs", it.epochs_completed, it.epochs_planned);
}

std::string labelled(std::string_view name, const std::string& value) {
  return value.empty() ? std::string() : fmt::format("{} {}", name, value);
}

std::string describe_summary(const std::optional<TrainingSummary>& summary) {
  if (!summary) return inspect_line("progress", "not reported");
  const TrainingSummary& it = *summary;
  const auto reported = [](std::string_view label, const std::string& text) {
    return text.empty() ? std::string() : inspect_line(label, printable(text) + std::string(kReported));
  };
  const std::string steps = of_planned(it.steps_completed, it.steps_planned, "steps");
  const std::string tokens = of_planned(it.tokens_seen, it.tokens_planned, "tokens");
  std::string best = labelled("best", it.best_eval_loss);
  if (it.best_eval_step) best += fmt::format("{}at step {}", best.empty() ? "best " : " ", *it.best_eval_step);
  std::string text = reported("progress", joined({steps, describe_epochs(it), tokens}));
  text +=
      reported("loss", joined({labelled("train", it.final_train_loss), labelled("eval", it.final_eval_loss), best}));
  if (it.nan_steps.value_or(0) != 0) text += reported("", fmt::format("not a number in {} steps", *it.nan_steps));
  std::vector<std::string> metrics;
  for (const auto& [name, value] : it.evaluation)
    if (metrics.size() < kMaxShown) metrics.push_back(name + " " + value);
  text += reported("evaluation", joined(metrics));
  return text + reported("stopped", it.stop_reason.empty() ? "not said why" : it.stop_reason);
}

}  // namespace

std::string label_of(const ResourceDescriptor& resource) {
  return resource.name.empty() ? resource.uri : resource.name;
}

// Builds that know no kinds have their source first, with the commit of git as digest.
std::optional<std::size_t> ReadProvenance::source() const {
  for (std::size_t i = 0; i < facts.size(); ++i)
    if (facts[i].kind == "source") return i;
  if (training) return std::nullopt;
  for (std::size_t i = 0; i < provenance.dependencies.size(); ++i)
    if (provenance.dependencies[i].uri.starts_with("git+") || !provenance.dependencies[i].digest("gitCommit").empty())
      return i;
  return std::nullopt;
}

std::vector<std::size_t> ReadProvenance::of_kind(std::string_view kind) const {
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < facts.size(); ++i)
    if (facts[i].kind == kind) indices.push_back(i);
  return indices;
}

Result<ReadProvenance> read_provenance(std::string_view predicate_type, const JsonView& predicate) {
  ReadProvenance read;
  WM_TRY(read.provenance, parse_provenance(predicate_type, predicate));
  WM_TRY(StatedInputs inputs, parse_inputs(read.provenance));
  read.training = std::move(inputs.training);
  read.facts = std::move(inputs.facts);
  return read;
}

std::string describe_provenance(const ReadProvenance& read) {
  const Provenance& provenance = read.provenance;
  std::string text = line_of("built by", provenance.builder_id);
  text += line_of("as", provenance.build_type);
  text += line_of("run", provenance.invocation_id);
  text += describe_time(provenance) + describe_source(read);
  if (read.training)
    text += describe_parameters(read.training->parameters);
  else
    text += describe_settings(provenance.external_parameters);
  text += describe_inputs(read, "dataset", "datasets") + describe_inputs(read, "model", "base models");
  text += describe_inputs(read, "container", "container") + describe_packages(read, "framework", "frameworks");
  text += describe_packages(read, "package", "packages") + describe_others(read);
  if (!read.training) return text;
  const TrainingConditions& conditions = read.training->conditions;
  text += describe_isolation(conditions) + describe_capture(conditions) + describe_hardware(conditions);
  return text + describe_summary(read.training->summary);
}

}  // namespace weightmark::cli
