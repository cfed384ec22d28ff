#include "tlog/rekor_body.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "base/json.h"
#include "crypto/pki_testing.h"

namespace weightmark {
namespace {

const std::string kSignature = to_base64(as_bytes("signature"));
const std::string kHex = to_hex(Bytes(32, 0xab));

// Owner is a certificate and its key, in every form that a log keeps.
struct Owner {
  testing::IssuedCertificate issued = testing::self_signed({});
  PublicKey key = issued.certificate.public_key().value();
  std::string certificate64 = to_base64(as_bytes(testing::certificate_pem(issued.certificate)));
  std::string key64 = to_base64(as_bytes(key.pem()));
};

const Owner& owner() {
  static const Owner only;
  return only;
}

// Form is one kind of entry, with a spec.
struct Form {
  std::string kind;
  std::string version;
  std::string spec;
};

Form hashedrekord_v1(const std::string& key) {
  return {"hashedrekord", "0.0.1",
          fmt::format(R"({{"data":{{"hash":{{"algorithm":"sha256","value":"{}"}}}},)"
                      R"("signature":{{"content":"{}","publicKey":{{"content":"{}"}}}}}})",
                      kHex, kSignature, key)};
}

Form hashedrekord_v2(const std::string& verifier) {
  return {"hashedrekord", "0.0.2",
          fmt::format(R"({{"hashedRekordV002":{{"data":{{"algorithm":"SHA2_256","digest":"{}"}},)"
                      R"("signature":{{"content":"{}","verifier":{}}}}}}})",
                      to_base64(Bytes(32, 0xab)), kSignature, verifier)};
}

std::string list_of(const std::string& item, int count) {
  std::string list;
  for (int i = 0; i < count; ++i) list += (i > 0 ? "," : "") + item;
  return list;
}

Form dsse_v1(const std::string& key, int count = 1) {
  const std::string item = fmt::format(R"({{"signature":"{}","verifier":"{}"}})", kSignature, key);
  return {"dsse", "0.0.1",
          fmt::format(R"({{"payloadHash":{{"algorithm":"sha256","value":"{}"}},"signatures":[{}]}})", kHex,
                      list_of(item, count))};
}

Form intoto_v2(const std::string& key, int count = 1) {
  const std::string item = fmt::format(R"({{"sig":"{}","publicKey":"{}"}})", to_base64(as_bytes(kSignature)), key);
  return {"intoto", "0.0.2",
          fmt::format(R"({{"content":{{"envelope":{{"signatures":[{}]}},)"
                      R"("payloadHash":{{"algorithm":"sha256","value":"{}"}}}}}})",
                      list_of(item, count), kHex)};
}

std::string certificate_v2() {
  return fmt::format(R"({{"x509Certificate":{{"rawBytes":"{}"}}}})", to_base64(owner().issued.certificate.der()));
}

std::string key_v2() { return fmt::format(R"({{"publicKey":{{"rawBytes":"{}"}}}})", to_base64(owner().key.spki())); }

std::vector<Form> forms_with_certificate() {
  const std::string& pem = owner().certificate64;
  return {hashedrekord_v1(pem), hashedrekord_v2(certificate_v2()), dsse_v1(pem), intoto_v2(pem)};
}

std::vector<Form> forms_with_key() {
  const std::string& pem = owner().key64;
  return {hashedrekord_v1(pem), hashedrekord_v2(key_v2()), dsse_v1(pem), intoto_v2(pem)};
}

std::string body_of(const Form& form) {
  return fmt::format(R"({{"apiVersion":"{}","kind":"{}","spec":{}}})", form.version, form.kind, form.spec);
}

Result<RekorBody> parse(const Form& form) { return parse_rekor_body(as_bytes(body_of(form)), form.kind, form.version); }

std::string code(const Result<RekorBody>& body) {
  return body ? "no error" : std::string(code_name(body.error().code));
}

// with replaces the one place where `from` stands in the spec.
Form with(Form form, std::string_view from, std::string_view to) {
  const std::size_t at = form.spec.find(from);
  if (at == std::string::npos || form.spec.find(from, at + 1) != std::string::npos) ADD_FAILURE() << from;
  form.spec.replace(at, from.size(), to);
  return form;
}

std::string name_of(const Form& form) { return form.kind + " " + form.version; }

void expect_common(const Form& form, const RekorVerifier& verifier) {
  const auto body = parse(form);
  ASSERT_EQ(code(body), "no error") << name_of(form);
  EXPECT_EQ(body->what == RekorBody::Signed::kMessage, form.kind == "hashedrekord");
  EXPECT_EQ(body->digest_algorithm, Sha2::k256);
  EXPECT_EQ(body->digest, Bytes(32, 0xab)) << name_of(form);
  ASSERT_EQ(body->signatures.size(), 1U);
  EXPECT_EQ(as_text(body->signatures[0].signature), "signature") << name_of(form);
  EXPECT_EQ(body->signatures[0].verifier, verifier) << name_of(form);
}

TEST(RekorBody, ReadsEveryKindWithACertificate) {
  for (const Form& form : forms_with_certificate()) expect_common(form, {true, owner().issued.certificate.der()});
}

TEST(RekorBody, ReadsEveryKindWithAKey) {
  for (const Form& form : forms_with_key()) expect_common(form, {false, owner().key.spki()});
}

TEST(RekorBody, ReadsEveryHash) {
  struct Names {
    const char* v1;
    const char* v2;
    Sha2 algorithm;
  };
  for (const Names& names : {Names{"sha256", "SHA2_256", Sha2::k256}, Names{"sha384", "SHA2_384", Sha2::k384},
                             Names{"sha512", "SHA2_512", Sha2::k512}}) {
    for (const Form& form : forms_with_key()) {
      const bool old = form.spec.find("sha256") != std::string::npos;
      const auto body = parse(with(form, old ? "sha256" : "SHA2_256", old ? names.v1 : names.v2));
      ASSERT_EQ(code(body), "no error") << name_of(form);
      EXPECT_EQ(body->digest_algorithm, names.algorithm);
    }
  }
}

TEST(RekorBody, RefusesHashesThatAreNotKnown) {
  for (const Form& form : forms_with_key()) {
    const char* known = form.spec.find("sha256") != std::string::npos ? R"("sha256")" : R"("SHA2_256")";
    for (const char* other : {R"("sha1")", R"("SHA256")", R"("SHA3_256")", R"("")", "256", "null"})
      EXPECT_EQ(code(parse(with(form, known, other))), "log-body-malformed") << name_of(form) << other;
  }
}

TEST(RekorBody, RefusesKindsThatAreNotKnown) {
  const Form form = hashedrekord_v1(owner().key64);
  for (const auto& [kind, version] : std::vector<std::pair<std::string, std::string>>{{"hashedrekord", "0.0.3"},
                                                                                      {"hashedrekord", ""},
                                                                                      {"dsse", "0.0.2"},
                                                                                      {"intoto", "0.0.1"},
                                                                                      {"rfc3161", "0.0.1"},
                                                                                      {"Dsse", "0.0.1"},
                                                                                      {"", ""}})
    EXPECT_EQ(code(parse({kind, version, form.spec})), "log-entry-kind") << kind << " " << version;
}

// Otherwise a body of one kind could be read as one of another.
TEST(RekorBody, RefusesABodyOfAnotherKindThanItsEntry) {
  const std::vector<Form> forms = forms_with_key();
  for (const Form& form : forms)
    for (const Form& entry : forms) {
      const bool same = form.kind == entry.kind && form.version == entry.version;
      EXPECT_EQ(code(parse_rekor_body(as_bytes(body_of(form)), entry.kind, entry.version)),
                same ? "no error" : "log-body-malformed")
          << name_of(form) << " as " << name_of(entry);
    }
}

TEST(RekorBody, RefusesWhatIsNoEntry) {
  for (const char* body :
       {"{}", "[]", "5", R"({"kind":"dsse"})", R"({"kind":"dsse","apiVersion":1,"spec":{}})",
        R"({"kind":"dsse","apiVersion":"0.0.1"})", R"({"kind":"dsse","apiVersion":"0.0.1","spec":5})",
        R"({"kind":"dsse","apiVersion":"0.0.1","spec":{}})"})
    EXPECT_EQ(code(parse_rekor_body(as_bytes(body), "dsse", "0.0.1")), "log-body-malformed") << body;
  EXPECT_EQ(code(parse_rekor_body(as_bytes("{\"kind\":"), "dsse", "0.0.1")), "json-truncated");
  EXPECT_EQ(code(parse_rekor_body(as_bytes("kind"), "dsse", "0.0.1")), "json-syntax");
  EXPECT_EQ(code(parse_rekor_body(as_bytes(R"({"kind":"dsse","kind":"dsse"})"), "dsse", "0.0.1")),
            "json-duplicate-key");
}

TEST(RekorBody, RefusesDigestsOfAnotherSpelling) {
  for (const Form& form : forms_with_key()) {
    const bool hex = form.spec.find(kHex) != std::string::npos;
    const std::string good = "\"" + (hex ? kHex : to_base64(Bytes(32, 0xab))) + "\"";
    const std::string other = "\"" + (hex ? to_base64(Bytes(32, 0xab)) : "*" + kHex) + "\"";
    for (const std::string& bad : {other, std::string("\"abc\""), std::string("5"), std::string("null")})
      EXPECT_EQ(code(parse(with(form, good, bad))), "log-body-malformed") << name_of(form) << bad;
  }
}

TEST(RekorBody, RefusesSignaturesThatAreNotBase64) {
  const std::string twice = to_base64(as_bytes(kSignature));
  for (const Form& form : forms_with_key()) {
    const std::string good = "\"" + (form.kind == "intoto" ? twice : kSignature) + "\"";
    for (const char* bad : {R"("c2ln*")", R"("c2lnbg")", R"("c2ln\n")", "5", "null"})
      EXPECT_EQ(code(parse(with(form, good, bad))), "log-body-malformed") << name_of(form) << bad;
  }
  // Once is not enough for in-toto: "signature" itself is not base64.
  EXPECT_EQ(code(parse(with(intoto_v2(owner().key64), twice, kSignature))), "log-body-malformed");
}

TEST(RekorBody, HasAtLeastOneSignatureAndNotTooMany) {
  const std::string& key = owner().key64;
  for (const auto& make : std::vector<std::function<Form(int)>>{[&](int count) { return dsse_v1(key, count); },
                                                                [&](int count) { return intoto_v2(key, count); }}) {
    EXPECT_EQ(code(parse(make(0))), "log-body-malformed");
    EXPECT_EQ(code(parse(make(17))), "log-body-malformed");
    const auto most = parse(make(16));
    ASSERT_EQ(code(most), "no error");
    EXPECT_EQ(most->signatures.size(), 16U);
  }
}

TEST(RekorBody, WantsACertificateOrAKeyButNotBoth) {
  const std::string certificate = certificate_v2();
  const std::string both = certificate.substr(0, certificate.size() - 1) + "," + key_v2().substr(1);
  for (const std::string& bad :
       {both, std::string("{}"), std::string("5"), std::string(R"({"publicKey":null,"x509Certificate":null})"),
        std::string(R"({"publicKey":{}})"), std::string(R"({"publicKey":{"rawBytes":"*"}})"),
        std::string(R"({"x509Certificate":"MA=="})")})
    EXPECT_EQ(code(parse(hashedrekord_v2(bad))), "log-body-malformed") << bad;
  EXPECT_EQ(code(parse(hashedrekord_v2(R"({"x509Certificate":null,"publicKey":{"rawBytes":"MA=="}})"))), "no error");
}

TEST(RekorBody, RefusesKeysAndCertificatesThatAreNotPem) {
  const std::string broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  for (const auto& make : std::vector<std::function<Form(const std::string&)>>{
           hashedrekord_v1, [](const std::string& key) { return dsse_v1(key); },
           [](const std::string& key) { return intoto_v2(key); }}) {
    EXPECT_EQ(code(parse(make(to_base64(as_bytes(broken))))), "certificate-malformed");
    EXPECT_EQ(code(parse(make(to_base64(as_bytes("no key"))))), "key-malformed");
    EXPECT_EQ(code(parse(make(""))), "key-malformed");
    EXPECT_EQ(code(parse(make("-----BEGIN PUBLIC KEY-----"))), "log-body-malformed");  // not base64
  }
}

}  // namespace
}  // namespace weightmark
