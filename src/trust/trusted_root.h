// What a trusted root holds.
// https://github.com/sigstore/protobuf-specs, sigstore_trustroot.proto
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crypto/key_details.h"
#include "trust/window.h"
#include "weightmark/bytes.h"
#include "weightmark/certificate.h"
#include "weightmark/error.h"
#include "weightmark/trusted_root.h"

namespace weightmark {

inline constexpr std::size_t kMaxTrustedRoot = std::size_t{16} << 20U;  // FORMAT, section 11

// LogInstance is a transparency log: Rekor, or one of certificates.
struct LogInstance {
  std::string base_url;
  std::string owner;  // the operator; one counts once, however many logs it has
  Bytes id;
  // One that is not supported refuses what it signed, not the whole root.
  Result<DetailedKey> key;
  Window window;

  // name is what the log's checkpoints call it: the host of its URL, without a port.
  std::string_view name() const;

  // host_and_port is what Rekor v1 may be set up to call itself instead.
  std::string_view host_and_port() const;
};

// AuthorityInstance issues certificates or timestamps.
struct AuthorityInstance {
  std::string uri;
  std::string owner;
  std::vector<Certificate> chain;  // the last one is the anchor, be it a root or not
  Window window;
};

struct TrustedRoot::Impl {
  std::vector<LogInstance> logs;
  std::vector<LogInstance> certificate_logs;
  std::vector<AuthorityInstance> certificate_authorities;
  std::vector<AuthorityInstance> timestamp_authorities;
};

// owner_of is the operator, or, where none is named, the host of a URL.
std::string owner_of(std::string_view named, std::string_view url);

}  // namespace weightmark
