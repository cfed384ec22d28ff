#include "cli/provenance_source.h"

#include <fmt/format.h>

#include <array>

#include "attest/bundle.h"
#include "base/encoding.h"
#include "base/file.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "crypto/sha2.h"
#include "weightmark/attestation.h"

namespace weightmark::cli {
namespace {

// The types of predicate that provenance has, the newest first.
constexpr std::array<std::string_view, 2> kTypes = {"https://slsa.dev/provenance/v1",
                                                    "https://slsa.dev/provenance/v0.2"};

// claimed reads the bundle without a look at its signature.
Result<FoundProvenance> claimed(const std::string& text, std::string& type, std::string& predicate) {
  FoundProvenance found;
  WM_TRY(const Bundle bundle, parse_bundle(text));
  WM_TRY(const Statement statement, parse_statement(as_text(bundle.envelope.payload)));
  if (!is_provenance(statement.predicate_type))
    return refuse(ErrorCode::kPredicateOther,
                  fmt::format("of the type {}, which is no provenance", excerpt(statement.predicate_type)));
  WM_TRY(found.said, read_provenance(statement.predicate_type, statement.predicate()));
  found.name = statement.subjects.front().name;
  found.digests = statement.subjects.front().digests;
  found.sha256 = to_hex(sha2(Sha2::k256, as_bytes(text)));
  type = statement.predicate_type;
  predicate = write_json(statement.predicate().json());
  return found;
}

Error about(Error error, const std::filesystem::path& path) {
  error.subject = path.native() + (error.subject.empty() ? "" : ": " + error.subject);
  return error;
}

}  // namespace

void ProvenanceFlags::add_methods_to(CLI::App& command, std::string_view what,
                                     const std::function<void(CLI::App&)>& add_more) {
  command.require_subcommand(1);
  const auto add = [&](const std::string& name, std::string_view who) {
    CLI::App* method = command.add_subcommand(name, fmt::format("{} by provenance signed with {}", what, who));
    verify.model.add_to(*method);
    method->add_option("--provenance", path, "The provenance; MODEL/model.sig.d/slsaprovenance1.sig where absent")
        ->type_name("PATH");
    add_more(*method);
    verify.output.add_to(*method);
    return method;
  };
  CLI::App* sigstore = add("sigstore", "an identity");
  verify.add_identities_to(*sigstore);
  for (const char* name : {"--identity", "--identity-provider"}) sigstore->get_option(name)->required(false);
  verify.add_keys_to(*add("key", "a key"));
  CLI::App* certificate = add("certificate", "a certificate");
  verify.add_certificates_to(*certificate);
  certificate->preparse_callback([this](std::size_t) { by_certificate = true; });
}

bool ProvenanceFlags::trusts_somebody() const {
  return by_certificate || !verify.identities.empty() || !verify.public_keys.empty();
}

std::optional<std::filesystem::path> ProvenanceFlags::place() const {
  if (!path.empty()) return path;
  for (const std::string_view type : kTypes) {
    std::filesystem::path usual = default_attestation(verify.model.model, type);
    std::error_code failed;
    if (std::filesystem::exists(usual, failed)) return usual;
  }
  return std::nullopt;
}

Result<FoundProvenance> ProvenanceFlags::read(const Ui& ui, Progress& progress) const {
  const auto where = place();
  if (!where)
    return refuse(ErrorCode::kSignatureNotFound, "there is no provenance",
                  default_attestation(verify.model.model, kTypes.front()).native(), "name it with --provenance");
  WM_TRY(const std::string text, read_file(*where, kMaxBundleSize));
  std::string type;
  std::string predicate;
  auto found = claimed(text, type, predicate);
  if (!found) return std::unexpected(about(std::move(found).error(), *where));
  found->path = *where;
  if (!trusts_somebody()) return found;
  VerifyAttestationOptions options;
  options.type = type;
  options.attestation = *where;
  WM_TRY(options.trust, verify.read_trust(ui));
  options.hash = HashFlags().options(verify.model, ui);
  options.hash.work.observer = &progress;
  options.time = now();
  WM_TRY(const Verified<Attestation> attestation, verify_attestation(options));
  if (attestation->predicate != predicate)
    return refuse(ErrorCode::kFileReplaced, "was replaced while it was read", where->native());
  found->name = attestation->name;
  found->digests = attestation->digests;
  found->signer = attestation->signer;
  found->verified = true;
  return found;
}

std::string signer_name(const SignerReport& signer) {
  if (!signer.identity.names.empty())
    return fmt::format("{}, confirmed by {}", signer.identity.names.front().value, signer.identity.issuer);
  if (!signer.chain.empty()) return signer.chain.front().subject();
  return fmt::format("{} key {}", signer.key_type, signer.key_fingerprint);
}

}  // namespace weightmark::cli
