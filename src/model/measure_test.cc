#include "model/measure.h"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>

#include "hash/fsverity.h"
#include "hash/hasher.h"
#include "model/listing.h"
#include "model/model_testing.h"

namespace weightmark {
namespace {

using testing::code_of;
using testing::in_child;
using testing::OnRead;
using testing::TempFolder;
namespace fs = std::filesystem;

constexpr std::size_t kBig = 700'001;  // several buffers

std::string pattern(std::size_t size, unsigned seed = 1) {
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>((seed = seed * 1664525 + 1013904223) >> 24);
  return text;
}

// Model is a folder that was listed; it may change afterwards.
class Model : public TempFolder {
 public:
  using TempFolder::TempFolder;

  // list takes what is there now as the tasks.
  void list(SymlinkPolicy policy = SymlinkPolicy::kRefuse, MeasureScope scope = MeasureScope::kWhole) {
    root_ = std::make_unique<ModelRoot>(ModelRoot::open(path(), policy).value());
    tasks_.clear();
    Listing listing = list_files(*root_, {}).value();
    for (const ListedFile& file : listing.files) tasks_.push_back({file.name, file.identity, scope, nullptr});
  }

  std::vector<Result<Measurement>> measure(const MeasureKind& kind = {}, const WorkOptions& work = {}) const {
    return measure_files(*root_, tasks_, kind, work);
  }

  // code measures a model of one file.
  std::string code(const WorkOptions& work = {}, const MeasureKind& kind = {}) const {
    return code_of(measure(kind, work).at(0));
  }

  const std::vector<MeasureTask>& tasks() const { return tasks_; }

 private:
  std::unique_ptr<ModelRoot> root_;
  std::vector<MeasureTask> tasks_;
};

MeasureKind shards(std::uint64_t size, HashAlgorithm algorithm = HashAlgorithm::kSha256) {
  return {algorithm, SerializationMethod::kShards, size};
}

constexpr HashAlgorithm kAlgorithms[] = {HashAlgorithm::kSha256, HashAlgorithm::kBlake2b, HashAlgorithm::kBlake3};

TEST(MeasureFiles, GivesTheDigestsOfTheContentInTheOrderOfTheTasks) {
  Model model;
  std::vector<std::string> texts = {"", "abc", pattern(kBig), pattern(4096), pattern(300'000, 2)};
  for (std::size_t i = 0; i < texts.size(); ++i) model.write("f" + std::to_string(i), texts[i]);
  model.list();
  for (HashAlgorithm algorithm : kAlgorithms) {
    for (unsigned threads = 0; threads <= 8; ++threads) {
      auto results = model.measure({algorithm}, {.threads = threads});
      ASSERT_EQ(results.size(), texts.size());
      for (std::size_t i = 0; i < texts.size(); ++i) {
        ASSERT_EQ(code_of(results[i]), "ok");
        EXPECT_EQ(results[i]->entry.name, "f" + std::to_string(i));
        EXPECT_EQ(results[i]->entry.digest, hash_bytes(algorithm, as_bytes(texts[i])));
        EXPECT_EQ(results[i]->bytes_read, texts[i].size());
        EXPECT_FALSE(results[i]->entry.tree);
        EXPECT_TRUE(results[i]->entry.shards.empty());
      }
    }
  }
}

TEST(MeasureFiles, GivesTreesFromTheSamePass) {
  Model model;
  std::string text = pattern(kBig);
  model.write("a", text);
  model.write("b", "");
  model.list(SymlinkPolicy::kRefuse, MeasureScope::kBoth);
  for (HashAlgorithm algorithm : kAlgorithms) {
    auto results = model.measure({.algorithm = algorithm});
    TreeHasher tree;
    tree.update(as_bytes(text));
    EXPECT_EQ(results[0]->entry.tree, tree.finish());
    EXPECT_EQ(results[0]->entry.digest, hash_bytes(algorithm, as_bytes(text)));
    EXPECT_EQ(results[1]->entry.tree, TreeHasher().finish());
  }
}

TEST(MeasureFiles, GivesTheNodesOfLargeFiles) {
  Model model(testing::memory_folder());
  model.sparse("w", kNodeSize + 5);
  TreeHasher hasher;
  hasher.update(Bytes(kNodeSize + 5));
  const FileTree tree = hasher.finish();
  EXPECT_EQ(tree.nodes.size(), 2U);
  for (MeasureScope scope : {MeasureScope::kTree, MeasureScope::kBoth}) {
    model.list(SymlinkPolicy::kRefuse, scope);
    auto result = model.measure({.algorithm = HashAlgorithm::kBlake3}).at(0);
    ASSERT_EQ(code_of(result), "ok");
    EXPECT_EQ(result->entry.tree, tree);
    EXPECT_EQ(result->entry.digest.has_value(), scope == MeasureScope::kBoth);
  }
}

// Sizes around those of blocks and nodes, of many files side by side.
TEST(MeasureFiles, GivesTreesOfAnySize) {
  Model model;
  std::vector<std::string> texts;
  for (std::size_t size : {0U, 1U, 4095U, 4096U, 4097U, 65'536U, 65'537U, 262'144U, 524'288U, 524'289U, 700'001U})
    texts.push_back(pattern(size, static_cast<unsigned>(size)));
  for (std::size_t i = 0; i < texts.size(); ++i) model.write(std::to_string(100 + i), texts[i]);
  for (MeasureScope scope : {MeasureScope::kTree, MeasureScope::kBoth}) {
    model.list(SymlinkPolicy::kRefuse, scope);
    for (unsigned threads : {1U, 3U}) {
      auto results = model.measure({}, {.threads = threads});
      for (std::size_t i = 0; i < texts.size(); ++i) {
        TreeHasher tree;
        tree.update(as_bytes(texts[i]));
        ASSERT_EQ(code_of(results[i]), "ok");
        EXPECT_EQ(results[i]->entry.tree, tree.finish()) << texts[i].size();
        EXPECT_FALSE(results[i]->by_kernel);
      }
    }
  }
}

// Lanes take files as they come: long ones beside short ones, more than there are
// lanes, and some that fail.
TEST(MeasureFiles, HashesManyFilesAbreast) {
  Model model;
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < 60; ++i) {
    texts.push_back(pattern(i * i * 211 % 300'007, static_cast<unsigned>(i)));
    model.write(std::to_string(100 + i), texts[i]);
  }
  model.list();
  model.remove("107");
  model.write("123", "changed");
  for (unsigned threads : {1U, 2U, 5U}) {
    auto results = model.measure({}, {.threads = threads});
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const char* expected = i == 7 ? "file-vanished" : i == 23 ? "file-changed" : "ok";
      ASSERT_EQ(code_of(results[i]), expected) << i;
      if (results[i]) {
        EXPECT_EQ(results[i]->entry.digest, hash_bytes(HashAlgorithm::kSha256, as_bytes(texts[i])));
      }
    }
  }
}

void expect_shards(const FileEntry& entry, std::string_view text, std::uint64_t size, HashAlgorithm algorithm) {
  EXPECT_FALSE(entry.digest);
  ASSERT_EQ(entry.shards.size(), shard_count(text.size(), size));
  std::uint64_t begin = 0;
  for (const Shard& shard : entry.shards) {
    std::string_view piece = text.substr(begin, size);
    EXPECT_EQ(shard, (Shard{begin, begin + piece.size(), hash_bytes(algorithm, as_bytes(piece))}));
    begin += size;
  }
}

TEST(MeasureFiles, GivesShards) {
  Model model;
  std::string text = pattern(kBig);
  model.write("a", text);
  model.write("b", text.substr(0, 1000));
  model.write("empty", "");
  model.list();
  for (HashAlgorithm algorithm : kAlgorithms) {
    for (std::uint64_t size : {std::uint64_t{999}, std::uint64_t{1000}, std::uint64_t{262'144}, std::uint64_t{kBig},
                               std::uint64_t{kBig + 1}, ~std::uint64_t{0}}) {
      for (unsigned threads : {1U, 3U, 8U}) {
        auto results = model.measure(shards(size, algorithm), {.threads = threads});
        expect_shards(results[0]->entry, text, size, algorithm);
        expect_shards(results[1]->entry, text.substr(0, 1000), size, algorithm);
        ASSERT_EQ(code_of(results[2]), "ok");
        EXPECT_TRUE(results[2]->entry.shards.empty());
      }
    }
  }
}

TEST(ShardCount, RoundsUpWithoutOverflow) {
  EXPECT_EQ(shard_count(0, 10), 0U);
  EXPECT_EQ(shard_count(10, 10), 1U);
  EXPECT_EQ(shard_count(11, 10), 2U);
  EXPECT_EQ(shard_count(~std::uint64_t{0}, ~std::uint64_t{0}), 1U);
  EXPECT_EQ(shard_count(~std::uint64_t{0}, 1), ~std::uint64_t{0});
}

TEST(MeasureFiles, TakesNoFiles) {
  Model model;
  model.list();
  EXPECT_TRUE(model.measure().empty());
}

// --- models that change between listing and hashing

TEST(MeasureFiles, NoticesAFileThatVanished) {
  Model model;
  fs::path file = model.write("w", "w");
  model.list();
  fs::remove(file);
  EXPECT_EQ(model.code(), "file-vanished");
  fs::create_directory(file);
  EXPECT_EQ(model.code(), "file-vanished") << "a folder is no file";
}

TEST(MeasureFiles, NoticesAFileThatChanged) {
  Model model;
  model.write("w", "w");
  model.list();
  model.write("w", "longer");
  EXPECT_EQ(model.code(), "file-changed");
  EXPECT_EQ(model.code({}, shards(1)), "file-changed");
}

TEST(MeasureFiles, NoticesAFileThatWasReplaced) {
  Model model;
  fs::path file = model.write("w", "w");
  model.list();
  fs::path other = model.write("other", "w");
  fs::last_write_time(other, fs::last_write_time(file));
  fs::rename(other, file);
  EXPECT_EQ(model.code(), "file-replaced");
}

TEST(MeasureFiles, NoticesALinkSwappedIn) {
  Model model;
  TempFolder outside;
  fs::path target = outside.write("w", "w");
  for (auto policy : {SymlinkPolicy::kRefuse, SymlinkPolicy::kFollow}) {
    model.write("sub/w", "w");
    model.list(policy);
    model.remove("sub/w");
    model.link("sub/w", target);
    EXPECT_EQ(model.code(), "file-replaced") << "of the file";
    model.remove("sub");
    model.link("sub", outside.path());
    EXPECT_EQ(model.code(), "file-replaced") << "of the folder above it";
    model.remove("sub");
  }
}

TEST(MeasureFiles, NoticesASpecialFileSwappedIn) {
  Model model;
  model.write("w", "w");
  model.list();
  model.remove("w");
  model.fifo("w");
  EXPECT_EQ(model.code(), "special-fifo");
  model.remove("w");
  model.socket("w");
  EXPECT_EQ(model.code(), "special-socket");
}

TEST(MeasureFiles, ReportsAFileThatMayNoLongerBeRead) {
  Model model;
  fs::permissions(model.path(), fs::perms(0755));
  fs::path file = model.write("w", "w");
  fs::permissions(file, fs::perms::none);
  auto child = testing::as_nobody([&] {
    model.list();
    return model.code();
  });
  EXPECT_EQ(child.text, "file-unreadable");
}

// --- models that change while they are hashed

TEST(MeasureFiles, NoticesAFileThatShrinksWhileItIsRead) {
  Model model;
  fs::path file = model.write("w", pattern(kBig));
  model.list();
  OnRead shrink([&] { fs::resize_file(file, 300'000); });
  EXPECT_EQ(model.code({.observer = &shrink}), "file-shrank");
}

TEST(MeasureFiles, NoticesAShardThatIsGone) {
  Model model;
  fs::path file = model.write("w", pattern(kBig));
  model.list();
  OnRead shrink([&] { fs::resize_file(file, 1000); });
  EXPECT_EQ(model.code({.threads = 1, .observer = &shrink}, shards(10'000)), "file-shrank");
}

TEST(MeasureFiles, NoticesAFileThatGrowsWhileItIsRead) {
  Model model;
  fs::path file = model.write("w", pattern(1000));
  model.list();
  OnRead grow([&] { fs::resize_file(file, 2000); });
  EXPECT_EQ(model.code({.observer = &grow}), "file-changed");
}

TEST(MeasureFiles, NoticesAFileWrittenWhileItIsRead) {
  Model model;
  fs::path file = model.write("w", pattern(kBig));
  fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(1));
  model.list();
  OnRead change([&] { model.write("w", pattern(kBig, 7)); });
  EXPECT_EQ(model.code({.observer = &change}), "file-changed");
}

// Another file under the same name changes nothing: the one that was opened is hashed.
TEST(MeasureFiles, ReadsTheFileThatItOpened) {
  Model model;
  std::string text = pattern(kBig);
  fs::path file = model.write("w", text);
  model.list();
  // Unlinking changes the inode's own time, so that a second name keeps it.
  OnRead swap([&] { fs::rename(file, model / "old"); });
  auto result = model.measure({}, {.observer = &swap}).at(0);
  if (result) {
    EXPECT_EQ(result->entry.digest, hash_bytes(HashAlgorithm::kSha256, as_bytes(text)));
  } else {
    EXPECT_EQ(code_of(result), "file-changed");
  }
}

TEST(MeasureFiles, StopsWhenCancelled) {
  Model model;
  for (int i = 0; i < 20; ++i) model.write("f" + std::to_string(i), pattern(kBig));
  model.list();
  std::atomic<bool> cancelled = false;
  OnRead cancel([&] { cancelled = true; });
  for (const auto& result : model.measure({}, {.threads = 2, .observer = &cancel, .cancelled = &cancelled}))
    EXPECT_EQ(code_of(result), "interrupted");
  for (const auto& result : model.measure(shards(1000), {.threads = 2, .cancelled = &cancelled}))
    EXPECT_EQ(code_of(result), "interrupted");
}

// --- what it takes

class Counter : public Observer {
 public:
  void on_plan(std::uint64_t files, std::uint64_t bytes) override {
    plan = std::to_string(files) + " " + std::to_string(bytes);
  }
  void on_read(std::string_view, std::uint64_t, std::uint64_t count) override { read += count; }
  void on_done() override { ++done; }

  std::string plan;
  std::atomic<std::uint64_t> read = 0;
  int done = 0;
};

TEST(MeasureFiles, TellsTheObserver) {
  Model model;
  model.write("a", pattern(kBig));
  model.write("b", "abc");
  model.list();
  for (const MeasureKind& kind : {MeasureKind{}, shards(1000)}) {
    Counter counter;
    model.measure(kind, {.threads = 4, .observer = &counter});
    EXPECT_EQ(counter.plan, "2 " + std::to_string(kBig + 3));
    EXPECT_EQ(counter.read, kBig + 3);
    EXPECT_EQ(counter.done, 1);
  }
}

TEST(MeasureFiles, NeedsFewHandles) {
  Model model;
  for (int i = 0; i < 500; ++i) model.write("f" + std::to_string(i), pattern(100));
  model.list();
  auto child = in_child([&] {
    rlimit limit{40, 40};
    ::setrlimit(RLIMIT_NOFILE, &limit);
    std::size_t good = 0;
    for (const MeasureKind& kind : {MeasureKind{}, shards(7)})
      for (const auto& result : model.measure(kind, {.threads = 8})) good += result.has_value() ? 1U : 0U;
    return std::to_string(good);
  });
  EXPECT_EQ(child.text, "1000");
}

TEST(MeasureFiles, TakesAnyNumberOfThreads) {
  Model model;
  for (int i = 0; i < 400; ++i) model.write("f" + std::to_string(i), "x");
  model.list();
  for (const auto& result : model.measure({}, {.threads = ~0U})) EXPECT_EQ(code_of(result), "ok");
}

TEST(MeasureFiles, DoesWithTheThreadsThatItGets) {
  Model model;
  fs::permissions(model.path(), fs::perms(0755));
  for (int i = 0; i < 4; ++i) model.write("f" + std::to_string(i), "x");
  model.list();
  auto child = testing::as_nobody([&] {
    rlimit limit{0, 0};
    ::setrlimit(RLIMIT_NPROC, &limit);
    std::string codes;
    for (const auto& result : model.measure({}, {.threads = 4})) codes += code_of(result);
    return codes;
  });
  EXPECT_EQ(child.text, "okokokok");
}

TEST(MeasureFiles, TakesMemoryThatDoesNotGrowWithTheFile) {
  Model model(testing::memory_folder());
  model.sparse("w", std::uint64_t{2} << 30U);
  model.list();
  auto child = in_child([&] {
    auto peak = [] {
      rusage usage{};
      ::getrusage(RUSAGE_SELF, &usage);
      return usage.ru_maxrss;
    };
    long before = peak();
    std::string code = model.code({}, {.algorithm = HashAlgorithm::kBlake3});
    return code + (peak() - before < 16 * 1024 ? "" : " grew");
  });
  EXPECT_EQ(child.text, "ok");
}

// Small trees are hashed together: what is wrong with one file is its own affair.
TEST(SmallTrees, FailEachForItself) {
  Model model;
  for (char c = 'a'; c <= 'z'; ++c) model.write(std::string(1, c), pattern(5000, static_cast<unsigned>(c)));
  model.list(SymlinkPolicy::kRefuse, MeasureScope::kTree);
  fs::remove(model / "c");
  model.write("d", "replaced");
  fs::remove(model / "e");
  model.link("e", "f");
  OnRead grow([&] { std::ofstream(model / "a", std::ios::app) << "more"; });
  const auto results = model.measure({}, {.threads = 1, .observer = &grow});
  ASSERT_EQ(results.size(), 26U);
  EXPECT_EQ(code_of(results[0]), "file-changed");
  EXPECT_EQ(code_of(results[2]), "file-vanished");
  EXPECT_EQ(code_of(results[3]), "file-changed");
  EXPECT_EQ(code_of(results[4]), "file-replaced");
  for (std::size_t i = 5; i < results.size(); ++i) {
    ASSERT_EQ(code_of(results[i]), "ok") << i;
    TreeHasher tree;
    tree.update(as_bytes(pattern(5000, static_cast<unsigned>('a' + i))));
    EXPECT_EQ(results[i]->entry.tree, tree.finish());
  }
}

TEST(SmallTrees, EndWhenInterrupted) {
  Model model;
  for (char c = 'a'; c <= 'z'; ++c) model.write(std::string(1, c), "x");
  model.list(SymlinkPolicy::kRefuse, MeasureScope::kTree);
  std::atomic<bool> cancelled = false;
  OnRead cancel([&] { cancelled = true; });
  const auto results = model.measure({}, {.threads = 1, .observer = &cancel, .cancelled = &cancelled});
  EXPECT_EQ(code_of(results.front()), "ok");
  EXPECT_EQ(code_of(results.back()), "interrupted");
}

}  // namespace
}  // namespace weightmark
