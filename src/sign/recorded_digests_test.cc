// sign_model with a record of earlier digests.
#include "sign/recorded_digests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <set>

#include "attest/bundle.h"
#include "model/model_testing.h"
#include "verify/bundle_testing.h"

namespace weightmark {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace testing;

// Reads collects which files were read.
class Reads : public Observer {
 public:
  void on_read(std::string_view name, std::uint64_t, std::uint64_t) override {
    std::lock_guard lock(mutex_);
    names_.emplace(name);
  }
  std::set<std::string> take() { return std::exchange(names_, {}); }

 private:
  std::mutex mutex_;
  std::set<std::string> names_;
};

class SignReusing : public ::testing::Test {
 protected:
  SignReusing() {
    temp_.write("model/a", "first");
    temp_.write("model/sub/b", "second");
    options_.hash.model = temp_ / "model";
    options_.hash.work.observer = &reads_;
    options_.key = &a_key();
    options_.record_folder = temp_ / "records";
    options_.time = later(10);
  }

  // later is so long after the files were made that their times are settled.
  static Time later(int seconds) {
    auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    return now + std::chrono::seconds(seconds);
  }

  // sign returns which files were read.
  std::set<std::string> sign() {
    output_ = sign_model(options_);
    EXPECT_EQ(code_of(output_), "ok") << (output_ ? "" : describe(output_.error()));
    return reads_.take();
  }

  std::vector<std::string> warnings() const { return output_->model.warnings; }

  fs::path record() const { return record_path(temp_ / "records", options_.hash.model); }

  TempFolder temp_;
  Reads reads_;
  SignOptions options_;
  Result<SignedOutput> output_ = std::unexpected(Error{});
};

TEST_F(SignReusing, HashesOnlyOnce) {
  EXPECT_THAT(sign(), ElementsAre("a", "sub/b"));
  EXPECT_EQ(output_->model.reused, 0U);
  EXPECT_THAT(sign(), IsEmpty());
  EXPECT_EQ(output_->model.reused, 2U);
  EXPECT_EQ(output_->model.bytes, 11U);
  EXPECT_THAT(sign(), IsEmpty()) << "what was reused is recorded again";
  EXPECT_THAT(warnings(), IsEmpty());
}

TEST_F(SignReusing, SignsTheSameStatement) {
  sign();
  temp_.write("model/c", "third");
  auto payload = [&] { return parse_bundle(temp_.read("model/model.sig")).value().envelope.payload; };
  EXPECT_THAT(sign(), ElementsAre("c"));
  Bytes reusing = payload();
  options_.record_folder.reset();
  EXPECT_THAT(sign(), ElementsAre("a", "c", "sub/b"));
  EXPECT_EQ(payload(), reusing);
}

TEST_F(SignReusing, IsOffByDefault) {
  sign();
  std::string before = temp_.read(record());
  temp_.write("model/c", "third");
  options_.record_folder.reset();
  EXPECT_THAT(sign(), ElementsAre("a", "c", "sub/b"));
  EXPECT_EQ(temp_.read(record()), before);
}

TEST_F(SignReusing, ForgetsFilesThatAreGone) {
  sign();
  temp_.remove("model/sub");
  EXPECT_THAT(sign(), IsEmpty());
  EXPECT_EQ(output_->model.manifest.files.size(), 1U);
  EXPECT_EQ(read_record(record()).value()->files.size(), 1U);
}

// --- what changed is hashed again

TEST_F(SignReusing, HashesATouchedFile) {
  sign();
  fs::last_write_time(temp_ / "model/a", fs::file_time_type::clock::now() - std::chrono::hours(1));
  EXPECT_THAT(sign(), ElementsAre("a"));
}

TEST_F(SignReusing, HashesAFileOfTheSameSizeAndTime) {
  sign();
  const auto time = fs::last_write_time(temp_ / "model/a");
  temp_.write("model/a", "FIRST");
  fs::last_write_time(temp_ / "model/a", time);
  EXPECT_THAT(sign(), ElementsAre("a")) << "the time of its inode's change cannot be set";
  EXPECT_EQ(output_->model.manifest.files[0].digest, sha256("FIRST"));
}

TEST_F(SignReusing, HashesAReplacedFile) {
  sign();
  const auto time = fs::last_write_time(temp_ / "model/a");
  fs::rename(temp_.write("other", "other"), temp_ / "model/a");
  fs::last_write_time(temp_ / "model/a", time);
  EXPECT_THAT(sign(), ElementsAre("a"));
}

TEST_F(SignReusing, HashesAFileOfAnotherName) {
  sign();
  fs::rename(temp_ / "model/a", temp_ / "model/z");
  EXPECT_THAT(sign(), ElementsAre("z"));
}

TEST_F(SignReusing, HashesWhatWasWrittenJustBefore) {
  options_.time = later(0);
  sign();
  EXPECT_THAT(sign(), ElementsAre("a", "sub/b")) << "racy";
}

TEST_F(SignReusing, HashesForAnotherAlgorithm) {
  sign();
  options_.hash.algorithm = HashAlgorithm::kBlake3;
  EXPECT_THAT(sign(), ElementsAre("a", "sub/b"));
  EXPECT_THAT(sign(), IsEmpty());
}

TEST_F(SignReusing, RefusesShards) {
  options_.hash.shard_size = 2;
  EXPECT_EQ(code_of(sign_model(options_)), "usage");
}

TEST_F(SignReusing, TakesASingleFile) {
  options_.hash.model = temp_ / "model/a";
  options_.hash.compatibility = Compatibility::kPython;
  EXPECT_THAT(sign(), ElementsAre("a"));
  EXPECT_THAT(sign(), IsEmpty());
  EXPECT_EQ(output_->model.manifest.files[0].name, kSingleFileName);
}

// --- a record that cannot be trusted

TEST_F(SignReusing, IgnoresARecordThatOthersMayWrite) {
  sign();
  fs::permissions(record(), fs::perms(0666));
  EXPECT_THAT(sign(), ElementsAre("a", "sub/b"));
  EXPECT_THAT(warnings(), ElementsAre(HasSubstr("record-unsafe")));
  EXPECT_THAT(sign(), IsEmpty()) << "replaced by one of our own";
}

TEST_F(SignReusing, NeitherReadsNorWritesInAFolderOfOthers) {
  sign();
  fs::permissions(temp_ / "records", fs::perms(0777));
  EXPECT_THAT(sign(), ElementsAre("a", "sub/b"));
  EXPECT_THAT(warnings(), ElementsAre(HasSubstr("is not used"), HasSubstr("is not written")));
}

TEST_F(SignReusing, IgnoresADamagedRecord) {
  sign();
  std::ofstream(record()) << R"({"schema":"weightmark.digest-record.v1")";
  EXPECT_THAT(sign(), ElementsAre("a", "sub/b"));
  EXPECT_THAT(warnings(), ElementsAre(HasSubstr("json-truncated")));
}

TEST_F(SignReusing, LeavesTheRecordWhenSigningFails) {
  sign();
  std::string before = temp_.read(record());
  temp_.write("model/c", "third");
  options_.signature = temp_ / "none/model.sig";
  EXPECT_EQ(code_of(sign_model(options_)), "file-not-found");
  EXPECT_EQ(temp_.read(record()), before);
}

}  // namespace
}  // namespace weightmark
