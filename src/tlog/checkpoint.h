// Checkpoints: signed notes in which a log commits itself to its root hash.
// https://github.com/C2SP/C2SP/blob/main/signed-note.md and tlog-checkpoint.md
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tlog/merkle.h"
#include "weightmark/bytes.h"
#include "weightmark/error.h"
#include "weightmark/key.h"

namespace weightmark {

// NoteSignature is one line below a note.
struct NoteSignature {
  std::string name;                      // of the key
  std::array<std::uint8_t, 4> key_id{};  // tells keys of one name apart
  Bytes signature;
};

// SignedNote is a text and who signed it, none of it verified.
struct SignedNote {
  std::string text;  // with its final newline: these bytes are signed
  std::vector<NoteSignature> signatures;
};

// parse_note splits at the last blank line.
// Errors: checkpoint-malformed.
Result<SignedNote> parse_note(std::string_view note);

struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  MerkleHash root{};
};

// parse_checkpoint reads the text of a note: origin, size, root, and lines that later
// versions may add.
// Errors: checkpoint-malformed.
Result<Checkpoint> parse_checkpoint(std::string_view text);

// CheckpointSigner is a log, and how its checkpoints are signed.
struct CheckpointSigner {
  std::string name;  // of the log's key: its host name
  Bytes log_id;      // whose first four bytes are the key id
  PublicKey key;
  SignatureScheme scheme;
};

// verify_checkpoint returns the checkpoint once at least one of its signatures is the
// log's own and the origin is the log's. Signatures by others, such as witnesses, are
// passed over; one that claims to be the log's must hold.
// Errors: checkpoint-malformed, checkpoint-origin, checkpoint-unsigned,
// checkpoint-signature.
Result<Checkpoint> verify_checkpoint(std::string_view note, const CheckpointSigner& log);

}  // namespace weightmark
