// The signing configuration: which services of a Sigstore to sign with, and when.
// https://github.com/sigstore/protobuf-specs, sigstore_trustroot.proto, SigningConfig
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "trust/window.h"

namespace weightmark {

// SigningService is one of them.
struct SigningService {
  std::string url;  // without a slash at its end
  std::int64_t api_version = 0;
  Window window = {};
  std::string owner = {};  // the operator; where none is named, the URL
};

// ServiceChoice says how many of the services of a kind are to be used.
struct ServiceChoice {
  enum class Rule { kAny, kAll, kExact };
  Rule rule = Rule::kAny;
  std::size_t count = 1;  // with kExact
};

struct SigningConfig {
  std::vector<SigningService> authorities;  // of certificates
  std::vector<SigningService> providers;    // of identities, for those who log in
  std::vector<SigningService> logs;
  std::vector<SigningService> clocks;  // timestamp authorities
  ServiceChoice log_choice;
  ServiceChoice clock_choice;
};

// parse_signing_config takes version 0.2.
// Errors: signing-config-malformed, signing-config-media-type, json-*.
Result<SigningConfig> parse_signing_config(std::string_view json);

// Selected are the services to use: the first `needed` that answer. The others stand by.
struct Selected {
  std::vector<SigningService> services;
  std::size_t needed = 0;
};

// SelectedServices are what a signature is made with at some time.
struct SelectedServices {
  SigningService authority;
  Selected logs;
  Selected clocks;  // none where the configuration has none
};

// select_services takes of each kind those that are valid now, of the newest version of
// the interface that this program speaks, one of each operator, the newest first. A log
// that keeps no time needs somebody who does.
// Errors: signing-config-service.
Result<SelectedServices> select_services(const SigningConfig& config, Instant now);

// select_provider returns the URL of the identity provider to log in at.
// Errors: signing-config-service.
Result<std::string> select_provider(const SigningConfig& config, Instant now);

}  // namespace weightmark
