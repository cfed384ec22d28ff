// SHA-256 with every kernel that this CPU has, of equal messages, streams and
// trees, in pieces of any length, against OpenSSL's EVP.
//
// The input's bytes, read over and over, say how many messages there are, how long
// each and the pieces are that it is given in, and what is in them.
#include <openssl/evp.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <vector>

#include "hash/fsverity.h"
#include "hash/sha256.h"
#include "hash/sha256_streams.h"

namespace {

using weightmark::Bytes;
using weightmark::ByteView;
using weightmark::Sha256Digest;
using weightmark::Sha256Kernel;

void require(bool condition) {
  if (!condition) std::abort();
}

Sha256Digest expected(ByteView message) {
  Sha256Digest digest;
  require(EVP_Digest(message.data(), message.size(), digest.data(), nullptr, EVP_sha256(), nullptr) == 1);
  return digest;
}

// Choices turns the input into numbers, over and over.
class Choices {
 public:
  explicit Choices(ByteView input) : input_(input) {}

  std::size_t byte() { return input_[next_++ % input_.size()]; }
  std::size_t below(std::size_t limit) { return (byte() << 8 | byte()) % limit; }

 private:
  ByteView input_;
  std::size_t next_ = 0;
};

// Lengths about a block, a page and a lane's share of a node are the interesting ones.
std::size_t length_from(Choices& choices) {
  constexpr std::size_t kLimits[] = {130, 130, 1100, 4200, 9000, 40000};
  return choices.below(kLimits[choices.byte() % std::size(kLimits)]);
}

std::vector<Bytes> messages_from(ByteView input, Choices& choices) {
  std::vector<Bytes> messages(choices.byte() % 20 + 1);
  for (std::size_t i = 0; i < messages.size(); ++i) {
    messages[i].resize(length_from(choices));
    for (std::size_t at = 0; at < messages[i].size(); ++at)
      messages[i][at] = static_cast<std::uint8_t>(input[(at + i) % input.size()] + at / input.size());
  }
  return messages;
}

// --- Messages of one length

// check_equal cuts all messages to the length of the shortest.
void check_equal(const std::vector<Bytes>& messages, const Sha256Kernel* kernel) {
  std::size_t length = std::ranges::min(messages, {}, &Bytes::size).size();
  std::vector<const std::uint8_t*> starts;
  for (const Bytes& message : messages) starts.push_back(message.data() + (message.size() - length));
  std::vector<Sha256Digest> digests(messages.size());
  if (kernel != nullptr)
    weightmark::sha256_equal(*kernel, starts.data(), starts.size(), length, digests.data());
  else
    weightmark::sha256_equal(starts.data(), starts.size(), length, digests.data());
  for (std::size_t i = 0; i < starts.size(); ++i) require(digests[i] == expected({starts[i], length}));
}

// --- Streams

// next_piece is empty only at the end of the message.
ByteView next_piece(ByteView message, std::size_t& done, Choices& choices) {
  const ByteView piece = message.subspan(done, std::min(length_from(choices) + 1, message.size() - done));
  done += piece.size();
  return piece;
}

void check_stream(const Bytes& message, Choices& choices) {
  weightmark::Sha256 hash;
  hash.update({});
  for (std::size_t done = 0; done < message.size();) hash.update(next_piece(message, done, choices));
  require(hash.finish() == expected(message));
  require(hash.finish() == expected({}));
}

void check_streams(const std::vector<Bytes>& messages, Choices& choices) {
  weightmark::Sha256Streams hashes(messages.size());
  std::vector<std::size_t> done(messages.size());
  for (int round = 0; round < 6; ++round) {
    std::vector<ByteView> pieces;
    for (std::size_t i = 0; i < messages.size(); ++i)
      pieces.push_back(choices.byte() % 3 == 0 ? ByteView() : next_piece(messages[i], done[i], choices));
    hashes.update(pieces);
  }
  for (std::size_t i = 0; i < messages.size(); ++i)
    require(hashes.finish(i) == expected(ByteView(messages[i]).first(done[i])));
}

// --- Trees

// level_above is the digests of the pages of `level`, the last one padded with
// zeros (docs/format.md, the tree).
Bytes level_above(Bytes level) {
  constexpr std::size_t kPage = 4096;
  level.resize((level.size() + kPage - 1) / kPage * kPage);
  Bytes above;
  for (std::size_t at = 0; at < level.size(); at += kPage) {
    const Sha256Digest digest = expected(ByteView(level).subspan(at, kPage));
    above.insert(above.end(), digest.begin(), digest.end());
  }
  return above;
}

Sha256Digest only_digest(const Bytes& level) {
  Sha256Digest digest{};
  require(level.empty() || level.size() == digest.size());
  std::ranges::copy(level, digest.begin());
  return digest;
}

Sha256Digest expected_node(const Bytes& range, bool whole_file) {
  Bytes level = level_above(range);
  if (!whole_file) level = level_above(level_above(level));
  while (level.size() > sizeof(Sha256Digest)) level = level_above(level);
  return only_digest(level);
}

void update_in_pieces(weightmark::NodeHasher& hasher, ByteView range, Choices& choices) {
  for (std::size_t done = 0; done < range.size();) hasher.update(next_piece(range, done, choices));
}

void check_tree(const Bytes& range, bool whole_file, Choices& choices) {
  const Sha256Digest node = expected_node(range, whole_file);
  require(weightmark::hash_node(range, whole_file) == node);
  weightmark::NodeHasher hasher;
  update_in_pieces(hasher, range, choices);
  require(hasher.finish(whole_file) == node);
  update_in_pieces(hasher, range, choices);
  const weightmark::GroupedNode grouped = hasher.finish_grouped(whole_file);
  require(grouped.node == node);
  const Bytes groups = level_above(level_above(range));
  require(grouped.groups.size() * sizeof(Sha256Digest) == groups.size());
  for (std::size_t i = 0; i < grouped.groups.size(); ++i)
    require(std::ranges::equal(grouped.groups[i], ByteView(groups).subspan(i * 32, 32)));
}

// check_all checks what runs the kernels that are chosen at present.
void check_all(const std::vector<Bytes>& messages, Choices& choices) {
  check_equal(messages, nullptr);
  check_stream(messages.front(), choices);
  check_streams(messages, choices);
  Bytes range;
  for (const Bytes& message : messages) range.insert(range.end(), message.begin(), message.end());
  check_tree(range, choices.byte() % 2 == 0, choices);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  Choices choices({data, size});
  const std::vector<Bytes> messages = messages_from({data, size}, choices);
  check_all(messages, choices);  // wide and narrow kernels together
  for (const Sha256Kernel* kernel : weightmark::all_sha256_kernels()) {
    if (!kernel->supported()) continue;
    check_equal(messages, kernel);
    require(weightmark::force_sha256_kernel(kernel->name).has_value());
    check_all(messages, choices);
  }
  require(weightmark::force_sha256_kernel("").has_value());
  return 0;
}
