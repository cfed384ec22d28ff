// in-toto Statement v1, whatever its predicate.
// https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/json_document.h"
#include "weightmark/error.h"

namespace weightmark {

inline constexpr std::string_view kStatementType = "https://in-toto.io/Statement/v1";

inline constexpr std::string_view kStatementTypeV01 = "https://in-toto.io/Statement/v0.1";

// StatementVersions says which are taken. Of version 0.1, which differs in nothing but its
// type, there is much provenance; no model was ever signed with it.
enum class StatementVersions { kV1, kAny };

// Subject is what a statement speaks of: a name and digests by algorithm.
struct Subject {
  std::string name;
  std::vector<std::pair<std::string, std::string>> digests;  // sorted by algorithm

  // digest returns the digest of that algorithm, or "" where there is none: none
  // that was parsed is empty.
  std::string_view digest(std::string_view algorithm) const;
};

// Statement is what was parsed. Its predicate stays in the document: there can be
// very much of it.
struct Statement {
  std::vector<Subject> subjects;
  std::string predicate_type;
  JsonDocument document;

  JsonView predicate() const;  // an object
};

// parse_statement takes the payload of an envelope. Fields that it does not know
// are ignored, as in-toto demands.
// Errors: statement-malformed, statement-type, subject-missing, too-many-files,
// json-*.
Result<Statement> parse_statement(std::string_view json, StatementVersions versions = StatementVersions::kV1);

// write_statement writes compact JSON with sorted keys: equal statements give
// equal bytes. `write_predicate` writes the one value that is the predicate.
std::string write_statement(const std::vector<Subject>& subjects, std::string_view predicate_type,
                            const std::function<void(JsonWriter&)>& write_predicate);

}  // namespace weightmark
