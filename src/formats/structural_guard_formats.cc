// Pickles, arrays, JSON files and configurations of Keras, as the structural guard sees them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/json_document.h"
#include "base/text.h"
#include "base/try.h"
#include "formats/pickle.h"
#include "formats/structural_guard.h"
#include "formats/zip_archive.h"

namespace weightmark {
namespace {

// --- JSON

// has_key looks for a key at any depth.
bool has_key(const Json& json, std::string_view key) {
  if (const auto* items = json.as<JsonArray>())
    return std::ranges::any_of(*items, [&](const Json& item) { return has_key(item, key); });
  const auto* members = json.as<JsonObject>();
  return members != nullptr && std::ranges::any_of(*members, [&](const auto& member) {
           return (member.first == key && !member.second.is_null()) || has_key(member.second, key);
         });
}

void weight_map_facts(const Json& json, Facts& facts) {
  const Json* map = json.find("weight_map");
  const auto* members = map == nullptr ? nullptr : map->as<JsonObject>();
  if (members == nullptr) return;
  for (const auto& [tensor, file] : *members) {
    const auto* name = file.as<std::string>();
    if (name != nullptr && !leaves_folder(*name)) continue;
    facts.add(ContentKind::kEscapes, fmt::format("has the tensor {} in {}", excerpt(tensor, 128),
                                                 name == nullptr ? "what is no text" : excerpt(*name)));
    return;  // one is enough to know it by
  }
}

std::string text_of(const Json* json) {
  const auto* text = json == nullptr ? nullptr : json->as<std::string>();
  return text == nullptr ? "" : *text;
}

// --- Keras

// Layers and functions of Keras that run or load what the file names.
bool runs_code(std::string_view class_name) {
  return class_name == "Lambda" || class_name == "TFSMLayer" || class_name == "TorchModuleWrapper" ||
         class_name == "JaxLayer" || class_name == "FlaxLayer" || class_name == "__lambda__";
}

bool is_keras_module(std::string_view module) {
  return module.empty() || module == "builtins" || module == "keras" || module.starts_with("keras.");
}

// computes_only says whether a module of Keras has no functions but those of numbers: of other
// modules, some fetch and unpack files (CVE-2025-8747), and one ends the safe mode (CVE-2025-9906).
bool computes_only(std::string_view module) {
  constexpr auto kModules = std::to_array<std::string_view>(
      {"activations", "constraints", "initializers", "losses", "metrics", "ops", "optimizers", "regularizers"});
  if (module.empty() || module == "builtins") return true;
  for (const std::string_view root : {"keras.src.", "keras."})
    if (module.starts_with(root)) {
      const std::string_view rest = module.substr(root.size());
      return std::ranges::find(kModules, rest.substr(0, rest.find('.'))) != kModules.end();
    }
  return false;
}

// named_function is the function that an object stands for, "" where it is a class: Keras looks
// up both by the same names, and the names of its classes begin with a capital letter.
std::string named_function(const Json& json, const std::string& class_name) {
  if (class_name == "function") return text_of(json.find("config"));
  return !class_name.empty() && class_name[0] >= 'a' && class_name[0] <= 'z' ? class_name : "";
}

void keras_object(const Json& json, std::string_view member, Facts& facts, unsigned depth) {
  constexpr unsigned kMaxDepth = 64;
  if (depth > kMaxDepth) return;
  if (const auto* items = json.as<JsonArray>()) {
    for (const Json& item : *items) keras_object(item, member, facts, depth + 1);
    return;
  }
  const auto* members = json.as<JsonObject>();
  if (members == nullptr) return;
  const std::string name = text_of(json.find("class_name"));
  const std::string module = text_of(json.find("module"));
  if (runs_code(name)) facts.add_of(member, ContentKind::kCode, fmt::format("has a {}", excerpt(name, 64)));
  const std::string function = named_function(json, name);
  // Keras imports the module and calls what has that name in it.
  if (!name.empty() && (!is_keras_module(module) || (!function.empty() && !computes_only(module))))
    facts.add_of(member, ContentKind::kCode,
                 fmt::format("calls {}.{}", excerpt(module, 128), excerpt(function.empty() ? name : function, 128)));
  for (const auto& [key, value] : *members) keras_object(value, member, facts, depth + 1);
}

}  // namespace

Result<void> pickle_facts(const Content& content, std::string_view member, Facts& facts) {
  WM_TRY(const PickleNames pickle, read_pickle(content));
  pickle_facts(pickle, member, facts);
  return {};
}

void pickle_facts(const PickleNames& pickle, std::string_view member, Facts& facts) {
  std::vector<std::string> names;
  for (const std::string& name : pickle.names)
    if (!builds_data(name)) names.push_back(excerpt(name, 128));
  const std::size_t more = names.size() - std::min(names.size(), kMaxTold);
  names.resize(names.size() - more);
  if (!names.empty())
    facts.add_of(member, ContentKind::kCode,
                 fmt::format("is a pickle that calls {}{}", fmt::join(names, ", "),
                             more > 0 ? fmt::format(" and {} more", more) : ""));
  if (!pickle.assigned.empty())
    facts.add_of(member, ContentKind::kMalformed,
                 fmt::format("is a pickle that puts items into what {} makes", *pickle.assigned.begin()));
  if (!pickle.fault.empty())
    facts.add_of(member, ContentKind::kUnread, fmt::format("is a pickle that {}", pickle.fault));
}

// numpy.lib.format: an array of objects is a pickle after the header.
Result<void> numpy_facts(const Content& content, std::string_view member, Facts& facts) {
  constexpr std::uint64_t kMaxHeader = std::uint64_t{1} << 20U;
  ContentCursor cursor(content);
  cursor.skip(6);
  const std::uint8_t major = cursor.u8();
  cursor.skip(1);
  const std::uint64_t size = major == 1 ? cursor.u16() : cursor.u32();
  const std::string header = size <= kMaxHeader ? cursor.bytes(size) : "";
  const std::uint64_t begin = cursor.offset();
  WM_CHECK(cursor.result());
  if (header.empty() || cursor.ended()) {
    facts.add_of(member, ContentKind::kMalformed, "has no header of an array");
    return {};
  }
  if (!header.contains("'O'") && !header.contains("|O")) return {};
  facts.add_of(member, ContentKind::kCode, "is an array of objects, which is a pickle");
  return pickle_facts(ContentPart(content, begin, content.size() - begin), member, facts);
}

Result<void> json_facts(std::string_view name, const Content& content, Facts& facts) {
  if (content.size() > kMaxJson) return {};
  const std::string_view base = name.substr(name.rfind('/') + 1);
  WM_TRY(const std::string text, read_all(content));
  const auto json = parse_json(text);
  if (!json) {
    facts.add(ContentKind::kMalformed, "is no JSON: " + describe(json.error()));
    return {};
  }
  // transformers imports what auto_map names, of the model's own Python files.
  if (has_key(*json, "auto_map") || has_key(*json, "custom_pipelines"))
    facts.add(ContentKind::kCode, "names Python code to be imported (auto_map)");
  if (base == "tokenizer_config.json" || base == "processor_config.json" || base == "chat_template.json")
    if (has_key(*json, "chat_template")) facts.add(ContentKind::kCode, "has a chat template");
  if (base.ends_with(".index.json")) weight_map_facts(*json, facts);
  if (json->find("class_name") != nullptr && json->find("config") != nullptr) keras_facts(text, "", facts);
  return {};
}

// HDF5 has the configuration as text among much else; it is looked for, since only
// HDF5's own library can read the rest.
Result<void> hdf5_facts(const Content& content, Facts& facts) {
  constexpr std::uint64_t kLookedAt = std::uint64_t{64} << 20U;
  ContentCursor cursor(content);
  const std::string head = cursor.bytes(std::min(kLookedAt, content.size()));
  WM_CHECK(cursor.result());
  for (const std::string_view name : {"Lambda", "TFSMLayer"})
    for (const std::string_view colon : {": ", ":"})
      if (head.contains(fmt::format("\"class_name\"{}\"{}\"", colon, name)))
        facts.add(ContentKind::kCode, fmt::format("has a {}", name));
  return {};
}

void keras_facts(std::string_view config, std::string_view member, Facts& facts) {
  const auto json = parse_json(config);
  if (!json) return facts.add_of(member, ContentKind::kMalformed, "is no JSON: " + describe(json.error()));
  keras_object(*json, member, facts, 0);
}

}  // namespace weightmark
