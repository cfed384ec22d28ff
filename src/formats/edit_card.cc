// Setting members of a card's front matter, line by line.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "base/yaml.h"
#include "formats/front_matter.h"
#include "formats/model_card.h"

namespace weightmark {
namespace {

// Setting is one member that is to have a value: a text, texts, or a mapping of texts.
struct Setting {
  std::string key;
  Json value;
};

// --- values

Result<Json> text_value(const std::string& text, std::string_view key) {
  if (!text.empty() && text.size() <= 4096 && is_utf8(text) && printable(text) == text) return Json(text);
  return refuse(ErrorCode::kCardValue, text.empty() ? "is empty" : "is too long, or has control characters", key);
}

Result<Json> list_value(const std::vector<std::string>& texts, std::string_view key) {
  JsonArray items;
  for (const std::string& text : texts) {
    WM_TRY(Json item, text_value(text, key));
    items.push_back(std::move(item));
  }
  return Json(std::move(items));
}

// one_or_list is how base models are written.
Result<Json> one_or_list(const std::vector<std::string>& texts, std::string_view key) {
  return texts.size() == 1 ? text_value(texts.front(), key) : list_value(texts, key);
}

// pointer_block keeps what others have in the block, where that is texts.
Result<std::optional<Json>> pointer_block(const Json& root, const CardChanges& changes) {
  if (!changes.signature && !changes.provenance) return std::nullopt;
  JsonObject members;
  if (const Json* old = root.find(kSupplyChainKey); old != nullptr && !old->is_null()) {
    if (old->as<JsonObject>() == nullptr)
      return refuse(ErrorCode::kCardUnwritable, "is something else than a block of pointers", kSupplyChainKey);
    members = *old->as<JsonObject>();
  }
  for (const auto& [key, path] :
       {std::pair("signature", &changes.signature), std::pair("provenance", &changes.provenance)}) {
    if (!*path) continue;
    if (!is_pointer(**path)) return refuse(ErrorCode::kCardValue, "is no path inside the model", **path);
    std::erase_if(members, [&](const auto& member) { return member.first == key; });
    members.emplace_back(key, Json(**path));
  }
  if (!std::ranges::all_of(members, [](const auto& member) { return member.second.template as<std::string>(); }))
    return refuse(ErrorCode::kCardUnwritable, "has members that are no texts", kSupplyChainKey,
                  "take them out, or set the pointers by hand");
  return Json::object(std::move(members));
}

Result<std::vector<Setting>> settings_of(const CardChanges& changes, const Json& root) {
  std::vector<Setting> settings;
  const auto add = [&](const auto& wanted, std::string_view key, const auto& value_of) -> Result<void> {
    if (!wanted) return {};
    WM_TRY(Json value, value_of(*wanted, key));
    settings.push_back({std::string(key), std::move(value)});
    return {};
  };
  WM_CHECK(add(changes.license, "license", text_value));
  WM_CHECK(add(changes.license_name, "license_name", text_value));
  WM_CHECK(add(changes.license_link, "license_link", text_value));
  WM_CHECK(add(changes.library_name, "library_name", text_value));
  WM_CHECK(add(changes.base_models, "base_model", one_or_list));
  WM_CHECK(add(changes.base_model_relation, "base_model_relation", text_value));
  WM_CHECK(add(changes.datasets, "datasets", list_value));
  WM_TRY(std::optional<Json> pointers, pointer_block(root, changes));
  if (pointers) settings.push_back({std::string(kSupplyChainKey), *std::move(pointers)});
  return settings;
}

// --- lines

// is_plain is true of what every reader of YAML takes for this string.
bool is_plain(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto inner = [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || std::string_view("-_./+@").contains(c);
  };
  if (text.size() < 2 || !letter(text.front()) || !std::ranges::all_of(text, inner)) return false;
  const auto strict = parse_yaml(text, ErrorCode::kCardValue);
  return strict && *strict == Json(text);
}

// A JSON string is a double-quoted scalar of YAML (YAML 1.2, section 1.3).
std::string scalar_text(const std::string& text) { return is_plain(text) ? text : write_json(Json(text)); }

// lines_of spells a member. `comment` goes to the first line.
std::vector<std::string> lines_of(const Setting& setting, const std::string& indent, const std::string& comment) {
  const std::string head = fmt::format("{}{}:", indent, setting.key);
  if (const auto* text = setting.value.as<std::string>()) return {head + " " + scalar_text(*text) + comment};
  std::vector<std::string> lines;
  if (const auto* items = setting.value.as<JsonArray>()) {
    lines.push_back(head + (items->empty() ? " []" : "") + comment);
    for (const Json& item : *items)
      lines.push_back(fmt::format("{}- {}", indent, scalar_text(*item.as<std::string>())));
  } else if (const auto* members = setting.value.as<JsonObject>()) {
    lines.push_back(head + comment);
    for (const auto& [key, member] : *members)
      lines.push_back(fmt::format("{}  {}: {}", indent, scalar_text(key), scalar_text(*member.as<std::string>())));
  }
  return lines;
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    lines.push_back(first_line(text));
    text.remove_prefix(lines.back().size());
  }
  return lines;
}

// rest_of is what follows so many characters of a line.
std::string_view rest_of(std::string_view line, std::size_t characters) {
  std::size_t at = 0;
  const auto continues = [&] { return at < line.size() && (static_cast<unsigned char>(line[at]) & 0xC0U) == 0x80U; };
  for (; characters > 0 && at < line.size(); --characters) {
    ++at;
    while (continues()) ++at;
  }
  return line.substr(at);
}

// comment_after is the comment that stands on the only line of a member, with the space
// before it.
std::string comment_after(const YamlEntry& entry, std::string_view line) {
  if (entry.first_line != entry.last_line) return {};
  const std::string_view rest = rest_of(without_break(line), entry.end_column);
  return trimmed(rest).starts_with('#') ? std::string(rest) : std::string();
}

// Lines is the front matter under way: an old line that is replaced becomes the new ones.
class Lines {
 public:
  Lines(std::string_view yaml, std::string_view line_break) : lines_(split(yaml)), break_(line_break) {
    for (const std::string_view line : lines_) texts_.emplace_back(line);
  }

  std::string_view line(std::size_t at) const { return at < lines_.size() ? lines_[at] : std::string_view(); }

  void replace(const YamlEntry& entry, const std::vector<std::string>& by) {
    for (std::size_t i = entry.first_line; i <= entry.last_line && i < texts_.size(); ++i) texts_[i].clear();
    if (entry.first_line < texts_.size()) texts_[entry.first_line] = joined(by);
  }

  void append(const std::vector<std::string>& lines) { texts_.push_back(joined(lines)); }

  std::string text() const { return fmt::format("{}", fmt::join(texts_, "")); }

 private:
  std::string joined(const std::vector<std::string>& lines) const {
    std::string text;
    for (const std::string& line : lines) text += line + break_;
    return text;
  }

  std::vector<std::string_view> lines_;
  std::vector<std::string> texts_;
  std::string break_;
};

std::string_view line_break_of(std::string_view text) {
  const std::string_view line = first_line(text);
  const std::string_view found = line.substr(without_break(line).size());
  return found.empty() ? "\n" : found;
}

// with_setting is what the front matter has to say afterwards.
Json with_setting(const Json& root, const Setting& setting) {
  JsonObject members;
  if (const auto* old = root.as<JsonObject>()) members = *old;
  std::erase_if(members, [&](const auto& member) { return member.first == setting.key; });
  members.emplace_back(setting.key, setting.value);
  return Json::object(std::move(members));
}

// says_already: a list of one and its item say the same.
bool says_already(const Json* present, const Json& value) {
  if (present == nullptr) return false;
  if (*present == value) return true;
  const auto is_list_of = [](const Json& list, const Json& item) {
    const auto* items = list.as<JsonArray>();
    return items != nullptr && items->size() == 1 && items->front() == item;
  };
  return is_list_of(*present, value) || is_list_of(value, *present);
}

void apply(const Setting& setting, const YamlDocument& old, Lines& lines) {
  const std::string indent(old.indent, ' ');
  const auto entry = std::ranges::find(old.entries, setting.key, &YamlEntry::key);
  if (entry == old.entries.end()) return lines.append(lines_of(setting, indent, ""));
  lines.replace(*entry, lines_of(setting, indent, comment_after(*entry, lines.line(entry->first_line))));
}

std::unexpected<Error> unwritable() {
  return refuse(ErrorCode::kCardUnwritable, "the front matter is not one member a line", {},
                "write it as a block, `key: value` on each line, or set the members by hand");
}

Result<std::string> edited(const FrontMatter& parts, std::string_view line_break, const YamlDocument& old,
                           const std::vector<Setting>& settings) {
  Lines lines(parts.yaml, line_break);
  Json wanted = old.root;
  for (const Setting& setting : settings) {
    if (says_already(old.root.find(setting.key), setting.value)) continue;
    apply(setting, old, lines);
    wanted = with_setting(wanted, setting);
  }
  std::string yaml = lines.text();
  const auto found = parse_yaml_leniently(yaml, ErrorCode::kCardUnwritable);
  if (!found || found->root != wanted) return unwritable();
  return yaml;
}

}  // namespace

Result<std::string> edit_card(std::string_view text, const CardChanges& changes) {
  WM_CHECK(parse_card(text));
  const auto found = find_front_matter(text);
  const std::string line_break(line_break_of(text));
  YamlDocument old;
  if (found) {
    WM_TRY(old, parse_yaml_leniently(found->yaml, ErrorCode::kCardMalformed));
  }
  const auto* members = old.root.as<JsonObject>();
  if (members != nullptr && members->size() != old.entries.size()) return unwritable();
  WM_TRY(const std::vector<Setting> settings, settings_of(changes, old.root));
  WM_TRY(const std::string yaml, edited(found.value_or(FrontMatter{}), line_break, old, settings));
  if (found) return fmt::format("{}{}{}", found->head, yaml, found->tail);
  if (yaml.empty()) return std::string(text);
  return fmt::format("---{0}{1}---{0}{2}{3}", line_break, yaml, text.empty() ? "" : line_break, text);
}

}  // namespace weightmark
