// Log entries in a bundle's JSON.
// https://github.com/sigstore/protobuf-specs, sigstore_rekor.proto
#pragma once

#include "base/json_document.h"
#include "tlog/log_entry.h"
#include "weightmark/error.h"

namespace weightmark {

// parse_log_entry reads a TransparencyLogEntry. It says nothing about trust.
// Errors: log-entry-malformed.
Result<LogEntry> parse_log_entry(const JsonView& view);

}  // namespace weightmark
