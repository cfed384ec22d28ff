#include "crypto/identity.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "crypto/der.h"
#include "crypto/pki_testing.h"

namespace weightmark {
namespace {

using Extensions = std::vector<std::pair<std::string, std::string>>;
using Kind = SubjectName::Kind;

constexpr const char* kNames = "2.5.29.17";  // subjectAltName
constexpr const char* kProvider = "https://accounts.example.com";
constexpr std::uint8_t kEmailTag = 0x81;
constexpr std::uint8_t kHostTag = 0x82;
constexpr std::uint8_t kUriTag = 0x86;
constexpr std::uint8_t kOtherTag = 0xa0;
constexpr std::uint8_t kUtf8Tag = 0x0c;
constexpr std::uint8_t kPrintableTag = 0x13;

std::string oid(int number) { return fmt::format("1.3.6.1.4.1.57264.1.{}", number); }

std::pair<std::string, std::string> utf8(int number, std::string_view text) {
  return {oid(number), fmt::format("ASN1:UTF8String:{}", text)};
}

// raw is an extension of any bytes, tagged one of one DER value.
std::pair<std::string, std::string> raw(std::string id, ByteView bytes) {
  return {std::move(id), "DER:" + to_hex(bytes)};
}

std::pair<std::string, std::string> tagged(int number, std::uint8_t tag, std::string_view text) {
  return raw(oid(number), der_value(tag, {as_bytes(text)}));
}

std::pair<std::string, std::string> names(std::initializer_list<ByteView> list) {
  return raw(kNames, der_value(kDerSequence, list));
}

Bytes name(std::uint8_t tag, std::string_view text) { return der_value(tag, {as_bytes(text)}); }

Result<CertificateIdentity> read(const std::string& alternative_name, Extensions extensions) {
  const auto issued = testing::self_signed(
      {.common_name = "", .subject_alternative_name = alternative_name, .other_extensions = std::move(extensions)});
  return read_identity(issued.certificate);
}

const Extensions& provider() {
  static const Extensions extensions = {utf8(8, kProvider)};
  return extensions;
}

Result<CertificateIdentity> read_names(const std::string& alternative_name) {
  return read(alternative_name, provider());
}

Result<CertificateIdentity> read_names(std::initializer_list<ByteView> list) {
  return read("", {names(list), provider().front()});
}

Result<CertificateIdentity> read_with(Extensions extensions) {
  return read("email:alice@example.com", std::move(extensions));
}

std::string code(const Result<CertificateIdentity>& identity) {
  return identity ? "no error" : std::string(code_name(identity.error().code));
}

// --- names

TEST(IdentityNames, ReadsEachKind) {
  struct NameCase {
    std::string alternative_name;
    SubjectName name;
  };
  const std::vector<NameCase> cases = {
      {"email:alice@example.com", {Kind::kEmail, "alice@example.com"}},
      {"critical,email:alice@example.com", {Kind::kEmail, "alice@example.com"}},
      {"URI:https://example.com/acme/w.yml@refs/heads/main",
       {Kind::kUri, "https://example.com/acme/w.yml@refs/heads/main"}},
      {"URI:spiffe://example.com/service", {Kind::kUri, "spiffe://example.com/service"}},
      {"otherName:1.3.6.1.4.1.57264.1.7;UTF8:alice", {Kind::kOther, "alice"}}};
  for (const NameCase& test : cases) {
    const auto identity = read_names(test.alternative_name);
    ASSERT_EQ(code(identity), "no error") << test.alternative_name;
    EXPECT_EQ(identity->names, std::vector<SubjectName>{test.name});
    EXPECT_EQ(identity->issuer, kProvider);
    EXPECT_TRUE(identity->claims.empty());
  }
}

TEST(IdentityNames, KeepsTheirOrderAndPassesOverHosts) {
  const auto identity = read_names(
      "DNS:example.com,URI:https://a.example,IP:192.0.2.1,email:b@example.com,"
      "otherName:1.2.3.4;UTF8:mallory,RID:1.2.3");
  ASSERT_EQ(code(identity), "no error");
  EXPECT_EQ(identity->names,
            (std::vector<SubjectName>{{Kind::kUri, "https://a.example"}, {Kind::kEmail, "b@example.com"}}));
}

TEST(IdentityNames, RefusesACertificateOfNobody) {
  EXPECT_EQ(code(read_names("")), "certificate-identity");
  EXPECT_EQ(code(read_names("DNS:example.com")), "certificate-identity");
  EXPECT_EQ(code(read_names("otherName:1.3.6.1.4.1.57264.1.8;UTF8:alice")), "certificate-identity");
  EXPECT_EQ(code(read_names(std::initializer_list<ByteView>{})), "certificate-identity");
}

// The subject's own common name is not looked at.
TEST(IdentityNames, DoesNotTakeTheCommonName) {
  const auto issued = testing::self_signed({.common_name = "alice@example.com", .other_extensions = provider()});
  EXPECT_EQ(code(read_identity(issued.certificate)), "certificate-identity");
}

TEST(IdentityNames, RefusesTextThatCanBeReadInTwoWays) {
  using namespace std::string_view_literals;
  for (const std::uint8_t tag : {kEmailTag, kUriTag}) {
    EXPECT_EQ(code(read_names({name(tag, "alice@example.com")})), "no error");
    for (const std::string_view bad :
         {"alice@example.com\0.evil.example"sv, "\0"sv, "alice\xff"sv, "al\xc0\x80"sv, ""sv})
      EXPECT_EQ(code(read_names({name(tag, bad)})), "certificate-identity") << int{tag} << bad;
  }
}

// One bad name spoils the good ones beside it.
TEST(IdentityNames, RefusesABadNameBesideAGoodOne) {
  const Bytes good = name(kEmailTag, "alice@example.com");
  const Bytes bad = name(kEmailTag, std::string_view("a\0b", 3));
  EXPECT_EQ(code(read_names({good, bad})), "certificate-identity");
  EXPECT_EQ(code(read_names({bad, good})), "certificate-identity");
  EXPECT_EQ(code(read_names({good, name(kHostTag, std::string_view("a\0b", 3))})), "no error");  // passed over
}

Bytes user_name(std::uint8_t tag, std::string_view text) {
  // 1.3.6.1.4.1.57264.1.7
  static constexpr std::array<std::uint8_t, 12> kUserName = {0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04,
                                                             0x01, 0x83, 0xbf, 0x30, 0x01, 0x07};
  const Bytes value = der_value(0xa0, {name(tag, text)});
  return der_value(kOtherTag, {kUserName, value});
}

TEST(IdentityNames, WantsUserNamesInUtf8) {
  const auto identity = read_names({user_name(kUtf8Tag, "\u00e4lice")});
  ASSERT_EQ(code(identity), "no error");
  EXPECT_EQ(identity->names, (std::vector<SubjectName>{{Kind::kOther, "\u00e4lice"}}));
  EXPECT_EQ(code(read_names({user_name(kPrintableTag, "alice")})), "certificate-identity");
  EXPECT_EQ(code(read_names({user_name(kDerOctetString, "alice")})), "certificate-identity");
  EXPECT_EQ(code(read_names({user_name(kUtf8Tag, std::string_view("a\0b", 3))})), "certificate-identity");
  EXPECT_EQ(code(read_names({user_name(kUtf8Tag, "")})), "certificate-identity");
  EXPECT_EQ(code(read_names({user_name(kUtf8Tag, "\xff")})), "certificate-identity");
}

TEST(IdentityNames, HasLimits) {
  std::string list = "email:alice@example.com";
  for (int i = 1; i < 32; ++i) list += ",DNS:example.com";
  EXPECT_EQ(code(read_names(list)), "no error");
  EXPECT_EQ(code(read_names(list + ",DNS:example.com")), "certificate-identity");
  EXPECT_EQ(code(read_names({name(kUriTag, std::string(8192, 'x'))})), "no error");
  EXPECT_EQ(code(read_names({name(kUriTag, std::string(8193, 'x'))})), "certificate-identity");
}

TEST(IdentityNames, RefusesTwoListsAndMalformedOnes) {
  const Bytes good = name(kEmailTag, "alice@example.com");
  EXPECT_EQ(code(read("", {names({good}), names({good}), provider().front()})), "certificate-identity");
  for (const Bytes& bad : {good, Bytes{0x30}, Bytes{0x30, 5, 0}, Bytes{0x04, 0}})
    EXPECT_EQ(code(read("", {raw(kNames, bad), provider().front()})), "certificate-identity") << to_hex(bad);
}

// --- the provider

TEST(IdentityIssuer, IsInEitherExtensionOrInBothAlike) {
  const auto old = raw(oid(1), as_bytes(kProvider));
  for (const Extensions& extensions : {Extensions{old}, Extensions{utf8(8, kProvider)},
                                       Extensions{old, utf8(8, kProvider)}, Extensions{utf8(8, kProvider), old}}) {
    const auto identity = read_with(extensions);
    ASSERT_EQ(code(identity), "no error");
    EXPECT_EQ(identity->issuer, kProvider);
  }
}

TEST(IdentityIssuer, RefusesNoneAndTwo) {
  EXPECT_EQ(code(read_with({})), "certificate-identity");
  EXPECT_EQ(code(read_with({raw(oid(1), as_bytes("https://other.example")), utf8(8, kProvider)})),
            "certificate-identity");
  EXPECT_EQ(code(read_with({raw(oid(1), as_bytes(std::string(kProvider) + "/")), utf8(8, kProvider)})),
            "certificate-identity");
  // The older one is bare text: a UTF8String there is other text.
  EXPECT_EQ(code(read_with({utf8(1, kProvider), utf8(8, kProvider)})), "certificate-identity");
}

TEST(IdentityIssuer, RefusesExtensionsThatAreThereTwice) {
  EXPECT_EQ(code(read_with({utf8(8, kProvider), utf8(8, kProvider)})), "certificate-identity");
  const auto old = raw(oid(1), as_bytes(kProvider));
  EXPECT_EQ(code(read_with({old, old})), "certificate-identity");
  EXPECT_EQ(code(read_with({old, old, utf8(8, kProvider)})), "certificate-identity");
}

TEST(IdentityIssuer, RefusesTextThatCanBeReadInTwoWays) {
  const std::string nul = std::string(kProvider) + std::string(1, '\0') + ".evil.example";
  for (const std::string& bad : {nul, std::string("\xff"), std::string(8193, 'x')}) {
    EXPECT_EQ(code(read_with({raw(oid(1), as_bytes(bad))})), "certificate-identity");
    EXPECT_EQ(code(read_with({tagged(8, kUtf8Tag, bad)})), "certificate-identity");
  }
  EXPECT_EQ(code(read_with({tagged(8, kUtf8Tag, "")})), "certificate-identity");
}

TEST(IdentityIssuer, WantsAUtf8StringAndNothingElse) {
  const Bytes good = name(kUtf8Tag, kProvider);
  Bytes longer = good;
  longer.push_back(0);
  Bytes shorter = good;
  shorter.pop_back();
  EXPECT_EQ(code(read_with({raw(oid(8), good)})), "no error");
  for (const Bytes& bad : {longer, shorter, name(kPrintableTag, kProvider), name(kDerOctetString, kProvider)})
    EXPECT_EQ(code(read_with({raw(oid(8), bad)})), "certificate-identity") << to_hex(bad);
  EXPECT_EQ(code(read_with({raw(oid(8), as_bytes(kProvider))})), "certificate-identity");
}

// --- claims

constexpr std::array<const char*, 16> kClaimNames = {"build-signer-uri",
                                                     "build-signer-digest",
                                                     "runner-environment",
                                                     "source-repository-uri",
                                                     "source-repository-digest",
                                                     "source-repository-ref",
                                                     "source-repository-identifier",
                                                     "source-repository-owner-uri",
                                                     "source-repository-owner-identifier",
                                                     "build-config-uri",
                                                     "build-config-digest",
                                                     "build-trigger",
                                                     "run-invocation-uri",
                                                     "source-repository-visibility-at-signing",
                                                     "deployment-environment",
                                                     "token-subject"};

TEST(IdentityClaims, ReadsThemAllInTheOrderOfTheirNumbers) {
  Extensions extensions = provider();
  for (int number = 24; number >= 9; --number) extensions.push_back(utf8(number, fmt::format("value {}", number)));
  const auto identity = read_with(extensions);
  ASSERT_EQ(code(identity), "no error");
  ASSERT_EQ(identity->claims.size(), kClaimNames.size());
  for (std::size_t i = 0; i < kClaimNames.size(); ++i) {
    EXPECT_EQ(identity->claims[i], (Claim{kClaimNames.at(i), fmt::format("value {}", i + 9)}));
    EXPECT_EQ(identity->claim(kClaimNames.at(i)), fmt::format("value {}", i + 9));
  }
}

TEST(IdentityClaims, MayBeMissing) {
  const auto identity = read_with({utf8(8, kProvider), utf8(14, "refs/heads/main")});
  ASSERT_EQ(code(identity), "no error");
  EXPECT_EQ(identity->claims, (std::vector<Claim>{{"source-repository-ref", "refs/heads/main"}}));
  EXPECT_EQ(identity->claim("source-repository-uri"), "");
}

TEST(IdentityClaims, PassesOverNumbersThatAreNotKnown) {
  const auto identity = read_with({utf8(8, kProvider), raw(oid(4), as_bytes("Release")), raw(oid(99), Bytes{1, 2})});
  ASSERT_EQ(code(identity), "no error");
  EXPECT_TRUE(identity->claims.empty());
}

TEST(IdentityClaims, ReadsThemAsCertificatesBefore2023HadThem) {
  const auto identity = read_with({utf8(8, kProvider), raw(oid(2), as_bytes("push")), raw(oid(3), as_bytes("7fd1")),
                                   raw(oid(5), as_bytes("acme/tinylm")), raw(oid(6), as_bytes("refs/heads/main"))});
  ASSERT_EQ(code(identity), "no error");
  EXPECT_EQ(identity->claims, (std::vector<Claim>{{"source-repository-uri", "https://github.com/acme/tinylm"},
                                                  {"source-repository-digest", "7fd1"},
                                                  {"source-repository-ref", "refs/heads/main"},
                                                  {"build-trigger", "push"}}));
}

TEST(IdentityClaims, AgreeWhereBothFormsAreThere) {
  const auto both = [](int number, std::string_view bytes, int claim, std::string_view text) {
    return code(read_with({utf8(8, kProvider), raw(oid(number), as_bytes(bytes)), utf8(claim, text)}));
  };
  EXPECT_EQ(both(2, "push", 20, "push"), "no error");
  EXPECT_EQ(both(2, "push", 20, "release"), "certificate-identity");
  EXPECT_EQ(both(3, "7f", 13, "80"), "certificate-identity");
  EXPECT_EQ(both(5, "acme/a", 12, "https://github.com/acme/a"), "no error");
  EXPECT_EQ(both(5, "acme/a", 12, "acme/a"), "certificate-identity");
  EXPECT_EQ(both(6, "refs/heads/a", 14, "refs/heads/b"), "certificate-identity");
  EXPECT_EQ(code(read_with({utf8(8, kProvider), raw(oid(6), Bytes{0})})), "certificate-identity");
}

TEST(IdentityClaims, RefusesMalformedOnes) {
  using namespace std::string_view_literals;
  for (int number = 9; number <= 24; ++number) {
    EXPECT_EQ(code(read_with({utf8(8, kProvider), utf8(number, "a"), utf8(number, "a")})), "certificate-identity")
        << number;
    EXPECT_EQ(code(read_with({utf8(8, kProvider), raw(oid(number), as_bytes("bare"))})), "certificate-identity")
        << number;
    EXPECT_EQ(code(read_with({utf8(8, kProvider), tagged(number, kUtf8Tag, "a\0b"sv)})), "certificate-identity")
        << number;
  }
}

}  // namespace
}  // namespace weightmark
