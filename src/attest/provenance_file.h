// Files in which provenance comes: Sigstore bundles, envelopes by themselves, lines of
// either, and what Google Cloud Build's tools print.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "attest/bundle.h"
#include "base/json_document.h"
#include "weightmark/error.h"

namespace weightmark {

// The most envelopes that a file may have.
inline constexpr std::size_t kMaxEnvelopes = 256;

// ProvenanceEnvelope is a signed statement, in whatever it came.
struct ProvenanceEnvelope {
  enum class Form {
    kBundle,
    kBare,    // an envelope by itself: the certificate or the key's name beside the signature
    kGoogle,  // of `gcloud artifacts docker images describe --show-provenance --format json`
  };
  Form form = Form::kBundle;
  Bundle bundle;       // without a media type unless it is one
  std::string key_id;  // what the envelope calls the key; never trusted as such
};

// parse_provenance_file takes one JSON document, or one a line. An envelope with several
// signatures comes once for each, in their order. What Google's tools print beside an
// envelope must agree with what is signed: people read that.
// Errors: bundle-*, certificate-malformed, json-*, build-summary.
Result<std::vector<ProvenanceEnvelope>> parse_provenance_file(std::string_view text);

// parse_google_envelopes takes what Google's tools print. Errors: the same.
Result<std::vector<ProvenanceEnvelope>> parse_google_envelopes(const JsonView& root);

// parse_bare_envelope takes {"payloadType", "payload", "signatures"}, in either alphabet of
// base64 where `url` allows it: of Google's both are found.
Result<std::vector<ProvenanceEnvelope>> parse_bare_envelope(const JsonView& root, bool url = false);

}  // namespace weightmark
