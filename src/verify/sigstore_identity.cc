#include <fmt/format.h>

#include <algorithm>

#include "base/pattern.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "verify/sigstore.h"

namespace weightmark {
namespace {

Result<bool> matches(const std::string& expected, const std::string& found, bool pattern) {
  if (!pattern) return expected == found;
  WM_TRY(Pattern compiled, Pattern::parse(expected));
  return compiled.matches(found);
}

Result<bool> names_match(const CertificateIdentity& found, const ExpectedIdentity& expected) {
  for (const SubjectName& name : found.names) {
    WM_TRY(const bool match, matches(expected.identity, name.value, expected.patterns));
    if (match) return true;
  }
  return false;
}

std::string list_names(const CertificateIdentity& identity) {
  std::string text;
  for (const SubjectName& name : identity.names) text += (text.empty() ? "" : ", ") + excerpt(name.value);
  return text.empty() ? "nobody" : text;
}

std::string list_expected(const std::vector<ExpectedIdentity>& expected) {
  std::string text;
  for (const ExpectedIdentity& one : expected) text += (text.empty() ? "" : ", or ") + one.identity;
  return text;
}

// A field that is not given would let anyone pass.
Result<void> check_expected(const std::vector<ExpectedIdentity>& expected) {
  auto is_open = [](const ExpectedIdentity& one) { return one.identity.empty() || one.provider.empty(); };
  if (!expected.empty() && std::ranges::none_of(expected, is_open)) return {};
  return refuse(ErrorCode::kIdentityRequired, "no identity and provider were given that the signer must have", {},
                "name them with --identity and --identity-provider");
}

}  // namespace

Result<void> verify_identity(const CertificateIdentity& found, const std::vector<ExpectedIdentity>& expected) {
  WM_CHECK(check_expected(expected));
  const ExpectedIdentity* by_name = nullptr;
  for (const ExpectedIdentity& one : expected) {
    WM_TRY(const bool name, names_match(found, one));
    WM_TRY(const bool provider, matches(one.provider, found.issuer, one.patterns));
    if (name && provider) return {};
    if (name) by_name = &one;
  }
  if (by_name != nullptr)
    return refuse(ErrorCode::kIdentityIssuer,
                  fmt::format("signed by {} as {} confirmed, not {}", list_names(found), excerpt(found.issuer),
                              by_name->provider),
                  {}, "the same name at another provider can be somebody else");
  return refuse(ErrorCode::kIdentityMismatch,
                fmt::format("signed by {}, not by {}", list_names(found), list_expected(expected)), {},
                fmt::format("{} confirmed who it was", excerpt(found.issuer)));
}

}  // namespace weightmark
