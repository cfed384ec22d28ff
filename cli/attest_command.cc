// weightmark attest, weightmark verify-attestation
#include <fmt/format.h>

#include "base/file.h"
#include "base/json_document.h"
#include "base/text.h"
#include "base/try.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/signer_flags.h"
#include "cli/verify_flags.h"
#include "model/placement.h"
#include "weightmark/attestation.h"

namespace weightmark::cli {
namespace {

constexpr const char* kTypeHelp =
    "What is said: the URI of the predicate's type, or slsaprovenance1, slsaprovenance, spdx, cyclonedx, vuln, "
    "openvex, "
    "link, custom";

// --- attest

struct AttestFlags {
  ModelFlags model;
  SignerFlags signer;
  OutputFlags output;
  std::string name;
  std::string type;
  std::string predicate;
  std::string signature;
  std::string add;
};

HashOptions hash_options(const ModelFlags& model, const std::string& name, const Ui& ui, Progress& progress) {
  HashFlags flags;
  flags.name = name;
  HashOptions options = flags.options(model, ui);
  options.work.observer = &progress;
  return options;
}

Result<std::filesystem::path> place_of(const AttestFlags& flags, const std::string& type) {
  if (!flags.signature.empty()) return flags.signature;
  if (!flags.add.empty()) return further_signature(flags.model.model, flags.add);
  return default_attestation(flags.model.model, type);
}

Result<SignedOutput> attest(const AttestFlags& flags, const Ui& ui, Progress& progress) {
  AttestOptions options;
  WM_TRY(options.type, predicate_type(flags.type));
  WM_TRY(options.predicate, read_file(flags.predicate, kMaxPredicateSize));
  WM_TRY(options.output, place_of(flags, options.type));
  WM_TRY(const OpenSigner open, flags.signer.open(ui));
  options.hash = hash_options(flags.model, flags.name, ui, progress);
  options.signer = &open.last();
  options.time = now();
  return attest_model(options);
}

int run(const AttestFlags& flags, Ui& ui) {
  ui.set_quiet(flags.output.quiet);
  Progress progress(ui);
  const auto output = attest(flags, ui, progress);
  if (!output) return report_error(output.error(), flags.output, ui);
  if (flags.output.json) out(write_json_indented(signed_json(*output)));
  for (const std::string& warning : output->model.warnings) ui.warn(printable(warning));
  ui.say(fmt::format("{}attested{} \"{}\"", ui.green(), ui.plain(), printable(output->model.manifest.name)));
  tell_signer(output->signer, ui);
  ui.detail("type", predicate_type(flags.type).value_or(flags.type));
  ui.detail("root digest", "sha256:" + output->model.manifest.root.hex());
  ui.detail("attestation", printable(output->signature.native()));
  return 0;
}

// --- verify-attestation

struct VerifyAttestationFlags {
  VerifyFlags verify;  // the model, and who is trusted
  std::string type;
  std::string predicate;  // where it goes
};

Result<Verified<Attestation>> verify(const VerifyAttestationFlags& flags, const Ui& ui, Progress& progress) {
  VerifyAttestationOptions options;
  WM_TRY(options.type, predicate_type(flags.type));
  WM_TRY(options.trust, flags.verify.read_trust(ui));
  const ModelFlags& model = flags.verify.model;
  options.attestation = flags.verify.signature;
  if (options.attestation.empty()) options.attestation = default_attestation(model.model, options.type);
  options.hash = hash_options(model, "", ui, progress);
  options.time = now();
  return verify_attestation(options);
}

Result<void> write_predicate(const std::string& path, const Attestation& attestation) {
  if (path.empty()) return {};
  WM_TRY(const Json predicate, parse_json(attestation.predicate));
  const std::string text = write_json_indented(predicate);
  if (path != "-") return write_file_atomically(path, as_bytes(text));
  out(text);
  return {};
}

int run(const VerifyAttestationFlags& flags, Ui& ui) {
  const OutputFlags& output = flags.verify.output;
  ui.set_quiet(output.quiet);
  Progress progress(ui);
  const auto attestation = verify(flags, ui, progress);
  if (!attestation) return report_error(attestation.error(), output, ui);
  const Attestation& found = **attestation;
  if (auto written = write_predicate(flags.predicate, found); !written)
    return report_error(written.error(), output, ui);
  if (output.json) out(write_json_indented(attestation_json(found)));
  ui.say(fmt::format("{}verified{} what is attested of \"{}\"", ui.green(), ui.plain(), printable(found.name)));
  tell_signer(found.signer, ui);
  if (found.signer.identity.names.empty())
    ui.detail("signed by", fmt::format("{} key {}", found.signer.key_type, found.signer.key_fingerprint));
  ui.detail("type", printable(found.type));
  return 0;
}

// add_attest_method adds what any signer takes.
CLI::App* add_attest_method(CLI::App& attest, const std::string& name, const std::string& description,
                            const std::shared_ptr<AttestFlags>& flags, Action& action) {
  CLI::App* method = attest.add_subcommand(name, description);
  flags->model.add_to(*method);
  method->add_option("--type", flags->type, kTypeHelp)->required()->type_name("TYPE");
  method->add_option("--predicate", flags->predicate, "A file with the predicate: a JSON object")
      ->required()
      ->type_name("PATH");
  method->add_option("--name", flags->name, "What the model is called; its folder's name where absent")
      ->type_name("NAME");
  CLI::Option* place = method->add_option("--signature", flags->signature,
                                          "Where to write the attestation; MODEL/model.sig.d/TYPE.sig where absent");
  place->type_name("PATH");
  method->add_option("--add", flags->add, "Write it there as NAME.sig")->type_name("NAME")->excludes(place);
  flags->output.add_to(*method);
  method->callback([flags, &action] { action = [flags](Ui& ui) { return run(*flags, ui); }; });
  return method;
}

CLI::App* add_verify_method(CLI::App& verify, const std::string& name, const std::string& description,
                            const std::shared_ptr<VerifyAttestationFlags>& flags, Action& action) {
  CLI::App* method = verify.add_subcommand(name, description);
  flags->verify.model.add_to(*method);
  method->add_option("--type", flags->type, kTypeHelp)->required()->type_name("TYPE");
  method->add_option("--signature", flags->verify.signature, "The attestation; MODEL/model.sig.d/TYPE.sig where absent")
      ->type_name("PATH");
  method->add_option("--output", flags->predicate, "Write the verified predicate there; \"-\" for standard output")
      ->type_name("PATH");
  flags->verify.output.add_to(*method);
  method->callback([flags, &action] { action = [flags](Ui& ui) { return run(*flags, ui); }; });
  return method;
}

}  // namespace

void add_attest(CLI::App& app, Action& action) {
  CLI::App* attest = app.add_subcommand("attest", "Sign a statement about a model, such as how it was trained");
  auto flags = std::make_shared<AttestFlags>();
  flags->signer.add_methods_to(*attest, [&](const std::string& name, const std::string& description) {
    return add_attest_method(*attest, name, description, flags, action);
  });
}

void add_verify_attestation(CLI::App& app, Action& action) {
  CLI::App* verify = app.add_subcommand("verify-attestation", "Verify who attested what of a model");
  verify->require_subcommand(1);
  auto flags = std::make_shared<VerifyAttestationFlags>();
  CLI::App* sigstore =
      add_verify_method(*verify, "sigstore", "Verify what somebody attested with an identity", flags, action);
  flags->verify.add_identities_to(*sigstore);
  CLI::App* key = add_verify_method(*verify, "key", "Verify what somebody attested with a key", flags, action);
  flags->verify.add_keys_to(*key);
  CLI::App* certificate =
      add_verify_method(*verify, "certificate", "Verify what somebody attested with a certificate", flags, action);
  flags->verify.add_certificates_to(*certificate);
}

}  // namespace weightmark::cli
