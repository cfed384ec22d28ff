#include "crypto/identity.h"

#include <fmt/format.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "crypto/certificate.h"

namespace weightmark {
namespace {

constexpr std::size_t kMaxNames = 32;
constexpr std::size_t kMaxText = 8192;

using NamesPtr = std::unique_ptr<GENERAL_NAMES, FreeWith<GENERAL_NAMES_free>>;
using TextPtr = std::unique_ptr<ASN1_UTF8STRING, FreeWith<ASN1_UTF8STRING_free>>;
using ObjectPtr = std::unique_ptr<ASN1_OBJECT, FreeWith<ASN1_OBJECT_free>>;

// Below 1.3.6.1.4.1.57264.1. From .8 on, values are UTF8Strings in DER.
constexpr std::string_view kArc = "1.3.6.1.4.1.57264.1.";
constexpr int kIssuerV1 = 1;
constexpr int kOtherName = 7;
constexpr int kIssuerV2 = 8;

struct ClaimName {
  int number;
  std::string_view name;
};

constexpr std::array<ClaimName, 16> kClaims = {{{9, "build-signer-uri"},
                                                {10, "build-signer-digest"},
                                                {11, "runner-environment"},
                                                {12, "source-repository-uri"},
                                                {13, "source-repository-digest"},
                                                {14, "source-repository-ref"},
                                                {15, "source-repository-identifier"},
                                                {16, "source-repository-owner-uri"},
                                                {17, "source-repository-owner-identifier"},
                                                {18, "build-config-uri"},
                                                {19, "build-config-digest"},
                                                {20, "build-trigger"},
                                                {21, "run-invocation-uri"},
                                                {22, "source-repository-visibility-at-signing"},
                                                {23, "deployment-environment"},
                                                {24, "token-subject"}}};

// The claims .2 to .6 were GitHub's own, and plain bytes.
struct OldClaim {
  int number;
  int claim;  // that has taken its place
  std::string_view prefix;
};

constexpr std::array<OldClaim, 4> kOldClaims = {
    {{2, 20, ""}, {3, 13, ""}, {5, 12, "https://github.com/"}, {6, 14, ""}}};

std::unexpected<Error> malformed(std::string what) {
  take_openssl_errors();
  return refuse(ErrorCode::kCertificateIdentity, std::move(what), "certificate");
}

// checked refuses text that could be read in two ways.
Result<std::string> checked(std::string_view text) {
  if (text.empty() || text.size() > kMaxText) return malformed(fmt::format("a name or claim of {} bytes", text.size()));
  if (text.find('\0') != std::string_view::npos) return malformed("a name or claim has a NUL");
  if (!is_utf8(text)) return malformed("a name or claim is not valid UTF-8");
  return std::string(text);
}

std::string_view text_of(const ASN1_STRING* string) {
  return as_text({ASN1_STRING_get0_data(string), static_cast<std::size_t>(ASN1_STRING_length(string))});
}

// --- subject alternative names (RFC 5280, section 4.2.1.6)

ObjectPtr object(int number) { return ObjectPtr(OBJ_txt2obj(fmt::format("{}{}", kArc, number).c_str(), 1)); }

Result<std::optional<SubjectName>> parse_other(const OTHERNAME* other) {
  if (OBJ_cmp(other->type_id, object(kOtherName).get()) != 0) return std::nullopt;
  if (other->value->type != V_ASN1_UTF8STRING) return malformed("a user name is not a UTF8String");
  WM_TRY(std::string value, checked(text_of(other->value->value.utf8string)));
  return SubjectName{SubjectName::Kind::kOther, std::move(value)};
}

// parse_name returns nothing for kinds of names that nobody signs by, such as hosts.
Result<std::optional<SubjectName>> parse_name(const GENERAL_NAME* name) {
  switch (name->type) {
    case GEN_OTHERNAME: return parse_other(name->d.otherName);
    case GEN_EMAIL:
    case GEN_URI: {
      WM_TRY(std::string value, checked(text_of(name->d.ia5)));
      return SubjectName{name->type == GEN_EMAIL ? SubjectName::Kind::kEmail : SubjectName::Kind::kUri,
                         std::move(value)};
    }
    default: return std::nullopt;
  }
}

Result<std::vector<SubjectName>> read_names(const X509* x509) {
  int critical = 0;
  const NamesPtr names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(x509, NID_subject_alt_name, &critical, nullptr)));
  if (critical == -2) return malformed("it has two lists of names");
  if (!names) return malformed("it names nobody");
  if (static_cast<std::size_t>(sk_GENERAL_NAME_num(names.get())) > kMaxNames) return malformed("it has too many names");
  std::vector<SubjectName> found;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    WM_TRY(std::optional<SubjectName> name, parse_name(sk_GENERAL_NAME_value(names.get(), i)));
    if (name) found.push_back(*std::move(name));
  }
  if (found.empty()) return malformed("it names nobody");
  return found;
}

// --- Fulcio's extensions

// find_extension returns the bytes of an extension; nothing where there is none.
Result<std::optional<ByteView>> find_extension(const X509* x509, int number) {
  const ObjectPtr id = object(number);
  const int at = X509_get_ext_by_OBJ(x509, id.get(), -1);
  if (at < 0) return std::nullopt;
  if (X509_get_ext_by_OBJ(x509, id.get(), at) >= 0) return malformed(fmt::format("it has {}{} twice", kArc, number));
  const ASN1_OCTET_STRING* data = X509_EXTENSION_get_data(X509_get_ext(x509, at));
  return ByteView(ASN1_STRING_get0_data(data), static_cast<std::size_t>(ASN1_STRING_length(data)));
}

Result<std::optional<std::string>> read_text(const X509* x509, int number) {
  WM_TRY(std::optional<ByteView> der, find_extension(x509, number));
  if (!der) return std::nullopt;
  const auto text = decode_der<TextPtr>(d2i_ASN1_UTF8STRING, *der);
  if (!text) return malformed(fmt::format("{}{} is not a UTF8String", kArc, number));
  WM_TRY(std::string value, checked(text_of(text.get())));
  return value;
}

Result<std::string> read_issuer(const X509* x509) {
  WM_TRY(std::optional<ByteView> raw, find_extension(x509, kIssuerV1));
  WM_TRY(std::optional<std::string> issuer, read_text(x509, kIssuerV2));
  if (!raw && !issuer) return malformed("it does not say who confirmed the identity");
  if (!raw) return *std::move(issuer);
  WM_TRY(std::string old_issuer, checked(as_text(*raw)));
  if (issuer && *issuer != old_issuer) return malformed("it names two providers");
  return old_issuer;
}

// read_old_claim reads what certificates before 2023 had in place of a claim, GitHub's
// name of a repository without its site. Newer ones have both, which must agree.
Result<std::optional<std::string>> read_old_claim(const X509* x509, const OldClaim& old,
                                                  const std::optional<std::string>& claim) {
  WM_TRY(std::optional<ByteView> raw, find_extension(x509, old.number));
  if (!raw) return claim;
  WM_TRY(std::string value, checked(as_text(*raw)));
  value.insert(0, old.prefix);
  if (claim && *claim != value)
    return malformed(fmt::format("{}{} and {}{} differ", kArc, old.number, kArc, old.claim));
  return value;
}

Result<std::optional<std::string>> read_claim(const X509* x509, int number) {
  WM_TRY(std::optional<std::string> value, read_text(x509, number));
  const auto old = std::ranges::find(kOldClaims, number, &OldClaim::claim);
  if (old == kOldClaims.end()) return value;
  return read_old_claim(x509, *old, value);
}

Result<std::vector<Claim>> read_claims(const X509* x509) {
  std::vector<Claim> claims;
  for (const ClaimName& known : kClaims) {
    WM_TRY(std::optional<std::string> value, read_claim(x509, known.number));
    if (value) claims.push_back({std::string(known.name), *std::move(value)});
  }
  return claims;
}

}  // namespace

std::string CertificateIdentity::claim(std::string_view name) const {
  auto found = std::ranges::find(claims, name, &Claim::name);
  return found != claims.end() ? found->value : "";
}

Result<CertificateIdentity> read_identity(const Certificate& leaf) {
  const X509* x509 = leaf.impl().x509.get();
  CertificateIdentity identity;
  WM_TRY(identity.names, read_names(x509));
  WM_TRY(identity.issuer, read_issuer(x509));
  WM_TRY(identity.claims, read_claims(x509));
  return identity;
}

}  // namespace weightmark
