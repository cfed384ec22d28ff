// The versions of SLSA provenance before 1, read into the same type.
// https://slsa.dev/spec/v0.2/provenance, https://slsa.dev/spec/v0.1/provenance
#pragma once

#include <string_view>

#include "attest/provenance.h"
#include "base/json_document.h"
#include "weightmark/error.h"

namespace weightmark {

inline constexpr std::string_view kProvenanceV02 = "https://slsa.dev/provenance/v0.2";
inline constexpr std::string_view kProvenanceV01 = "https://slsa.dev/provenance/v0.1";

// parse_provenance_v02 puts what version 1 calls otherwise in these places: materials are
// dependencies; invocation.configSource and .parameters are external parameters of these
// names, .environment and buildConfig internal ones.
// Errors: provenance-malformed, provenance-time, provenance-too-large.
Result<Provenance> parse_provenance_v02(const JsonView& predicate);

// parse_provenance_v01 does the same with a recipe: its entryPoint, definedInMaterial and
// arguments are external parameters, its environment an internal one; its type is that of
// the build. Errors: the same.
Result<Provenance> parse_provenance_v01(const JsonView& predicate);

}  // namespace weightmark
