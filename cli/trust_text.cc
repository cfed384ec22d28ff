#include "cli/trust_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>

#include "base/encoding.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/output.h"

namespace weightmark::cli {
namespace {

Time seconds_of(Instant time) { return std::chrono::floor<std::chrono::seconds>(time); }

std::string_view state_of(const Window& window, Time now) {
  if (window.contains(now)) return "in use";
  return window.end && *window.end < now ? "retired" : "not yet";
}

std::string date_of(const std::optional<Instant>& time) {
  return time ? fmt::format("{:%Y-%m-%d}", seconds_of(*time)) : "…";
}

// Party is what logs and authorities have in common.
struct Party {
  std::string url;
  std::string owner;
  Window window;
  std::string what;  // the log's id, or the authority's own name
  std::string key;   // its type, or why it cannot be used
};

Party party_of(const LogInstance& log) {
  return {log.base_url, log.owner, log.window, to_hex(log.id),
          log.key ? std::string(key_type_name(log.key->key.type())) : "unsupported: " + log.key.error().what};
}

Party party_of(const AuthorityInstance& authority) {
  const auto key = authority.chain.front().public_key();
  return {authority.uri, authority.owner, authority.window, authority.chain.front().subject(),
          key ? std::string(key_type_name(key->type())) : "unsupported: " + key.error().what};
}

struct Section {
  std::string_view title;
  std::string_view member;  // of the document
  std::vector<Party> parties;
};

template <class Instance>
std::vector<Party> parties_of(const std::vector<Instance>& instances) {
  std::vector<Party> parties;
  parties.reserve(instances.size());
  for (const Instance& instance : instances) parties.push_back(party_of(instance));
  return parties;
}

std::array<Section, 4> sections_of(const TrustedRoot::Impl& root) {
  return {{{"certificate authorities", "certificateAuthorities", parties_of(root.certificate_authorities)},
           {"transparency logs", "logs", parties_of(root.logs)},
           {"certificate transparency logs", "certificateLogs", parties_of(root.certificate_logs)},
           {"timestamp authorities", "timestampAuthorities", parties_of(root.timestamp_authorities)}}};
}

std::string describe_party(const Party& party, Time now) {
  return fmt::format("  {:<8} {} to {:<10}  {}\n{:<11}{}, {}\n", state_of(party.window, now),
                     date_of(party.window.start), date_of(party.window.end), printable(party.url), "",
                     printable(party.what), printable(party.key));
}

Json time_json(const std::optional<Instant>& time) {
  return time ? Json(fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", seconds_of(*time))) : Json();
}

Json party_json(const Party& party, Time now) {
  return Json::object({{"url", json_text(party.url)},
                       {"operator", json_text(party.owner)},
                       {"id", json_text(party.what)},
                       {"key", json_text(party.key)},
                       {"start", time_json(party.window.start)},
                       {"end", time_json(party.window.end)},
                       {"state", state_of(party.window, now)}});
}

}  // namespace

std::string describe_root(const TrustSource& source, const TrustedRoot::Impl& root, Time now) {
  std::string text = fmt::format("trusted root of {}\n", printable(source.from));
  if (source.vouched_until) text += fmt::format("vouched for until {:%Y-%m-%d %H:%M:%S} UTC\n", *source.vouched_until);
  for (const Section& section : sections_of(root)) {
    text += fmt::format("\n{}{}\n", section.title, section.parties.empty() ? ": none" : "");
    for (const Party& party : section.parties) text += describe_party(party, now);
  }
  return text;
}

std::string trust_json(const TrustSource& source, const TrustedRoot::Impl& root, Time now) {
  JsonObject members = {{"schema", "weightmark.trust.v1"}, {"from", json_text(source.from)}};
  if (source.vouched_until) members.emplace_back("vouchedUntil", time_json(*source.vouched_until));
  for (const Section& section : sections_of(root)) {
    JsonArray list;
    for (const Party& party : section.parties) list.push_back(party_json(party, now));
    members.emplace_back(section.member, std::move(list));
  }
  return write_json_indented(Json::object(std::move(members)));
}

}  // namespace weightmark::cli
