// What is behind the handles that several files use.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capi/boundary.h"
#include "weightmark/manifest.h"
#include "weightmark/report.h"
#include "weightmark/verify.h"

namespace weightmark::capi {

// A Flag is shared by whoever sets it and all that looks at it, so that neither has to
// outlive the other.
using Flag = std::shared_ptr<std::atomic<bool>>;

// seconds_of turns what C gives as a time into one.
// Errors: usage.
Result<Time> seconds_of(int64_t seconds);

}  // namespace weightmark::capi

struct weightmark_text {
  std::string text;
};

struct weightmark_cancel {
  weightmark::capi::Flag flag;
};

struct weightmark_verify_options {
  weightmark::VerifyOptions base;
  std::vector<weightmark::PublicKey> keys;
  std::vector<weightmark::Certificate> roots;
  std::vector<std::vector<weightmark::Certificate>> clocks;
  std::vector<weightmark::ExpectedIdentity> identities;
  bool has_time = false;
  weightmark::capi::Flag cancelled;

  // prepared returns the options of C++, which point to `cancelled`.
  // Errors: usage, where they say too little or contradict one another.
  weightmark::Result<weightmark::VerifyOptions> prepared() const;

 private:
  weightmark::Result<weightmark::Trust> trust() const;
};

struct weightmark_manifest {
  struct File {
    std::string name;
    std::string digest;  // empty for shards
    int64_t size = -1;
  };
  std::string name;
  std::string root;
  std::string digest;  // empty where there is none
  std::vector<File> files;

  explicit weightmark_manifest(const weightmark::Manifest& manifest);
};

struct weightmark_signer {
  std::string method;
  std::string key_type;
  std::string key_fingerprint;
  std::string certificate_subject;
  std::vector<std::string> identities;
  std::string provider;

  explicit weightmark_signer(const weightmark::SignerReport& signer);
};
