#include "cli/verify_flags.h"

#include <fmt/format.h>

#include "base/text.h"
#include "base/try.h"
#include "host/expected_digest.h"
#include "host/lock_file.h"
#include "host/policy_file.h"

namespace weightmark::cli {
void VerifyFlags::add_to(CLI::App& method) {
  model.add_to(method);
  method
      .add_option("--signature", signature, "The signature; looked for inside the model, then beside it, where absent")
      ->type_name("PATH");
  method.add_flag("--ignore-unsigned-files,!--no-ignore-unsigned-files", ignore_unsigned,
                  "Look only at the signed files");
  method.add_option("--name", name, "Refuse a signature for a model of another name")->type_name("NAME");
  method.add_option("--expect-digest", digest, "Refuse a signature with another root or manifest digest")
      ->type_name("DIGEST");
  CLI::Option* whole =
      method.add_flag("--whole-files", whole_files, "Compare the digests of whole files, not their trees");
  method.add_flag("--check-both", check_both, "Compare both, which finds a signer who lists two contents for one file")
      ->excludes(whole);
  method.add_option("--lock", lock, "The file with what is pinned; weightmark.lock where absent")->type_name("PATH");
  method.add_flag("--allow-older", allow_older, "Take an older version than the pinned one, too");
  output.add_to(method);
}

void VerifyFlags::add_files_to(CLI::App& method) {
  method
      .add_option("--files", files,
                  "Verify only files that match, as '*.safetensors'; a folder stands for all in it; may be repeated")
      ->type_name("GLOB")
      ->allow_extra_args(false);
  method.add_flag("--content", content, "Tell which signed files are code or hold some, or break their formats' rules");
}

void VerifyFlags::add_keys_to(CLI::App& method) {
  method.add_option("--public-key", public_keys, "The signer's public key, PEM; may be repeated")
      ->required()
      ->type_name("PATH")
      ->allow_extra_args(false);
  CLI::Option* demand = method.add_flag("--logged", logged, "Accept only what a transparency log has, as below");
  for (CLI::Option* option : trust.add_to(method)) option->needs(demand);
}

void VerifyFlags::add_certificates_to(CLI::App& method) {
  method
      .add_option("--certificate-chain", roots, "Trusted roots, PEM; may be repeated; those of the system where absent")
      ->type_name("PATH")
      ->allow_extra_args(false);
  method
      .add_option(
          "--tsa-chain", clocks,
          "A timestamp authority that may attest when the model was signed: its certificates, the signer's first, "
          "PEM; may be repeated")
      ->type_name("PATH")
      ->allow_extra_args(false);
  method.add_flag("--log-fingerprints", log_fingerprints, "Print the SHA-256 of every trusted certificate");
}

void VerifyFlags::add_identities_to(CLI::App& method) {
  CLI::Option* identity =
      method
          .add_option("--identity", identities,
                      "Who must have signed: an address or a workflow's URI; may be repeated, each with its provider")
          ->required()
          ->type_name("IDENTITY")
          ->allow_extra_args(false);
  method
      .add_option("--identity-provider", providers,
                  "Who confirmed the identity: the URL of its OpenID provider; one for each identity, or one for all")
      ->required()
      ->type_name("URL")
      ->allow_extra_args(false)
      ->needs(identity);
  method.add_flag("--identity-patterns", patterns,
                  "Both are extended regular expressions that must match from end to end");
  trust.add_to(method);
}

void VerifyFlags::add_policy_to(CLI::App& method) {
  method.add_option("--policy", policy, "Who may publish which models, and what else is demanded: YAML or JSON")
      ->required()
      ->type_name("PATH");
  method
      .add_option("--provenance", provenance,
                  "Where the provenance lies that the policy demands; looked for in the folder of further signatures, "
                  "where absent")
      ->type_name("PATH");
  method
      .add_option("--previous-provenance", previous_provenance,
                  "The provenance of the version before, for a policy that compares with it")
      ->type_name("PATH");
  trust.add_to(method);
}

// A trusted root of Sigstore's is asked for only where the policy has no other.
Result<void> VerifyFlags::read_policy(const Ui& ui, VerifyOptions& options) const {
  WM_TRY(options.policy, weightmark::read_policy(policy));
  if (options.policy->needs_trusted_root()) {
    WM_TRY(options.trusted_root, trust.read(ui));
  }
  return {};
}

Result<Trust> VerifyFlags::read_sigstore_trust(const Ui& ui) const {
  if (providers.size() != 1 && providers.size() != identities.size())
    return std::unexpected(Error{
        ErrorCode::kUsage, fmt::format("{} and {} providers", plural(identities.size(), "identity"), providers.size()),
        "--identity-provider", "give one for each identity, or one for all"});
  WM_TRY(TrustedRoot root, trust.read(ui));
  SigstoreTrust accepted{std::move(root), {}};
  for (std::size_t i = 0; i < identities.size(); ++i)
    accepted.identities.push_back({identities[i], providers[providers.size() == 1 ? 0 : i], patterns});
  return accepted;
}

Result<Trust> VerifyFlags::read_trust(const Ui& ui) const {
  if (!identities.empty()) return read_sigstore_trust(ui);
  if (!public_keys.empty()) {
    WM_TRY(std::vector<PublicKey> keys, read_public_keys(public_keys));
    KeyTrust accepted{std::move(keys)};
    if (logged) {
      WM_TRY(accepted.logs, trust.read(ui));
    }
    return accepted;
  }
  if (roots.empty())
    ui.warn("no --certificate-chain: anybody with a code-signing certificate of this system's authorities is accepted");
  WM_TRY(std::vector<Certificate> trusted, roots.empty() ? system_roots() : read_certificates(roots));
  if (log_fingerprints)
    for (const Certificate& root : trusted)
      ui.detail("trusts", fmt::format("{} {}", root.fingerprint(), printable(root.subject())));
  CertificateTrust accepted{std::move(trusted)};
  for (const std::string& path : clocks) {
    WM_TRY(std::vector<Certificate> clock, read_certificates({path}));
    accepted.clocks.push_back(std::move(clock));
  }
  return accepted;
}

Result<VerifyOptions> VerifyFlags::options(const Ui& ui) const {
  VerifyOptions options;
  options.model = model.model;
  if (!signature.empty()) options.signature = signature;
  if (policy.empty()) {
    WM_TRY(options.trust, read_trust(ui));
  } else {
    WM_CHECK(read_policy(ui, options));
  }
  if (!provenance.empty()) options.provenance = provenance;
  if (!previous_provenance.empty()) options.previous_provenance = previous_provenance;
  if (!name.empty()) options.expectations.name = name;
  if (!digest.empty()) {
    WM_TRY(options.expectations.digest_hex, parse_expected_digest(digest, "--expect-digest"));
  }
  // A new pin takes the place of the old one, whatever that says.
  options.allow_older = allow_older;
  if (!pin) {
    WM_TRY(const LockFiles locks, LockFiles::open(lock, options.model));
    options.pin = locks.pin();
  }
  options.time = now();
  options.ignore_paths = model.relative_ignore_paths(ui);
  options.ignore_git_paths = model.ignore_git_paths;
  options.ignore_unsigned_files = ignore_unsigned;
  if (whole_files) options.evidence = Evidence::kWholeFiles;
  if (check_both) options.evidence = Evidence::kBoth;
  options.files = files;
  options.content_facts = content;
  options.allow_symlinks = model.allow_symlinks;
  options.work.threads = model.threads;
  options.work.cancelled = &interrupt_flag();
  return options;
}

}  // namespace weightmark::cli
