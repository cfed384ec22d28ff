#include "trust/trust_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/json_document.h"
#include "trust/tuf_signatures.h"
#include "trust/tuf_testing.h"

namespace weightmark {
namespace {

using tuf::testing::kTestNow;
using tuf::testing::TestRepository;

template <class T>
std::string_view code(const Result<T>& result) {
  return result ? "no error" : code_name(result.error().code);
}

class TrustFilesTest : public ::testing::Test {
 protected:
  TrustFilesTest() {
    server_.add_target("targets", "trusted_root.json", "fetched");
    server_.publish();
    std::string name = ::testing::TempDir() + "/trustXXXXXX";
    cache_ = ::mkdtemp(name.data());
  }
  ~TrustFilesTest() override { std::filesystem::remove_all(cache_); }

  Result<TrustFile> online(const std::optional<std::filesystem::path>& cache) {
    Result<TrustFiles> files = TrustFiles::online(repository_, cache, {&server_, kTestNow}, server_);
    return files ? files->get(kTrustedRoot) : std::unexpected(files.error());
  }
  Result<TrustFile> offline(const std::optional<std::filesystem::path>& cache) {
    Result<TrustFiles> files = TrustFiles::offline(repository_, cache);
    return files ? files->get(kTrustedRoot) : std::unexpected(files.error());
  }
  std::filesystem::path file(const char* name) const { return cache_ / "https%3A%2F%2Fexample.org" / name; }

  TestRepository server_;
  TufRepository repository_{"https://example.org", server_.anchor(), {{kTrustedRoot, "built in"}}};
  std::filesystem::path cache_;
};

TEST_F(TrustFilesTest, AreFetchedThenCached) {
  const Result<TrustFile> fetched = online(cache_);
  ASSERT_EQ(code(fetched), "no error");
  EXPECT_EQ(fetched->text, "fetched");
  EXPECT_EQ(fetched->origin, TrustOrigin::kFetched);
  EXPECT_EQ(fetched->vouched_until, server_.timestamp.expires);
  const Result<TrustFile> cached = offline(cache_);
  EXPECT_EQ(cached->text, "fetched");
  EXPECT_EQ(cached->origin, TrustOrigin::kCached);
}

TEST_F(TrustFilesTest, AreTheBuiltInOnesWithoutACache) {
  const Result<TrustFile> file = offline(cache_);
  EXPECT_EQ(file->text, "built in");
  EXPECT_EQ(file->origin, TrustOrigin::kBuiltin);
  EXPECT_EQ(file->vouched_until, server_.root.expires);
  EXPECT_EQ(offline(std::nullopt)->text, "built in");
  EXPECT_EQ(online(std::nullopt)->text, "fetched");
}

TEST_F(TrustFilesTest, AreTheBuiltInOnesWhereTheCacheIsForged) {
  ASSERT_EQ(code(online(cache_)), "no error");
  for (const char* name : {"targets/trusted_root.json", "metadata/targets.json", "metadata/timestamp.json"}) {
    const std::string old = read_file(file(name), 1 << 20).value();
    ASSERT_TRUE(write_file_atomically(file(name), as_bytes("forged")));
    EXPECT_EQ(offline(cache_)->origin, TrustOrigin::kBuiltin) << name;
    ASSERT_TRUE(write_file_atomically(file(name), as_bytes(old)));
  }
  EXPECT_EQ(offline(cache_)->origin, TrustOrigin::kCached);
}

TEST_F(TrustFilesTest, OfAnotherRepositoryMayBeNowhere) {
  repository_.builtin.clear();
  EXPECT_EQ(code(offline(cache_)), "tuf-not-cached");
  server_.remove("timestamp.json");
  EXPECT_EQ(code(online(cache_)), "server-not-found");
}

// --- What comes with the program

class BuiltinTest : public ::testing::TestWithParam<SigstoreInstance> {};

TEST_P(BuiltinTest, RootIsSignedByItsOwnKeys) {
  const TufRepository repository = builtin_repository(GetParam());
  tuf::MemoryStore store;
  EXPECT_EQ(code(tuf::Updater::open(repository.anchor, store, std::nullopt)), "no error");
  const auto root = tuf::parse<tuf::Root>(repository.anchor);
  for (const tuf::Role* role : {&root->body.timestamp, &root->body.snapshot, &root->body.targets})
    EXPECT_GE(std::ssize(role->key_ids), role->threshold);
  EXPECT_TRUE(root->body.consistent_snapshot);
}

TEST_P(BuiltinTest, FilesAreThere) {
  Result<TrustFiles> files = TrustFiles::offline(builtin_repository(GetParam()), std::nullopt);
  ASSERT_EQ(code(files), "no error");
  for (const std::string_view name : {kTrustedRoot, kSigningConfig}) {
    const Result<TrustFile> file = files->get(name);
    ASSERT_EQ(code(file), "no error");
    EXPECT_TRUE(parse_json(file->text)->find("mediaType")) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Instances, BuiltinTest,
                         ::testing::Values(SigstoreInstance::kPublicGood, SigstoreInstance::kStaging));

}  // namespace
}  // namespace weightmark
