// The keys of Google Cloud Build that come with the program (data/builders/README.md).
#pragma once

#include <string>
#include <vector>

#include "weightmark/error.h"
#include "weightmark/key.h"

namespace weightmark {

// GoogleKey is one of them. The older ones sign the payload alone.
struct GoogleKey {
  std::string id;  // as an envelope's "keyid" names it
  bool signs_payload = false;
  PublicKey key;
};

// google_keys returns those that are built in.
Result<std::vector<GoogleKey>> google_keys();

}  // namespace weightmark
