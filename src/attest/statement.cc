#include "attest/statement.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "base/try.h"
#include "weightmark/manifest.h"

namespace weightmark {
namespace {

Result<Subject> parse_subject(const JsonView& view) {
  Subject subject;
  // The name is optional in in-toto; OMS verifiers must not rely on it (OMS 6.5).
  if (view.has("name")) {
    WM_TRY(JsonView name, view.member("name"));
    WM_TRY(subject.name, name.string());
  }
  WM_TRY(JsonView set, view.member("digest"));
  WM_TRY(JsonMembers digests, set.object());
  for (const auto& [algorithm, field] : digests) {
    WM_TRY(std::string_view hex, field.string());
    if (hex.empty()) return field.fail("empty");
    subject.digests.emplace_back(algorithm, hex);
  }
  if (subject.digests.empty()) return set.fail("empty");
  std::ranges::sort(subject.digests);
  return subject;
}

Json subject_json(const Subject& subject) {
  JsonObject digests;
  for (const auto& [algorithm, hex] : subject.digests) digests.emplace_back(algorithm, hex);
  return Json::object({{"name", subject.name}, {"digest", Json::object(std::move(digests))}});
}

Result<void> check_type(const JsonView& root, StatementVersions versions) {
  WM_TRY(JsonView type, root.member("_type"));
  WM_TRY(std::string_view type_uri, type.string());
  if (type_uri == kStatementTypeV01 && versions == StatementVersions::kAny) return {};
  if (type_uri != kStatementType)
    return std::unexpected(Error{
        ErrorCode::kStatementType, fmt::format("\"{}\" is not {}", excerpt(type_uri), kStatementType), "_type", {}});
  return {};
}

// The subjects are the files in version 0.2, so that their limit is that of files.
Result<std::vector<Subject>> parse_subjects(const JsonView& root) {
  WM_TRY(JsonView list, root.member("subject"));
  WM_TRY(JsonItems items, list.array());
  if (items.empty()) return std::unexpected(Error{ErrorCode::kSubjectMissing, "no subject", list.path(), {}});
  if (items.size() > kMaxFiles)
    return std::unexpected(Error{ErrorCode::kTooManyFiles, fmt::format("{} subjects", items.size()), list.path(), {}});
  std::vector<Subject> subjects;
  for (const JsonView& item : items) {
    WM_TRY(Subject subject, parse_subject(item));
    subjects.push_back(std::move(subject));
  }
  return subjects;
}

}  // namespace

std::string_view Subject::digest(std::string_view algorithm) const {
  for (const auto& [key, hex] : digests)
    if (key == algorithm) return hex;
  return {};
}

JsonView Statement::predicate() const {
  return document.root(ErrorCode::kStatementMalformed).member("predicate").value();
}

Result<Statement> parse_statement(std::string_view json, StatementVersions versions) {
  WM_TRY(JsonDocument document, JsonDocument::parse(json));
  const JsonView root = document.root(ErrorCode::kStatementMalformed);
  WM_CHECK(check_type(root, versions));
  WM_TRY(JsonView type_field, root.member("predicateType"));
  WM_TRY(std::string_view predicate_type, type_field.string());
  WM_TRY(std::vector<Subject> subjects, parse_subjects(root));
  WM_TRY(JsonView predicate, root.member("predicate"));
  WM_CHECK(predicate.object());
  return Statement{std::move(subjects), std::string(predicate_type), std::move(document)};
}

std::string write_statement(const std::vector<Subject>& subjects, std::string_view predicate_type,
                            const std::function<void(JsonWriter&)>& write_predicate) {
  JsonWriter writer;
  writer.begin_object();
  writer.key("_type");
  writer.string(kStatementType);
  writer.key("predicate");
  write_predicate(writer);
  writer.key("predicateType");
  writer.string(predicate_type);
  writer.key("subject");
  writer.begin_array();
  for (const Subject& subject : subjects) writer.value(subject_json(subject));
  writer.end_array();
  writer.end_object();
  return std::move(writer).take();
}

}  // namespace weightmark
