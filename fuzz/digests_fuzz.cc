// parse_digests: what it accepts can be signed, and reads back as the same files.
#include <cstdlib>

#include "attest/oms.h"
#include "weightmark/sign.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto files = weightmark::parse_digests(weightmark::as_text({data, size}));
  if (!files) return 0;
  weightmark::Manifest manifest;
  manifest.name = "m";
  manifest.serialization.hash_type = files->front().digest->algorithm();
  manifest.files = *std::move(files);
  weightmark::complete_manifest(manifest);
  auto statement =
      weightmark::parse_statement(weightmark::write_oms(manifest, weightmark::ResourceOrder::kSpecification));
  if (!statement) std::abort();
  auto again = weightmark::parse_oms(*statement);
  if (!again || *again != manifest) std::abort();
  return 0;
}
