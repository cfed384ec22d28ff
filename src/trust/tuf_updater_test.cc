#include "trust/tuf_updater.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "trust/tuf_testing.h"

namespace weightmark::tuf {
namespace {

using ::testing::ElementsAre;
using testing::kTestNow;
using testing::TestKey;
using testing::TestRepository;

template <class T>
std::string_view code(const Result<T>& result) {
  return result ? "no error" : code_name(result.error().code);
}

class UpdaterTest : public ::testing::Test {
 protected:
  Result<Updater> open() { return Updater::open(anchor_, store_, Online{&repository_, now_}); }
  Result<Updater> open_offline() { return Updater::open(anchor_, store_, std::nullopt); }

  std::string_view refresh() {
    Result<Updater> updater = open();
    return updater ? code(updater->refresh()) : code(updater);
  }

  std::string_view refresh_offline() {
    Result<Updater> updater = open_offline();
    return updater ? code(updater->refresh()) : code(updater);
  }

  // get returns a target's text, or the code of the error.
  std::string get(std::string_view path) {
    Result<Updater> updater = open();
    if (auto refreshed = updater->refresh(); !refreshed) return std::string(code(refreshed));
    Result<std::string> text = updater->target(path, &repository_, files_);
    return text ? *text : std::string(code(text));
  }

  // stored returns the version of a file in the store, 0 where there is none.
  template <class Body>
  std::int64_t stored(std::string_view name) {
    const auto text = store_.get(name);
    return text ? parse<Body>(*text)->body.version : 0;
  }

  // next_all raises the versions of what changes with every publication.
  void next() {
    ++repository_.timestamp.version;
    ++repository_.snapshot.version;
    ++repository_.targets["targets"].version;
  }

  TestRepository repository_;
  std::string anchor_ = repository_.anchor();
  MemoryStore store_;
  MemoryStore files_;
  Time now_ = kTestNow;
};

TEST_F(UpdaterTest, AsksForEachFileOnce) {
  EXPECT_EQ(refresh(), "no error");
  EXPECT_THAT(repository_.requests, ElementsAre("2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"));
  repository_.requests.clear();
  EXPECT_EQ(refresh(), "no error");
  EXPECT_THAT(repository_.requests, ElementsAre("2.root.json", "timestamp.json"));
}

TEST_F(UpdaterTest, AsksForPlainNamesWithoutConsistentSnapshots) {
  repository_.consistent = false;
  repository_.publish();
  repository_.add_target("targets", "a b", "text");
  repository_.publish();
  anchor_ = repository_.anchor();
  EXPECT_EQ(get("a b"), "text");
  EXPECT_THAT(repository_.requests,
              ElementsAre("2.root.json", "timestamp.json", "snapshot.json", "targets.json", "a%20b"));
}

// --- The anchor and the roots

TEST_F(UpdaterTest, RefusesAnAnchorThatIsNotSignedByItself) {
  repository_.root.keys = {TestKey()};
  repository_.publish();
  anchor_ = repository_.anchor();
  EXPECT_EQ(refresh(), "tuf-signatures");
  EXPECT_TRUE(repository_.requests.empty());
}

TEST_F(UpdaterTest, FollowsRootsWhoseKeysRotate) {
  const std::vector<TestKey> old = repository_.root.keys;
  const TestKey fresh;
  repository_.trusted["root"] = {fresh};
  repository_.root.keys = {old.front(), fresh};
  repository_.root.version = 2;
  repository_.publish();
  repository_.root.keys = {fresh};
  repository_.root.version = 3;
  repository_.publish();
  EXPECT_EQ(refresh(), "no error");
  EXPECT_EQ(stored<Root>("root.json"), 3);
  repository_.requests.clear();
  EXPECT_EQ(refresh(), "no error");
  EXPECT_EQ(repository_.requests.front(), "4.root.json") << "the roots in the store lead on";
}

TEST_F(UpdaterTest, RefusesARootThatTheOldKeysDidNotSign) {
  repository_.root.keys = repository_.trusted["root"] = {TestKey()};
  repository_.root.version = 2;
  repository_.publish();
  EXPECT_EQ(refresh(), "tuf-signatures");
  EXPECT_EQ(stored<Root>("root.json"), 1);
}

TEST_F(UpdaterTest, RefusesARootThatItsOwnKeysDidNotSign) {
  repository_.trusted["root"] = {TestKey()};
  repository_.root.version = 2;
  repository_.publish();
  EXPECT_EQ(refresh(), "tuf-signatures");
}

TEST_F(UpdaterTest, RefusesARootOfAnotherVersion) {
  repository_.root.version = 3;
  repository_.publish();
  repository_.file("2.root.json") = repository_.file("3.root.json");
  EXPECT_EQ(refresh(), "tuf-version");
}

TEST_F(UpdaterTest, TakesAnExpiredRootOnTheWayButNotAtTheEnd) {
  repository_.root.version = 2;
  repository_.root.expires = kTestNow;
  repository_.publish();
  EXPECT_EQ(refresh(), "tuf-expired");
  EXPECT_EQ(stored<Root>("root.json"), 2);
  repository_.root.version = 3;
  repository_.root.expires = kTestNow + std::chrono::seconds(1);
  repository_.publish();
  EXPECT_EQ(refresh(), "no error");
}

TEST_F(UpdaterTest, DoesNotTrustARootForLyingInTheStore) {
  TestRepository other;
  other.root.version = 2;
  other.publish();
  store_.put("root.json", other.file("2.root.json"));
  store_.put("root_history/2.root.json", other.file("2.root.json"));
  store_.put("timestamp.json", other.file("timestamp.json"));
  EXPECT_EQ(refresh(), "no error");
  EXPECT_EQ(stored<Root>("root.json"), 1);
  EXPECT_EQ(*store_.get("timestamp.json"), repository_.file("timestamp.json"));
}

TEST_F(UpdaterTest, TellsAMissingRootFromAnUnreachableServer) {
  struct Broken : Fetcher {
    Result<std::string> fetch(std::string_view, std::uint64_t) override {
      return std::unexpected(Error{ErrorCode::kServerUnreachable, "down", {}, {}});
    }
  } broken;
  EXPECT_EQ(code(Updater::open(anchor_, store_, Online{&broken, now_})->refresh()), "server-unreachable");
}

// --- Timestamp

TEST_F(UpdaterTest, RefusesAnOlderTimestamp) {
  repository_.timestamp.version = 2;
  repository_.publish();
  EXPECT_EQ(refresh(), "no error");
  repository_.timestamp.version = 1;
  repository_.publish();
  EXPECT_EQ(refresh(), "tuf-rollback");
  EXPECT_EQ(stored<Timestamp>("timestamp.json"), 2);
}

TEST_F(UpdaterTest, RefusesATimestampOfAnOlderSnapshot) {
  repository_.snapshot.version = 2;
  repository_.publish();
  EXPECT_EQ(refresh(), "no error");
  repository_.snapshot.version = 1;
  repository_.timestamp.version = 2;
  repository_.publish();
  EXPECT_EQ(refresh(), "tuf-rollback");
}

TEST_F(UpdaterTest, KeepsATimestampOfTheSameVersion) {
  EXPECT_EQ(refresh(), "no error");
  const std::string old = repository_.file("timestamp.json");
  repository_.snapshot.version = 2;
  repository_.publish();
  EXPECT_EQ(refresh(), "no error");
  EXPECT_EQ(*store_.get("timestamp.json"), old);
}

TEST_F(UpdaterTest, RefusesAFrozenRepository) {
  EXPECT_EQ(refresh(), "no error");
  repository_.root.version = 2;
  repository_.root.expires = kTestNow + std::chrono::days(365);
  repository_.publish();
  now_ = repository_.timestamp.expires;
  EXPECT_EQ(refresh(), "tuf-expired");
  now_ -= std::chrono::seconds(1);
  EXPECT_EQ(refresh(), "no error");
}

TEST_F(UpdaterTest, RecoversFromAFastForwardedTimestampByNewKeys) {
  repository_.timestamp.version = 1000;
  repository_.publish();
  EXPECT_EQ(refresh(), "no error");
  repository_.timestamp.keys = repository_.trusted["timestamp"] = {TestKey()};
  repository_.timestamp.version = 1;
  repository_.root.version = 2;
  repository_.publish();
  EXPECT_EQ(refresh(), "no error");
  EXPECT_EQ(stored<Timestamp>("timestamp.json"), 1);
}

TEST_F(UpdaterTest, RefusesAnotherKindOfMetadata) {
  repository_.file("timestamp.json") = repository_.file("1.snapshot.json");
  EXPECT_EQ(refresh(), "tuf-type");
}

// --- Snapshot and targets

TEST_F(UpdaterTest, RefusesASnapshotThatIsNotTheTimestamps) {
  repository_.file("1.snapshot.json").back() = ' ';
  EXPECT_EQ(refresh(), "tuf-digest");
  repository_.file("1.snapshot.json").pop_back();
  EXPECT_EQ(refresh(), "tuf-length");
  repository_.file("1.snapshot.json") += "xx";
  EXPECT_EQ(refresh(), "answer-too-large");
  EXPECT_EQ(stored<Timestamp>("timestamp.json"), 1) << "what was verified before stays";
}

TEST_F(UpdaterTest, RefusesASnapshotOfAnotherVersion) {
  repository_.hashes = false;
  repository_.publish();
  const std::string old = repository_.file("1.snapshot.json");
  next();
  repository_.publish();
  repository_.file("2.snapshot.json") = old;
  EXPECT_EQ(refresh(), "tuf-version");
}

TEST_F(UpdaterTest, RefusesASnapshotWithAnOlderRole) {
  repository_.targets["targets"].version = 2;
  repository_.publish();
  EXPECT_EQ(refresh(), "no error");
  next();
  repository_.targets["targets"].version = 1;
  repository_.publish();
  EXPECT_EQ(refresh(), "tuf-rollback");
}

TEST_F(UpdaterTest, RefusesASnapshotWithoutARoleThatWasThere) {
  repository_.delegate("targets", "team", "*");
  repository_.publish();
  EXPECT_EQ(refresh(), "no error");
  next();
  repository_.listed["team"] = 0;
  repository_.publish();
  EXPECT_EQ(refresh(), "tuf-role-removed");
}

TEST_F(UpdaterTest, RefusesExpiredSnapshotsAndTargets) {
  repository_.snapshot.expires = kTestNow;
  repository_.publish();
  EXPECT_EQ(refresh(), "tuf-expired");
  repository_.snapshot.expires += std::chrono::days(1);
  repository_.targets["targets"].expires = kTestNow;
  next();
  repository_.publish();
  EXPECT_EQ(refresh(), "tuf-expired");
}

TEST_F(UpdaterTest, RefusesTargetsMixedFromTwoVersions) {
  repository_.hashes = false;
  repository_.publish();
  const std::string old = repository_.file("1.targets.json");
  next();
  repository_.publish();
  repository_.file("2.targets.json") = old;
  EXPECT_EQ(refresh(), "tuf-version");
}

TEST_F(UpdaterTest, RefusesUnsignedTargets) {
  repository_.targets["targets"].keys = {TestKey()};
  repository_.publish();
  EXPECT_EQ(refresh(), "tuf-signatures");
}

TEST_F(UpdaterTest, RefusesASnapshotWithoutTargets) {
  repository_.listed["targets"] = 0;
  repository_.publish();
  EXPECT_EQ(refresh(), "tuf-role-unlisted");
}

TEST_F(UpdaterTest, RefusesTooFewSignatures) {
  const TestKey second;
  repository_.trusted["timestamp"].push_back(second);
  repository_.thresholds["timestamp"] = 2;
  repository_.root.version = 2;
  repository_.publish();
  EXPECT_EQ(refresh(), "tuf-signatures");
  repository_.timestamp.keys.push_back(second);
  repository_.publish();
  EXPECT_EQ(refresh(), "no error");
}

TEST_F(UpdaterTest, CountsAKeyOnceUnderTwoIds) {
  TestKey alias = repository_.timestamp.keys.front();
  alias.id = "another id";
  repository_.trusted["timestamp"].push_back(alias);
  repository_.timestamp.keys.push_back(alias);
  repository_.thresholds["timestamp"] = 2;
  repository_.root.version = 2;
  repository_.publish();
  EXPECT_EQ(refresh(), "tuf-signatures");
}

// --- Offline

TEST_F(UpdaterTest, BelievesOfflineWhatWasVerifiedLast) {
  repository_.add_target("targets", "trust", "text");
  repository_.publish();
  EXPECT_EQ(get("trust"), "text");
  now_ += std::chrono::days(10000);
  Result<Updater> updater = open_offline();
  ASSERT_EQ(code(updater), "no error");
  ASSERT_EQ(code(updater->refresh()), "no error");
  EXPECT_EQ(updater->target("trust", nullptr, files_).value(), "text");
  files_.put("trust", "forged");
  EXPECT_EQ(code(updater->target("trust", nullptr, files_)), "tuf-not-cached");
}

TEST_F(UpdaterTest, BelievesNothingOfflineThatIsNotThere) {
  EXPECT_EQ(refresh_offline(), "tuf-not-cached");
  EXPECT_EQ(refresh(), "no error");
  for (const char* name : {"timestamp.json", "snapshot.json", "targets.json"}) {
    const std::string text = *store_.get(name);
    store_.put(name, "");
    EXPECT_NE(refresh_offline(), "no error") << name;
    store_.put(name, text);
  }
  EXPECT_EQ(refresh_offline(), "no error");
}

TEST_F(UpdaterTest, BelievesNoForgeryOffline) {
  TestRepository other;
  other.hashes = repository_.hashes = false;
  other.publish();
  repository_.publish();
  EXPECT_EQ(refresh(), "no error");
  store_.put("snapshot.json", other.file("1.snapshot.json"));
  EXPECT_EQ(refresh_offline(), "tuf-signatures");
  EXPECT_EQ(refresh(), "no error");
  store_.put("targets.json", other.file("1.targets.json"));
  EXPECT_EQ(refresh_offline(), "tuf-signatures");
}

// --- Targets

TEST_F(UpdaterTest, FetchesATargetOnce) {
  repository_.add_target("targets", "folder/a file", "text");
  repository_.publish();
  EXPECT_EQ(get("folder/a file"), "text");
  EXPECT_TRUE(repository_.requests.back().starts_with("folder/")) << repository_.requests.back();
  EXPECT_TRUE(repository_.requests.back().ends_with(".a%20file")) << repository_.requests.back();
  const std::size_t before = repository_.requests.size();
  EXPECT_EQ(get("folder/a file"), "text");
  EXPECT_EQ(repository_.requests.size(), before + 2) << "the next root and the timestamp only";
}

TEST_F(UpdaterTest, RefusesAnotherTarget) {
  repository_.add_target("targets", "trust", "text");
  repository_.publish();
  ASSERT_EQ(get("trust"), "text");
  files_.put("trust", "none");
  std::string& served = repository_.file(repository_.requests.back());
  served = "evil";
  EXPECT_EQ(get("trust"), "tuf-digest");
  served = "bad";
  EXPECT_EQ(get("trust"), "tuf-length");
  served = "too long";
  EXPECT_EQ(get("trust"), "answer-too-large");
  EXPECT_EQ(get("nothing"), "tuf-target-unknown");
}

TEST_F(UpdaterTest, FetchesNoTargetThatMemoryShouldNotHold) {
  repository_.add_target("targets", "trust", "text");
  repository_.targets["targets"].files.back().second = testing::file_json("text", kMaxTarget + 1);
  repository_.publish();
  EXPECT_EQ(get("trust"), "answer-too-large");
  EXPECT_EQ(repository_.requests.back(), "1.targets.json");
}

TEST_F(UpdaterTest, RefusesHashesThatItDoesNotKnow) {
  repository_.add_target("targets", "trust", "text");
  repository_.targets["targets"].files.back().second =
      Json::of("length", 4, "hashes", Json::of("md5", "1cb251ec0d568de6a929b520c4aed8d1"));
  repository_.file("1cb251ec0d568de6a929b520c4aed8d1.trust") = "text";
  repository_.publish();
  EXPECT_EQ(get("trust"), "tuf-hash-unknown");
}

// --- Delegations

TEST_F(UpdaterTest, LooksIntoDelegatedRolesDepthFirst) {
  repository_.delegate("targets", "a", "*");
  repository_.delegate("targets", "b", "*");
  repository_.delegate("a", "c", "*");
  repository_.add_target("b", "found", "in b");
  repository_.publish();
  EXPECT_EQ(get("found"), "in b");
  EXPECT_EQ(std::vector<std::string>(repository_.requests.begin() + 4, repository_.requests.begin() + 7),
            (std::vector<std::string>{"1.a.json", "1.c.json", "1.b.json"}));
}

TEST_F(UpdaterTest, EndsAtATerminatingRole) {
  repository_.delegate("targets", "a", "secret/*", true);
  repository_.delegate("targets", "b", "*/*");
  repository_.add_target("b", "secret/x", "in b");
  repository_.add_target("b", "open/x", "in b");
  repository_.publish();
  EXPECT_EQ(get("secret/x"), "tuf-target-unknown");
  EXPECT_EQ(get("open/x"), "in b");
}

TEST_F(UpdaterTest, FollowsACycleOnce) {
  repository_.delegate("targets", "a", "*");
  repository_.delegate("a", "b", "*");
  repository_.delegate("b", "a", "*");
  repository_.publish();
  EXPECT_EQ(get("nothing"), "tuf-target-unknown");
}

TEST_F(UpdaterTest, GivesUpAfterThirtyTwoRoles) {
  for (int i = 0; i < 32; ++i) repository_.delegate("targets", "role" + std::to_string(i), "*");
  repository_.publish();
  EXPECT_EQ(get("nothing"), "tuf-too-many-roles");
}

TEST_F(UpdaterTest, QuotesTheNamesOfRoles) {
  repository_.delegate("targets", "../../timestamp", "*");
  repository_.add_target("../../timestamp", "found", "text");
  repository_.publish();
  EXPECT_EQ(get("found"), "text");
  EXPECT_EQ(repository_.requests[4], "1...%2F..%2Ftimestamp.json");
  EXPECT_TRUE(store_.get("..%2F..%2Ftimestamp.json"));
}

TEST_F(UpdaterTest, DoesNotFetchARoleThatTheSnapshotDoesNotList) {
  repository_.delegate("targets", "a", "*");
  repository_.listed["a"] = 0;
  repository_.publish();
  EXPECT_EQ(get("x"), "tuf-role-unlisted");
  EXPECT_EQ(repository_.requests.back(), "1.targets.json");
}

// What one delegator's keys vouched for says nothing where another one leads.
TEST_F(UpdaterTest, VerifiesACachedRoleByTheDelegatorOfNow) {
  repository_.delegate("targets", "a", "a/*");
  repository_.delegate("targets", "b", "b/*");
  repository_.delegate("a", "release", "a/*");
  const std::vector<TestKey> signers = repository_.targets["release"].keys;
  repository_.targets["release"].keys = {TestKey()};
  repository_.delegate("b", "release", "b/*");  // by another key
  repository_.targets["release"].keys = signers;
  repository_.add_target("release", "a/x", "through a");
  repository_.add_target("release", "b/x", "through b");
  repository_.publish();
  Result<Updater> updater = open();
  ASSERT_EQ(code(updater->refresh()), "no error");
  EXPECT_EQ(updater->target("a/x", &repository_, files_).value(), "through a");
  EXPECT_EQ(code(updater->target("b/x", &repository_, files_)), "tuf-signatures");
}

}  // namespace
}  // namespace weightmark::tuf
