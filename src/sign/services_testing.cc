#include "sign/services_testing.h"

#include <fmt/format.h>

#include "attest/log_entry_json.h"
#include "base/encoding.h"
#include "base/json_document.h"
#include "base/refuse.h"

namespace weightmark::testing {
namespace {

// Requests are our own: what is wrong with one ends the test.
Json body_of(const HttpRequest& request) { return parse_json(request.body).value(); }

const Json& at(const Json& json, std::initializer_list<std::string_view> path) {
  const Json* found = &json;
  for (const std::string_view key : path) found = found->find(key);
  return *found;
}

std::string text_at(const Json& json, std::initializer_list<std::string_view> path) {
  return *at(json, path).as<std::string>();
}

Bytes bytes_at(const Json& json, std::initializer_list<std::string_view> path) {
  return from_base64(text_at(json, path)).value();
}

Certificate certificate_in(const std::string& pem64) {
  const Bytes pem = from_base64(pem64).value();
  return Certificate::list_from_pem(as_text(pem)).value().front();
}

std::string hex(const MerkleHash& hash) { return to_hex(hash); }

// Rekor v1 writes entries in a way of its own.
Json rekor_v1_json(const LogEntry& entry) {
  JsonArray hashes;
  for (const MerkleHash& hash : entry.proof->hashes) hashes.emplace_back(hex(hash));
  const Json proof = Json::of("checkpoint", entry.proof->checkpoint, "hashes", hashes, "logIndex", entry.proof->index,
                              "rootHash", hex(entry.proof->root), "treeSize", entry.proof->tree_size);
  const Json verification = Json::of("inclusionProof", proof, "signedEntryTimestamp", to_base64(entry.promise));
  const Json value = Json::of("body", to_base64(entry.body), "integratedTime", entry.integrated_time, "logID",
                              to_hex(entry.log_id), "logIndex", entry.index, "verification", verification);
  return Json::of(std::string(64, 'e'), value);
}

}  // namespace

TokenClaims token_claims() {
  return {{"iss", kProvider},       {"aud", "sigstore"},
          {"sub", "1234"},          {"email", kIdentity},
          {"email_verified", true}, {"exp", (kTestNow + std::chrono::minutes(5)).time_since_epoch().count()}};
}

std::string token_text(const TokenClaims& claims) {
  JsonObject object;
  for (const auto& [name, value] : claims) object.emplace_back(name, value);
  const std::string payload = write_json(Json::object(std::move(object)));
  return fmt::format("{}.{}.c2ln", to_base64url(as_bytes(R"({"alg":"RS256"})")), to_base64url(as_bytes(payload)));
}

KeylessOptions FakeServices::options(int rekor_version) {
  const auto service = [](const char* url, int version) {
    return SigningService{.url = url, .api_version = version, .window = {}, .owner = url};
  };
  SigningConfig config;
  config.authorities = {service(kAuthorityUrl, 1)};
  config.logs = {service(rekor_version == 2 ? kLogV2Url : kLogV1Url, rekor_version)};
  config.clocks = {service(kClockUrl, 1)};
  return KeylessOptions{.root = lab.trust().root,
                        .config = std::move(config),
                        .http = this,
                        .clock = [this] { return now; },
                        .token = [this] { return IdentityToken::parse(token_text(claims)); },
                        .consent = [](const TokenIdentity&) { return Result<void>(); }};
}

Result<HttpAnswer> FakeServices::send(const HttpRequest& original) {
  HttpRequest request = original;
  asked.push_back(request.url);
  for (const auto& [url, change] : change_request)
    if (request.url.starts_with(url)) change(request);
  Result<HttpAnswer> answer = request.url.starts_with(kAuthorityUrl) ? certify(request)
                              : request.url.starts_with(kClockUrl)   ? stamp(request)
                              : request.url.starts_with(kLogV2Url)   ? record_v2(request)
                                                                     : record_v1(request);
  for (const auto& [url, change] : change_answer)
    if (request.url.starts_with(url)) change(answer);
  return answer;
}

Result<std::string> FakeServices::get(const std::string& url, std::uint64_t) {
  return refuse(ErrorCode::kServerNotFound, "no files here", url);
}

HttpAnswer FakeServices::certify(const HttpRequest& request) const {
  const Bytes pem = bytes_at(body_of(request), {"certificateSigningRequest"});
  Recipe recipe;
  recipe.time = now;
  if (change_recipe) change_recipe(recipe);
  const auto change = recipe.change_leaf;
  recipe.change_leaf = [&](CertificateOptions& options) {
    options.public_key = key_in_request(as_text(pem));
    if (change) change(options);
  };
  const JsonArray certificates{lab.issue(recipe).certificate.pem(), lab.ca.certificate().pem()};
  return {200, write_json(Json::of("signedCertificateEmbeddedSct",
                                   Json::of("chain", Json::of("certificates", certificates))))};
}

HttpAnswer FakeServices::stamp(const HttpRequest& request) const {
  TimestampOptions options = timestamp;
  options.time += now - kTestNow;
  const Bytes answer = answer_timestamp(clock != nullptr ? *clock : lab.clock, as_bytes(request.body), options);
  return {201, std::string(answer.begin(), answer.end())};
}

LogEntry FakeServices::record(RekorKind kind, Logged logged) const {
  LogRecipe recipe{.kind = kind, .time = now};
  if (change_log) change_log(recipe);
  return lab.log(recipe, std::move(logged));
}

HttpAnswer FakeServices::record_v1(const HttpRequest& request) const {
  const Json body = body_of(request);
  const Json envelope = parse_json(text_at(body, {"spec", "proposedContent", "envelope"})).value();
  const Json& verifiers = at(body, {"spec", "proposedContent", "verifiers"});
  const Certificate certificate = certificate_in(*verifiers.as<JsonArray>()->front().as<std::string>());
  const Json& signature = at(envelope, {"signatures"}).as<JsonArray>()->front();
  const Bytes payload = bytes_at(envelope, {"payload"});
  const LogEntry entry = record(RekorKind::kDsseV1, {bytes_at(signature, {"sig"}),
                                                     {true, certificate.der()},
                                                     pae(text_at(envelope, {"payloadType"}), payload),
                                                     payload});
  return {201, write_json(rekor_v1_json(entry))};
}

HttpAnswer FakeServices::record_v2(const HttpRequest& request) const {
  const Json body = body_of(request);
  const Json& record = at(body, {"hashedRekordRequestV002"});
  const Bytes certificate = bytes_at(record, {"signature", "verifier", "x509Certificate", "rawBytes"});
  const LogEntry entry = this->record(
      RekorKind::kHashedRekordV2,
      {bytes_at(record, {"signature", "content"}), {true, certificate}, {}, {}, bytes_at(record, {"digest"})});
  return {201, write_json(log_entry_json(entry))};
}

}  // namespace weightmark::testing
