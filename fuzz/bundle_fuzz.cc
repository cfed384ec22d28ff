// parse_bundle: no input harms it, and what it takes it can write and read again.
#include <cstdlib>

#include "attest/bundle.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

bool same(const weightmark::Envelope& a, const weightmark::Envelope& b) {
  return a.payload_type == b.payload_type && a.payload == b.payload && a.signature == b.signature;
}

// check_limits holds what parse_bundle promises of every bundle that it takes.
void check_limits(const weightmark::Bundle& bundle) {
  require(bundle.log_entries.size() <= weightmark::kMaxLogEntries &&
          bundle.timestamps.size() <= weightmark::kMaxTimestamps);
  require(!bundle.signature().empty());
  if (const auto* certificates = std::get_if<weightmark::CertificateMaterial>(&bundle.material))
    require(!certificates->chain.empty() && certificates->chain.size() <= weightmark::kMaxCertificates);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto bundle = weightmark::parse_bundle(weightmark::as_text({data, size}));
  if (!bundle) return 0;
  check_limits(*bundle);
  std::string text = weightmark::write_bundle(*bundle);
  auto again = weightmark::parse_bundle(text);
  require(again && weightmark::write_bundle(*again) == text);
  require(same(again->envelope, bundle->envelope) && again->material.index() == bundle->material.index());
  require(again->log_entries == bundle->log_entries && again->timestamps == bundle->timestamps);
  require(again->signature() == bundle->signature());
  // The signed bytes keep the payload whole.
  weightmark::Bytes message = weightmark::pae(bundle->envelope.payload_type, bundle->envelope.payload);
  require(weightmark::as_text(message).ends_with(weightmark::as_text(bundle->envelope.payload)));
  require(weightmark::pae_v02(bundle->envelope.payload_type, bundle->envelope.payload).size() > message.size());
  return 0;
}
