// The lock: what a model was when its user decided to trust it, so that the next version
// by somebody else, or an older one, is a refusal. docs/lock.md
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weightmark/certificate.h"
#include "weightmark/error.h"
#include "weightmark/export.h"

namespace weightmark {

struct Report;

// PinnedSigner is who signed, by the report.
struct PinnedSigner {
  std::string method;        // "key", "certificate" or "sigstore"
  std::string name;          // a key's fingerprint, a certificate's subject, an identity
  std::string confirmed_by;  // "", the fingerprint of the root, the identity's provider

  friend bool operator==(const PinnedSigner&, const PinnedSigner&) = default;
};

// Pin is what is remembered of a model.
struct Pin {
  std::string name;    // the signed one
  std::string digest;  // "weightmarkManifestV1:HEX", or "sha256:HEX" of a signature without it
  std::vector<PinnedSigner> signers;
  std::optional<Time> signed_at;  // the earliest attested time; keys may have none

  friend bool operator==(const Pin&, const Pin&) = default;
};

// pin_of takes the pin off a report whose signature holds.
WEIGHTMARK_API Pin pin_of(const Report& report);

// Lock has the pins, by what the user calls each model.
struct WEIGHTMARK_API Lock {
  std::map<std::string, Pin> models;

  // parse takes a weightmark.lock: docs/lock.schema.json.
  // Errors: lock-malformed, lock-too-large, and the json-* codes.
  static Result<Lock> parse(std::string_view json);

  // write gives equal bytes for equal locks.
  std::string write() const;
};

}  // namespace weightmark
