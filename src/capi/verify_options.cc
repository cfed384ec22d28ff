// weightmark_verify_options.
#include <algorithm>

#include "base/try.h"
#include "capi/handles.h"

namespace weightmark::capi {
namespace {

constexpr size_t kDigestDigits = 64;

// set calls `change` with the text; most setters are that.
template <class Change>
int set(weightmark_verify_options* options, const char* characters, std::string_view what, weightmark_error** error,
        Change&& change) noexcept {
  return guarded(error, [&]() -> Result<void> {
    WM_CHECK(need(options, "options"));
    WM_TRY(const std::string_view given, text(characters, what));
    return std::forward<Change>(change)(given);
  });
}

// parse calls `change` with bytes that it has to make sense of.
template <class Change>
int parse(weightmark_verify_options* options, const char* data, size_t size, std::string_view what,
          weightmark_error** error, Change&& change) noexcept {
  return guarded(error, [&]() -> Result<void> {
    WM_CHECK(need(options, "options"));
    WM_TRY(const std::string_view given, view(data, size, what));
    return std::forward<Change>(change)(given);
  });
}

// assign is for numbers, which always fit.
template <class Change>
int assign(weightmark_verify_options* options, weightmark_error** error, Change&& change) noexcept {
  return guarded(error, [&]() -> Result<void> {
    WM_CHECK(need(options, "options"));
    std::forward<Change>(change)();
    return {};
  });
}

bool is_digest(std::string_view hex) {
  auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return hex.size() == kDigestDigits && std::ranges::all_of(hex, is_digit);
}

Result<std::string> ask_for(weightmark_policy_file files, void* context, const std::string& path) {
  if (files == nullptr)
    return refuse(ErrorCode::kFileUnreadable, "the policy names a file, and nobody reads any", path);
  weightmark_text text;
  if (files(context, path.c_str(), &text) != 0)
    return refuse(ErrorCode::kFileUnreadable, "the program cannot read what the policy names", path);
  return std::move(text.text);
}

Result<Policy> parse_policy(std::string_view text, weightmark_policy_file files, void* context) {
  return Policy::parse(text, [=](const std::string& path) { return ask_for(files, context, path); });
}

Result<Evidence> evidence_of(int evidence) {
  switch (evidence) {
    case WEIGHTMARK_EVIDENCE_TREES: return Evidence::kTrees;
    case WEIGHTMARK_EVIDENCE_WHOLE_FILES: return Evidence::kWholeFiles;
    case WEIGHTMARK_EVIDENCE_BOTH: return Evidence::kBoth;
    default: return refuse(ErrorCode::kUsage, "is none of enum weightmark_evidence", "evidence");
  }
}

}  // namespace
}  // namespace weightmark::capi

using namespace weightmark;
using namespace weightmark::capi;

// trust takes the one way of trusting that was given; two could be meant as "both" or
// as "either", so they are refused.
Result<Trust> weightmark_verify_options::trust() const {
  const int ways = (keys.empty() ? 0 : 1) + (roots.empty() ? 0 : 1) + (identities.empty() ? 0 : 1);
  if (ways == 0)
    return refuse(ErrorCode::kUsage, "nothing says whom to trust: no key, certificate, identity or policy");
  if (ways > 1) return refuse(ErrorCode::kUsage, "trust keys, certificates or identities, or write a policy");
  if (!clocks.empty() && roots.empty()) return refuse(ErrorCode::kUsage, "timestamp chains are for certificates");
  if (!keys.empty()) return KeyTrust{keys, base.trusted_root};
  if (!roots.empty()) {
    if (base.trusted_root) return refuse(ErrorCode::kUsage, "a trusted root says nothing about certificates");
    return CertificateTrust{roots, clocks};
  }
  if (!base.trusted_root) return refuse(ErrorCode::kUsage, "identities need a trusted root");
  return SigstoreTrust{*base.trusted_root, identities};
}

Result<VerifyOptions> weightmark_verify_options::prepared() const {
  if (!has_time) return refuse(ErrorCode::kUsage, "the time was not set, and the library reads no clock");
  VerifyOptions options = base;
  if (!base.policy) {
    WM_TRY(options.trust, trust());
    options.trusted_root.reset();
  } else if (!keys.empty() || !roots.empty() || !clocks.empty() || !identities.empty()) {
    return refuse(ErrorCode::kUsage, "a policy says whom to trust; keys, certificates or identities beside it do not");
  }
  options.work.cancelled = cancelled.get();
  return options;
}

weightmark_verify_options* weightmark_verify_options_new(void) {
  try {
    return new weightmark_verify_options;
  } catch (...) {
    return nullptr;
  }
}

void weightmark_verify_options_free(weightmark_verify_options* options) { delete options; }

int weightmark_verify_options_set_model(weightmark_verify_options* options, const char* path,
                                        weightmark_error** error) {
  return set(options, path, "path", error, [&](std::string_view given) -> Result<void> {
    options->base.model = given;
    return {};
  });
}

int weightmark_verify_options_set_signature(weightmark_verify_options* options, const char* path,
                                            weightmark_error** error) {
  return set(options, path, "path", error, [&](std::string_view given) -> Result<void> {
    options->base.signature = given;
    return {};
  });
}

int weightmark_verify_options_set_time(weightmark_verify_options* options, int64_t seconds, weightmark_error** error) {
  return guarded(error, [&]() -> Result<void> {
    WM_CHECK(need(options, "options"));
    WM_TRY(options->base.time, seconds_of(seconds));
    options->has_time = true;
    return {};
  });
}

int weightmark_verify_options_add_public_key(weightmark_verify_options* options, const char* pem, size_t size,
                                             weightmark_error** error) {
  return parse(options, pem, size, "pem", error, [&](std::string_view given) -> Result<void> {
    WM_TRY(PublicKey key, PublicKey::from_pem(given));
    options->keys.push_back(std::move(key));
    return {};
  });
}

int weightmark_verify_options_add_certificate_roots(weightmark_verify_options* options, const char* pem, size_t size,
                                                    weightmark_error** error) {
  return parse(options, pem, size, "pem", error, [&](std::string_view given) -> Result<void> {
    WM_TRY(const std::vector<Certificate> more, Certificate::list_from_pem(given));
    options->roots.insert(options->roots.end(), more.begin(), more.end());
    return {};
  });
}

int weightmark_verify_options_add_timestamp_chain(weightmark_verify_options* options, const char* pem, size_t size,
                                                  weightmark_error** error) {
  return parse(options, pem, size, "pem", error, [&](std::string_view given) -> Result<void> {
    WM_TRY(std::vector<Certificate> clock, Certificate::list_from_pem(given));
    options->clocks.push_back(std::move(clock));
    return {};
  });
}

int weightmark_verify_options_set_trusted_root(weightmark_verify_options* options, const char* json, size_t size,
                                               weightmark_error** error) {
  return parse(options, json, size, "json", error, [&](std::string_view given) -> Result<void> {
    WM_TRY(options->base.trusted_root, TrustedRoot::parse(given));
    return {};
  });
}

int weightmark_verify_options_add_identity(weightmark_verify_options* options, const char* identity,
                                           const char* provider, int patterns, weightmark_error** error) {
  return set(options, identity, "identity", error, [&](std::string_view given) -> Result<void> {
    WM_TRY(const std::string_view confirmed_by, text(provider, "provider"));
    options->identities.push_back({std::string(given), std::string(confirmed_by), patterns != 0});
    return {};
  });
}

int weightmark_verify_options_set_policy(weightmark_verify_options* options, const char* text, size_t size,
                                         weightmark_policy_file files, void* context, weightmark_error** error) {
  return parse(options, text, size, "text", error, [&](std::string_view given) -> Result<void> {
    WM_TRY(options->base.policy, parse_policy(given, files, context));
    return {};
  });
}

int weightmark_verify_options_expect_name(weightmark_verify_options* options, const char* name,
                                          weightmark_error** error) {
  return set(options, name, "name", error, [&](std::string_view given) -> Result<void> {
    options->base.expectations.name = given;
    return {};
  });
}

int weightmark_verify_options_expect_digest(weightmark_verify_options* options, const char* hex,
                                            weightmark_error** error) {
  return set(options, hex, "hex", error, [&](std::string_view given) -> Result<void> {
    if (!is_digest(given)) return refuse(ErrorCode::kDigestSyntax, "is not 64 lower-case hexadecimal digits", "hex");
    options->base.expectations.digest_hex = given;
    return {};
  });
}

int weightmark_verify_options_set_evidence(weightmark_verify_options* options, int evidence, weightmark_error** error) {
  return guarded(error, [&]() -> Result<void> {
    WM_CHECK(need(options, "options"));
    WM_TRY(options->base.evidence, evidence_of(evidence));
    return {};
  });
}

int weightmark_verify_options_set_threads(weightmark_verify_options* options, unsigned threads,
                                          weightmark_error** error) {
  return assign(options, error, [&] { options->base.work.threads = threads; });
}

int weightmark_verify_options_set_ignore_unsigned(weightmark_verify_options* options, int ignore,
                                                  weightmark_error** error) {
  return assign(options, error, [&] { options->base.ignore_unsigned_files = ignore != 0; });
}

int weightmark_verify_options_set_cancel(weightmark_verify_options* options, const weightmark_cancel* cancel,
                                         weightmark_error** error) {
  return guarded(error, [&]() -> Result<void> {
    WM_CHECK(need(options, "options"));
    WM_CHECK(need(cancel, "cancel"));
    options->cancelled = cancel->flag;
    return {};
  });
}
