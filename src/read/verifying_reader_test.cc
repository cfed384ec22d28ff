#include "read/verifying_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "hash/pattern_testing.h"
#include "model/measure.h"
#include "model/model_testing.h"

namespace weightmark {
namespace {

using testing::code_of;
using ::testing::HasSubstr;
using testing::TempFolder;
namespace fs = std::filesystem;

constexpr std::size_t kSmall = 3 * kGroupSize + 1234;
constexpr std::size_t kSlice = 8 * kGroupSize;                           // the least for which another thread begins
constexpr std::uint64_t kLarge = 2 * kNodeSize + 3 * kGroupSize + 1000;  // three nodes

// Kind is what a signer writes down of a file.
struct Kind {
  MeasureScope scope;
  MeasureKind measure;
};

constexpr Kind kTrees{MeasureScope::kBoth, {HashAlgorithm::kSha256}};
constexpr Kind kWholeOnly{MeasureScope::kWhole, {HashAlgorithm::kBlake2b}};
constexpr Kind kShards{MeasureScope::kWhole, {HashAlgorithm::kBlake3, SerializationMethod::kShards, 700'001}};

// Reads counts what was read of the file.
class Reads : public Observer {
 public:
  void on_read(std::string_view, std::uint64_t offset, std::uint64_t count) override {
    std::lock_guard lock(mutex_);
    bytes_ += count;
    offsets_.insert(offset);
  }

  // take returns the bytes read since it was last called.
  std::uint64_t take() { return std::exchange(bytes_, 0); }
  const std::multiset<std::uint64_t>& offsets() const { return offsets_; }

 private:
  std::mutex mutex_;
  std::uint64_t bytes_ = 0;
  std::multiset<std::uint64_t> offsets_;
};

// Signed is a file "w" of which a signer wrote down what is there at first.
class Signed {
 public:
  explicit Signed(ByteView content, const Kind& kind = kTrees) {
    path_ = temp_.write("w", as_text(content));
    measure(kind);
  }
  explicit Signed(std::uint64_t sparse_size, const Kind& kind = kTrees) {
    path_ = temp_.sparse("w", sparse_size);
    measure(kind);
  }

  const fs::path& path() const { return path_; }
  const FileEntry& entry() const { return entry_; }

  Result<std::unique_ptr<VerifyingReader>> open(const WorkOptions& work = {},
                                                const KernelMeasurement& seal = {}) const {
    auto root = ModelRoot::open(temp_.path(), SymlinkPolicy::kRefuse);
    return VerifyingReader::open(root->open_file("w").value(), entry_, seal, work);
  }

  // poke overwrites one byte.
  void poke(std::uint64_t offset, char byte = 'X') const {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(offset)).put(byte);
  }

 private:
  void measure(const Kind& kind) {
    auto root = ModelRoot::open(temp_.path(), SymlinkPolicy::kRefuse);
    MeasureTask task{"w", root->open_file("w")->identity, kind.scope};
    entry_ = measure_files(*root, {&task, 1}, kind.measure, {}).front()->entry;
  }

  TempFolder temp_{testing::memory_folder()};
  fs::path path_;
  FileEntry entry_;
};

// Outcome is a read's code and what it left in the buffer.
struct Outcome {
  std::string code;
  std::string what;
  std::string subject;
  Bytes out;

  bool erased() const {
    return std::ranges::all_of(out, [](std::uint8_t byte) { return byte == 0; });
  }
};

Outcome read(VerifyingReader& reader, std::uint64_t offset, std::size_t count) {
  Bytes out(count, 0xAA);
  auto status = reader.read(offset, out);
  if (status) return {"ok", {}, {}, std::move(out)};
  return {code_of(status), status.error().what, status.error().subject, std::move(out)};
}

Bytes slice(const Bytes& bytes, std::uint64_t offset, std::size_t count) {
  const ByteView part = ByteView(bytes).subspan(offset, count);
  return {part.begin(), part.end()};
}

// --- what is as signed

class EveryKind : public ::testing::TestWithParam<Kind> {};
INSTANTIATE_TEST_SUITE_P(VerifyingReader, EveryKind, ::testing::Values(kTrees, kShards, kWholeOnly));

TEST_P(EveryKind, ReadsAnyRange) {
  const Bytes content = random_bytes(kSmall, 1);
  Signed file(content, GetParam());
  auto reader = file.open().value();
  EXPECT_EQ(reader->size(), kSmall);
  EXPECT_EQ(reader->name(), "w");
  EXPECT_EQ(reader->coverage(), GetParam().scope == MeasureScope::kBoth ? Coverage::kTree : Coverage::kWhole);
  std::mt19937_64 random(1);
  for (int i = 0; i < 60; ++i) {
    const std::uint64_t offset = random() % (kSmall + 1);
    const std::size_t count = random() % (kSmall + 1 - offset);
    const Outcome outcome = read(*reader, offset, count);
    ASSERT_EQ(outcome.code, "ok") << outcome.what;
    ASSERT_EQ(outcome.out, slice(content, offset, count)) << count << " from " << offset;
  }
  EXPECT_EQ(read(*reader, 0, kSmall).out, content);
}

TEST_P(EveryKind, ReadsFilesOfEveryLength) {
  for (std::size_t size : {1UL, 4096UL, 4097UL, kGroupSize - 1, kGroupSize, kGroupSize + 1}) {
    const Bytes content = random_bytes(size, 2);
    Signed file(content, GetParam());
    auto reader = file.open().value();
    EXPECT_EQ(read(*reader, 0, size).out, content) << "at first";
    EXPECT_EQ(read(*reader, 0, size).out, content) << "again";
    EXPECT_EQ(read(*reader, size - 1, 1).out, slice(content, size - 1, 1));
  }
}

TEST_P(EveryKind, RefusesAChangedByte) {
  Signed file(random_bytes(kSmall, 1), GetParam());
  file.poke(kSmall - 1);
  auto reader = file.open();
  // Without a signed size all is verified at once.
  if (!file.entry().size()) {
    EXPECT_EQ(code_of(reader), "file-mismatch");
    EXPECT_THAT(reader.error().what, HasSubstr("bytes 0 to " + std::to_string(kSmall) + ": "));
    return;
  }
  const Outcome outcome = read(**reader, kSmall - 10, 10);
  EXPECT_EQ(outcome.code, "file-mismatch");
  EXPECT_TRUE(outcome.erased());
}

TEST(VerifyingReader, ReadsEmptyFiles) {
  for (const Kind& kind : {kTrees, kWholeOnly}) {
    Signed file(Bytes{}, kind);
    auto reader = file.open().value();
    EXPECT_EQ(reader->size(), 0U);
    EXPECT_EQ(read(*reader, 0, 0).code, "ok");
    EXPECT_EQ(read(*reader, 0, 1).code, "range-past-end");
  }
}

TEST(VerifyingReader, ReadsOnlyTheNodesThatItTouchesAndThoseOnce) {
  Signed file(kLarge);
  Reads reads;
  auto reader = file.open({.observer = &reads}).value();
  EXPECT_EQ(reads.take(), 0U) << "opening reads nothing";
  EXPECT_EQ(read(*reader, kNodeSize + 5, 10).code, "ok");
  EXPECT_EQ(reads.take(), kNodeSize);
  EXPECT_EQ(read(*reader, kNodeSize + kGroupSize - 1, 2).code, "ok");
  EXPECT_EQ(reads.take(), 2 * kGroupSize) << "then only two groups";
  EXPECT_EQ(read(*reader, 2 * kNodeSize - 1, 2).code, "ok");
  EXPECT_EQ(reads.take(), kGroupSize + (kLarge - 2 * kNodeSize)) << "a group, and all of the last node";
  EXPECT_EQ(*reads.offsets().begin(), kNodeSize) << "the first node is never read";
}

TEST(VerifyingReader, ReadsAGroupOnceForManySmallReads) {
  const Bytes content = random_bytes(kSmall, 1);
  Signed file(content);
  Reads reads;
  auto reader = file.open({.observer = &reads}).value();
  ASSERT_EQ(read(*reader, 0, 1).code, "ok");
  reads.take();
  for (std::uint64_t offset = 0; offset < kGroupSize; offset += 4096)
    ASSERT_EQ(read(*reader, offset, 4096).out, slice(content, offset, 4096));
  EXPECT_EQ(reads.take(), kGroupSize);
  EXPECT_EQ(read(*reader, kGroupSize, 10).out, slice(content, kGroupSize, 10)) << "another group";
  EXPECT_EQ(read(*reader, 0, 10).out, slice(content, 0, 10)) << "and back";
  EXPECT_EQ(reads.take(), 2 * kGroupSize);
}

TEST(VerifyingReader, TakesWhatItVerifiesFromTheSamePass) {
  Signed file(kLarge);
  Reads reads;
  auto reader = file.open({.observer = &reads}).value();
  Bytes out(kLarge, 0xAA);
  ASSERT_EQ(code_of(reader->read(0, out)), "ok");
  EXPECT_EQ(reads.take(), kLarge);
  EXPECT_EQ(std::ranges::count(out, 0), static_cast<std::ptrdiff_t>(kLarge));
}

TEST(VerifyingReader, DividesANodeAmongThreads) {
  const Bytes content = random_bytes(5 * kSlice + 123, 4);
  const Signed file(content);
  const WorkOptions work{.threads = 3};
  auto reader = file.open(work).value();
  const Outcome part = read(*reader, kSlice - 100, 3 * kSlice);
  EXPECT_EQ(part.code, "ok");
  EXPECT_EQ(part.out, slice(content, kSlice - 100, 3 * kSlice));
  const Outcome again = read(*reader, 5, 4 * kSlice);
  EXPECT_EQ(again.out, slice(content, 5, 4 * kSlice));
  for (std::uint64_t at = kSlice / 2; at < 4 * kSlice; at += kSlice) {
    file.poke(at, static_cast<char>(~content[at]));
    const Outcome outcome = read(*reader, 5, 4 * kSlice);
    EXPECT_EQ(outcome.code, "file-changed") << at;
    EXPECT_TRUE(outcome.erased()) << at;
    file.poke(at, static_cast<char>(content[at]));
  }
  for (std::uint64_t at = kSlice / 2; at < content.size(); at += kSlice) {
    const Signed changed(content);
    changed.poke(at, static_cast<char>(~content[at]));
    const Outcome outcome = read(*changed.open(work).value(), 7, 100);
    EXPECT_EQ(outcome.code, "file-mismatch") << at;
    EXPECT_TRUE(outcome.erased()) << at;
  }
}

TEST(VerifyingReader, SharesItselfAmongThreads) {
  const Bytes content = random_bytes(kSmall, 3);
  Signed tree(kLarge);
  Signed shards(content, kShards);
  auto large = tree.open().value();
  auto small = shards.open().value();
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937_64 random(t);
      for (int i = 0; i < 40; ++i) {
        const Outcome zeros = read(*large, random() % (kLarge - 5000), 5000);
        if (zeros.code != "ok" || !zeros.erased()) ++wrong;
        const std::uint64_t offset = random() % (kSmall - 5000);
        if (read(*small, offset, 5000).out != slice(content, offset, 5000)) ++wrong;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(wrong, 0);
}

// --- ranges that are not there

TEST(VerifyingReader, RefusesARangePastTheEnd) {
  Signed file(random_bytes(1000, 1));
  Reads reads;
  auto reader = file.open({.observer = &reads}).value();
  constexpr std::uint64_t kMost = ~std::uint64_t{0};
  for (auto [offset, count] :
       {std::pair<std::uint64_t, std::size_t>(0, 1001), {1000, 1}, {1001, 0}, {kMost, 1}, {kMost - 4, 5}, {kMost, 0}}) {
    const Outcome outcome = read(*reader, offset, count);
    EXPECT_EQ(outcome.code, "range-past-end") << offset;
    EXPECT_EQ(outcome.subject, "w");
    EXPECT_THAT(outcome.what, HasSubstr(std::to_string(count) + " bytes from byte " + std::to_string(offset)));
    EXPECT_TRUE(outcome.erased());
  }
  EXPECT_EQ(reads.take(), 0U);
  EXPECT_EQ(read(*reader, 1000, 0).code, "ok") << "nothing, at the end";
}

// --- files that are not as signed

TEST(VerifyingReader, NamesTheNodeThatWasChanged) {
  Signed file(kLarge);
  file.poke(kNodeSize + 77);
  Reads reads;
  auto reader = file.open({.observer = &reads}).value();
  Outcome outcome = read(*reader, kNodeSize - 10, 20);
  EXPECT_EQ(outcome.code, "file-mismatch");
  EXPECT_EQ(outcome.subject, "w");
  EXPECT_THAT(outcome.what, HasSubstr("bytes 67108864 to 134217728: "));
  EXPECT_TRUE(outcome.erased()) << "of the good node as well";
  reads.take();
  EXPECT_EQ(read(*reader, kNodeSize + kGroupSize, 20).code, "file-mismatch");
  EXPECT_EQ(reads.take(), 0U) << "it stays refused";
  EXPECT_EQ(read(*reader, 2 * kNodeSize, 20).code, "ok") << "other nodes are as signed";
}

TEST(VerifyingReader, NamesTheShardThatWasChanged) {
  Signed file(random_bytes(kSmall, 1), kShards);
  file.poke(700'001);
  auto reader = file.open().value();
  const Outcome outcome = read(*reader, 700'000, 2);
  EXPECT_EQ(outcome.code, "file-mismatch");
  EXPECT_THAT(outcome.what, HasSubstr("bytes 700001 to 1400002: "));
  EXPECT_EQ(read(*reader, 0, 700'001).code, "ok");
}

TEST(VerifyingReader, RefusesAnotherSizeBeforeReading) {
  for (std::uint64_t size : {0U, 999U, 1001U}) {
    Signed file(random_bytes(1000, 1));
    fs::resize_file(file.path(), size);
    EXPECT_EQ(code_of(file.open()), "file-mismatch");
  }
  Signed shards(random_bytes(kSmall, 1), kShards);
  fs::resize_file(shards.path(), 10);
  EXPECT_EQ(code_of(shards.open()), "shard-past-end");
  Signed whole(random_bytes(1000, 1), kWholeOnly);
  fs::resize_file(whole.path(), 0);
  EXPECT_EQ(code_of(whole.open()), "file-mismatch") << "a size that is not signed is not believed";
}

// --- files that change under the reader

TEST(VerifyingReader, NoticesAByteChangedBeforeItIsTouched) {
  Signed file(kLarge);
  auto reader = file.open().value();
  file.poke(5);
  const Outcome outcome = read(*reader, kGroupSize, 10);
  EXPECT_EQ(outcome.code, "file-changed");
  EXPECT_THAT(outcome.what, HasSubstr("bytes 0 to 67108864: "));
}

TEST_P(EveryKind, NoticesAByteChangedAfterItWasVerified) {
  const Bytes content = random_bytes(kSmall, 1);
  Signed file(content, GetParam());
  auto reader = file.open().value();
  ASSERT_EQ(read(*reader, 0, kSmall).code, "ok");
  file.poke(kGroupSize - 1, static_cast<char>(~content[kGroupSize - 1]));
  for (auto [offset, count] : {std::pair<std::uint64_t, std::size_t>(0, kSmall), {100, 10}, {0, kGroupSize}}) {
    const Outcome outcome = read(*reader, offset, count);
    EXPECT_EQ(outcome.code, "file-changed");
    EXPECT_EQ(outcome.subject, "w");
    EXPECT_THAT(outcome.what, HasSubstr("bytes 0 to 524288: changed after they were verified"));
    EXPECT_TRUE(outcome.erased());
  }
  EXPECT_EQ(read(*reader, 2 * kGroupSize, 10).code, "ok") << "what is still right is handed out";
  file.poke(kGroupSize - 1, static_cast<char>(content[kGroupSize - 1]));
  EXPECT_EQ(read(*reader, 0, kSmall).out, content) << "and so is what is right again";
}

TEST(VerifyingReader, LooksAtTheFileAgainWhereItHoldsAGroup) {
  Signed file(random_bytes(kSmall, 1));
  fs::last_write_time(file.path(), fs::file_time_type::clock::now() - std::chrono::hours(1));
  auto reader = file.open().value();
  for (int i = 0; i < 3; ++i) ASSERT_EQ(read(*reader, 0, 10).code, "ok");
  file.poke(kGroupSize - 1);
  EXPECT_EQ(read(*reader, 0, 10).code, "file-changed");
}

TEST(VerifyingReader, NoticesAFileThatShrank) {
  Signed file(kLarge);
  auto reader = file.open().value();
  ASSERT_EQ(read(*reader, 0, 10).code, "ok");
  fs::resize_file(file.path(), kNodeSize + kGroupSize + 5);
  Outcome outcome = read(*reader, 2 * kNodeSize - 10, 10);
  EXPECT_EQ(outcome.code, "file-shrank") << "in what is read";
  EXPECT_EQ(outcome.subject, "w");
  EXPECT_THAT(outcome.what, HasSubstr("bytes 67633152 to 68157440: ends at byte 67633157"));
  outcome = read(*reader, 0, 10);
  EXPECT_EQ(outcome.code, "file-shrank") << "elsewhere";
  EXPECT_THAT(outcome.what, HasSubstr("bytes 67633157 to 135791592: "));
  EXPECT_TRUE(outcome.erased());
}

TEST(VerifyingReader, NoticesAFileThatGrew) {
  Signed file(random_bytes(1000, 1));
  auto reader = file.open().value();
  ASSERT_EQ(read(*reader, 0, 10).code, "ok");
  fs::resize_file(file.path(), 1005);
  const Outcome outcome = read(*reader, 0, 10);
  EXPECT_EQ(outcome.code, "file-grew");
  EXPECT_EQ(outcome.subject, "w");
  EXPECT_THAT(outcome.what, HasSubstr("bytes 1000 to 1005: "));
  EXPECT_TRUE(outcome.erased());
}

TEST(VerifyingReader, NoticesAFileThatGrowsWhileAllOfItIsVerified) {
  Signed file(random_bytes(1000, 1), kWholeOnly);
  testing::OnRead grow([&] { fs::resize_file(file.path(), 1005); });
  EXPECT_EQ(code_of(file.open({.observer = &grow})), "file-grew");
}

TEST(VerifyingReader, TakesNoOffenceAtOtherTimes) {
  const Bytes content = random_bytes(1000, 1);
  Signed file(content);
  auto reader = file.open().value();
  fs::last_write_time(file.path(), fs::file_time_type::clock::now() - std::chrono::hours(1));
  EXPECT_EQ(read(*reader, 0, 1000).out, content) << "the bytes are as signed";
}

// --- what cannot be read

// A handle that stops to be readable after the first group, as a failing disk does.
TEST(VerifyingReader, NamesTheRangeThatCannotBeReadAndTriesAgain) {
  const Bytes content = random_bytes(kSmall, 1);
  Signed file(content);
  Fd handle(::open(file.path().c_str(), O_RDONLY | O_CLOEXEC));
  const int number = handle.get();
  struct stat status{};
  ::fstat(number, &status);
  Fd unreadable(::open(file.path().c_str(), O_WRONLY | O_CLOEXEC));
  testing::OnRead fail([&] { ::dup2(unreadable.get(), number); });
  OpenFile opened{std::move(handle), FileIdentity::of(status)};
  auto reader = VerifyingReader::open(std::move(opened), file.entry(), {}, {.observer = &fail}).value();
  const Outcome outcome = read(*reader, 0, kSmall);
  EXPECT_EQ(outcome.code, "read-failed");
  EXPECT_EQ(outcome.subject, "w");
  EXPECT_THAT(outcome.what, HasSubstr("bytes 524288 to 1048576: "));
  EXPECT_TRUE(outcome.erased());
  Fd readable(::open(file.path().c_str(), O_RDONLY | O_CLOEXEC));
  ::dup2(readable.get(), number);
  EXPECT_EQ(read(*reader, 0, kSmall).out, content);
}

TEST(VerifyingReader, StopsAndGoesOn) {
  const Bytes content = random_bytes(kSmall, 1);
  Signed file(content);
  std::atomic<bool> cancelled = false;
  testing::OnRead cancel([&] { cancelled = true; });
  auto reader = file.open({.observer = &cancel, .cancelled = &cancelled}).value();
  const Outcome outcome = read(*reader, 0, kSmall);
  EXPECT_EQ(outcome.code, "interrupted");
  EXPECT_TRUE(outcome.erased());
  cancelled = false;
  EXPECT_EQ(read(*reader, 0, kSmall).out, content);
}

// --- sealed files

KernelMeasurement seal_of(const FileEntry& entry) { return {KernelSeal::kStandard, entry.tree->fsverity, {}, {}}; }

TEST(VerifyingReader, LeavesSealedFilesToTheKernel) {
  Bytes content = random_bytes(kSmall, 1);
  Signed file(content);
  Reads reads;
  auto reader = file.open({.observer = &reads}, seal_of(file.entry())).value();
  EXPECT_EQ(reader->coverage(), Coverage::kKernel);
  EXPECT_EQ(read(*reader, 700'000, 10).out, slice(content, 700'000, 10));
  EXPECT_EQ(reads.take(), 10U) << "only what was wanted is read";
  // No kernel allows this; it shows that nothing is hashed a second time.
  file.poke(0, static_cast<char>(~content[0]));
  content[0] = static_cast<std::uint8_t>(~content[0]);
  EXPECT_EQ(read(*reader, 0, kSmall).out, content);
  EXPECT_EQ(read(*reader, kSmall, 1).code, "range-past-end");
  fs::resize_file(file.path(), 5);
  const Outcome outcome = read(*reader, 0, 10);
  EXPECT_EQ(outcome.code, "file-shrank") << "a read that fails";
  EXPECT_TRUE(outcome.erased());
}

TEST(VerifyingReader, RefusesAFileSealedWithOtherContent) {
  Signed file(random_bytes(kSmall, 1));
  Signed other(random_bytes(kSmall, 2));
  auto reader = file.open({}, seal_of(other.entry()));
  EXPECT_EQ(code_of(reader), "file-mismatch");
  EXPECT_THAT(reader.error().what, HasSubstr("is sealed with other content"));
}

TEST(VerifyingReader, ReadsASealedFileThatHasNoSignedTree) {
  const Bytes content = random_bytes(kSmall, 1);
  Signed tree(content);
  Signed file(content, kShards);
  auto reader = file.open({}, seal_of(tree.entry())).value();
  EXPECT_EQ(reader->coverage(), Coverage::kWhole);
  file.poke(0);
  EXPECT_EQ(read(*reader, 0, 10).code, "file-changed");
}

}  // namespace
}  // namespace weightmark
