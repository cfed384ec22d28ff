// Statements about a model that are not its signature.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "attest/bundle.h"
#include "attest/statement.h"
#include "weightmark/manifest.h"

namespace weightmark {

// is_attestation says whether a bundle has such a statement, going by what it claims.
bool is_attestation(const Bundle& bundle);

// is_model_signature says whether that is the type of what a model's signature says.
bool is_model_signature(std::string_view predicate_type);

// short_name returns what cosign calls the type, else letters, digits, ".", "_" and "-" of
// its URI.
std::string short_name(std::string_view type);

// check_predicate says whether it can be attested. Errors: predicate-malformed.
Result<void> check_predicate(std::string_view predicate);

// write_attestation makes the statement, of a predicate that can be. A model's only file is its second subject, by the
// file's own digest, as clients know it that have never heard of models; some of them
// refuse digests by names that they do not know, so there is none by ours then.
std::string write_attestation(const Manifest& manifest, std::string_view type, std::string_view predicate);

// find_subject returns the first that is this model, by digests: the one that binds names
// and trees as well where it has that, else the root digest, else the SHA-256 of the
// model's only file. Others are passed over; null where none is.
const Subject* find_subject(const std::vector<Subject>& subjects, const Manifest& measured);

}  // namespace weightmark
