// Log entries: each kind of Rekor's, whole and with one fault.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "verify/bundle_testing.h"
#include "verify/sigstore.h"
#include "verify/sigstore_testing.h"
#include "verify/verifier.h"

namespace weightmark {
namespace {

using namespace testing;

const Laboratory& lab() {
  static const Laboratory laboratory;
  return laboratory;
}

// Fault is one thing that is wrong: in how the bundle is made, in the bundle, or in what
// is trusted.
struct Fault {
  const char* name;
  const char* code;
  std::function<void(Recipe&)> recipe = {};
  std::function<void(Bundle&)> bundle = {};
  std::function<void(RootLines&)> root = {};
};

std::string verify(Recipe recipe, const Fault& fault) {
  if (fault.recipe) fault.recipe(recipe);
  Bundle bundle = lab().make(recipe);
  if (fault.bundle) fault.bundle(bundle);
  RootLines root = lab().root();
  if (fault.root) fault.root(root);
  return lab().verify(bundle, Laboratory::trust(root));
}

LogRecipe& entry(Recipe& recipe) { return recipe.logs.front(); }
LogEntry& entry(Bundle& bundle) { return bundle.log_entries.front(); }
InclusionProof& proof(Bundle& bundle) { return *entry(bundle).proof; }

void flip(Bytes& bytes) { bytes.back() ^= 1U; }

// break_line changes the last character before the final "=\n" or "\n" of a note.
void break_last_line(std::string& note) {
  const std::size_t at = note.find_last_not_of("=\n") - 4;
  note[at] = note[at] == 'A' ? 'B' : 'A';
}

void replace(std::string& text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
}

void set_windows(RootLines& root, const char* start, const char* end) {
  for (LogLine& line : root.logs) line.start = start, line.end = end;
}

// Those that every kind of entry can have.
const std::vector<Fault>& common_faults() {
  static const std::vector<Fault> list = {
      {"no entry", "log-missing", {}, [](Bundle& b) { b.log_entries.clear(); }},
      {"the same entry twice", "log-entry-twice", {}, [](Bundle& b) { b.log_entries.push_back(entry(b)); }},
      {"of a log that is not trusted", "log-untrusted", {}, [](Bundle& b) { flip(entry(b).log_id); }},
      {"no log is trusted", "log-untrusted", {}, {}, [](RootLines& r) { r.logs.clear(); }},
      {"only other logs are trusted",
       "log-untrusted",
       {},
       {},
       [](RootLines& r) { r.logs = {{&lab().certificate_logs.front()}}; }},
      {"a key of an unknown kind",
       "log-key-unsupported",
       {},
       {},
       [](RootLines& r) {
         for (LogLine& line : r.logs) line.key_details = "PKIX_LMS";
       }},
      {"a key called by another kind",
       "log-key-unsupported",
       {},
       {},
       [](RootLines& r) {
         for (LogLine& line : r.logs) line.key_details = "PKIX_ED25519";
       }},
      {"the log was not yet trusted",
       "log-window",
       {},
       {},
       [](RootLines& r) { set_windows(r, "2025-01-01T00:00:00.000000001Z", ""); }},
      {"the log was retired",
       "log-window",
       {},
       {},
       [](RootLines& r) { set_windows(r, "2020-01-01T00:00:00Z", "2024-12-31T23:59:59.999999999Z"); }},
      {"no proof", "log-proof-missing", {}, [](Bundle& b) { entry(b).proof.reset(); }},
      {"no checkpoint", "log-proof-missing", {}, [](Bundle& b) { proof(b).checkpoint.clear(); }},
      {"a sibling changed", "log-proof-invalid", {}, [](Bundle& b) { proof(b).hashes[0][5] ^= 1U; }},
      {"a sibling too few", "log-proof-invalid", {}, [](Bundle& b) { proof(b).hashes.clear(); }},
      {"a sibling too many", "log-proof-invalid", {}, [](Bundle& b) { proof(b).hashes.push_back({}); }},
      {"at another place", "log-proof-invalid", {}, [](Bundle& b) { proof(b).index = 0; }},
      {"beyond the tree", "log-proof-invalid", {}, [](Bundle& b) { proof(b).index = 2; }},
      {"far beyond the tree", "log-proof-invalid", {}, [](Bundle& b) { proof(b).index = ~std::uint64_t{0}; }},
      {"a size other than the checkpoint's", "checkpoint-mismatch", {}, [](Bundle& b) { proof(b).tree_size = 3; }},
      {"a root other than the checkpoint's", "checkpoint-mismatch", {}, [](Bundle& b) { proof(b).root[0] ^= 1U; }},
      {"the log signed another root", "checkpoint-mismatch",
       [](Recipe& r) { entry(r).lie_about = [](MerkleHash& root, std::uint64_t&) { root[0] ^= 1U; }; }},
      {"the log signed another size", "checkpoint-mismatch",
       [](Recipe& r) { entry(r).lie_about = [](MerkleHash&, std::uint64_t& size) { size = 1; }; }},
      {"an empty log", "log-proof-invalid",
       [](Recipe& r) { entry(r).lie_about = [](MerkleHash&, std::uint64_t& size) { size = 0; }; },
       [](Bundle& b) { proof(b).tree_size = 0; }},
      {"a root that the entry does not lead to", "log-proof-invalid",
       [](Recipe& r) { entry(r).lie_about = [](MerkleHash& root, std::uint64_t&) { root = {}; }; },
       [](Bundle& b) { proof(b).root = {}; }},
      {"a checkpoint by another name", "checkpoint-unsigned", [](Recipe& r) { entry(r).signer = "other.lab"; }},
      {"a checkpoint of another log", "checkpoint-origin", [](Recipe& r) { entry(r).origin = "other.lab - 1234"; }},
      {"an origin that only begins alike", "checkpoint-origin",
       [](Recipe& r) { entry(r).origin = "rekor.lab.evil - 1"; }},
      {"a checkpoint whose signature is broken",
       "checkpoint-signature",
       {},
       [](Bundle& b) { break_last_line(proof(b).checkpoint); }},
      {"a checkpoint without a signature",
       "checkpoint-unsigned",
       {},
       [](Bundle& b) { proof(b).checkpoint.resize(proof(b).checkpoint.find("\n\n") + 2); }},
      {"a checkpoint without an end", "checkpoint-malformed", {}, [](Bundle& b) { proof(b).checkpoint.pop_back(); }},
      {"a checkpoint that is no note", "checkpoint-malformed", {}, [](Bundle& b) { proof(b).checkpoint = "hello\n"; }},
      {"a log's own broken signature beside the good one",
       "checkpoint-signature",
       {},
       [](Bundle& b) {
         std::string line = proof(b).checkpoint.substr(proof(b).checkpoint.find("\n\n") + 2);
         break_last_line(line);
         proof(b).checkpoint += line;
       }},
      {"an unknown kind", "log-entry-kind", {}, [](Bundle& b) { entry(b).kind = "rfc3161"; }},
      {"a version to come", "log-entry-kind", {}, [](Bundle& b) { entry(b).version = "0.0.3"; }},
      {"recorded: another signature", "log-other-signature",
       [](Recipe& r) { entry(r).change = [](Logged& l) { flip(l.signature); }; }},
      {"recorded: another certificate", "log-other-signer",
       [](Recipe& r) { entry(r).change = [](Logged& l) { l.signer.der = lab().another_leaf().der(); }; }},
      {"recorded: other content", "log-other-content",
       [](Recipe& r) {
         entry(r).change = [](Logged& l) {
           flip(l.signed_bytes);
           flip(l.payload);
         };
       }},
      {"recorded: no JSON", "json-truncated",
       [](Recipe& r) { entry(r).change_body = [](std::string& b) { b = "{"; }; }},
      {"recorded: without a specification", "log-body-malformed",
       [](Recipe& r) { entry(r).change_body = [](std::string& b) { replace(b, "\"spec\"", "\"sp\""); }; }},
      {"recorded: another kind", "log-body-malformed",
       [](Recipe& r) { entry(r).change_body = [](std::string& b) { replace(b, "\"kind\":\"", "\"kind\":\"x"); }; }},
      {"recorded: another version", "log-body-malformed",
       [](Recipe& r) {
         entry(r).change_body = [](std::string& b) { replace(b, "\"apiVersion\":\"0.0.", "\"apiVersion\":\"0.1."); };
       }},
  };
  return list;
}

// Those of a log that promises: Rekor v1.
const std::vector<Fault>& promise_faults() {
  static const std::vector<Fault> list = {
      {"the promise changed", "log-promise-invalid", {}, [](Bundle& b) { flip(entry(b).promise); }},
      {"the time changed", "log-promise-invalid", {}, [](Bundle& b) { ++entry(b).integrated_time; }},
      {"a time beyond all years",
       "log-promise-invalid",
       {},
       [](Bundle& b) { entry(b).integrated_time = std::numeric_limits<std::int64_t>::max(); }},
      {"a negative time", "log-promise-invalid", {}, [](Bundle& b) { entry(b).integrated_time = -1; }},
      {"the index changed", "log-promise-invalid", {}, [](Bundle& b) { ++entry(b).index; }},
      {"the body changed", "log-promise-invalid", {}, [](Bundle& b) { entry(b).body.push_back(' '); }},
      {"a promise, but no time", "log-promise-invalid", {}, [](Bundle& b) { entry(b).integrated_time = 0; }},
      {"neither promise nor timestamp", "time-missing", {}, [](Bundle& b) { entry(b).promise.clear(); }},
      {"no promise in version 0.1", "log-promise-missing",
       [](Recipe& r) { r.media_type = "application/vnd.dev.sigstore.bundle+json;version=0.1"; },
       [](Bundle& b) { entry(b).promise.clear(); }},
      {"a time before the log was trusted", "log-window", [](Recipe& r) { entry(r).time -= std::chrono::years(10); }},
      {"a time at which the certificate had expired", "certificate-expired",
       [](Recipe& r) { entry(r).time += std::chrono::seconds(601); }},
      {"a time before the certificate", "certificate-not-yet-valid",
       [](Recipe& r) { entry(r).time -= std::chrono::seconds(1); }},
  };
  return list;
}

// Rekor v2 keeps no time: what the entry says of one counts for nothing.
const std::vector<Fault>& timeless_faults() {
  static const std::vector<Fault> list = {
      {"the body changed", "log-proof-invalid", {}, [](Bundle& b) { entry(b).body.push_back(' '); }},
      {"no timestamp", "time-missing", {}, [](Bundle& b) { b.timestamps.clear(); }},
      {"no timestamp, but a time that nobody signed",
       "time-missing",
       {},
       [](Bundle& b) {
         b.timestamps.clear();
         entry(b).integrated_time = kTestNow.time_since_epoch().count();
       }},
      {"a promise that nobody made",
       "log-promise-invalid",
       {},
       [](Bundle& b) {
         entry(b).promise = b.signature();
         entry(b).integrated_time = kTestNow.time_since_epoch().count();
       }},
      {"not of version 0.1", "log-promise-missing",
       [](Recipe& r) { r.media_type = "application/vnd.dev.sigstore.bundle+json;version=0.1"; }},
  };
  return list;
}

TEST(LogEntries, HoldInEveryKind) {
  for (const RekorKind kind : kRekorKinds) EXPECT_EQ(lab().verify(lab().make(recipe_for(kind))), "verified");
}

TEST(LogEntries, HoldForMessages) {
  for (const RekorKind kind : {RekorKind::kHashedRekordV1, RekorKind::kHashedRekordV2}) {
    Recipe recipe = recipe_for(kind);
    recipe.message = true;
    EXPECT_EQ(lab().verify(lab().make(recipe)), "verified");
  }
}

TEST(LogEntries, AreWrittenAndReadAgain) {
  for (const RekorKind kind : kRekorKinds) {
    const Bundle bundle = lab().make(recipe_for(kind));
    const auto again = parse_bundle(write_bundle(bundle));
    ASSERT_TRUE(again);
    EXPECT_EQ(lab().verify(*again), "verified");
    EXPECT_EQ(write_bundle(*again), write_bundle(bundle));
  }
  Recipe message = recipe_for(RekorKind::kHashedRekordV2);
  message.message = true;
  EXPECT_EQ(lab().verify(parse_bundle(write_bundle(lab().make(message))).value()), "verified");
}

TEST(LogEntries, OfEnvelopesAreNotForMessages) {
  for (const RekorKind kind : {RekorKind::kDsseV1, RekorKind::kIntotoV2}) {
    Recipe recipe = recipe_for(kind);
    recipe.message = true;
    EXPECT_EQ(lab().verify(lab().make(recipe)), "log-other-content");
  }
}

TEST(LogEntries, AreRefusedForEachFaultInEachKind) {
  for (const RekorKind kind : kRekorKinds)
    for (const Fault& fault : common_faults())
      EXPECT_EQ(verify(recipe_for(kind), fault), fault.code) << static_cast<int>(kind) << ": " << fault.name;
}

TEST(LogEntries, AreRefusedForEachFaultOfAPromise) {
  for (const RekorKind kind : kRekorKinds) {
    if (is_v2(kind)) continue;
    for (const Fault& fault : promise_faults())
      EXPECT_EQ(verify(recipe_for(kind), fault), fault.code) << static_cast<int>(kind) << ": " << fault.name;
  }
}

TEST(LogEntries, OfRekor2AttestNoTime) {
  for (const Fault& fault : timeless_faults())
    EXPECT_EQ(verify(recipe_for(RekorKind::kHashedRekordV2), fault), fault.code) << fault.name;
}

// As many faults as the purpose of this file is worth, each with a code.
TEST(LogEntries, HaveManyFaults) {
  const std::size_t faults = 4 * common_faults().size() + 3 * promise_faults().size() + timeless_faults().size();
  EXPECT_GE(faults, 150U);
}

TEST(LogEntries, CountAtBothEndsOfTheWindow) {
  for (const RekorKind kind : kRekorKinds) {
    const Fault both = {
        "", "", {}, {}, [](RootLines& r) { set_windows(r, "2025-01-01T00:00:00Z", "2025-01-01T00:00:00Z"); }};
    EXPECT_EQ(verify(recipe_for(kind), both), "verified");
  }
}

TEST(LogEntries, NeedNoProofInVersion01) {
  const Fault no_proof = {"", "",
                          [](Recipe& r) { r.media_type = "application/vnd.dev.sigstore.bundle+json;version=0.1"; },
                          [](Bundle& b) { entry(b).proof.reset(); }};
  EXPECT_EQ(verify(recipe_for(RekorKind::kHashedRekordV1), no_proof), "verified");
}

TEST(LogEntries, AreCheckedWhereTheyProveMoreThanTheyMust) {
  const Fault bad_proof = {"", "",
                           [](Recipe& r) { r.media_type = "application/vnd.dev.sigstore.bundle+json;version=0.1"; },
                           [](Bundle& b) { proof(b).hashes[0][0] ^= 1U; }};
  EXPECT_EQ(verify(recipe_for(RekorKind::kHashedRekordV1), bad_proof), "log-proof-invalid");
}

TEST(LogEntries, HoldWithWitnesses) {
  const InMemoryLog witness("witness.lab", KeyType::kEd25519);
  for (const RekorKind kind : kRekorKinds) {
    Recipe recipe = recipe_for(kind);
    recipe.logs.front().witness_line = witness.note_line("anything", "witness.lab");
    EXPECT_EQ(lab().verify(lab().make(recipe)), "verified");
  }
}

// --- how many logs

TEST(LogThreshold, CountsOperators) {
  Recipe recipe = recipe_for(RekorKind::kHashedRekordV2);
  recipe.logs.push_back({});
  const Bundle two = lab().make(recipe);
  SigstoreTrust trust = lab().trust();
  trust.logs = 2;
  EXPECT_EQ(lab().verify(two, trust), "verified");
  EXPECT_EQ(lab().verify(lab().make(), trust), "log-missing");

  RootLines one_operator = lab().root();
  for (LogLine& line : one_operator.logs) line.owner = "lab";
  SigstoreTrust trust_one = Laboratory::trust(one_operator);
  trust_one.logs = 2;
  EXPECT_EQ(lab().verify(two, trust_one), "log-missing");
}

TEST(LogThreshold, PassesOverAnEntryThatIsNotNeeded) {
  Recipe recipe = recipe_for(RekorKind::kHashedRekordV2);
  recipe.logs.push_back({});
  Bundle bundle = lab().make(recipe);
  flip(bundle.log_entries.back().log_id);
  EXPECT_EQ(lab().verify(bundle), "verified");
  SigstoreTrust trust = lab().trust();
  trust.logs = 2;
  EXPECT_EQ(lab().verify(bundle, trust), "log-untrusted");
}

TEST(LogThreshold, MayBeZero) {
  Recipe recipe;
  recipe.logs.clear();
  recipe.timestamps = {{}};
  SigstoreTrust trust = lab().trust();
  trust.logs = 0;
  EXPECT_EQ(lab().verify(lab().make(recipe), trust), "verified");
  EXPECT_EQ(lab().verify(lab().make(recipe)), "log-missing");
}

// --- keys of logs

TEST(LogKeys, OfEveryKindAreTaken) {
  for (const KeyType type : {KeyType::kEcP384, KeyType::kEcP521, KeyType::kEd25519, KeyType::kRsa}) {
    const Laboratory other({.rekor_v1 = type, .rekor_v2 = type});
    for (const RekorKind kind : kRekorKinds)
      EXPECT_EQ(other.verify(other.make(recipe_for(kind))), "verified") << key_type_name(type);
  }
}

// --- keys that the caller trusts, with a log

std::string verify_key(Bundle bundle, const PublicKey& key) {
  const auto found = verify_logged_key(bundle, lab().content(bundle), key, lab().trust().root);
  return found ? "verified" : std::string(code_name(found.error().code));
}

PublicKey key_in(const Bundle& bundle) {
  return std::get<CertificateMaterial>(bundle.material).chain.front().public_key().value();
}

TEST(LoggedKey, NeedsAKey) {
  const Bundle bundle = lab().make();
  EXPECT_EQ(verify_key(bundle, key_in(bundle)), "method-mismatch");
}

TEST(LoggedKey, IsComparedWithTheLogs) {
  Bundle bundle = lab().make();
  const PublicKey key = key_in(bundle);
  bundle.material = PublicKeyMaterial{key.fingerprint(), {}};
  // The log has the certificate of that key, which is another signer.
  EXPECT_EQ(verify_key(bundle, key), "log-other-signer");
  EXPECT_EQ(verify_key(bundle, lab().rekor_v1.key->public_key()), "signature-invalid");
  bundle.log_entries.clear();
  EXPECT_EQ(verify_key(bundle, key), "log-missing");
}

// verify_signature is what `verify key --logged` calls.
std::vector<std::string> logged(const Recipe& recipe) {
  const Bundle bundle = lab().make(recipe);
  const KeyTrust trust{{load_private_key(recipe.key_pem, {}).value()->public_key()}, lab().trust().root};
  std::vector<Check> checks;
  const auto model = Verifier::verify_signature(bundle, trust, kTestNow, checks);
  std::vector<std::string> lines;
  for (const Check& check : checks)
    lines.push_back(check.id + (check.error ? " " + std::string(code_name(check.error->code)) : ""));
  if (model && !(*model)->signer.logs.empty()) lines.push_back((*model)->signer.logs.front().log);
  return lines;
}

TEST(LoggedKey, IsInALogOfEitherVersion) {
  const std::string statement = write_oms(a_manifest({{"a", "1"}}), ResourceOrder::kSpecification);
  for (const RekorKind kind : kRekorKinds) {
    Recipe recipe = recipe_for(kind);
    recipe.key_pem = generate_key_pem(KeyType::kEcP256);
    recipe.payload = Bytes(statement.begin(), statement.end());
    EXPECT_THAT(logged(recipe), ::testing::ElementsAre("log", "signature", "statement",
                                                       is_v2(kind) ? "https://rekor2.lab" : "https://rekor.lab"));
    recipe.logs.clear();
    EXPECT_THAT(logged(recipe), ::testing::ElementsAre("log log-missing"));
  }
}

}  // namespace
}  // namespace weightmark
