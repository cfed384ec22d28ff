// weightmark verify-provenance
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/json_document.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/verify_flags.h"
#include "host/builders_file.h"
#include "weightmark/provenance.h"

namespace weightmark::cli {
namespace {

constexpr unsigned kHighestLevel = 3;

struct VerifyProvenanceFlags {
  VerifyFlags verify;  // the model, and who is trusted
  bool sigstore = false;
  std::string source_uri;
  std::string builder_id;
  std::string branch;
  std::string tag;
  std::string versioned_tag;
  std::vector<std::string> inputs;
  unsigned least_level = 0;
  std::string provenance;
  std::string platform;
  std::string platform_builder_id;
  std::string builders;
  bool unproven_time = false;
  bool print = false;
};

Result<std::pair<std::string, std::string>> parse_input(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    return refuse(ErrorCode::kUsage, fmt::format("\"{}\" is not NAME=VALUE", text), "--build-workflow-input");
  return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

Result<ProvenanceExpectations> expectations(const VerifyProvenanceFlags& flags) {
  ProvenanceExpectations expected{flags.source_uri, flags.builder_id, flags.branch, flags.tag, flags.versioned_tag, {},
                                  flags.least_level};
  for (const std::string& text : flags.inputs) {
    WM_TRY(auto input, parse_input(text));
    expected.inputs.push_back(std::move(input));
  }
  return expected;
}

Result<ProvenanceTrust> read_trust(const VerifyProvenanceFlags& flags, const Ui& ui) {
  ProvenanceTrust trust;
  if (!flags.builders.empty()) {
    WM_TRY(trust.builders, read_builders(flags.builders));
  }
  trust.unproven_time = flags.unproven_time;
  if (flags.sigstore && flags.verify.identities.empty()) {
    WM_TRY(TrustedRoot root, flags.verify.trust.read(ui));
    trust.trust = SigstoreTrust{std::move(root), {}};
  } else {
    WM_TRY(trust.trust, flags.verify.read_trust(ui));
  }
  return trust;
}

// A digest stands for what is not on disk, such as a container image.
std::optional<Digest> as_digest(const std::string& model) {
  constexpr std::string_view kPrefix = "sha256:";
  if (!model.starts_with(kPrefix)) return std::nullopt;
  const auto digest = Digest::from_hex(HashAlgorithm::kSha256, model.substr(kPrefix.size()));
  return digest ? std::optional(*digest) : std::nullopt;
}

Result<VerifyProvenanceOptions> options_of(const VerifyProvenanceFlags& flags, const Ui& ui, Progress& progress) {
  VerifyProvenanceOptions options;
  WM_TRY(options.expectations, expectations(flags));
  WM_TRY(options.trust, read_trust(flags, ui));
  const ModelFlags& model = flags.verify.model;
  options.digest = as_digest(model.model);
  if (options.digest && flags.provenance.empty())
    return refuse(ErrorCode::kUsage, "is needed with a digest in place of a model", "--provenance");
  options.hash = HashFlags().options(model, ui);
  options.hash.work.observer = &progress;
  if (!flags.provenance.empty()) options.provenance = flags.provenance;
  if (!flags.platform.empty()) options.platform = flags.platform;
  options.platform_builder_id = flags.platform_builder_id;
  options.time = now();
  return options;
}

// --- telling

std::string describe_source(const ProvenanceSource& source) {
  if (source.uri.empty()) return "nothing that it names";
  std::string text = printable(source.uri);
  if (!source.ref.empty()) text += "@" + printable(source.ref);
  return source.commit.empty() ? text : fmt::format("{}, commit {}", text, printable(source.commit));
}

std::string describe_signer(const SignerReport& signer) {
  if (signer.identity.names.empty()) return fmt::format("{} key {}", signer.key_type, signer.key_fingerprint);
  return fmt::format("{}, confirmed by {}", printable(signer.identity.names.front().value),
                     printable(signer.identity.issuer));
}

void tell_statement(const ProvenanceStatement& statement, const Ui& ui) {
  const ProvenanceFacts& facts = statement.facts;
  ui.detail("signed by", describe_signer(statement.signer));
  for (const TimeReport& time : statement.signer.times)
    ui.detail("at", fmt::format("{:%Y-%m-%d %H:%M:%S} UTC, attested by {}", time.time, printable(time.by)));
  if (statement.signer.times.empty() && !statement.signer.chain.empty()) ui.detail("at", "a time that nobody attests");
  ui.detail("builder", printable(facts.builder_id));
  ui.detail("from", describe_source(facts.source));
  if (!facts.invocation.empty()) ui.detail("run", printable(facts.invocation));
  if (facts.started && facts.finished)
    ui.detail("built",
              fmt::format("{:%Y-%m-%d %H:%M:%S} to {:%Y-%m-%d %H:%M:%S} UTC", *facts.started, *facts.finished));
  ui.detail("dependencies", facts.undigested == 0 ? grouped(facts.dependencies)
                                                  : fmt::format("{}, {} without a digest", grouped(facts.dependencies),
                                                                grouped(facts.undigested)));
  if (!facts.unconfirmed.empty())
    ui.detail("unconfirmed", printable(fmt::format("{}", fmt::join(facts.unconfirmed, ", "))));
}

void tell_verified(const ProvenanceReport& report, const Ui& ui) {
  for (const std::string& warning : report.warnings) ui.warn(printable(warning));
  ui.say(fmt::format("{}verified{} how {} was built", ui.green(), ui.plain(), printable(report.model)));
  tell_statement(*report.statement, ui);
  if (report.platform)
    ui.detail("platform",
              fmt::format("{} says the same subject, commit and run", printable(report.platform->facts.builder_id)));
  ui.detail("level", fmt::format("SLSA build level {}: {}", report.level, printable(report.level_reason)));
}

void tell_refused(const ProvenanceReport& report, const Ui& ui) {
  for (const std::string& warning : report.warnings) ui.warn(printable(warning));
  const std::string_view word = report.verdict == Verdict::kRefused ? "does not verify" : "could not be verified";
  ui.failure(fmt::format("{}how {} was built {}{}", ui.red(), printable(report.model), word, ui.plain()));
  if (const Error* error = report.first_error()) ui.failure_detail(with_near_miss(*error));
}

int run(const VerifyProvenanceFlags& flags, Ui& ui) {
  const OutputFlags& output = flags.verify.output;
  ui.set_quiet(output.quiet);
  Progress progress(ui);
  const auto options = options_of(flags, ui, progress);
  if (!options) return report_error(options.error(), output, ui);
  const ProvenanceReport report = verify_provenance(*options);
  if (output.json) out(provenance_report_json(report));
  if (report.verdict != Verdict::kVerified) {
    tell_refused(report, ui);
    return report.exit_status();
  }
  if (flags.print) out(report.statement->predicate + "\n");
  tell_verified(report, ui);
  return report.exit_status();
}

// --- options

void add_expectations(CLI::App& method, VerifyProvenanceFlags& flags) {
  method.add_option("--source-uri", flags.source_uri, "What it must be built from, such as github.com/acme/tinylm")
      ->required()
      ->type_name("URI");
  method
      .add_option("--builder-id", flags.builder_id,
                  "Who must have built it; with @REF exactly that version; needed where the builder is not of the "
                  "source's repository")
      ->type_name("ID");
  method.add_option("--source-branch", flags.branch, "The branch that it must be built from")->type_name("BRANCH");
  method.add_option("--source-tag", flags.tag, "The tag that it must be built from")->type_name("TAG");
  method
      .add_option("--source-versioned-tag", flags.versioned_tag,
                  "The version that its tag must be; v1.2 takes any v1.2.x")
      ->type_name("VERSION");
  method
      .add_option("--build-workflow-input", flags.inputs, "An input that its workflow must have had; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  method.add_option("--least-level", flags.least_level, "The SLSA build level that the builder must support at least")
      ->type_name("LEVEL")
      ->check(whole_number(0, kHighestLevel));
}

void add_places(CLI::App& method, VerifyProvenanceFlags& flags) {
  method
      .add_option("--provenance,--provenance-path", flags.provenance,
                  "The provenance; looked for in the folder of further signatures where absent")
      ->type_name("PATH");
  CLI::Option* platform =
      method.add_option("--platform-provenance", flags.platform,
                        "What the build's platform attests itself; looked for in the same folder where absent");
  platform->type_name("PATH");
  method
      .add_option("--platform-builder-id", flags.platform_builder_id,
                  "The builder that this must name, where it is not that of --builder-id")
      ->type_name("ID");
  method.add_option("--builders", flags.builders, "A file of further builders: who signs for them, and their level")
      ->type_name("PATH");
  CLI::Option* print =
      method.add_flag("--print-provenance", flags.print, "Print the verified predicate to standard output");
  flags.verify.output.add_to(method);
  print->excludes("--json");
}

CLI::App* add_method(CLI::App& verify, const std::string& name, const std::string& description,
                     const std::shared_ptr<VerifyProvenanceFlags>& flags, Action& action) {
  CLI::App* method = verify.add_subcommand(name, description);
  flags->verify.model.add_to(*method);
  add_expectations(*method, *flags);
  add_places(*method, *flags);
  const bool sigstore = name == "sigstore";
  method->callback([flags, sigstore, &action] {
    flags->sigstore = sigstore;
    action = [flags](Ui& ui) { return run(*flags, ui); };
  });
  return method;
}

}  // namespace

void add_verify_provenance(CLI::App& app, Action& action) {
  CLI::App* verify = app.add_subcommand("verify-provenance", "Verify who built something, from which source");
  verify->require_subcommand(1);
  auto flags = std::make_shared<VerifyProvenanceFlags>();
  CLI::App* sigstore =
      add_method(*verify, "sigstore",
                 "Verify provenance that a builder signed with its identity, or Google with its keys", flags, action);
  flags->verify.add_identities_to(*sigstore);
  // The rule for the builder says who signs for it.
  sigstore->get_option("--identity")->required(false);
  sigstore->get_option("--identity-provider")->required(false);
  sigstore->add_flag("--allow-unproven-time", flags->unproven_time,
                     "Accept an envelope with a certificate that no log has, at level 1 at most");
  CLI::App* key = add_method(*verify, "key", "Verify provenance that somebody signed with a key", flags, action);
  flags->verify.add_keys_to(*key);
  CLI::App* certificate =
      add_method(*verify, "certificate", "Verify provenance that somebody signed with a certificate", flags, action);
  flags->verify.add_certificates_to(*certificate);
}

}  // namespace weightmark::cli
