// A whole Sigstore in memory, for tests: certificate authority, certificate log, Rekor
// of both versions, timestamp authorities, trusted root. It makes a valid bundle of every
// kind, and those in which a single thing is wrong.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "attest/bundle.h"
#include "base/json.h"
#include "crypto/pki_testing.h"
#include "verify/log_evidence.h"
#include "weightmark/trust.h"

namespace weightmark::testing {

inline constexpr const char* kIdentity = "alice@example.com";
inline constexpr const char* kProvider = "https://accounts.example.com";

// InMemoryLog signs what it is told to.
struct InMemoryLog {
  std::string name;  // host
  std::string key_pem;
  std::unique_ptr<SigningKey> key;
  Bytes id;

  explicit InMemoryLog(std::string host, KeyType type = KeyType::kEcP256);

  Bytes sign(ByteView message) const;

  // note_line is one signature below a note, as that name.
  std::string note_line(std::string_view text, std::string_view signer) const;
};

enum class RekorKind { kHashedRekordV1, kDsseV1, kIntotoV2, kHashedRekordV2 };
inline constexpr std::array<RekorKind, 4> kRekorKinds = {RekorKind::kHashedRekordV1, RekorKind::kDsseV1,
                                                         RekorKind::kIntotoV2, RekorKind::kHashedRekordV2};
constexpr bool is_v2(RekorKind kind) { return kind == RekorKind::kHashedRekordV2; }

// Logged is what a log is told, and records unseen.
struct Logged {
  Bytes signature;
  RekorVerifier signer;
  Bytes signed_bytes;
  Bytes payload;
  std::optional<Bytes> digest = {};  // where the signed bytes themselves are not shown
};

// LogRecipe says how an entry is made. Empty changes change nothing.
struct LogRecipe {
  RekorKind kind = RekorKind::kHashedRekordV1;
  Time time = kTestNow;
  std::function<void(Logged&)> change = {};
  std::function<void(std::string& body)> change_body = {};
  std::string origin = {};                                                    // of the checkpoint; the log's own
  std::string signer = {};                                                    // that it is signed as
  std::string witness_line = {};                                              // below the log's own
  std::function<void(MerkleHash& root, std::uint64_t& size)> lie_about = {};  // before it is signed
};

// Recipe says what a bundle is made of. Every fault of one thing is a change here, in the
// bundle that comes of it, or in the trusted root.
struct Recipe {
  std::string key_pem = {};           // signs in place of a certificate's key
  bool message = false;               // a message signature in place of an envelope
  std::optional<Bytes> payload = {};  // the laboratory's where absent
  std::string media_type = std::string(kBundleMediaType);
  Time time = kTestNow;  // when it is signed, logged and timestamped
  std::vector<LogRecipe> logs = {{}};
  std::vector<TimestampOptions> timestamps = {};  // by the authority; with Rekor v2 at least one is needed
  std::vector<TimestampOptions> others = {};      // by the other authority
  KeyType key_type = KeyType::kEcP256;
  std::function<void(CertificateOptions&)> change_leaf = {};
  bool brings_intermediate = false;
  std::function<void(Bytes& sct)> change_sct = {};
  std::chrono::milliseconds sct_delay{0};
  std::vector<std::size_t> scts = {0};  // by which of the certificate logs
  bool sct_by_other_key = false;
};

// recipe_for makes a valid recipe with an entry of that kind.
Recipe recipe_for(RekorKind kind);

// LogLine and AuthorityLine are what a trusted root says of one.
struct LogLine {
  const InMemoryLog* log;
  std::string start = "2020-01-01T00:00:00Z";
  std::string end = {};
  std::string owner = {};
  std::string key_details = "PKIX_ECDSA_P256_SHA_256";
};

struct AuthorityLine {
  std::string uri;
  std::vector<Certificate> chain;
  std::string start = "2020-01-01T00:00:00Z";
  std::string end = {};
  std::string owner = {};
};

struct RootLines {
  std::vector<LogLine> logs;
  std::vector<LogLine> certificate_logs;
  std::vector<AuthorityLine> certificate_authorities;
  std::vector<AuthorityLine> timestamp_authorities;
};

std::string root_json(const RootLines& root);

// LabKeys are the types of the keys that the laboratory's parties have.
struct LabKeys {
  KeyType rekor_v1 = KeyType::kEcP256;
  KeyType rekor_v2 = KeyType::kEcP256;
  KeyType certificate_log = KeyType::kEcP256;
  KeyType authority = KeyType::kEcP256;
  KeyType clock = KeyType::kEcP256;
};

class Laboratory {
 public:
  explicit Laboratory(const LabKeys& keys = {});

  Bundle make(const Recipe& recipe = {}) const;
  SignedContent content(const Bundle& bundle) const;
  RootLines root() const;

  // trust accepts kIdentity at kProvider.
  SigstoreTrust trust() const { return trust(root()); }
  static SigstoreTrust trust(const RootLines& root);

  // verify returns the code of verify_keyless, or "verified".
  std::string verify(const Bundle& bundle, const SigstoreTrust& trust) const;
  std::string verify(const Bundle& bundle) const { return verify(bundle, trust()); }

  // Another certificate under the same authority, with a key of its own.
  Certificate another_leaf() const;

  // The parts of `make`, for services that do one thing each.
  IssuedCertificate issue(const Recipe& recipe) const;
  LogEntry log(const LogRecipe& recipe, Logged logged) const;

  const Bytes payload;
  const TestAuthority ca_root;
  const TestAuthority ca;
  const TestAuthority clock_root;
  const IssuedCertificate clock;
  const IssuedCertificate other_clock;  // under the same root
  const InMemoryLog rekor_v1;
  const InMemoryLog rekor_v2;
  const std::vector<InMemoryLog> certificate_logs;

 private:
  Bytes sct_list(const Recipe& recipe, ByteView tbs, const Certificate& issuer) const;
};

}  // namespace weightmark::testing
