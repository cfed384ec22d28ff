// The ARMv8 kernel, and what is built on it, against a plain SHA-256 written from
// FIPS 180-4 for this test, vectors of NIST's, and vectors of another program's.
//
// usage: kernel_test DATA VECTORS
//   DATA     a file of any bytes
//   VECTORS  lines "LENGTH HEX": the digest of the first LENGTH bytes of DATA
//
// It stands for OpenSSL's kernel as well, so that nothing but the C++ library is
// needed where it runs.
#include <bit>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "hash/fsverity.h"
#include "hash/sha256.h"
#include "hash/sha256_streams.h"
#include "weightmark/hash_kernel.h"

namespace weightmark {
namespace {

// --- A plain SHA-256 ----------------------------------------------------------------

// compress_block is FIPS 180-4, section 6.2.2, as it is written there.
void compress_block(std::uint32_t (&hash)[8], const std::uint8_t* block) {
  std::uint32_t w[64];
  for (std::size_t t = 0; t < 16; ++t)
    w[t] = std::uint32_t{block[4 * t]} << 24 | std::uint32_t{block[4 * t + 1]} << 16 |
           std::uint32_t{block[4 * t + 2]} << 8 | block[4 * t + 3];
  for (std::size_t t = 16; t < 64; ++t)
    w[t] = (std::rotr(w[t - 2], 17) ^ std::rotr(w[t - 2], 19) ^ (w[t - 2] >> 10)) + w[t - 7] +
           (std::rotr(w[t - 15], 7) ^ std::rotr(w[t - 15], 18) ^ (w[t - 15] >> 3)) + w[t - 16];
  auto [a, b, c, d, e, f, g, h] = hash;
  for (std::size_t t = 0; t < 64; ++t) {
    const std::uint32_t t1 =
        h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) + ((e & f) ^ (~e & g)) + kSha256Rounds[t] + w[t];
    const std::uint32_t t2 = (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
  }
  const std::uint32_t after[8] = {a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < 8; ++i) hash[i] += after[i];
}

void compress(Sha256State* states, const std::uint8_t* const* data, std::size_t streams, std::size_t blocks) {
  for (std::size_t i = 0; i < streams; ++i)
    for (std::size_t block = 0; block < blocks; ++block) compress_block(states[i].words, data[i] + 64 * block);
}

void compress_prepared(Sha256State* states, std::size_t streams, const PreparedBlock& block) {
  for (std::size_t i = 0; i < streams; ++i) compress_block(states[i].words, block.bytes);
}

Sha256Digest plain_sha256(ByteView message) {
  Bytes padded(message.begin(), message.end());
  padded.push_back(0x80);
  while (padded.size() % 64 != 56) padded.push_back(0);
  for (int shift = 56; shift >= 0; shift -= 8)
    padded.push_back(static_cast<std::uint8_t>(std::uint64_t{message.size()} * 8 >> shift));
  Sha256State state = kSha256Start;
  for (std::size_t at = 0; at < padded.size(); at += 64) compress_block(state.words, padded.data() + at);
  Sha256Digest digest;
  for (std::size_t i = 0; i < 32; ++i) digest[i] = static_cast<std::uint8_t>(state.words[i / 4] >> (24 - 8 * (i % 4)));
  return digest;
}

// --- Counting -------------------------------------------------------------------------

int passed = 0, failed = 0;
std::size_t agreed = 0, differed = 0;  // of the test under way

void expect(bool same) { ++(same ? agreed : differed); }

template <class Test>
void run(const char* name, Test test) {
  agreed = differed = 0;
  test();
  const bool good = differed == 0 && agreed > 0;
  ++(good ? passed : failed);
  std::printf("%-6s %s: %zu agree, %zu differ\n", good ? "ok" : "FAILED", name, agreed, differed);
}

// --- The tests ------------------------------------------------------------------------

std::mt19937_64 generator(1);
std::size_t any_below(std::size_t limit) { return generator() % limit; }

Bytes random_bytes(std::size_t size) {
  Bytes bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(generator());
  return bytes;
}

Sha256Digest by_kernel(const Sha256Kernel& kernel, ByteView message) {
  const std::uint8_t* data = message.data();
  Sha256Digest digest;
  sha256_equal(kernel, &data, 1, message.size(), &digest);
  return digest;
}

std::string hex(const Sha256Digest& digest) { return to_hex(digest); }

void is_chosen() {
  expect(kSha256Armv8.supported());
  expect(wide_sha256_kernel().name == "armv8" && stream_sha256_kernel().name == "armv8");
}

// FIPS 180-2, appendix B, and the empty message (NIST's CAVP).
void nist_vectors() {
  const auto check = [](const std::string& message, const char* digest) {
    expect(hex(by_kernel(kSha256Armv8, as_bytes(message))) == digest);
    expect(hex(plain_sha256(as_bytes(message))) == digest);
  };
  check("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  check("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  check("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  check(std::string(1000000, 'a'), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

void every_length() {
  const Bytes data = random_bytes(1100);
  for (std::size_t length = 0; length <= 1030; ++length) {
    const ByteView message = ByteView(data).subspan(length % 67, length);  // at every alignment
    expect(by_kernel(kSha256Armv8, message) == plain_sha256(message));
  }
}

void random_lengths() {
  const Bytes data = random_bytes(300000);
  for (int i = 0; i < 200; ++i) {
    const std::size_t at = any_below(1000);
    const ByteView message = ByteView(data).subspan(at, any_below(i < 180 ? 8192 : data.size() - at));
    expect(by_kernel(kSha256Armv8, message) == plain_sha256(message));
  }
}

// The padding of blocks of 4096 bytes is prepared, and many messages go in groups.
void many_messages() {
  const Bytes data = random_bytes(4096 * 40);
  for (std::size_t count = 0; count <= 40; ++count) {
    std::vector<const std::uint8_t*> messages;
    for (std::size_t i = 0; i < count; ++i) messages.push_back(data.data() + 4096 * i);
    std::vector<Sha256Digest> digests(count);
    sha256_equal(messages.data(), count, 4096, digests.data());
    for (std::size_t i = 0; i < count; ++i) expect(digests[i] == plain_sha256({messages[i], 4096}));
  }
}

void pieces() {
  const Bytes data = random_bytes(50000);
  Sha256 hash;
  for (int i = 0; i < 20; ++i) {
    for (std::size_t done = 0; done < data.size();) {
      const ByteView piece = ByteView(data).subspan(done, std::min(any_below(3000), data.size() - done));
      hash.update(piece);
      done += piece.size();
    }
    expect(hash.finish() == plain_sha256(data));
  }
}

void streams() {
  std::vector<Bytes> messages;
  for (std::size_t i = 0; i < 9; ++i) messages.push_back(random_bytes(any_below(20000)));
  Sha256Streams hashes(messages.size());
  std::vector<std::size_t> done(messages.size());
  for (int round = 0; round < 1000; ++round) {
    std::vector<ByteView> next;
    for (std::size_t i = 0; i < messages.size(); ++i) {
      next.push_back(ByteView(messages[i]).subspan(done[i], std::min(any_below(200), messages[i].size() - done[i])));
      done[i] += next[i].size();
    }
    hashes.update(next);
  }
  for (std::size_t i = 0; i < messages.size(); ++i)
    expect(hashes.finish(i) == plain_sha256(ByteView(messages[i]).first(done[i])));
}

// docs/format.md, the tree: files whose byte i is i mod 251.
void trees() {
  const std::pair<std::size_t, const char*> known[] = {
      {0, "3d248ca542a24fc62d1c43b916eae5016878e2533c88238480b26128a1f1af95"},
      {1, "b803429503d95915829b29fdbc8bbad142f3abfd11b1cadf5526582e685c0551"},
      {4096, "13e9b8848ae484a36acb3f3cac0ceb2f7601e96633d15c92f9bd3dd44e492157"},
      {4097, "b0d074abef4d544404facfab6ba242f6a8ccbde90f1325cd286f3c8aa8d0f8aa"},
      {524288, "d82861203d50ae9b60948504a704f35f5118bd229aeb1a22d6dae47b1767c4c4"},
      {524289, "4dc6905041c9c4ee73e13b53f63f5d289c46da359b664a965ead7f8cc4d799d4"}};
  for (const auto& [size, digest] : known) {
    Bytes file(size);
    for (std::size_t i = 0; i < size; ++i) file[i] = static_cast<std::uint8_t>(i % 251);
    TreeHasher tree;
    tree.update(file);
    expect(tree.finish().fsverity.hex() == digest);
  }
}

void vectors_of_another(const char* data_file, const char* vectors_file) {
  std::ifstream file(data_file, std::ios::binary);
  const std::string data{std::istreambuf_iterator<char>(file), {}};
  std::ifstream vectors(vectors_file);
  std::size_t length = 0;
  for (std::string digest; vectors >> length >> digest;)
    expect(length <= data.size() && hex(by_kernel(kSha256Armv8, as_bytes(data).first(length))) == digest);
}

}  // namespace

constinit const Sha256Kernel kSha256OpenSsl = {"plain", 1, 1, [] { return true; }, compress, compress_prepared};

}  // namespace weightmark

int main(int argc, char** argv) {
  using namespace weightmark;
  if (argc != 3) return 2;
  run("the ARMv8 kernel is chosen", is_chosen);
  run("vectors of NIST's", nist_vectors);
  run("every length from 0 to 1030", every_length);
  run("random lengths", random_lengths);
  run("many messages of 4096 bytes", many_messages);
  run("one stream in random pieces", pieces);
  run("nine streams in random pieces", streams);
  run("fs-verity trees", trees);
  run("vectors of the host's OpenSSL", [&] { vectors_of_another(argv[1], argv[2]); });
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
