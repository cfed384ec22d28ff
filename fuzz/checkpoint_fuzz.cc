// Checkpoints: what a log is said to have signed, it signed.
#include <cstdlib>
#include <string>

#include "crypto/sha2.h"
#include "tlog/checkpoint.h"

namespace {

using namespace weightmark;

// The key of the notes in the corpus. Nobody has its other half, which signed one
// text: "log.example", 7, and the hash of an empty leaf.
constexpr const char* kKey = R"(-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEmRV8OscZlPkX10++LZkEHd1FzNdC
0Tf1ZDMWXN+VC7xQYFR1YW5jg0AV/pWETAgf3l1oqvjrrGXay+xP+1Xccg==
-----END PUBLIC KEY-----
)";

void require(bool condition) {
  if (!condition) std::abort();
}

const CheckpointSigner& signer() {
  static const CheckpointSigner log = [] {
    PublicKey key = PublicKey::from_pem(kKey).value();
    Bytes id = sha2(Sha2::k256, key.spki());
    return CheckpointSigner{"log.example", std::move(id), std::move(key), SignatureScheme::kEcdsaSha256};
  }();
  return log;
}

void check_note(std::string_view text) {
  const auto note = parse_note(text);
  if (!note) return;
  require(note->text.ends_with('\n') && text.starts_with(note->text + "\n"));
  for (const NoteSignature& signature : note->signatures)
    require(!signature.name.empty() && !signature.signature.empty());
}

void check_checkpoint(std::string_view text) {
  const auto checkpoint = parse_checkpoint(text);
  if (!checkpoint) return;
  require(!checkpoint->origin.empty());
  require(text.starts_with(checkpoint->origin + "\n" + std::to_string(checkpoint->size) + "\n"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  check_note(text);
  check_checkpoint(text);
  const auto verified = verify_checkpoint(text, signer());
  require(!verified || (verified->origin == "log.example" && verified->size == 7 && verified->root == merkle_leaf({})));
  return 0;
}
