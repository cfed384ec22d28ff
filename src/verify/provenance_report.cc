#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "verify/signer_json.h"
#include "weightmark/provenance.h"

namespace weightmark {
namespace {

std::string timestamp(Time time) { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", time); }

// text keeps JSON well-formed whatever a path is made of.
Json text(std::string_view value) { return is_utf8(value) ? Json(value) : Json(printable(value)); }

void add(JsonObject& members, std::string_view key, const std::string& value) {
  if (!value.empty()) members.emplace_back(key, text(value));
}

Json source_json(const ProvenanceFacts& facts) {
  JsonObject members;
  add(members, "uri", facts.source.uri);
  add(members, "ref", facts.source.ref);
  add(members, "commit", facts.source.commit);
  add(members, "branch", facts.branch);
  add(members, "tag", facts.tag);
  return Json::object(std::move(members));
}

Json facts_json(const ProvenanceFacts& facts) {
  JsonArray unconfirmed;
  for (const std::string& field : facts.unconfirmed) unconfirmed.push_back(text(field));
  JsonObject members = {{"builder", text(facts.builder_id)},
                        {"buildType", text(facts.build_type)},
                        {"byPlatform", facts.by_platform},
                        {"dependencies", facts.dependencies},
                        {"level", facts.level},
                        {"levelReason", text(facts.level_reason)},
                        {"predicateType", text(facts.predicate_type)},
                        {"rule", text(facts.rule)},
                        {"selfHosted", facts.self_hosted},
                        {"source", source_json(facts)},
                        {"subject", text(facts.subject)},
                        {"unconfirmed", std::move(unconfirmed)},
                        {"undigested", facts.undigested}};
  add(members, "invocation", facts.invocation);
  if (facts.started) members.emplace_back("started", timestamp(*facts.started));
  if (facts.finished) members.emplace_back("finished", timestamp(*facts.finished));
  return Json::object(std::move(members));
}

Json statement_json(const ProvenanceStatement& statement) {
  return Json::object({{"path", text(statement.path)},
                       {"signer", signer_json(statement.signer)},
                       {"facts", facts_json(statement.facts)}});
}

}  // namespace

int ProvenanceReport::exit_status() const {
  if (verdict == Verdict::kVerified) return 0;
  const Error* error = first_error();
  return static_cast<int>(error == nullptr ? ErrorClass::kUndecided : code_class(error->code));
}

const Error* ProvenanceReport::first_error() const {
  const auto failed = std::ranges::find_if(checks, [](const Check& check) { return check.error.has_value(); });
  return failed == checks.end() ? nullptr : &*failed->error;
}

std::string provenance_report_json(const ProvenanceReport& report) {
  JsonArray checks;
  for (const Check& check : report.checks) checks.push_back(check_json(check));
  JsonArray warnings;
  for (const std::string& warning : report.warnings) warnings.push_back(text(warning));
  JsonObject members = {{"schema", "weightmark.provenance-report.v1"},
                        {"verdict", verdict_name(report.verdict)},
                        {"exitStatus", report.exit_status()},
                        {"model", text(report.model)},
                        {"provenance", text(report.provenance)},
                        {"time", timestamp(report.time)},
                        {"checks", std::move(checks)},
                        {"warnings", std::move(warnings)}};
  if (report.statement) {
    members.emplace_back("statement", statement_json(*report.statement));
    members.emplace_back("level", report.level);
    members.emplace_back("levelReason", text(report.level_reason));
  }
  if (report.platform) members.emplace_back("platform", statement_json(*report.platform));
  return write_json_indented(Json::object(std::move(members)));
}

}  // namespace weightmark
