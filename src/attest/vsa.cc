#include "attest/vsa.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "base/try.h"

namespace weightmark {
namespace {

constexpr std::string_view kLevelPrefix = "SLSA_BUILD_LEVEL_";
constexpr std::string_view kPassed = "PASSED";
constexpr std::string_view kFailed = "FAILED";

using Texts = std::vector<std::pair<std::string, std::string>>;

// --- reading

Result<std::string> text_at(const JsonView& parent, std::string_view key) {
  WM_TRY(const JsonView field, parent.member(key));
  WM_TRY(const std::string_view text, field.string());
  if (text.empty()) return field.fail("is empty");
  return std::string(text);
}

Result<std::string> optional_text(const JsonView& parent, std::string_view key) {
  if (!parent.has(key)) return std::string();
  return text_at(parent, key);
}

Result<Texts> texts_by_name(const JsonView& parent, std::string_view key) {
  Texts texts;
  if (!parent.has(key)) return texts;
  WM_TRY(const JsonView field, parent.member(key));
  WM_TRY(const JsonMembers members, field.object());
  if (members.size() > kMaxVsaItems) return field.fail(fmt::format("{} entries", members.size()));
  for (const auto& [name, value] : members) {
    WM_TRY(const std::string_view text, value.string());
    if (text.empty()) return value.fail("is empty");
    texts.emplace_back(name, text);
  }
  std::ranges::sort(texts);
  return texts;
}

Result<JsonItems> items_at(const JsonView& parent, std::string_view key) {
  WM_TRY(const JsonView field, parent.member(key));
  WM_TRY(const JsonItems items, field.array());
  if (items.size() > kMaxVsaItems) return field.fail(fmt::format("{} entries", items.size()));
  return items;
}

Result<ResourceReference> parse_reference(const JsonView& view) {
  WM_CHECK(view.object());
  ResourceReference reference;
  WM_TRY(reference.uri, optional_text(view, "uri"));
  WM_TRY(reference.digests, texts_by_name(view, "digest"));
  if (reference.uri.empty() && reference.digests.empty()) return view.fail("has neither a URI nor a digest");
  return reference;
}

Result<std::vector<ResourceReference>> parse_inputs(const JsonView& predicate) {
  std::vector<ResourceReference> inputs;
  if (!predicate.has("inputAttestations")) return inputs;
  WM_TRY(const JsonItems items, items_at(predicate, "inputAttestations"));
  for (const JsonView& item : items) {
    WM_TRY(ResourceReference input, parse_reference(item));
    inputs.push_back(std::move(input));
  }
  return inputs;
}

Result<bool> parse_result(const JsonView& predicate) {
  WM_TRY(const JsonView field, predicate.member("verificationResult"));
  WM_TRY(const std::string_view text, field.string());
  if (text != kPassed && text != kFailed) return field.fail(fmt::format("\"{}\" is neither", excerpt(text)));
  return text == kPassed;
}

Result<std::vector<std::string>> parse_levels(const JsonView& predicate) {
  std::vector<std::string> levels;
  WM_TRY(const JsonItems items, items_at(predicate, "verifiedLevels"));
  for (const JsonView& item : items) {
    WM_TRY(const std::string_view level, item.string());
    if (level.empty()) return item.fail("is empty");
    levels.emplace_back(level);
  }
  return levels;
}

Result<std::vector<std::pair<std::string, std::int64_t>>> parse_dependencies(const JsonView& predicate) {
  std::vector<std::pair<std::string, std::int64_t>> counts;
  if (!predicate.has("dependencyLevels")) return counts;
  WM_TRY(const JsonView field, predicate.member("dependencyLevels"));
  WM_TRY(const JsonMembers members, field.object());
  if (members.size() > kMaxVsaItems) return field.fail(fmt::format("{} entries", members.size()));
  for (const auto& [level, value] : members) {
    WM_TRY(const std::int64_t count, value.integer());
    if (count < 0) return value.fail("is negative");
    counts.emplace_back(level, count);
  }
  std::ranges::sort(counts);
  return counts;
}

Result<void> parse_verifier(const JsonView& predicate, VerificationSummary& summary) {
  WM_TRY(const JsonView verifier, predicate.member("verifier"));
  WM_CHECK(verifier.object());
  WM_TRY(summary.verifier_id, text_at(verifier, "id"));
  WM_TRY(summary.verifier_version, texts_by_name(verifier, "version"));
  return {};
}

Result<Instant> parse_time(const JsonView& predicate) {
  WM_TRY(const JsonView field, predicate.member("timeVerified"));
  WM_TRY(const std::string_view text, field.string());
  const auto time = parse_rfc3339(text);
  if (!time) return field.fail("is not a time by RFC 3339");
  return *time;
}

// --- writing

template <class Value>
Json object_of(const std::vector<std::pair<std::string, Value>>& pairs) {
  JsonObject members;
  for (const auto& [key, value] : pairs) members.emplace_back(key, value);
  return Json::object(std::move(members));
}

Json reference_json(const ResourceReference& reference) {
  JsonObject members;
  if (!reference.uri.empty()) members.emplace_back("uri", reference.uri);
  if (!reference.digests.empty()) members.emplace_back("digest", object_of(reference.digests));
  return Json::object(std::move(members));
}

Json verifier_json(const VerificationSummary& summary) {
  JsonObject members = {{"id", summary.verifier_id}};
  if (!summary.verifier_version.empty()) members.emplace_back("version", object_of(summary.verifier_version));
  return Json::object(std::move(members));
}

}  // namespace

std::string build_level_name(unsigned level) { return fmt::format("{}{}", kLevelPrefix, level); }

std::optional<unsigned> VerificationSummary::build_level() const {
  std::optional<unsigned> highest;
  for (const std::string& level : levels)
    for (const unsigned known : {0U, 1U, 2U, 3U, 4U})
      if (level == build_level_name(known)) highest = std::max(highest.value_or(0), known);
  return highest;
}

Result<VerificationSummary> parse_vsa(const JsonView& predicate) {
  const JsonView view = predicate.with_code(ErrorCode::kVsaMalformed);
  WM_CHECK(view.object());
  VerificationSummary summary;
  WM_CHECK(parse_verifier(view, summary));
  WM_TRY(summary.verified, parse_time(view));
  WM_TRY(summary.resource_uri, text_at(view, "resourceUri"));
  WM_TRY(const JsonView policy, view.member("policy"));
  WM_TRY(summary.policy, parse_reference(policy));
  WM_TRY(summary.inputs, parse_inputs(view));
  WM_TRY(summary.passed, parse_result(view));
  WM_TRY(summary.levels, parse_levels(view));
  WM_TRY(summary.dependency_levels, parse_dependencies(view));
  WM_TRY(summary.slsa_version, optional_text(view, "slsaVersion"));
  return summary;
}

std::string write_vsa(const VerificationSummary& summary) {
  JsonArray inputs;
  for (const ResourceReference& input : summary.inputs) inputs.push_back(reference_json(input));
  JsonArray levels;
  for (const std::string& level : summary.levels) levels.emplace_back(level);
  JsonObject members = {{"verifier", verifier_json(summary)},
                        {"timeVerified", format_rfc3339(summary.verified)},
                        {"resourceUri", summary.resource_uri},
                        {"policy", reference_json(summary.policy)},
                        {"verificationResult", summary.passed ? kPassed : kFailed},
                        {"verifiedLevels", std::move(levels)}};
  if (!inputs.empty()) members.emplace_back("inputAttestations", std::move(inputs));
  if (!summary.dependency_levels.empty())
    members.emplace_back("dependencyLevels", object_of(summary.dependency_levels));
  if (!summary.slsa_version.empty()) members.emplace_back("slsaVersion", summary.slsa_version);
  return write_json(Json::object(std::move(members)));
}

}  // namespace weightmark
