// What Google Cloud Build's tools print: envelopes, and a rendering of each for people.
// https://cloud.google.com/build/docs/securing-builds/view-build-provenance
#include <fmt/format.h>

#include <algorithm>

#include "attest/provenance_file.h"
#include "attest/statement.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"

namespace weightmark {
namespace {

std::unexpected<Error> disagrees(std::string what, const JsonView& where) {
  return refuse(ErrorCode::kBuildSummary, std::move(what), where.path(),
                "what is printed beside the envelope was changed, or is about another image");
}

Result<std::string_view> text_at(const JsonView& parent, std::string_view key) {
  WM_TRY(const JsonView field, parent.member(key));
  return field.string();
}

// The rendering is under one of these names, by the version of the statement; what is
// rendered for people and what is signed have to be equal.
Result<void> check_rendering(const JsonView& occurrence, const Json& payload) {
  WM_TRY(const JsonView build, occurrence.member("build"));
  WM_CHECK(build.object());
  for (const std::string_view name : {"intotoStatement", "inTotoSlsaProvenanceV1"}) {
    const auto found = build.find(name);
    if (!found || !build.has(name)) continue;
    WM_TRY(const JsonMembers members, found->object());
    for (const auto& [key, value] : members) {
      const Json* signed_value = payload.find(key);
      if (signed_value == nullptr || *signed_value != value.json()) return disagrees("is not what is signed", value);
    }
    return {};
  }
  return disagrees("has no statement for people", build);
}

bool names_digest(const Json& payload, const std::string& sha256) {
  const Json* subjects = payload.find("subject");
  const JsonArray* items = subjects == nullptr ? nullptr : subjects->as<JsonArray>();
  if (items == nullptr) return false;
  return std::ranges::any_of(*items, [&](const Json& subject) {
    const Json* digest = subject.find("digest");
    const Json* hex = digest == nullptr ? nullptr : digest->find("sha256");
    return hex != nullptr && hex->as<std::string>() != nullptr && *hex->as<std::string>() == sha256;
  });
}

Result<void> check_occurrence(const JsonView& occurrence, const std::string& sha256, const Json& payload) {
  WM_TRY(const std::string_view kind, text_at(occurrence, "kind"));
  if (kind != "BUILD") return disagrees(fmt::format("is of the kind \"{}\", not BUILD", excerpt(kind)), occurrence);
  WM_TRY(const std::string_view resource, text_at(occurrence, "resourceUri"));
  if (!resource.ends_with("@sha256:" + sha256)) return disagrees("is about another image", occurrence);
  WM_CHECK(check_rendering(occurrence, payload));
  if (!names_digest(payload, sha256)) return disagrees("is signed for another image", occurrence);
  return {};
}

Result<std::string> image_digest(const JsonView& root) {
  WM_TRY(const JsonView summary, root.member("image_summary"));
  WM_TRY(const std::string_view digest, text_at(summary, "digest"));
  constexpr std::string_view kPrefix = "sha256:";
  if (!digest.starts_with(kPrefix)) return disagrees("is no SHA-256", summary);
  return std::string(digest.substr(kPrefix.size()));
}

Result<std::vector<ProvenanceEnvelope>> parse_occurrence(const JsonView& occurrence, const std::string& sha256) {
  WM_TRY(const JsonView field, occurrence.member("envelope"));
  WM_TRY(auto envelopes, parse_bare_envelope(field, true));
  for (ProvenanceEnvelope& envelope : envelopes) envelope.form = ProvenanceEnvelope::Form::kGoogle;
  if (envelopes.empty()) return envelopes;
  WM_TRY(const Json payload, parse_json(as_text(envelopes.front().bundle.envelope.payload)));
  WM_CHECK(check_occurrence(occurrence, sha256, payload));
  return envelopes;
}

}  // namespace

// Where several builds made the image, one whose rendering was changed does not speak for
// the others, nor against them.
Result<std::vector<ProvenanceEnvelope>> parse_google_envelopes(const JsonView& root) {
  WM_TRY(const std::string sha256, image_digest(root));
  WM_TRY(const JsonView summary, root.member("provenance_summary"));
  WM_TRY(const JsonView list, summary.member("provenance"));
  WM_TRY(const JsonItems occurrences, list.array());
  if (occurrences.size() > kMaxEnvelopes)
    return refuse(ErrorCode::kBundleMalformed, fmt::format("has {} provenances", occurrences.size()), list.path());
  std::vector<ProvenanceEnvelope> all;
  std::optional<Error> first;
  for (const JsonView& occurrence : occurrences) {
    auto found = parse_occurrence(occurrence, sha256);
    if (found && all.size() + found->size() <= kMaxEnvelopes)
      std::ranges::move(*found, std::back_inserter(all));
    else if (!found && !first)
      first = std::move(found).error();
  }
  if (all.empty() && first) return std::unexpected(*std::move(first));
  if (all.empty()) return refuse(ErrorCode::kBundleNoEnvelope, "has no envelope", list.path());
  return all;
}

}  // namespace weightmark
