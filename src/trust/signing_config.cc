#include "trust/signing_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <set>

#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"

namespace weightmark {
namespace {

constexpr std::size_t kMaxServices = 256;  // of one kind
constexpr std::string_view kMediaType = "application/vnd.dev.sigstore.signingconfig.v0.2+json";

Result<SigningService> parse_service(const JsonView& view) {
  SigningService service;
  WM_TRY(service.url, optional_text(view, "url"));
  if (service.url.empty()) return view.fail("no URL");
  while (service.url.ends_with('/')) service.url.pop_back();
  if (view.has("majorApiVersion")) {
    WM_TRY(JsonView version, view.member("majorApiVersion"));
    WM_TRY(service.api_version, version.integer());
  }
  WM_TRY(service.window, parse_window(view));
  WM_TRY(service.owner, optional_text(view, "operator"));
  if (service.owner.empty()) service.owner = service.url;
  return service;
}

Result<std::vector<SigningService>> parse_services(const JsonView& root, std::string_view key) {
  std::vector<SigningService> services;
  if (!root.has(key)) return services;
  WM_TRY(JsonView field, root.member(key));
  WM_TRY(JsonItems items, field.array());
  if (items.size() > kMaxServices) return field.fail(fmt::format("{} services", items.size()));
  for (const JsonView& item : items) {
    WM_TRY(SigningService service, parse_service(item));
    services.push_back(std::move(service));
  }
  return services;
}

Result<ServiceChoice::Rule> parse_rule(const JsonView& selector) {
  WM_TRY(std::string_view text, selector.string());
  if (text == "ANY") return ServiceChoice::Rule::kAny;
  if (text == "ALL") return ServiceChoice::Rule::kAll;
  if (text == "EXACT") return ServiceChoice::Rule::kExact;
  return selector.fail(fmt::format("\"{}\" says not how many services to use", excerpt(text)));
}

Result<ServiceChoice> parse_choice(const JsonView& root, std::string_view key) {
  WM_TRY(JsonView view, root.member(key));
  WM_TRY(JsonView selector, view.member("selector"));
  ServiceChoice choice;
  WM_TRY(choice.rule, parse_rule(selector));
  if (choice.rule != ServiceChoice::Rule::kExact) return choice;
  WM_TRY(JsonView count, view.member("count"));
  WM_TRY(const std::int64_t number, count.integer());
  if (number < 1 || number > static_cast<std::int64_t>(kMaxServices)) return count.fail("not a number of services");
  choice.count = static_cast<std::size_t>(number);
  return choice;
}

Result<void> check_media_type(const JsonView& root) {
  WM_TRY(JsonView field, root.member("mediaType"));
  WM_TRY(std::string_view type, field.string());
  if (type == kMediaType) return {};
  return refuse(ErrorCode::kSigningConfigMediaType,
                fmt::format("\"{}\" is not a known signing configuration", excerpt(type)), "mediaType",
                "it may be newer; try a newer Weightmark");
}

// --- selection

// usable returns those that are valid now and speak the newest version, the newest first.
std::vector<SigningService> usable(std::vector<SigningService> services, std::initializer_list<std::int64_t> versions,
                                   Instant now) {
  std::erase_if(services, [&](const SigningService& one) {
    return !one.window.contains(now) || std::ranges::find(versions, one.api_version) == versions.end();
  });
  if (services.empty()) return services;
  const std::int64_t newest = std::ranges::max_element(services, {}, &SigningService::api_version)->api_version;
  std::erase_if(services, [&](const SigningService& one) { return one.api_version != newest; });
  std::ranges::stable_sort(services, std::greater<>{}, [](const SigningService& one) { return one.window.start; });
  return services;
}

std::vector<SigningService> one_of_each_owner(std::vector<SigningService> services) {
  std::set<std::string> owners;
  std::erase_if(services, [&](const SigningService& one) { return !owners.insert(one.owner).second; });
  return services;
}

std::unexpected<Error> too_few(std::string_view kind, std::size_t found, std::size_t needed) {
  return refuse(ErrorCode::kSigningConfigService,
                fmt::format("{} of {} needed {} can be used now", found, needed, kind), "signing configuration",
                "its services may have been retired; `weightmark trust update` asks for newer ones");
}

Result<Selected> select(std::vector<SigningService> services, const ServiceChoice& choice, std::string_view kind) {
  Selected selected{one_of_each_owner(std::move(services)), 1};
  if (choice.rule == ServiceChoice::Rule::kAll) selected.needed = std::max<std::size_t>(1, selected.services.size());
  if (choice.rule == ServiceChoice::Rule::kExact) selected.needed = choice.count;
  if (selected.services.size() < selected.needed) return too_few(kind, selected.services.size(), selected.needed);
  return selected;
}

}  // namespace

Result<SigningConfig> parse_signing_config(std::string_view json) {
  WM_TRY(JsonDocument document, JsonDocument::parse(json));
  const JsonView root = document.root(ErrorCode::kSigningConfigMalformed);
  WM_CHECK(check_media_type(root));
  SigningConfig config;
  WM_TRY(config.authorities, parse_services(root, "caUrls"));
  WM_TRY(config.providers, parse_services(root, "oidcUrls"));
  WM_TRY(config.logs, parse_services(root, "rekorTlogUrls"));
  WM_TRY(config.clocks, parse_services(root, "tsaUrls"));
  WM_TRY(config.log_choice, parse_choice(root, "rekorTlogConfig"));
  if (!config.clocks.empty()) {
    WM_TRY(config.clock_choice, parse_choice(root, "tsaConfig"));
  }
  return config;
}

Result<SelectedServices> select_services(const SigningConfig& config, Instant now) {
  SelectedServices selected;
  const auto authorities = usable(config.authorities, {1}, now);
  if (authorities.empty()) return too_few("certificate authorities", 0, 1);
  selected.authority = authorities.front();
  WM_TRY(selected.logs, select(usable(config.logs, {1, 2}, now), config.log_choice, "transparency logs"));
  if (!config.clocks.empty()) {
    WM_TRY(selected.clocks, select(usable(config.clocks, {1}, now), config.clock_choice, "timestamp authorities"));
  } else if (selected.logs.services.front().api_version >= 2) {
    return too_few("timestamp authorities", 0, 1);
  }
  return selected;
}

Result<std::string> select_provider(const SigningConfig& config, Instant now) {
  const auto providers = usable(config.providers, {1}, now);
  if (providers.empty()) return too_few("identity providers", 0, 1);
  return providers.front().url;
}

}  // namespace weightmark
