// weightmark sign
#include <fmt/format.h>

#include <cstring>

#include "base/json.h"
#include "base/text.h"
#include "base/try.h"
#include "cli/clock_flags.h"
#include "cli/commands.h"
#include "cli/keyless_flags.h"
#include "cli/network.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/secrets.h"
#include "model/placement.h"

namespace weightmark::cli {
namespace {

// SignFlags holds what `sign METHOD` takes; each method uses its part.
struct SignFlags {
  ModelFlags model;
  bool keyless = false;
  KeylessFlags identity;
  HashFlags hash;
  OutputFlags output;
  PasswordFlags password;
  std::string signature;
  std::string add;
  bool reuse = false;
  std::string digests;
  std::string private_key;
  std::string certificate;
  std::vector<std::string> chain;
  ClockFlags clock;
  std::string pkcs11_uri;  // for take_secret
  std::vector<std::string> module_paths;
};

// OpenSigner is who signs, and what that needs.
struct OpenSigner {
  std::unique_ptr<HttpClient> http = nullptr;
  std::unique_ptr<SigningKey> key = nullptr;
  std::unique_ptr<Signer> signer = nullptr;
  std::unique_ptr<Signer> timestamped = nullptr;

  Signer& last() const { return timestamped ? *timestamped : *signer; }
};

Result<std::vector<Certificate>> read_chain(const SignFlags& flags) {
  WM_TRY(std::vector<Certificate> chain, read_certificates({flags.certificate}));
  WM_TRY(std::vector<Certificate> others, read_certificates(flags.chain));
  for (Certificate& other : others)
    if (other.der() != chain.front().der()) chain.push_back(std::move(other));
  return chain;
}

Result<std::unique_ptr<SigningKey>> open_token(const SignFlags& flags) {
  Pkcs11Options options;
  options.uri = take_secret(flags.pkcs11_uri).view();
  options.module_folders.assign(flags.module_paths.begin(), flags.module_paths.end());
  options.pin = [] {
    return ask_secret("PIN of the token: ", {ErrorCode::kPkcs11Pin,
                                             "the token wants a PIN and there is no terminal to ask on",
                                             {},
                                             "name a file that has it: pin-source=/path/of/file in the URI"});
  };
  auto key = open_pkcs11_key(options);
  ::explicit_bzero(options.uri.data(), options.uri.size());
  return key;
}

Result<OpenSigner> open_keyless(const SignFlags& flags, const Ui& ui) {
  OpenSigner open{.http = service_client()};
  WM_TRY(open.signer, flags.identity.signer(*open.http, ui));
  return open;
}

Result<OpenSigner> open_signer(const SignFlags& flags, const Ui& ui) {
  if (flags.keyless) return open_keyless(flags, ui);
  std::vector<Certificate> chain;
  if (!flags.certificate.empty()) {
    WM_TRY(chain, read_chain(flags));
  }
  OpenSigner open;
  WM_TRY(open.key,
         flags.pkcs11_uri.empty() ? read_private_key(flags.private_key, flags.password.source(ui)) : open_token(flags));
  open.signer = key_signer(*open.key, std::move(chain));
  if (flags.clock.url.empty()) return open;
  open.http = service_client();
  WM_TRY(TimestampService service, flags.clock.service(ui));
  open.timestamped = std::make_unique<TimestampedSigner>(*open.signer, *open.http, std::move(service));
  return open;
}

Result<SignedOutput> sign(const SignFlags& flags, const Ui& ui, Progress& progress) {
  WM_TRY(const OpenSigner open, open_signer(flags, ui));
  SignOptions options;
  options.hash = flags.hash.options(flags.model, ui);
  options.hash.work.observer = &progress;
  options.signer = &open.last();
  if (!flags.signature.empty()) options.signature = flags.signature;
  if (!flags.add.empty()) {
    WM_TRY(options.signature, further_signature(flags.model.model, flags.add));
  }
  options.time = now();
  if (flags.reuse) {
    WM_TRY(options.record_folder, state_folder());
  }
  if (!flags.digests.empty()) {
    WM_TRY(options.declared, read_digests(flags.digests));
  }
  return sign_model(options);
}

// tell_identity says what anyone can now look up.
void tell_identity(const SignerReport& signer, const Ui& ui) {
  for (const SubjectName& name : signer.identity.names)
    ui.detail("signed by",
              fmt::format("{}, confirmed by {}", printable(name.value), printable(signer.identity.issuer)));
  for (const LogReport& log : signer.logs)
    ui.detail("recorded in", fmt::format("{}, entry {}", printable(log.log), log.index));
}

void tell(const SignedOutput& output, const SignFlags& flags, const Ui& ui) {
  const Manifest& manifest = output.model.manifest;
  for (const std::string& warning : output.model.warnings) ui.warn(printable(warning));
  ui.say(fmt::format("{}signed{} \"{}\"", ui.green(), ui.plain(), printable(manifest.name)));
  tell_identity(output.signer, ui);
  std::string how = flags.reuse              ? fmt::format(" ({} reused)", grouped(output.model.reused))
                    : !flags.digests.empty() ? " (declared, not read)"
                                             : "";
  ui.detail("files",
            fmt::format("{}, {}{}", plural(manifest.files.size(), "file"), human_size(output.model.bytes), how));
  ui.detail("root digest", "sha256:" + manifest.root.hex());
  ui.detail("signature", printable(output.signature.native()));
}

int run(const SignFlags& flags, Ui& ui) {
  ui.set_quiet(flags.output.quiet);
  Progress progress(ui);
  auto output = sign(flags, ui, progress);
  if (!output) return report_error(output.error(), flags.output, ui);
  if (flags.output.json) out(write_json_indented(signed_json(*output)));
  tell(*output, flags, ui);
  return 0;
}

// add_digests lets the model itself be missing: its files are named in the list.
void add_digests(CLI::App& method, SignFlags& flags) {
  method
      .add_option("--digests", flags.digests,
                  "Sign the digests in this JSON file and read none of the model's files; their names and sizes are "
                  "compared with MODEL, which may be left out where --name and --signature are given")
      ->type_name("PATH")
      ->excludes("--reuse", "--shard-size", "--hash-algorithm");
  method.get_option("MODEL")->required(false);
}

CLI::App* add_method(CLI::App& sign, const std::string& name, const std::string& description,
                     const std::shared_ptr<SignFlags>& flags, Action& action) {
  CLI::App* method = sign.add_subcommand(name, description);
  flags->model.add_to(*method);
  method
      ->add_option("--signature", flags->signature,
                   "Where to write the signature; MODEL/model.sig or FILE.sig where absent")
      ->type_name("PATH");
  method
      ->add_option("--add", flags->add,
                   "Sign beside the signatures that are there: into MODEL/model.sig.d/NAME.sig or FILE.sig.d/NAME.sig")
      ->type_name("NAME")
      ->excludes("--signature");
  flags->hash.add_to(*method);
  method
      ->add_flag("--reuse", flags->reuse,
                 "Hash only what changed since this user last signed the model with --reuse; "
                 "a private record of the digests is kept in $XDG_STATE_HOME/weightmark or ~/.local/state/weightmark")
      ->excludes("--shard-size");
  add_digests(*method, *flags);
  flags->output.add_to(*method);
  method->callback([flags, &action] {
    if (flags->model.model.empty() && flags->digests.empty()) throw CLI::RequiredError("MODEL");
    action = [flags](Ui& ui) { return run(*flags, ui); };
  });
  return method;
}

// add_key_method adds one that signs with a key that somebody keeps.
CLI::App* add_key_method(CLI::App& sign, const std::string& name, const std::string& description,
                         const std::shared_ptr<SignFlags>& flags, Action& action) {
  CLI::App* method = add_method(sign, name, description, flags, action);
  flags->clock.add_to(*method);
  return method;
}

void add_private_key(CLI::App& method, SignFlags& flags) {
  method.add_option("--private-key", flags.private_key, "The private key, PEM")->required()->type_name("PATH");
  flags.password.add_to(method);
}

void add_certificate(CLI::App& method, SignFlags& flags) {
  method.add_option("--signing-certificate", flags.certificate, "The key's certificate, PEM")
      ->required()
      ->type_name("PATH");
  method.add_option("--certificate-chain", flags.chain, "Certificates between it and the root, PEM; may be repeated")
      ->type_name("PATH")
      ->allow_extra_args(false);
}

void add_token(CLI::App& method, SignFlags& flags) {
  method.add_option("--pkcs11-uri", flags.pkcs11_uri, "The private key on its token (RFC 7512)")
      ->required()
      ->type_name("URI");
  method
      .add_option("--module-path", flags.module_paths, "Folder to look for the URI's module-name in; may be repeated")
      ->type_name("PATH")
      ->allow_extra_args(false);
}

}  // namespace

void add_sign(CLI::App& app, Action& action) {
  CLI::App* sign = app.add_subcommand("sign", "Sign a model");
  sign->require_subcommand(1);
  auto flags = std::make_shared<SignFlags>();
  CLI::App* sigstore =
      add_method(*sign, "sigstore", "Sign with an identity, by Sigstore: no keys to keep", flags, action);
  flags->identity.add_to(*sigstore);
  // The methods share the flags, and one of them is called.
  sigstore->parse_complete_callback([flags] { flags->keyless = true; });
  CLI::App* key = add_key_method(*sign, "key", "Sign with a private key", flags, action);
  add_private_key(*key, *flags);
  CLI::App* certificate =
      add_key_method(*sign, "certificate", "Sign with a private key and its certificate", flags, action);
  add_private_key(*certificate, *flags);
  add_certificate(*certificate, *flags);
  CLI::App* token = add_key_method(*sign, "pkcs11-key", "Sign with a key on a PKCS#11 token", flags, action);
  add_token(*token, *flags);
  CLI::App* both = add_key_method(*sign, "pkcs11-certificate", "Sign with a key on a PKCS#11 token and its certificate",
                                  flags, action);
  add_token(*both, *flags);
  add_certificate(*both, *flags);
}

}  // namespace weightmark::cli
