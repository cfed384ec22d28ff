#include "host/rendezvous.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <future>

#include "base/file.h"
#include "model/model_testing.h"

namespace weightmark {
namespace {

class RendezvousTest : public ::testing::Test {
 protected:
  RendezvousTest() { ::chmod(temp_.path().c_str(), 0700); }

  NodeOptions options(std::int64_t node, int seconds = 60) const {
    return {temp_.path(), 2, node, std::chrono::seconds(seconds)};
  }

  void write(const std::string& name, std::string_view text) {
    ASSERT_TRUE(write_file_atomically(temp_.path() / name, as_bytes(text)).has_value());
  }

  template <class T>
  static void expect_refused(const Result<T>& result, std::string_view why,
                             ErrorCode code = ErrorCode::kTrainingNodes) {
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, code);
    EXPECT_NE(describe(result.error()).find(why), std::string::npos) << describe(result.error());
  }

  static Provenance training() {
    Training training;
    training.parameters.entry_point = {"trainer"};
    Provenance it;
    it.builder_id = "https://weightmark.dev/builders/local";
    write_training(training, it);
    return it;
  }

  testing::TempFolder temp_;
};

TEST_F(RendezvousTest, NodesMeetAndTheFirstHearsWhatWasSeen) {
  auto other = std::async(std::launch::async, [&]() -> Result<void> {
    const auto node = Rendezvous::join(options(1), {});
    if (!node) return std::unexpected(node.error());
    EXPECT_FALSE(node->is_first());
    if (auto ready = node->wait_until_ready(); !ready) return ready;
    return node->leave(training());
  });
  const auto first = Rendezvous::join(options(0), {});
  ASSERT_TRUE(first.has_value()) << describe(first.error());
  EXPECT_TRUE(first->is_first());
  const auto ready = first->wait_until_ready();
  ASSERT_TRUE(ready.has_value()) << describe(ready.error());
  const auto records = first->gather();
  ASSERT_TRUE(records.has_value()) << describe(records.error());
  const auto left = other.get();
  EXPECT_TRUE(left.has_value()) << describe(left.error());
  ASSERT_EQ(records->size(), 1U);
  EXPECT_EQ(records->front().node, 1);
  EXPECT_EQ(records->front().provenance, training());
}

TEST_F(RendezvousTest, AFailureIsHeardOf) {
  const auto first = Rendezvous::join(options(0), {});
  const auto other = Rendezvous::join(options(1), {});
  ASSERT_TRUE(first && other);
  other->leave_failure("the disk is full");
  expect_refused(first->wait_until_ready(), "node 1 failed: the disk is full");
  expect_refused(first->gather(), "node 1 failed: the disk is full");
}

TEST_F(RendezvousTest, AFailureOfTheFirstIsHeardOf) {
  const auto first = Rendezvous::join(options(0), {});
  const auto other = Rendezvous::join(options(1), {});
  ASSERT_TRUE(first && other);
  first->leave_failure("the source changed");
  expect_refused(other->wait_until_ready(), "node 0 failed: the source changed");
}

TEST_F(RendezvousTest, PatienceEnds) {
  expect_refused(Rendezvous::join(options(1, 0), {}), "node 0 was not heard of");
  const auto first = Rendezvous::join(options(0, 0), {});
  ASSERT_TRUE(first.has_value());
  expect_refused(first->wait_until_ready(), "node 1 was not heard of");
  expect_refused(first->gather(), "node 1 was not heard of");
}

TEST_F(RendezvousTest, WaitingCanBeStopped) {
  const std::atomic<bool> stop{true};
  expect_refused(Rendezvous::join(options(1), Stop(&stop)), "interrupted", ErrorCode::kInterrupted);
}

TEST_F(RendezvousTest, AnEarlierRunIsNotTakenForThisOne) {
  ASSERT_TRUE(Rendezvous::join(options(0), {}));
  expect_refused(Rendezvous::join(options(0), {}), "earlier run");
  write("node-1.json", write_node_record({"earlier", 1, {}, training()}));
  expect_refused(Rendezvous::join(options(1), {}), "earlier run");
}

TEST_F(RendezvousTest, ARecordOfAnotherRunIsRefused) {
  const auto first = Rendezvous::join(options(0), {});
  ASSERT_TRUE(first.has_value());
  write("node-1.json", write_node_record({"another", 1, {}, training()}));
  expect_refused(first->gather(), "another run");
  write("node-1.json", "{");
  expect_refused(first->gather(), "");
}

TEST_F(RendezvousTest, NodesThatCountDifferentlyAreRefused) {
  ASSERT_TRUE(Rendezvous::join(options(0), {}));
  NodeOptions three = options(1);
  three.nodes = 3;
  expect_refused(Rendezvous::join(three, {}), "one of 3");
}

TEST_F(RendezvousTest, AMalformedRunIsRefused) {
  write("run.json", "{");
  expect_refused(Rendezvous::join(options(1), {}), "");
  write("run.json", R"({"nodes":2})");
  expect_refused(Rendezvous::join(options(1), {}), "run");
}

TEST_F(RendezvousTest, AFolderThatOthersCanWriteIsRefused) {
  ::chmod(temp_.path().c_str(), 0777);
  expect_refused(Rendezvous::join(options(0), {}), "can be written by others");
}

TEST_F(RendezvousTest, WhatIsNoFolderIsRefused) {
  NodeOptions it = options(0);
  it.rendezvous = temp_.path() / "none";
  expect_refused(Rendezvous::join(it, {}), "none", ErrorCode::kFileNotFound);
  write("file", "");
  it.rendezvous = temp_.path() / "file";
  expect_refused(Rendezvous::join(it, {}), "is no folder");
}

}  // namespace
}  // namespace weightmark
