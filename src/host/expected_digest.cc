#include "host/expected_digest.h"

#include <fmt/format.h>

#include "attest/oms.h"
#include "base/refuse.h"
#include "weightmark/digest.h"

namespace weightmark {

Result<std::string> parse_expected_digest(const std::string& text, std::string_view what) {
  const std::size_t colon = text.find(':');
  const std::string algorithm = colon == std::string::npos ? "sha256" : text.substr(0, colon);
  std::string hex = colon == std::string::npos ? text : text.substr(colon + 1);
  const bool known = algorithm == "sha256" || algorithm == kManifestV1;
  if (known && Digest::from_hex(HashAlgorithm::kSha256, hex)) return hex;
  return refuse(ErrorCode::kDigestSyntax, "not sha256:HEX or weightmarkManifestV1:HEX with 64 lower-case digits",
                fmt::format("{} {}", what, text), "`weightmark inspect` prints both digests of a signature");
}

}  // namespace weightmark
