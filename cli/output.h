// Results as documents, and errors as exit statuses.
#pragma once

#include <CLI/CLI.hpp>

#include "base/json.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/ui.h"
#include "weightmark/attestation.h"
#include "weightmark/hash_kernel.h"
#include "weightmark/sign.h"

namespace weightmark::cli {

// json_text keeps a document well-formed whatever a path is made of.
Json json_text(std::string_view text);

// signed_json is the document of `sign --json`, schema weightmark.signed.v1.
Json signed_json(const SignedOutput& output);

// hashed_json is the document of `digest --json`, schema weightmark.digest.v1.
Json hashed_json(const HashedModel& model);

// attestation_json is the document of `verify-attestation --json`, schema
// weightmark.attestation.v1.
Json attestation_json(const Attestation& attestation);

// kernels_json is the document of `digest --list-kernels --json`, schema
// weightmark.kernels.v1.
Json kernels_json(const std::vector<Sha256KernelInfo>& kernels);

// report_error tells an error, as JSON too where asked, and returns the exit
// status of its class.
int report_error(const Error& error, const OutputFlags& output, const Ui& ui);

}  // namespace weightmark::cli
