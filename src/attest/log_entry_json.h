// Log entries in a bundle's JSON.
// https://github.com/sigstore/protobuf-specs, sigstore_rekor.proto
#pragma once

#include "base/json.h"
#include "base/json_document.h"
#include "tlog/log_entry.h"
#include "weightmark/error.h"

namespace weightmark {

// parse_log_entry reads a TransparencyLogEntry. It says nothing about trust.
// Errors: log-entry-malformed.
Result<LogEntry> parse_log_entry(const JsonView& view);

// log_entry_json writes one: its 64-bit integers as text, as proto3's JSON has them.
Json log_entry_json(const LogEntry& entry);

}  // namespace weightmark
