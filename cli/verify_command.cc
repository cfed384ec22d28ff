// weightmark verify
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/verify_flags.h"
#include "host/lock_file.h"

namespace weightmark::cli {
namespace {

// Of many failed files, as many are shown; --json has all of them.
constexpr std::size_t kMaxShown = 20;

std::string describe_signer(const SignerReport& signer) {
  if (signer.method == "sigstore")
    return fmt::format("{}, confirmed by {}", printable(signer.identity.names.front().value),
                       printable(signer.identity.issuer));
  if (signer.chain.empty()) return fmt::format("{} key {}", signer.key_type, signer.key_fingerprint);
  return fmt::format("{}, certified by {}", printable(signer.chain.front().subject()),
                     printable(signer.chain.back().subject()));
}

// first_names lists a few of the files with that coverage.
std::string first_names(const Report& report, Coverage coverage) {
  constexpr std::size_t kFew = 3;
  std::vector<std::string> names;
  for (const FileReport& file : report.files) {
    if (file.coverage != coverage) continue;
    names.push_back(names.size() < kFew ? printable(file.name) : "…");
    if (names.size() > kFew) break;
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

void tell_not_covered(const Report& report, const Ui& ui) {
  std::size_t shown = 0;
  for (const FileReport& file : report.files) {
    if (file.coverage != Coverage::kNotCovered) continue;
    if (++shown > kMaxShown) break;
    ui.detail(shown == 1 ? "not covered" : "", printable(file.name));
  }
  std::size_t count = report.count(Coverage::kNotCovered);
  if (count > kMaxShown) ui.detail("", fmt::format("and {} more; --json lists them", grouped(count - kMaxShown)));
}

// describe_files says how many files are covered, and by what.
std::string describe_files(const Report& report) {
  std::vector<std::string> parts;
  auto add = [&](Coverage coverage, std::string_view how) {
    if (std::size_t count = report.count(coverage)) parts.push_back(fmt::format("{} {}", grouped(count), how));
  };
  add(Coverage::kWhole, "by whole digest");
  add(Coverage::kTree, "by tree");
  add(Coverage::kKernel, "by the kernel");
  const std::size_t covered =
      report.count(Coverage::kWhole) + report.count(Coverage::kTree) + report.count(Coverage::kKernel);
  const std::string of = report.partial ? fmt::format("{} of ", grouped(covered)) : "";
  return fmt::format("{}{}, {} read ({})", of, plural(report.subject->files, "file"), human_size(report.bytes_hashed),
                     fmt::join(parts, ", "));
}

void tell_content(const Report& report, const Ui& ui) {
  if (!report.content) return;
  if (report.content->empty()) ui.detail("content", "no code and no broken rules that are looked for");
  std::size_t shown = 0;
  for (const ContentFact& fact : *report.content) {
    if (++shown > kMaxShown) break;
    ui.detail(std::string(content_kind_name(fact.kind)),
              fmt::format("{} {}", printable(fact.file), printable(fact.detail)));
  }
  if (report.content->size() > kMaxShown)
    ui.detail("", fmt::format("and {} more; --json lists them", grouped(report.content->size() - kMaxShown)));
}

void tell_notes(const Report& report, const Ui& ui) {
  std::size_t shown = 0;
  for (const FileReport& file : report.files)
    if (!file.note.empty() && ++shown <= kMaxShown)
      ui.detail(shown == 1 ? "note" : "", fmt::format("{}: {}", printable(file.name), printable(file.note)));
}

void tell_signers(const Report& report, const Ui& ui) {
  if (!report.policy) return ui.detail("signed by", describe_signer(*report.signer));
  ui.detail("published by", printable(report.policy->publisher));
  for (const PrincipalReport& one : report.policy->signers)
    ui.detail(&one == report.policy->signers.data() ? "signed by" : "",
              fmt::format("{}, {}", printable(one.name), describe_signer(one.signer)));
}

void tell_attested(const JudgementReport& judgement, const Ui& ui) {
  if (judgement.summary)
    ui.detail("summary of", fmt::format("{}, {:%Y-%m-%d}, by {}", printable(judgement.summary->verifier),
                                        judgement.summary->verified, describe_signer(judgement.summary->signer)));
  for (const AttestationReport& one : judgement.provenance)
    ui.detail("provenance", fmt::format("{}, by {}, {}", printable(one.path), printable(one.signer_name),
                                        describe_signer(one.signer)));
  if (!judgement.builder.empty()) ui.detail("made on", printable(judgement.builder));
  if (!judgement.source.empty()) ui.detail("made from", printable(judgement.source));
  ui.detail("level", fmt::format("SLSA build level {}: {}", judgement.level, printable(judgement.level_reason)));
}

// tell_unsigned keeps what is allowed apart from what is verified.
void tell_unsigned(const Report& report, const Ui& ui) {
  for (const std::string& warning : report.warnings) ui.warn(printable(warning));
  ui.say(fmt::format("{}{} is not signed{}, which the policy allows; nothing vouches for it", ui.yellow(),
                     printable(report.model), ui.plain()));
}

void tell_verified(const Report& report, const Ui& ui) {
  for (const std::string& warning : report.warnings) ui.warn(printable(warning));
  ui.say(fmt::format("{}verified{} {}{}", ui.green(), ui.plain(), report.partial ? "a part of " : "",
                     printable(report.model)));
  tell_signers(report, ui);
  if (report.judgement) tell_judgement(*report.judgement, ui);
  for (const TimeReport& time : report.signer->times)
    ui.detail("at", fmt::format("{:%Y-%m-%d %H:%M:%S} UTC, attested by {}", time.time, printable(time.by)));
  for (const LogReport& log : report.signer->logs)
    ui.detail("recorded in", fmt::format("{}, entry {}", printable(log.log), log.index));
  if (report.trust && report.trust->vouched_until)
    ui.detail("trusting", fmt::format("{}, vouched for until {:%Y-%m-%d}", printable(report.trust->from),
                                      *report.trust->vouched_until));
  ui.detail("as", fmt::format("\"{}\"", printable(report.subject->name)));
  ui.detail("files", describe_files(report));
  ui.detail("root digest", "sha256:" + report.subject->root.hex());
  if (std::size_t ignored = report.count(Coverage::kIgnored); ignored > 0)
    ui.detail("ignored", fmt::format("{}, {}", plural(ignored, "file"), first_names(report, Coverage::kIgnored)));
  tell_content(report, ui);
  tell_notes(report, ui);
  tell_not_covered(report, ui);
}

// remember pins what was just verified, all of it.
Result<void> remember(const VerifyFlags& flags, const Report& report, const Ui& ui) {
  auto files = LockFiles::open(flags.lock, flags.model.model);
  if (!files) return std::unexpected(files.error());
  const auto path = files->remember(pin_of(report));
  if (!path) return std::unexpected(path.error());
  ui.detail("pinned in", printable(path->native()));
  return {};
}

int run(const VerifyFlags& flags, Ui& ui) {
  ui.set_quiet(flags.output.quiet);
  auto options = flags.options(ui);
  if (!options) return report_error(options.error(), flags.output, ui);
  Progress progress(ui);
  options->work.observer = &progress;
  Verification verification = verify_model(*options);
  const Report& report = verification.report;
  if (flags.output.json) out(report_json(report));
  if (verification.manifest)
    tell_verified(report, ui);
  else if (report.verdict == Verdict::kUnsigned)
    tell_unsigned(report, ui);
  else
    tell_refused(report, ui);
  if (verification.manifest && flags.pin)
    if (auto pinned = remember(flags, report, ui); !pinned) return report_error(pinned.error(), {}, ui);
  return report.exit_status();
}

CLI::App* add_method(CLI::App& verify, const std::string& name, const std::string& description,
                     const std::shared_ptr<VerifyFlags>& flags, Action& action) {
  CLI::App* method = verify.add_subcommand(name, description);
  flags->add_to(*method);
  flags->add_files_to(*method);
  // A part of a model is not what was trusted.
  method->add_flag("--pin", flags->pin, "Once verified, remember who signed it, as what and when, in weightmark.lock")
      ->excludes("--files");
  method->callback([flags, &action] { action = [flags](Ui& ui) { return run(*flags, ui); }; });
  return method;
}

std::string describe_finding(const Finding& finding) {
  return fmt::format("{}: {}{}", finding.rule, printable(finding.what),
                     finding.about.empty() ? "" : " (" + printable(finding.about) + ")");
}

std::string_view answer_word(Answer answer) {
  switch (answer) {
    case Answer::kHolds: return "holds";
    case Answer::kDoesNotHold: return "fails";
    case Answer::kCannotTell: return "cannot tell";
  }
  return "";
}

}  // namespace

void tell_judgement(const JudgementReport& judgement, const Ui& ui) {
  tell_attested(judgement, ui);
  for (const Finding& one : judgement.findings) ui.detail(answer_word(one.answer), describe_finding(one));
}

void tell_refused(const Report& report, const Ui& ui) {
  std::string_view word = report.verdict == Verdict::kRefused ? "does not verify" : "could not be verified";
  ui.failure(fmt::format("{}{} {}{}", ui.red(), printable(report.model), word, ui.plain()));
  std::size_t failed = report.count(Coverage::kFailed);
  if (failed == 0) {
    if (const Error* error = report.first_error()) ui.failure_detail(with_near_miss(*error));
    if (report.judgement && report.judgement->answer != Answer::kHolds) tell_judgement(*report.judgement, ui);
    return;
  }
  std::size_t shown = 0;
  for (const FileReport& file : report.files)
    if (file.error && ++shown <= kMaxShown) ui.failure_detail(*file.error);
  if (failed > kMaxShown) ui.failure(fmt::format("and {} more; --json lists them", plural(failed - kMaxShown, "file")));
}

void add_verify(CLI::App& app, Action& action) {
  CLI::App* verify = app.add_subcommand("verify", "Verify that a model is what its signer signed");
  verify->require_subcommand(1);
  auto flags = std::make_shared<VerifyFlags>();
  CLI::App* sigstore =
      add_method(*verify, "sigstore", "Verify a signature made with an identity, by Sigstore", flags, action);
  flags->add_identities_to(*sigstore);
  CLI::App* key = add_method(*verify, "key", "Verify a signature made with a key", flags, action);
  flags->add_keys_to(*key);
  CLI::App* certificate =
      add_method(*verify, "certificate", "Verify a signature made with a certificate", flags, action);
  flags->add_certificates_to(*certificate);
  CLI::App* policy =
      add_method(*verify, "policy", "Verify by a policy, which --policy alone stands for", flags, action);
  flags->add_policy_to(*policy);
}

}  // namespace weightmark::cli
