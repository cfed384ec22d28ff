// DSSE: the envelope and the bytes that its signature covers.
// https://github.com/secure-systems-lab/dsse, protocol and envelope 1.0
#pragma once

#include <string>
#include <string_view>

#include "weightmark/bytes.h"

namespace weightmark {

inline constexpr std::string_view kInTotoPayloadType = "application/vnd.in-toto+json";

// Envelope is a DSSE envelope with its one signature.
struct Envelope {
  std::string payload_type;
  Bytes payload;
  Bytes signature;
};

// pae is the pre-authentication encoding: the bytes that are signed.
//   "DSSEv1 28 application/vnd.in-toto+json 2 {}"
Bytes pae(std::string_view payload_type, ByteView payload);

// pae_v02 is what model-signing 0.2 to 0.3 signed instead: a capital V, and
// the payload as a Python bytes literal.
//   "DSSEV1 28 application/vnd.in-toto+json 2 b'{}'"
Bytes pae_v02(std::string_view payload_type, ByteView payload);

}  // namespace weightmark
