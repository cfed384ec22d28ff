#include "cli/signer_flags.h"

#include <fmt/format.h>

#include <cstring>

#include "base/text.h"
#include "base/try.h"
#include "cli/secrets.h"
#include "host/network.h"

namespace weightmark::cli {

void SignerFlags::add_private_key_to(CLI::App& method) {
  method.add_option("--private-key", private_key, "The private key, PEM")->required()->type_name("PATH");
  password.add_to(method);
}

void SignerFlags::add_certificate_to(CLI::App& method) {
  method.add_option("--signing-certificate", certificate, "The key's certificate, PEM")->required()->type_name("PATH");
  method.add_option("--certificate-chain", chain, "Certificates between it and the root, PEM; may be repeated")
      ->type_name("PATH")
      ->allow_extra_args(false);
}

void SignerFlags::add_token_to(CLI::App& method) {
  method.add_option("--pkcs11-uri", pkcs11_uri, "The private key on its token (RFC 7512)")
      ->required()
      ->type_name("URI");
  method.add_option("--module-path", module_paths, "Folder to look for the URI's module-name in; may be repeated")
      ->type_name("PATH")
      ->allow_extra_args(false);
}

void SignerFlags::add_methods_to(CLI::App& command, const AddMethod& add) {
  command.require_subcommand(1);
  CLI::App* sigstore = add("sigstore", "Sign with an identity, by Sigstore: no keys to keep");
  identity.add_to(*sigstore);
  sigstore->parse_complete_callback([this] { keyless = true; });
  const auto add_with_key = [&](const char* name, const char* description) {
    CLI::App* method = add(name, description);
    clock.add_to(*method);
    return method;
  };
  add_private_key_to(*add_with_key("key", "Sign with a private key"));
  CLI::App* with_certificate = add_with_key("certificate", "Sign with a private key and its certificate");
  add_private_key_to(*with_certificate);
  add_certificate_to(*with_certificate);
  add_token_to(*add_with_key("pkcs11-key", "Sign with a key on a PKCS#11 token"));
  CLI::App* both = add_with_key("pkcs11-certificate", "Sign with a key on a PKCS#11 token and its certificate");
  add_token_to(*both);
  add_certificate_to(*both);
}

Result<std::vector<Certificate>> SignerFlags::read_chain() const {
  WM_TRY(std::vector<Certificate> certificates, read_certificates({certificate}));
  WM_TRY(std::vector<Certificate> others, read_certificates(chain));
  for (Certificate& other : others)
    if (other.der() != certificates.front().der()) certificates.push_back(std::move(other));
  return certificates;
}

Result<std::unique_ptr<SigningKey>> SignerFlags::open_token() const {
  Pkcs11Options options;
  options.uri = take_secret(pkcs11_uri).view();
  options.module_folders.assign(module_paths.begin(), module_paths.end());
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

Result<OpenSigner> SignerFlags::open_keyless(const Ui& ui) const {
  OpenSigner open{.http = service_client(interrupt())};
  WM_TRY(open.signer, identity.signer(*open.http, ui));
  return open;
}

Result<OpenSigner> SignerFlags::open(const Ui& ui) const {
  if (keyless) return open_keyless(ui);
  std::vector<Certificate> certificates;
  if (!certificate.empty()) {
    WM_TRY(certificates, read_chain());
  }
  OpenSigner open;
  WM_TRY(open.key, pkcs11_uri.empty() ? read_private_key(private_key, password.source(ui)) : open_token());
  open.signer = key_signer(*open.key, std::move(certificates));
  if (clock.url.empty()) return open;
  open.http = service_client(interrupt());
  WM_TRY(TimestampService service, clock.service(ui));
  open.timestamped = std::make_unique<TimestampedSigner>(*open.signer, *open.http, std::move(service));
  return open;
}

void tell_signer(const SignerReport& signer, const Ui& ui) {
  for (const SubjectName& name : signer.identity.names)
    ui.detail("signed by",
              fmt::format("{}, confirmed by {}", printable(name.value), printable(signer.identity.issuer)));
  for (const LogReport& log : signer.logs)
    ui.detail("recorded in", fmt::format("{}, entry {}", printable(log.log), log.index));
}

}  // namespace weightmark::cli
