// The four kinds of TUF metadata, read strictly.
// https://theupdateframework.github.io/specification/v1.0.33/ section 4
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weightmark/certificate.h"
#include "weightmark/error.h"

namespace weightmark::tuf {

inline constexpr std::uint64_t kMaxMetadata = 16 << 20;
inline constexpr std::uint64_t kMaxTarget = 64 << 20;

// Key is a key as it is spelled: of the many that a file may have, only those that
// signed something are ever decoded.
struct Key {
  std::string type;
  std::string scheme;
  std::string value;
};

using Keys = std::map<std::string, Key, std::less<>>;  // by key id

// Role says which keys may sign, and how many of them must. The threshold is at least 1
// and may be out of reach; the key ids differ, and may be of keys that are not there.
struct Role {
  std::vector<std::string> key_ids;
  std::int64_t threshold = 1;
};

using Hashes = std::map<std::string, std::string, std::less<>>;  // algorithm to hexadecimal digits

// MetaFile is what is said of a file of metadata (METAFILES, section 4.4).
struct MetaFile {
  std::int64_t version = 0;
  std::optional<std::uint64_t> length;
  Hashes hashes;  // may be empty
};

// TargetFile is what is said of a target (TARGETS, section 4.5).
struct TargetFile {
  std::uint64_t length = 0;
  Hashes hashes;
};

// Common is what every kind has. The version is at least 1.
struct Common {
  std::int64_t version = 0;
  Time expires;
};

struct Root : Common {
  static constexpr std::string_view kType = "root";
  bool consistent_snapshot = false;
  Keys keys;
  Role root;
  Role timestamp;
  Role snapshot;
  Role targets;
};

struct Timestamp : Common {
  static constexpr std::string_view kType = "timestamp";
  MetaFile snapshot;
};

struct Snapshot : Common {
  static constexpr std::string_view kType = "snapshot";
  std::map<std::string, MetaFile, std::less<>> files;  // by name, such as "targets.json"
};

// DelegatedRole is trusted for the paths that it is given, by one of two means.
struct DelegatedRole {
  std::string name;
  Role role;
  bool terminating = false;
  std::vector<std::string> paths;          // patterns
  std::vector<std::string> hash_prefixes;  // of the SHA-256 of a path, in hexadecimal digits
};

// SuccinctRoles are 2^bit_length roles that share the paths by hash (TAP 15).
struct SuccinctRoles {
  Role role;
  int bit_length = 1;  // 1 to 32
  std::string name_prefix;
};

struct Delegations {
  Keys keys;
  std::vector<DelegatedRole> roles;  // in the order of their priority
  std::optional<SuccinctRoles> succinct;
};

struct Targets : Common {
  static constexpr std::string_view kType = "targets";
  std::map<std::string, TargetFile, std::less<>> files;  // by path
  Delegations delegations;
};

// Signature is as it is spelled: one by a key that nobody asks for may have any form.
struct Signature {
  std::string key_id;
  std::string hex;
};

// Metadata is a file whose signatures are still to be checked (tuf_signatures.h).
template <class Body>
struct Metadata {
  Body body;
  std::string signed_bytes;           // the canonical form of "signed"
  std::vector<Signature> signatures;  // whose key ids differ
};

// parse reads the text of a file. Members that the specification does not know are
// passed over, but signed all the same (section 4).
// Errors: tuf-too-large, json-*, tuf-malformed, tuf-type, tuf-spec-version,
// tuf-threshold, tuf-duplicate, tuf-role-name.
template <class Body>
Result<Metadata<Body>> parse(std::string_view text);

extern template Result<Metadata<Root>> parse<Root>(std::string_view);
extern template Result<Metadata<Timestamp>> parse<Timestamp>(std::string_view);
extern template Result<Metadata<Snapshot>> parse<Snapshot>(std::string_view);
extern template Result<Metadata<Targets>> parse<Targets>(std::string_view);

// delegates returns who of them is trusted for `path`, in the order of priority.
std::vector<DelegatedRole> delegates(const Delegations& delegations, std::string_view path);

}  // namespace weightmark::tuf
