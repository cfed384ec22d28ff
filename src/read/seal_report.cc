#include <algorithm>

#include "base/json.h"
#include "base/json_document.h"
#include "base/text.h"
#include "weightmark/seal.h"

namespace weightmark {
namespace {

// text keeps JSON well-formed whatever a path is made of.
Json text(std::string_view value) { return is_utf8(value) ? Json(value) : Json(printable(value)); }

Json error_json(const Error& error) {
  return Json::object({{"code", code_name(error.code)},
                       {"what", text(error.what)},
                       {"subject", text(error.subject)},
                       {"hint", text(error.hint)}});
}

Json file_json(const SealedFile& file) {
  JsonObject members = {{"name", text(file.name)}, {"outcome", seal_outcome_name(file.outcome)}, {"size", file.size}};
  if (file.error) members.emplace_back("error", error_json(*file.error));
  return Json::object(std::move(members));
}

}  // namespace

int SealReport::exit_status() const {
  if (verification.verdict != Verdict::kVerified) return verification.exit_status();
  if (error) return static_cast<int>(code_class(error->code));
  auto worst = static_cast<ErrorClass>(0);
  for (const SealedFile& file : files) {
    if (!file.error) continue;
    ErrorClass found = code_class(file.error->code);
    if (found == ErrorClass::kInterrupted) return static_cast<int>(found);
    if (worst != ErrorClass::kRefused) worst = found;
  }
  return static_cast<int>(worst);
}

std::size_t SealReport::count(SealOutcome outcome) const {
  return static_cast<std::size_t>(std::ranges::count(files, outcome, &SealedFile::outcome));
}

std::string_view seal_outcome_name(SealOutcome outcome) {
  switch (outcome) {
    case SealOutcome::kSealed: return "sealed";
    case SealOutcome::kBefore: return "sealed-before";
    case SealOutcome::kNotSealed: return "not-sealed";
    case SealOutcome::kFailed: return "failed";
  }
  return "";
}

std::string seal_report_json(const SealReport& report) {
  JsonArray files;
  for (const SealedFile& file : report.files) files.push_back(file_json(file));
  JsonObject members = {{"schema", "weightmark.seal.v1"},
                        {"exitStatus", report.exit_status()},
                        {"files", std::move(files)},
                        {"verification", parse_json(report_json(report.verification)).value_or(Json())}};
  if (report.error) members.emplace_back("error", error_json(*report.error));
  return write_json_indented(Json::object(std::move(members)));
}

}  // namespace weightmark
