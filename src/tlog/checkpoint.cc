#include "tlog/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/encoding.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"

namespace weightmark {
namespace {

constexpr std::size_t kMaxNote = std::size_t{64} << 10U;
constexpr std::size_t kMaxSignatures = 64;
constexpr std::string_view kDash = "\u2014 ";

std::unexpected<Error> malformed(std::string what) {
  return refuse(ErrorCode::kCheckpointMalformed, std::move(what), "checkpoint");
}

// take_line takes the first line off `text`; nothing where it has no end.
std::optional<std::string_view> take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

// A name has no spaces and no plus signs (signed-note, Format).
bool is_name(std::string_view name) { return !name.empty() && name.find_first_of(" +\t\r") == std::string_view::npos; }

// parse_signature takes "— NAME BASE64".
Result<NoteSignature> parse_signature(std::string_view line) {
  if (!line.starts_with(kDash)) return malformed("a signature line does not begin with a dash");
  line.remove_prefix(kDash.size());
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || !is_name(line.substr(0, space)))
    return malformed("a signature line has no key name");
  const auto bytes = from_base64(line.substr(space + 1));
  NoteSignature signature;
  if (!bytes || bytes->size() <= signature.key_id.size())
    return malformed("a signature line is not base64 of a key id and a signature");
  signature.name = line.substr(0, space);
  std::ranges::copy(ByteView(*bytes).first(signature.key_id.size()), signature.key_id.begin());
  signature.signature.assign(bytes->begin() + static_cast<std::ptrdiff_t>(signature.key_id.size()), bytes->end());
  return signature;
}

// parse_size takes the one spelling of a number.
std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool canonical = text == "0" || (!text.empty() && text.front() != '0');
  if (!canonical || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_log(const NoteSignature& signature, const CheckpointSigner& log) {
  const std::size_t size = signature.key_id.size();
  return signature.name == log.name && log.log_id.size() >= size &&
         std::ranges::equal(signature.key_id, ByteView(log.log_id).first(size));
}

// is_origin_of: Rekor v2 calls a log by its host name; Rekor v1 adds the tree, as in
// "rekor.sigstore.dev - 2605736670972794746".
bool is_origin_of(std::string_view origin, const CheckpointSigner& log) {
  if (!origin.starts_with(log.name)) return false;
  std::string_view tree = origin.substr(log.name.size());
  if (tree.empty()) return true;
  if (!tree.starts_with(" - ")) return false;
  tree.remove_prefix(3);
  return !tree.empty() && tree.find_first_not_of("0123456789") == std::string_view::npos;
}

Result<void> verify_signatures(const SignedNote& note, const CheckpointSigner& log) {
  std::size_t found = 0;
  for (const NoteSignature& signature : note.signatures) {
    if (!is_log(signature, log)) continue;
    ++found;
    if (!log.key.verify(as_bytes(note.text), signature.signature, log.scheme))
      return refuse(ErrorCode::kCheckpointSignature, fmt::format("the signature of {} does not hold", log.name),
                    "checkpoint", "the log did not sign this");
  }
  if (found > 0) return {};
  return refuse(ErrorCode::kCheckpointUnsigned, fmt::format("not signed by {}", log.name), "checkpoint",
                "a log that did not sign its root can change it");
}

}  // namespace

Result<SignedNote> parse_note(std::string_view note) {
  if (note.size() > kMaxNote) return malformed("too long");
  if (!is_utf8(note)) return malformed("not valid UTF-8");
  const std::size_t blank = note.rfind("\n\n");
  if (blank == std::string_view::npos) return malformed("no blank line before the signatures");
  SignedNote parsed{std::string(note.substr(0, blank + 1)), {}};
  std::string_view rest = note.substr(blank + 2);
  while (!rest.empty()) {
    const auto line = take_line(rest);
    if (!line) return malformed("the last line has no end");
    if (parsed.signatures.size() == kMaxSignatures) return malformed("too many signatures");
    WM_TRY(NoteSignature signature, parse_signature(*line));
    parsed.signatures.push_back(std::move(signature));
  }
  return parsed;
}

Result<Checkpoint> parse_checkpoint(std::string_view text) {
  const auto origin = take_line(text);
  const auto size = take_line(text);
  const auto root = take_line(text);
  if (!origin || !size || !root) return malformed("fewer than three lines");
  if (origin->empty()) return malformed("no origin");
  const auto number = parse_size(*size);
  if (!number) return malformed("the size is not a whole number");
  const auto hash = from_base64(*root);
  Checkpoint checkpoint{std::string(*origin), *number, {}};
  if (!hash || hash->size() != checkpoint.root.size()) return malformed("the root is not the base64 of a hash");
  std::ranges::copy(*hash, checkpoint.root.begin());
  return checkpoint;
}

Result<Checkpoint> verify_checkpoint(std::string_view note, const CheckpointSigner& log) {
  WM_TRY(SignedNote parsed, parse_note(note));
  WM_TRY(Checkpoint checkpoint, parse_checkpoint(parsed.text));
  if (!is_origin_of(checkpoint.origin, log))
    return refuse(ErrorCode::kCheckpointOrigin,
                  fmt::format("of the log \"{}\", not of {}", excerpt(checkpoint.origin), log.name), "checkpoint");
  WM_CHECK(verify_signatures(parsed, log));
  return checkpoint;
}

}  // namespace weightmark
