// What is behind a weightmark_model.
#pragma once

#include "capi/handles.h"
#include "weightmark/reader.h"

// The flag is held by all that looks at it.
struct weightmark_model {
  weightmark::VerifiedModel model;
  weightmark_manifest manifest;
  weightmark_signer signer;
  weightmark::capi::Flag cancelled;
};
