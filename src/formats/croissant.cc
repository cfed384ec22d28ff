#include "formats/croissant.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "base/encoding.h"
#include "base/json_document.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"

namespace weightmark {
namespace {

constexpr std::size_t kMaxText = 4096;       // bytes of a name, a licence or a URL
constexpr std::size_t kMaxValues = 64;       // licences of a dataset, types of a node
constexpr std::size_t kMaxComponents = 128;  // of a URL's path that are looked at

// The spellings of a term: "sc:name", "https://schema.org/name" and "name" are one.
constexpr std::array<std::string_view, 8> kPrefixes = {"",
                                                       "sc:",
                                                       "cr:",
                                                       "dct:",
                                                       "https://schema.org/",
                                                       "http://schema.org/",
                                                       "http://mlcommons.org/croissant/",
                                                       "https://mlcommons.org/croissant/"};

// What a value is, where nothing is wrong with either answer.
bool is_array(const JsonView& view) { return view.json().as<JsonArray>() != nullptr; }
bool is_object(const JsonView& view) { return view.json().as<JsonObject>() != nullptr; }

// find_term returns a member that is there and not null.
Result<std::optional<JsonView>> find_term(const JsonView& node, std::string_view term) {
  std::optional<JsonView> found;
  for (const std::string_view prefix : kPrefixes) {
    const std::string key = std::string(prefix) + std::string(term);
    if (!node.has(key)) continue;
    if (found) return node.fail(fmt::format("has \"{}\" in two spellings", term));
    found = node.find(key);
  }
  return found;
}

bool is_one_of_type(std::string_view found, std::string_view wanted) {
  return std::ranges::any_of(kPrefixes, [&](std::string_view prefix) {
    return found.starts_with(prefix) && found.substr(prefix.size()) == wanted;
  });
}

// each calls `take` with the value, or with each of several.
Result<void> each(const JsonView& view, std::size_t limit, const auto& take) {
  if (!is_array(view)) return take(view);
  WM_TRY(const JsonItems items, view.array());
  if (items.size() > limit) return view.fail(fmt::format("has {} values, over the limit of {}", items.size(), limit));
  for (const JsonView& item : items) WM_CHECK(take(item));
  return {};
}

// plain_text takes a string or a number: a version may be 1.0.
Result<std::string> plain_text(const JsonView& view) {
  if (!is_array(view) && !is_object(view)) {
    const Json value = view.json();
    if (value.as<std::int64_t>() != nullptr || value.as<double>() != nullptr) return write_json(value);
  }
  WM_TRY(const std::string_view text, view.string());
  if (text.size() > kMaxText) return view.fail(fmt::format("is longer than {} bytes", kMaxText));
  return std::string(text);
}

// node_text takes what JSON-LD has for a text or a reference too: {"@value": …},
// {"@id": …}, and an object with its URL or name, as a licence may be.
Result<std::string> node_text(const JsonView& view) {
  if (!is_object(view)) return plain_text(view);
  for (const std::string_view key : {"@value", "@id"})
    if (view.has(key)) return plain_text(*view.find(key));
  for (const std::string_view key : {"url", "name"}) {
    WM_TRY(const auto found, find_term(view, key));
    if (found) return plain_text(*found);
  }
  return view.fail("says neither a text nor what it refers to");
}

// text_member returns "" where the member is absent. One that must be single may come in
// an array of one.
Result<std::string> text_member(const JsonView& node, std::string_view term) {
  WM_TRY(const auto found, find_term(node, term));
  if (!found) return std::string();
  if (!is_array(*found)) return node_text(*found);
  WM_TRY(const JsonItems items, found->array());
  if (items.size() != 1) return found->fail(fmt::format("has {} values, where one is expected", items.size()));
  return node_text(items.front());
}

Result<std::vector<std::string>> text_members(const JsonView& node, std::string_view term) {
  std::vector<std::string> texts;
  WM_TRY(const auto found, find_term(node, term));
  if (!found) return texts;
  const auto take = [&](const JsonView& value) -> Result<void> {
    WM_TRY(std::string text, node_text(value));
    texts.push_back(std::move(text));
    return {};
  };
  WM_CHECK(each(*found, kMaxValues, take));
  return texts;
}

Result<bool> has_type(const JsonView& node, std::string_view wanted) {
  WM_TRY(const std::vector<std::string> types, text_members(node, "@type"));
  return std::ranges::any_of(types, [&](std::string_view type) { return is_one_of_type(type, wanted); });
}

// --- files

Result<std::optional<Digest>> parse_sha256(const JsonView& node) {
  auto text = text_member(node, "sha256");
  if (!text) return std::unexpected(std::move(text).error());
  if (text->empty() || text->starts_with("https://") || text->starts_with("http://")) return std::nullopt;
  if (const auto bytes = from_hex(*text)) *text = to_hex(*bytes);  // some publishers write upper case
  const auto digest = Digest::from_hex(HashAlgorithm::kSha256, *text);
  if (!digest) return node.fail(fmt::format("has no SHA-256 in \"sha256\": {}", excerpt(*text)));
  return std::optional(*digest);
}

Result<CroissantFile> parse_file(const JsonView& node) {
  CroissantFile file;
  WM_TRY(file.id, text_member(node, "@id"));
  WM_TRY(file.name, text_member(node, "name"));
  WM_TRY(file.content_url, text_member(node, "contentUrl"));
  WM_TRY(const std::vector<std::string> encodings, text_members(node, "encodingFormat"));
  if (!encodings.empty()) file.encoding = encodings.front();
  WM_TRY(const std::vector<std::string> containers, text_members(node, "containedIn"));
  if (!containers.empty()) file.contained_in = containers.front();
  WM_TRY(file.sha256, parse_sha256(node));
  if (file.name.empty() && file.id.empty()) return node.fail("is a file without a name");
  return file;
}

Result<void> parse_distribution(const JsonView& root, CroissantDataset& dataset) {
  WM_TRY(const auto distribution, find_term(root, "distribution"));
  if (!distribution) return {};
  return each(*distribution, kMaxCroissantFiles, [&](const JsonView& node) -> Result<void> {
    WM_CHECK(node.object());
    WM_TRY(const bool is_file, has_type(node, "FileObject"));
    if (!is_file) return {};
    WM_TRY(CroissantFile file, parse_file(node));
    dataset.files.push_back(std::move(file));
    return {};
  });
}

// --- records

// Names of splits and of classes are no records of the dataset's.
Result<bool> is_enumeration(const JsonView& set) {
  WM_TRY(const std::vector<std::string> types, text_members(set, "dataType"));
  return std::ranges::any_of(types, [](std::string_view type) {
    return is_one_of_type(type, "Enumeration") || is_one_of_type(type, "Split");
  });
}

Result<void> count_records(const JsonView& root, CroissantDataset& dataset) {
  WM_TRY(const auto sets, find_term(root, "recordSet"));
  if (!sets) return {};
  std::optional<std::uint64_t> records;
  bool all = true;
  const auto count = [&](const JsonView& set) -> Result<void> {
    WM_CHECK(set.object());
    WM_TRY(const bool enumeration, is_enumeration(set));
    if (enumeration) return {};
    WM_TRY(const auto data, find_term(set, "data"));
    all = all && data && is_array(*data);
    if (!all) return {};
    WM_TRY(const JsonItems found, data->array());
    records = records.value_or(0) + found.size();
    return {};
  };
  WM_CHECK(each(*sets, kMaxCroissantFiles, count));
  if (all) dataset.records = records;
  return {};
}

// --- the dataset

// version_of returns "1.1" for Croissant's own URI, nothing for another.
std::optional<std::string_view> version_of(std::string_view uri) {
  for (const std::string_view prefix : {"http://mlcommons.org/croissant/", "https://mlcommons.org/croissant/"})
    if (uri.starts_with(prefix) && !uri.substr(prefix.size()).starts_with("RAI")) return uri.substr(prefix.size());
  return std::nullopt;
}

// It may conform to others as well, such as Croissant RAI.
Result<std::string> find_version(const JsonView& root) {
  WM_TRY(const std::vector<std::string> uris, text_members(root, "conformsTo"));
  if (uris.empty()) return std::string();
  for (const std::string& uri : uris) {
    const auto version = version_of(uri);
    if (!version) continue;
    if (version->starts_with("0.") || version->starts_with("1.")) return uri;
    return refuse(ErrorCode::kCroissantVersion, fmt::format("is of version {}", excerpt(*version)), "conformsTo",
                  "0.8 to 1.x are read");
  }
  return refuse(ErrorCode::kCroissantVersion, fmt::format("conforms to {}, not to Croissant", excerpt(uris.front())),
                "conformsTo");
}

}  // namespace

bool is_croissant(std::string_view text) {
  if (text.size() > kMaxCroissantSize) return false;
  const auto document = JsonDocument::parse(text);
  if (!document) return false;
  const auto uris = text_members(document->root(ErrorCode::kCroissantMalformed), "conformsTo");
  return uris && std::ranges::any_of(*uris, [](const std::string& uri) { return version_of(uri).has_value(); });
}

Result<CroissantDataset> parse_croissant(std::string_view text) {
  if (text.size() > kMaxCroissantSize)
    return refuse(ErrorCode::kCroissantMalformed,
                  fmt::format("has {}, over the limit of {}", human_size(text.size()), human_size(kMaxCroissantSize)));
  WM_TRY(const JsonDocument document, JsonDocument::parse(text));
  const JsonView root = document.root(ErrorCode::kCroissantMalformed);
  WM_CHECK(root.object());
  CroissantDataset dataset;
  WM_TRY(dataset.conforms_to, find_version(root));
  WM_TRY(const bool is_dataset, has_type(root, "Dataset"));
  if (!is_dataset) return root.fail("describes no dataset");
  WM_TRY(dataset.name, text_member(root, "name"));
  if (dataset.name.empty()) return root.fail("does not name the dataset");
  WM_TRY(dataset.version, text_member(root, "version"));
  WM_TRY(dataset.url, text_member(root, "url"));
  WM_TRY(dataset.licenses, text_members(root, "license"));
  WM_CHECK(parse_distribution(root, dataset));
  WM_CHECK(count_records(root, dataset));
  return dataset;
}

namespace {

// --- comparing

using Paths = std::unordered_map<std::string_view, std::size_t>;

// decoded resolves %20 and the like (RFC 3986, section 2.1).
std::string decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = text[i] == '%' && i + 2 < text.size() ? from_hex(text.substr(i + 1, 2)) : std::nullopt;
    result += byte ? static_cast<char>(byte->front()) : text[i];
    if (byte) i += 2;
  }
  return result;
}

// path_of leaves out scheme, host, query and fragment.
std::string path_of(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return decoded(url);
  url.remove_prefix(scheme + 3);
  const std::size_t slash = url.find('/');
  return slash == std::string_view::npos ? std::string() : decoded(url.substr(slash + 1));
}

// find_suffix tries the whole path first, then what is left without its first components.
std::optional<std::size_t> find_suffix(std::string_view path, const Paths& paths) {
  if (path.starts_with("./")) path.remove_prefix(2);
  for (std::size_t i = 0; i < kMaxComponents && !path.empty(); ++i) {
    if (const auto found = paths.find(path); found != paths.end()) return found->second;
    const std::size_t slash = path.find('/');
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return std::nullopt;
}

std::optional<std::size_t> find_measured(const CroissantFile& file, const Paths& paths) {
  if (const auto found = find_suffix(path_of(file.content_url), paths)) return found;
  const auto named = paths.find(file.name);
  return named == paths.end() ? std::nullopt : std::optional(named->second);
}

constexpr std::string_view kRepository = "git+https";

CroissantOutcome compare(const CroissantFile& file, std::optional<std::size_t> at,
                         std::span<const MeasuredFile> measured) {
  if (!file.sha256 || file.encoding == kRepository) return CroissantOutcome::kNoDigest;
  if (!at) return CroissantOutcome::kAbsent;
  return *file.sha256 == measured[*at].sha256 ? CroissantOutcome::kEqual : CroissantOutcome::kDiffers;
}

}  // namespace

std::vector<CroissantFinding> compare_croissant(const CroissantDataset& dataset,
                                                std::span<const MeasuredFile> measured) {
  Paths paths;
  Paths ids;
  for (std::size_t i = 0; i < measured.size(); ++i) paths.emplace(measured[i].path, i);
  for (std::size_t i = 0; i < dataset.files.size(); ++i) ids.emplace(dataset.files[i].id, i);
  // A file of a repository is a file of the dataset; one of an archive is not.
  const auto is_within = [&](const CroissantFile& file) {
    if (file.contained_in.empty()) return false;
    const auto container = ids.find(file.contained_in);
    return container == ids.end() || dataset.files[container->second].encoding != kRepository;
  };
  std::vector<CroissantFinding> findings;
  findings.reserve(dataset.files.size());
  for (std::size_t i = 0; i < dataset.files.size(); ++i) {
    const CroissantFile& file = dataset.files[i];
    const bool within = is_within(file);
    const auto at = within ? std::nullopt : find_measured(file, paths);
    findings.push_back({i, at, within ? CroissantOutcome::kWithin : compare(file, at, measured)});
  }
  return findings;
}

Result<void> check_croissant(const CroissantDataset& dataset, std::span<const MeasuredFile> measured) {
  for (const CroissantFinding& finding : compare_croissant(dataset, measured)) {
    if (finding.outcome != CroissantOutcome::kDiffers) continue;
    const MeasuredFile& file = measured[*finding.measured];
    return refuse(ErrorCode::kCroissantMismatch,
                  fmt::format("has SHA-256 {}, where Croissant says {}", file.sha256.hex(),
                              dataset.files[finding.file].sha256->hex()),
                  file.path);
  }
  return {};
}

}  // namespace weightmark
