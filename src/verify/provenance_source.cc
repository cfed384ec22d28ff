#include "verify/provenance_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/refuse.h"
#include "base/text.h"

namespace weightmark {
namespace {

std::string_view without_prefix(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

std::string after(std::string_view ref, std::string_view prefix) {
  return ref.starts_with(prefix) ? std::string(ref.substr(prefix.size())) : std::string();
}

// at_of returns where the reference begins: the first "@" in the path.
std::size_t at_of(std::string_view uri) {
  const std::size_t scheme = uri.find("://");
  const std::size_t path = uri.find('/', scheme == std::string_view::npos ? 0 : scheme + 3);
  return path == std::string_view::npos ? path : uri.find('@', path);
}

// --- semantic versions (semver.org 2.0.0), with "v" before them

struct Version {
  std::array<std::string, 3> core = {"", "0", "0"};
  std::size_t parts = 0;   // that are spelled
  std::string prerelease;  // with its "-"
  std::string build;       // with its "+"
};

bool is_number(std::string_view text) {
  return !text.empty() && (text == "0" || text.front() != '0') &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// is_identifiers says whether what follows "-" or "+" is made as semantic versions demand.
bool is_identifiers(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.';
  });
}

std::optional<Version> parse_version(std::string_view text) {
  if (!text.starts_with('v')) return std::nullopt;
  text.remove_prefix(1);
  Version version;
  if (const std::size_t plus = text.find('+'); plus != std::string_view::npos) {
    version.build = text.substr(plus);
    text = text.substr(0, plus);
  }
  if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
    version.prerelease = text.substr(dash);
    text = text.substr(0, dash);
  }
  for (bool more = true; more;) {
    const std::size_t dot = text.find('.');
    more = dot != std::string_view::npos;
    const std::string_view number = text.substr(0, dot);
    if (version.parts == version.core.size() || !is_number(number)) return std::nullopt;
    version.core.at(version.parts++) = number;
    text = more ? text.substr(dot + 1) : std::string_view();
  }
  const bool tail = !version.prerelease.empty() || !version.build.empty();
  if (tail && version.parts != version.core.size()) return std::nullopt;
  if (!version.prerelease.empty() && !is_identifiers(version.prerelease.substr(1))) return std::nullopt;
  if (!version.build.empty() && !is_identifiers(version.build.substr(1))) return std::nullopt;
  return version;
}

}  // namespace

std::string normal_uri(std::string_view uri) {
  uri = without_prefix(uri, "git+");
  while (uri.ends_with('/')) uri.remove_suffix(1);
  if (uri.ends_with(".git")) uri.remove_suffix(4);
  if (uri.empty() || uri.contains("://")) return std::string(uri);
  return fmt::format("https://{}", uri);
}

ProvenanceSource parse_source(std::string_view uri) {
  const std::size_t at = at_of(uri);
  if (at == std::string_view::npos) return {normal_uri(uri), "", ""};
  return {normal_uri(uri.substr(0, at)), std::string(uri.substr(at + 1)), ""};
}

std::string branch_of(std::string_view ref) { return after(ref, "refs/heads/"); }
std::string tag_of(std::string_view ref) { return after(ref, "refs/tags/"); }

Result<BuilderName> split_builder(std::string_view id) {
  const std::size_t at = id.find('@');
  if (at == std::string_view::npos) {
    if (!id.empty()) return BuilderName{std::string(id), ""};
  } else if (at > 0 && at + 1 < id.size() && id.find('@', at + 1) == std::string_view::npos) {
    return BuilderName{std::string(id.substr(0, at)), std::string(id.substr(at + 1))};
  }
  return refuse(ErrorCode::kProvenanceMalformed, fmt::format("\"{}\" names no builder", excerpt(id)), "builder.id");
}

bool is_release(std::string_view ref) {
  const auto version = parse_version(tag_of(ref));
  return version && version->parts == 3 && version->prerelease.empty() && version->build.empty();
}

Result<bool> matches_version(std::string_view tag, std::string_view expected) {
  const auto wanted = parse_version(expected);
  if (!wanted)
    return refuse(ErrorCode::kUsage, fmt::format("\"{}\" is no version such as v1, v1.2 or v1.2.3", excerpt(expected)),
                  "--source-versioned-tag");
  const auto found = parse_version(tag);
  if (!found || !std::equal(wanted->core.begin(), wanted->core.begin() + static_cast<std::ptrdiff_t>(wanted->parts),
                            found->core.begin()))
    return false;
  return wanted->parts < 3 || wanted->prerelease == found->prerelease;
}

}  // namespace weightmark
