// A whole Sigstore in memory, for tests: certificate authority, certificate log, Rekor
// of both versions, timestamp authority, trusted root. It makes a valid bundle of every
// kind, and those in which a single thing is wrong.
#pragma once

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

// InMemoryLog is a log of one entry or two, which signs what it is told to.
struct InMemoryLog {
  std::string name;  // host
  std::unique_ptr<SigningKey> key;
  Bytes id;

  explicit InMemoryLog(std::string host, KeyType type = KeyType::kEcP256);

  // checkpoint signs a note for that origin, as that name.
  std::string checkpoint(const MerkleHash& root, std::uint64_t size, const std::string& origin,
                         const std::string& signer) const;
};

enum class RekorKind { kHashedRekordV1, kDsseV1, kIntotoV2, kHashedRekordV2 };

// Recipe says what a bundle is made of. Every fault of one thing is a change here, in the
// bundle that comes of it, or in the trusted root.
struct Recipe {
  RekorKind kind = RekorKind::kHashedRekordV1;
  bool message = false;  // a message signature in place of an envelope
  std::string media_type = std::string(kBundleMediaType);
  Time time = kTestNow;             // when it is signed, logged and timestamped
  bool timestamped = false;         // always with Rekor v2
  TimestampOptions timestamp = {};  // but for its time
  KeyType key_type = KeyType::kEcP256;
  std::function<void(CertificateOptions&)> change_leaf = {};
  std::function<void(Bytes& sct)> change_sct = {};
  std::int64_t sct_delay_ms = 0;
  std::size_t scts = 1;
  bool other_ct_key = false;
  std::function<void(std::string& body)> change_body = {};     // before it is logged
  std::function<void(LogEntry& entry)> before_promise = {};    // before the log signs the promise
  std::string checkpoint_origin = {};                          // the log's where empty
  std::string checkpoint_signer = {};                          //
  std::function<void(MerkleHash& root, std::uint64_t& size)> change_checkpoint = {};  // before it is signed
};

// RootChange changes the trusted root's JSON before it is parsed.
using RootChange = std::function<void(std::string& json)>;

class Laboratory {
 public:
  Laboratory();

  Bundle make(const Recipe& recipe = {}) const;
  SignedContent content(const Bundle& bundle) const;

  // trust accepts kIdentity at kProvider.
  SigstoreTrust trust(const RootChange& change = {}) const;
  std::string root_json() const;

  // verify returns the code of verify_keyless, or "verified".
  std::string verify(const Bundle& bundle, const SigstoreTrust& trust) const;

  const Bytes message = {'m', 'o', 'd', 'e', 'l'};

 private:
  Certificate issue(const Recipe& recipe, SigningKey*& key) const;
  Bytes sct_list(const Recipe& recipe, ByteView tbs, const Certificate& issuer) const;
  LogEntry log(const Recipe& recipe, const Bundle& bundle, const Certificate& leaf) const;

  TestAuthority ca_root_ = TestAuthority::root(authority_options("Lab Root"));
  TestAuthority ca_ = ca_root_.intermediate(authority_options("Lab Intermediate"));
  TestAuthority tsa_root_ = TestAuthority::root(authority_options("Lab Time Root"));
  IssuedCertificate tsa_;
  InMemoryLog ct_{"ct.lab"};
  InMemoryLog other_ct_{"other-ct.lab"};
  InMemoryLog rekor_v1_{"rekor.lab"};
  InMemoryLog rekor_v2_{"rekor2.lab"};
  mutable std::unique_ptr<SigningKey> leaf_key_;
};

}  // namespace weightmark::testing
