#include "weightmark/lock.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "attest/oms.h"
#include "base/json_document.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/time.h"
#include "base/try.h"
#include "verify/pin.h"
#include "weightmark/report.h"

namespace weightmark {
namespace {

constexpr std::string_view kSchema = "weightmark.lock.v1";
constexpr std::size_t kMaxLock = std::size_t{16} << 20U;

// --- reading

Result<std::string> text_at(const JsonView& parent, std::string_view key) {
  WM_TRY(const JsonView field, parent.member(key));
  WM_TRY(const std::string_view text, field.string());
  return std::string(text);
}

Result<PinnedSigner> parse_signer(const JsonView& view) {
  WM_CHECK(view.only({"method", "name", "confirmedBy"}));
  PinnedSigner signer;
  WM_TRY(signer.method, text_at(view, "method"));
  WM_TRY(signer.name, text_at(view, "name"));
  WM_TRY(signer.confirmed_by, text_at(view, "confirmedBy"));
  return signer;
}

Result<std::optional<Time>> parse_time(const JsonView& view) {
  if (!view.find("signedAt")) return std::nullopt;
  WM_TRY(const std::string text, text_at(view, "signedAt"));
  const auto time = parse_rfc3339(text);
  if (!time) return view.fail("signedAt is not a time by RFC 3339");
  return std::chrono::floor<std::chrono::seconds>(*time);
}

Result<Pin> parse_pin(const JsonView& view) {
  WM_CHECK(view.only({"name", "digest", "signers", "signedAt"}));
  Pin pin;
  WM_TRY(pin.name, text_at(view, "name"));
  WM_TRY(pin.digest, text_at(view, "digest"));
  WM_TRY(const JsonView field, view.member("signers"));
  WM_TRY(const JsonItems signers, field.array());
  // A pin without a signer would let anybody pass.
  if (signers.empty()) return field.fail("is empty");
  for (const JsonView& item : signers) {
    WM_TRY(PinnedSigner signer, parse_signer(item));
    pin.signers.push_back(std::move(signer));
  }
  WM_TRY(pin.signed_at, parse_time(view));
  return pin;
}

// --- writing

Json pin_json(const Pin& pin) {
  JsonArray signers;
  for (const PinnedSigner& signer : pin.signers)
    signers.push_back(
        Json::object({{"method", signer.method}, {"name", signer.name}, {"confirmedBy", signer.confirmed_by}}));
  JsonObject members = {{"name", pin.name}, {"digest", pin.digest}, {"signers", std::move(signers)}};
  if (pin.signed_at) members.emplace_back("signedAt", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", *pin.signed_at));
  return Json::object(std::move(members));
}

// --- taking and comparing

PinnedSigner pinned(const SignerReport& signer) {
  if (signer.method == "sigstore") return {signer.method, signer.identity.names.front().value, signer.identity.issuer};
  if (signer.method == "certificate")
    return {signer.method, signer.chain.front().subject(), signer.chain.back().fingerprint()};
  return {signer.method, signer.key_fingerprint, ""};
}

std::vector<const SignerReport*> signers_of(const Report& report) {
  if (!report.policy) return {&*report.signer};
  std::vector<const SignerReport*> signers;
  for (const PrincipalReport& principal : report.policy->signers) signers.push_back(&principal.signer);
  return signers;
}

std::string describe(const PinnedSigner& signer) {
  const std::string what = signer.method == "key" ? "the key " : "";
  const std::string by = signer.method == "sigstore" ? ", confirmed by " + excerpt(signer.confirmed_by) : "";
  return what + excerpt(signer.name) + by;
}

std::string list(const std::vector<PinnedSigner>& signers) {
  std::string text;
  for (const PinnedSigner& signer : signers) text += (text.empty() ? "" : ", ") + describe(signer);
  return text;
}

Result<void> check_signers(const Pin& pin, const Pin& found) {
  auto has_signed = [&](const PinnedSigner& signer) {
    return std::ranges::find(found.signers, signer) != found.signers.end();
  };
  if (std::ranges::all_of(pin.signers, has_signed)) return {};
  return refuse(ErrorCode::kLockSigner,
                fmt::format("signed by {}; pinned is {}", list(found.signers), list(pin.signers)), {},
                "ask the publisher; if it is right, `weightmark trust pin` remembers the new signer");
}

Result<void> check_age(const Pin& pin, const Pin& found) {
  if (!pin.signed_at || found.digest == pin.digest) return {};
  if (!found.signed_at)
    return refuse(ErrorCode::kLockOlder, "nobody attests when it was signed; pinned is a version with a time", {},
                  "ask the publisher for a signature with a timestamp");
  if (*found.signed_at >= *pin.signed_at) return {};
  return refuse(ErrorCode::kLockOlder,
                fmt::format("signed on {:%Y-%m-%d %H:%M:%S} UTC; pinned is a version of {:%Y-%m-%d %H:%M:%S} UTC",
                            *found.signed_at, *pin.signed_at),
                {}, "somebody may keep the newer version back; --allow-older takes this one all the same");
}

}  // namespace

Pin pin_of(const Report& report) {
  const SubjectReport& subject = *report.subject;
  Pin pin{subject.name,
          subject.manifest_v1 ? fmt::format("{}:{}", kManifestV1, subject.manifest_v1->hex())
                              : "sha256:" + subject.root.hex(),
          {},
          {}};
  for (const SignerReport* signer : signers_of(report)) {
    pin.signers.push_back(pinned(*signer));
    for (const TimeReport& time : signer->times)
      pin.signed_at = pin.signed_at ? std::min(*pin.signed_at, time.time) : time.time;
  }
  return pin;
}

Result<std::string> check_pin(const Pin& pin, bool allow_older, const Report& report) {
  const Pin found = pin_of(report);
  if (found.name != pin.name)
    return refuse(ErrorCode::kLockName,
                  fmt::format("signed as \"{}\"; pinned is \"{}\"", excerpt(found.name), excerpt(pin.name)), {},
                  "another model by the same signer; if that is meant, `weightmark trust pin` remembers it");
  WM_CHECK(check_signers(pin, found));
  if (!allow_older) WM_CHECK(check_age(pin, found));
  return found.digest == pin.digest ? "the pinned version" : "another version by the pinned signer";
}

Result<Lock> Lock::parse(std::string_view json) {
  if (json.size() > kMaxLock)
    return refuse(ErrorCode::kLockTooLarge, fmt::format("{}, over the limit", human_size(json.size())));
  WM_TRY(const JsonDocument document, JsonDocument::parse(json));
  const JsonView root = document.root(ErrorCode::kLockMalformed);
  WM_CHECK(root.only({"schema", "models"}));
  WM_TRY(const std::string schema, text_at(root, "schema"));
  if (schema != kSchema) return root.fail(fmt::format("\"{}\" is not {}", excerpt(schema), kSchema));
  WM_TRY(const JsonView field, root.member("models"));
  WM_TRY(const JsonMembers members, field.object());
  Lock lock;
  for (const auto& [name, view] : members) {
    WM_TRY(Pin pin, parse_pin(view));
    lock.models.emplace(name, std::move(pin));
  }
  return lock;
}

std::string Lock::write() const {
  JsonObject pins;
  for (const auto& [name, pin] : models) pins.emplace_back(name, pin_json(pin));
  return write_json_indented(Json::object({{"schema", kSchema}, {"models", Json::object(std::move(pins))}}));
}

}  // namespace weightmark
