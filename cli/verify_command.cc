// weightmark verify
#include <fmt/format.h>

#include "attest/oms.h"
#include "base/text.h"
#include "base/try.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/progress.h"

namespace weightmark::cli {
namespace {

// Of many failed files, as many are shown; --json has all of them.
constexpr std::size_t kMaxShown = 20;

struct VerifyFlags {
  ModelFlags model;
  OutputFlags output;
  std::string signature;
  bool ignore_unsigned = false;
  std::string name;
  std::string digest;
  std::vector<std::string> public_keys;
  std::vector<std::string> roots;
  bool log_fingerprints = false;
};

Result<Trust> read_trust(const VerifyFlags& flags, const Ui& ui) {
  if (!flags.public_keys.empty()) {
    WM_TRY(std::vector<PublicKey> keys, read_public_keys(flags.public_keys));
    return KeyTrust{std::move(keys)};
  }
  if (flags.roots.empty())
    ui.warn("no --certificate-chain: anybody with a code-signing certificate of this system's authorities is accepted");
  WM_TRY(std::vector<Certificate> roots, flags.roots.empty() ? system_roots() : read_certificates(flags.roots));
  if (flags.log_fingerprints)
    for (const Certificate& root : roots)
      ui.detail("trusts", fmt::format("{} {}", root.fingerprint(), printable(root.subject())));
  return CertificateTrust{std::move(roots)};
}

// parse_expected takes sha256:HEX, weightmarkManifestV1:HEX or HEX alone.
Result<std::string> parse_expected(const std::string& text) {
  std::size_t colon = text.find(':');
  std::string algorithm = colon == std::string::npos ? "sha256" : text.substr(0, colon);
  std::string hex = colon == std::string::npos ? text : text.substr(colon + 1);
  bool known = algorithm == "sha256" || algorithm == kManifestV1;
  if (known && Digest::from_hex(HashAlgorithm::kSha256, hex)) return hex;
  return std::unexpected(Error{ErrorCode::kDigestSyntax, "not sha256:HEX or weightmarkManifestV1:HEX with 64 lower-case digits",
                               "--expect-digest " + text, "`weightmark inspect` prints both digests of a signature"});
}

Result<VerifyOptions> make_options(const VerifyFlags& flags, const Ui& ui) {
  VerifyOptions options;
  options.model = flags.model.model;
  if (!flags.signature.empty()) options.signature = flags.signature;
  WM_TRY(options.trust, read_trust(flags, ui));
  if (!flags.name.empty()) options.expectations.name = flags.name;
  if (!flags.digest.empty()) {
    WM_TRY(options.expectations.digest_hex, parse_expected(flags.digest));
  }
  options.time = now();
  options.ignore_paths = flags.model.relative_ignore_paths(ui);
  options.ignore_git_paths = flags.model.ignore_git_paths;
  options.ignore_unsigned_files = flags.ignore_unsigned;
  options.allow_symlinks = flags.model.allow_symlinks;
  options.work.threads = flags.model.threads;
  options.work.cancelled = &interrupt_flag();
  return options;
}

std::string describe_signer(const SignerReport& signer) {
  if (signer.chain.empty()) return fmt::format("{} key {}", signer.key_type, signer.key_fingerprint);
  return fmt::format("{}, certified by {}", printable(signer.chain.front().subject()),
                     printable(signer.chain.back().subject()));
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

void tell_verified(const Report& report, const Ui& ui) {
  for (const std::string& warning : report.warnings) ui.warn(printable(warning));
  ui.say(fmt::format("{}verified{} {}", ui.green(), ui.plain(), printable(report.model)));
  ui.detail("signed by", describe_signer(*report.signer));
  ui.detail("as", fmt::format("\"{}\"", printable(report.manifest->name)));
  ui.detail("files", fmt::format("{}, {}", plural(report.manifest->files.size(), "file"), human_size(report.bytes_hashed)));
  ui.detail("root digest", "sha256:" + report.manifest->root.hex());
  if (std::size_t ignored = report.count(Coverage::kIgnored); ignored > 0) ui.detail("ignored", grouped(ignored));
  tell_not_covered(report, ui);
}

void tell_refused(const Report& report, const Ui& ui) {
  std::string_view word = report.verdict == Verdict::kRefused ? "does not verify" : "could not be verified";
  ui.failure(fmt::format("{}{} {}{}", ui.red(), printable(report.model), word, ui.plain()));
  std::size_t failed = report.count(Coverage::kFailed);
  if (failed == 0) {
    if (const Error* error = report.first_error()) ui.failure_detail(with_near_miss(*error));
    return;
  }
  std::size_t shown = 0;
  for (const FileReport& file : report.files)
    if (file.error && ++shown <= kMaxShown) ui.failure_detail(*file.error);
  if (failed > kMaxShown) ui.failure(fmt::format("and {} more; --json lists them", plural(failed - kMaxShown, "file")));
}

int run(const VerifyFlags& flags, Ui& ui) {
  ui.set_quiet(flags.output.quiet);
  auto options = make_options(flags, ui);
  if (!options) return report_error(options.error(), flags.output, ui);
  Progress progress(ui);
  options->work.observer = &progress;
  Verification verification = verify_model(*options);
  const Report& report = verification.report;
  if (flags.output.json) out(report_json(report));
  if (verification.manifest)
    tell_verified(report, ui);
  else
    tell_refused(report, ui);
  return report.exit_status();
}

CLI::App* add_method(CLI::App& verify, const std::string& name, const std::string& description,
                     const std::shared_ptr<VerifyFlags>& flags, Action& action) {
  CLI::App* method = verify.add_subcommand(name, description);
  flags->model.add_to(*method);
  method->add_option("--signature", flags->signature, "The signature; looked for inside the model, then beside it, where absent")
      ->type_name("PATH");
  method->add_flag("--ignore-unsigned-files,!--no-ignore-unsigned-files", flags->ignore_unsigned,
                   "Look only at the signed files");
  method->add_option("--name", flags->name, "Refuse a signature for a model of another name")->type_name("NAME");
  method->add_option("--expect-digest", flags->digest, "Refuse a signature with another root or manifest digest")
      ->type_name("DIGEST");
  flags->output.add_to(*method);
  method->callback([flags, &action] { action = [flags](Ui& ui) { return run(*flags, ui); }; });
  return method;
}

}  // namespace

void add_verify(CLI::App& app, Action& action) {
  CLI::App* verify = app.add_subcommand("verify", "Verify that a model is what its signer signed");
  verify->require_subcommand(1);
  auto flags = std::make_shared<VerifyFlags>();
  add_unavailable_method(*verify, action);
  CLI::App* key = add_method(*verify, "key", "Verify a signature made with a key", flags, action);
  key->add_option("--public-key", flags->public_keys, "The signer's public key, PEM; may be repeated")
      ->required()->type_name("PATH")->allow_extra_args(false);
  CLI::App* certificate = add_method(*verify, "certificate", "Verify a signature made with a certificate", flags, action);
  certificate
      ->add_option("--certificate-chain", flags->roots,
                   "Trusted roots, PEM; may be repeated; those of the system where absent")
      ->type_name("PATH")->allow_extra_args(false);
  certificate->add_flag("--log-fingerprints", flags->log_fingerprints, "Print the SHA-256 of every trusted certificate");
}

}  // namespace weightmark::cli
