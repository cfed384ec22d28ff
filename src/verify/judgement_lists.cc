// Rules on what must, may and may not have gone into a model.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "verify/judgement_rules.h"
#include "verify/license_expression.h"

namespace weightmark {
namespace {

// What is not listed may have gone in where the list is not known to be complete.
void check_complete(const JudgementCase& it, RuleFindings& findings) {
  if (!list_is_complete(it)) findings.unknown("not all inputs are known");
}

void check_required(const JudgementCase& it, std::string_view kind, const ResourcePattern& pattern,
                    RuleFindings& findings) {
  bool may_be = !list_is_complete(it);
  for (const Input& input : inputs_of(it.made)) {
    const Answer answer = match(pattern, input);
    if (input.is(kind) && answer == Answer::kHolds) return;
    may_be = may_be || (input.may_be(kind) && answer != Answer::kDoesNotHold);
  }
  if (may_be)
    findings.unknown("it is not said whether it went in", excerpt(pattern.text()));
  else
    findings.fails("did not go in", excerpt(pattern.text()));
}

void check_allowed(std::string_view kind, const std::vector<ResourcePattern>& allowed, const Input& input,
                   RuleFindings& findings) {
  if (!input.may_be(kind)) return;
  bool may_be = !input.is(kind);
  for (const ResourcePattern& pattern : allowed) {
    const Answer answer = match(pattern, input);
    if (answer == Answer::kHolds) return;
    may_be = may_be || answer == Answer::kCannotTell;
  }
  if (may_be)
    findings.unknown("it is not said whether it is one of those that are allowed", input.name());
  else
    findings.fails("is none of those that are allowed", input.name());
}

// What is forbidden is so whatever the statement calls its kind.
void check_forbidden(const std::vector<ResourcePattern>& forbidden, const Input& input, bool may_be_meant,
                     RuleFindings& findings) {
  for (const ResourcePattern& pattern : forbidden) {
    const Answer answer = match(pattern, input);
    if (answer == Answer::kHolds)
      findings.fails(fmt::format("is forbidden, by {}", excerpt(pattern.text())), input.name());
    if (answer == Answer::kCannotTell && may_be_meant)
      findings.unknown(fmt::format("it is not said whether it is {}", excerpt(pattern.text())), input.name());
  }
}

void judge_resources(const JudgementCase& it, const std::string& field, std::string_view kind,
                     const ResourceLists& lists, std::vector<Finding>& all) {
  if (!lists.required.empty()) {
    RuleFindings findings(field + ".required");
    for (const ResourcePattern& pattern : lists.required) check_required(it, kind, pattern, findings);
    std::move(findings).conclude("all that is required went in", all);
  }
  if (!lists.allowed.empty()) {
    RuleFindings findings(field + ".allowed");
    for (const Input& input : inputs_of(it.made)) check_allowed(kind, lists.allowed, input, findings);
    check_complete(it, findings);
    std::move(findings).conclude("only what is allowed went in", all);
  }
  if (!lists.forbidden.empty()) {
    RuleFindings findings(field + ".forbidden");
    for (const Input& input : inputs_of(it.made)) check_forbidden(lists.forbidden, input, input.may_be(kind), findings);
    check_complete(it, findings);
    std::move(findings).conclude("nothing that is forbidden went in", all);
  }
}

// --- data that models made

void judge_synthetic(const JudgementCase& it, std::vector<Finding>& all) {
  if (it.policy.forbidden_synthesizers.empty()) return;
  RuleFindings findings("synthetic-data.forbidden");
  for (const Input& input : inputs_of(it.made)) {
    const bool source = input.facts.role == "synthetic-source";
    if (source || input.facts.kind.empty()) check_forbidden(it.policy.forbidden_synthesizers, input, true, findings);
  }
  check_complete(it, findings);
  std::move(findings).conclude("no data comes from a forbidden model", all);
}

// --- the policy's list of denied digests

void judge_denied(const JudgementCase& it, std::vector<Finding>& all) {
  if (it.denied.empty()) return;
  RuleFindings findings("deny");
  for (const Input& input : inputs_of(it.made)) {
    for (const DeniedDigest& denied : it.denied) {
      const std::string_view digest = input.resource.digest(denied.algorithm());
      if (digest == denied.hex) findings.fails(fmt::format("{} is on the deny list", denied.text()), input.name());
    }
    if (input.is_content() && input.resource.digest("sha256").empty())
      findings.unknown("has no SHA-256 to look for on the deny list", input.name());
  }
  check_complete(it, findings);
  std::move(findings).conclude("nothing on the deny list went in", all);
}

// --- licences

bool is_listed(const std::vector<std::string>& patterns, const std::string& license) {
  return std::ranges::any_of(patterns, [&](const std::string& pattern) { return glob_matches(pattern, license); });
}

void judge_licenses(const JudgementCase& it, std::vector<Finding>& all) {
  const LicenseLists& lists = it.policy.licenses;
  if (lists.is_empty()) return;
  const auto acceptable = [&](const std::string& license) {
    return (lists.allowed.empty() || is_listed(lists.allowed, license)) && !is_listed(lists.forbidden, license);
  };
  RuleFindings findings("licenses");
  for (const Input& input : inputs_of(it.made)) {
    if (!input.is_content()) continue;
    const std::string& license = input.facts.license;
    const auto holds = license_holds(license, acceptable);
    if (license.empty())
      findings.unknown("its licence is not said", input.name());
    else if (!holds)
      findings.unknown(fmt::format("\"{}\" is no licence expression of SPDX's", excerpt(license)), input.name());
    else if (!*holds)
      findings.fails(fmt::format("its licence {} is not allowed", excerpt(license)), input.name());
  }
  check_complete(it, findings);
  std::move(findings).conclude("every dataset and model has an allowed licence", all);
}

// --- packages

std::optional<PythonPackage> package_of(const Input& input) {
  if (auto package = parse_pypi_url(input.resource.uri)) return package;
  if (!input.is("framework") && !input.is("package")) return std::nullopt;
  return PythonPackage{normal_package_name(input.resource.name), std::string(version_of(input.resource.uri))};
}

void check_package(const PackageRange& range, const PythonPackage& package, const Input& input,
                   RuleFindings& findings) {
  if (package.name != range.name()) return;
  const auto version = PythonVersion::parse(package.version);
  if (!version) {
    findings.unknown(fmt::format("its version is not said, to compare with {}", excerpt(range.text())), input.name());
    return;
  }
  if (!range.contains(*version)) return;
  const bool unused = input.facts.loaded && !*input.facts.loaded;
  if (!unused)
    findings.fails(fmt::format("is forbidden, by {}", excerpt(range.text())), input.name());
  else if (input.facts.evidence != kEvidenceObserved)
    findings.unknown(fmt::format("is forbidden, by {}, and nobody saw whether it was loaded", excerpt(range.text())),
                     input.name());
}

void judge_packages(const JudgementCase& it, std::vector<Finding>& all) {
  if (it.policy.forbidden_packages.empty()) return;
  RuleFindings findings("frameworks.forbidden");
  for (const Input& input : inputs_of(it.made)) {
    const auto package = package_of(input);
    for (const PackageRange& range : it.policy.forbidden_packages)
      if (package) check_package(range, *package, input, findings);
  }
  check_complete(it, findings);
  std::move(findings).conclude("no forbidden package was used", all);
}

}  // namespace

void judge_lists(const JudgementCase& it, std::vector<Finding>& all) {
  judge_resources(it, "datasets", "dataset", it.policy.datasets, all);
  judge_resources(it, "base-models", "model", it.policy.base_models, all);
  judge_synthetic(it, all);
  judge_denied(it, all);
  judge_licenses(it, all);
  judge_packages(it, all);
}

}  // namespace weightmark
