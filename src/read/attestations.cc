#include "read/attestations.h"

#include <fmt/format.h>

#include "attest/provenance.h"
#include "attest/provenance_file.h"
#include "attest/statement.h"
#include "attest/vsa.h"
#include "base/encoding.h"
#include "base/file.h"
#include "base/refuse.h"
#include "base/try.h"
#include "crypto/sha2.h"
#include "read/signatures.h"

namespace weightmark {
namespace {

namespace fs = std::filesystem;

// claimed_type is what an envelope says that it has, before anybody has verified it.
std::string claimed_type(const ProvenanceEnvelope& envelope) {
  const auto statement = parse_statement(as_text(envelope.bundle.envelope.payload), StatementVersions::kAny);
  return statement ? statement->predicate_type : "";
}

Result<std::vector<FoundAttestation>> read_attestations(const fs::path& path) {
  auto text = read_file(path, kMaxBundleSize);
  if (!text && text.error().code == ErrorCode::kFileTooLarge) text.error().code = ErrorCode::kBundleTooLarge;
  if (!text && text.error().code == ErrorCode::kFileNotFound)
    return refuse(ErrorCode::kProvenanceMissing, "there is no such file", path.native());
  if (!text) return std::unexpected(std::move(text).error());
  auto envelopes = parse_provenance_file(*text);
  if (!envelopes) {
    std::string& subject = envelopes.error().subject;
    subject = subject.empty() ? path.native() : fmt::format("{}: {}", path.native(), subject);
    return std::unexpected(std::move(envelopes).error());
  }
  const std::string digest = to_hex(sha2(Sha2::k256, as_bytes(*text)));
  std::vector<FoundAttestation> found;
  for (ProvenanceEnvelope& envelope : *envelopes) found.push_back({path.native(), digest, std::move(envelope)});
  return found;
}

void sort_into(std::vector<FoundAttestation> read, bool provenance, FoundAttestations& found) {
  for (FoundAttestation& one : read) {
    const std::string type = claimed_type(one.envelope);
    if (type == kVsaType)
      found.summaries.push_back(std::move(one));
    else if (provenance && is_provenance(type))
      found.provenance.push_back(std::move(one));
  }
}

}  // namespace

Result<FoundAttestations> find_attestations(const VerifyOptions& options) {
  FoundAttestations found;
  if (options.provenance) {
    WM_TRY(found.provenance, read_attestations(*options.provenance));
  }
  if (options.previous_provenance) {
    WM_TRY(found.previous, read_attestations(*options.previous_provenance));
  }
  WM_TRY(const std::vector<fs::path> paths, list_further(options.model));
  for (const fs::path& path : paths)
    if (auto read = read_attestations(path)) sort_into(*std::move(read), !options.provenance, found);
  return found;
}

}  // namespace weightmark
