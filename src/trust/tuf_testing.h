// A TUF repository in memory, for tests: what is wrong with it, the test says.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "crypto/pki_testing.h"
#include "trust/tuf_fetcher.h"
#include "trust/tuf_metadata.h"

namespace weightmark::tuf::testing {

using weightmark::testing::kTestNow;

// TestKey is an EC key on P-256. Copies are the same key.
struct TestKey {
  TestKey();

  std::string id;
  std::string pem;
  std::shared_ptr<SigningKey> signer;

  Json json() const;
};

// sign makes a file of metadata.
std::string sign(const Json& part, const std::vector<TestKey>& keys);

// hashes_json has the SHA-256 of a text; file_json a length too.
Json hashes_json(std::string_view text);
Json file_json(std::string_view text, std::uint64_t length);

// TestRole is what a role signs next.
struct TestRole {
  std::vector<TestKey> keys = std::vector<TestKey>(1);  // that sign
  int version = 1;
  Time expires = kTestNow + std::chrono::days(30);
};

struct TestTargets : TestRole {
  JsonObject files;
  JsonObject delegation_keys;
  JsonArray delegated;
};

// TestRepository serves what was published last, and all roots.
class TestRepository : public Fetcher {
 public:
  TestRepository() { publish(); }

  // publish signs all roles as they are now.
  void publish();

  // add_target lists a target, which is served from the next publish() on.
  void add_target(const std::string& role, const std::string& path, const std::string& text);

  // delegate makes a role and has another one trust it.
  void delegate(const std::string& from, const std::string& name, const std::string& pattern, bool terminating = false);

  Result<std::string> fetch(std::string_view name, std::uint64_t max_size) override;

  const std::string& anchor() const { return files_.at("1.root.json"); }
  std::string& file(const std::string& name) { return files_[name]; }
  void remove(const std::string& name) { files_.erase(name); }

  TestRole root;
  TestRole timestamp;
  TestRole snapshot;
  std::map<std::string, TestTargets> targets = {{"targets", {}}};
  // Keys that the root names, and how many of them must sign.
  std::map<std::string, std::vector<TestKey>> trusted = {{"root", root.keys},
                                                         {"timestamp", timestamp.keys},
                                                         {"snapshot", snapshot.keys},
                                                         {"targets", targets["targets"].keys}};
  std::map<std::string, int> thresholds;  // 1 where absent
  std::map<std::string, int> listed;      // versions that the snapshot claims; the true ones where absent
  bool consistent = true;
  bool hashes = true;  // of metadata

  std::vector<std::string> requests;

 private:
  Json root_json();
  Json snapshot_json();
  void put(std::string_view name, int version, const std::string& text);

  std::map<std::string, std::string> files_;
};

}  // namespace weightmark::tuf::testing
