#include "trust/tuf_testing.h"

#include <fmt/format.h>

#include <cstdlib>

#include "base/encoding.h"
#include "base/refuse.h"
#include "crypto/sha2.h"
#include "trust/canonical_json.h"
#include "trust/percent.h"
#include "trust/tuf_time.h"

namespace weightmark::tuf::testing {
namespace {

std::string sha256_of(std::string_view text) { return to_hex(sha2(Sha2::k256, as_bytes(text))); }

JsonObject common(std::string_view type, const TestRole& role) {
  return {
      {"_type", type}, {"spec_version", "1.0.31"}, {"version", role.version}, {"expires", format_time(role.expires)}};
}

Json with(JsonObject members, std::string_view key, Json value) {
  members.emplace_back(key, std::move(value));
  return Json::object(std::move(members));
}

Json role_json(const std::vector<TestKey>& keys, int threshold) {
  JsonArray ids;
  for (const TestKey& key : keys) ids.emplace_back(key.id);
  return Json::of("keyids", std::move(ids), "threshold", threshold);
}

Json targets_json(const TestTargets& role) {
  JsonObject members = common("targets", role);
  members.emplace_back("targets", Json::object(role.files));
  if (!role.delegated.empty())
    members.emplace_back("delegations",
                         Json::of("keys", Json::object(role.delegation_keys), "roles", JsonArray(role.delegated)));
  return Json::object(std::move(members));
}

Json meta_json(std::string_view text, int version, bool hashes) {
  if (!hashes) return Json::of("version", version);
  return Json::of("version", version, "length", text.size(), "hashes", hashes_json(text));
}

}  // namespace

TestKey::TestKey() {
  const std::string private_pem = weightmark::testing::generate_key_pem(KeyType::kEcP256);
  signer = std::move(load_private_key(private_pem, {}).value());
  pem = signer->public_key().pem();
  id = sha256_of(pem);
}

Json TestKey::json() const {
  return Json::of("keytype", "ecdsa", "scheme", "ecdsa-sha2-nistp256", "keyval", Json::of("public", pem));
}

std::string sign(const Json& part, const std::vector<TestKey>& keys) {
  const std::string bytes = canonical_json(part).value();
  JsonArray signatures;
  for (const TestKey& key : keys)
    signatures.push_back(Json::of("keyid", key.id, "sig", to_hex(key.signer->sign(as_bytes(bytes)).value())));
  return write_json(Json::of("signatures", std::move(signatures), "signed", part));
}

Json hashes_json(std::string_view text) { return Json::of("sha256", sha256_of(text)); }

Json file_json(std::string_view text, std::uint64_t length) {
  return Json::of("length", length, "hashes", hashes_json(text));
}

void TestRepository::publish() {
  files_[fmt::format("{}.root.json", root.version)] = sign(root_json(), root.keys);
  for (const auto& [name, role] : targets) put(name, role.version, sign(targets_json(role), role.keys));
  const std::string snapshot_text = sign(snapshot_json(), snapshot.keys);
  put("snapshot", snapshot.version, snapshot_text);
  const Json meta = Json::of("snapshot.json", meta_json(snapshot_text, snapshot.version, hashes));
  files_["timestamp.json"] = sign(with(common("timestamp", timestamp), "meta", meta), timestamp.keys);
}

Json TestRepository::root_json() {
  JsonObject keys;
  JsonObject roles;
  std::map<std::string, Json> all;
  for (const auto& [name, trusted_keys] : trusted) {
    for (const TestKey& key : trusted_keys) all.insert_or_assign(key.id, key.json());
    roles.emplace_back(name, role_json(trusted_keys, thresholds.contains(name) ? thresholds[name] : 1));
  }
  for (const auto& [id, key] : all) keys.emplace_back(id, key);
  JsonObject members = common("root", root);
  members.emplace_back("consistent_snapshot", consistent);
  members.emplace_back("keys", Json::object(std::move(keys)));
  members.emplace_back("roles", Json::object(std::move(roles)));
  return Json::object(std::move(members));
}

Json TestRepository::snapshot_json() {
  JsonObject meta;
  for (const auto& [name, role] : targets) {
    const int version = listed.contains(name) ? listed[name] : role.version;
    if (version == 0) continue;  // not in it
    const std::string file = percent_encode(name) + ".json";
    meta.emplace_back(name + ".json",
                      meta_json(files_[consistent ? fmt::format("{}.{}", role.version, file) : file], version, hashes));
  }
  return with(common("snapshot", snapshot), "meta", Json::object(std::move(meta)));
}

void TestRepository::put(std::string_view name, int version, const std::string& text) {
  const std::string file = percent_encode(name) + ".json";
  files_[consistent ? fmt::format("{}.{}", version, file) : file] = text;
}

void TestRepository::add_target(const std::string& role, const std::string& path, const std::string& text) {
  targets[role].files.emplace_back(path, file_json(text, text.size()));
  const std::size_t name = path.rfind('/') + 1;
  files_[percent_encode(path, "/")] = text;
  files_[percent_encode(path.substr(0, name), "/") + sha256_of(text) + "." + percent_encode(path.substr(name))] = text;
}

void TestRepository::delegate(const std::string& from, const std::string& name, const std::string& pattern,
                              bool terminating) {
  const std::vector<TestKey>& keys = targets[name].keys;
  targets[from].delegation_keys.emplace_back(keys.front().id, keys.front().json());
  targets[from].delegated.push_back(Json::of("name", name, "keyids", JsonArray{keys.front().id}, "threshold", 1,
                                             "terminating", terminating, "paths", JsonArray{pattern}));
}

Result<std::string> TestRepository::fetch(std::string_view name, std::uint64_t max_size) {
  requests.emplace_back(name);
  const auto found = files_.find(std::string(name));
  if (found == files_.end()) return refuse(ErrorCode::kServerNotFound, "no such file", name);
  if (found->second.size() > max_size) return refuse(ErrorCode::kAnswerTooLarge, "too large", name);
  return found->second;
}

}  // namespace weightmark::tuf::testing
