#include "crypto/timestamp.h"

#include <gtest/gtest.h>
#include <openssl/ess.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/ts.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "crypto/certificate.h"
#include "crypto/der.h"
#include "crypto/openssl.h"
#include "crypto/pki_testing.h"

namespace weightmark {
namespace {

using testing::CertificateOptions;
using testing::IssuedCertificate;
using testing::kTestNow;
using testing::make_timestamp;
using testing::TestAuthority;
using testing::TimestampOptions;
using InfoPtr = std::unique_ptr<TS_TST_INFO, FreeWith<TS_TST_INFO_free>>;
using TokenPtr = std::unique_ptr<PKCS7, FreeWith<PKCS7_free>>;

const Bytes kMessage = {'s', 'i', 'g', 'n', 'a', 't', 'u', 'r', 'e'};

std::string code(const Result<Instant>& time) { return time ? "no error" : std::string(code_name(time.error().code)); }

CertificateOptions clock_options(std::string name = "Clock") {
  return {.common_name = std::move(name), .extended_key_usage = "critical,timeStamping"};
}

// --- tokens that an authority of OpenSSL's would not make

// TokenRecipe says what is wrong with a token.
struct TokenRecipe {
  std::function<void(TS_TST_INFO*)> change = {};
  int signers = 1;
  const Certificate* attested = nullptr;  // the certificate that the attributes name, instead of the signer's
  bool with_attribute = true;
};

PkeyPtr key_of(const IssuedCertificate& signer) {
  const BioPtr bio = memory_reader(signer.private_key_pem);
  return PkeyPtr(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
}

X509* x509_of(const Certificate& certificate) { return certificate.impl().x509.get(); }

// token_in takes the token out of a response, whose status takes five bytes.
Bytes token_in(ByteView response) {
  const ByteView token = der_contents(kDerSequence, response).value().subspan(5);
  return {token.begin(), token.end()};
}

// add_signing_certificate says which certificate signs (RFC 5816).
void add_signing_certificate(PKCS7_SIGNER_INFO* signer, const Certificate& certificate) {
  const std::unique_ptr<ESS_SIGNING_CERT_V2, FreeWith<ESS_SIGNING_CERT_V2_free>> id(
      OSSL_ESS_signing_cert_v2_new_init(EVP_sha256(), x509_of(certificate), nullptr, 0));
  const Bytes der = encode_der(i2d_ESS_SIGNING_CERT_V2, id.get());
  ASN1_STRING* sequence = ASN1_STRING_new();
  ASN1_STRING_set(sequence, der.data(), static_cast<int>(der.size()));
  PKCS7_add_signed_attribute(signer, NID_id_smime_aa_signingCertificateV2, V_ASN1_SEQUENCE, sequence);
}

void add_signer(PKCS7* token, const IssuedCertificate& signer, const TokenRecipe& recipe) {
  PKCS7_SIGNER_INFO* info = PKCS7_add_signature(token, x509_of(signer.certificate), key_of(signer).get(), EVP_sha256());
  PKCS7_add_signed_attribute(info, NID_pkcs9_contentType, V_ASN1_OBJECT, OBJ_nid2obj(NID_id_smime_ct_TSTInfo));
  if (recipe.with_attribute)
    add_signing_certificate(info, recipe.attested != nullptr ? *recipe.attested : signer.certificate);
}

void set_content(PKCS7* token, const TS_TST_INFO* info) {
  PKCS7* content = PKCS7_new();
  content->type = OBJ_nid2obj(NID_id_smime_ct_TSTInfo);
  content->d.other = ASN1_TYPE_new();
  ASN1_TYPE_set(content->d.other, V_ASN1_OCTET_STRING, ASN1_OCTET_STRING_new());
  PKCS7_set_content(token, content);
  const Bytes der = encode_der(i2d_TS_TST_INFO, info);
  const BioPtr bio(PKCS7_dataInit(token, nullptr));
  BIO_write(bio.get(), der.data(), static_cast<int>(der.size()));
  PKCS7_dataFinal(token, bio.get());
}

class VerifyTimestamp : public ::testing::Test {
 protected:
  std::string verify(const Bytes& token, const std::vector<Certificate>& authority) const {
    return code(verify_timestamp(token, kMessage, authority));
  }
  std::string verify(const Bytes& token) const { return verify(token, authority_); }
  std::string verify(const TimestampOptions& options) const {
    return verify(make_timestamp(clock_, kMessage, options));
  }

  // forge makes a token as an authority of OpenSSL's does, but for the recipe.
  Bytes forge(const IssuedCertificate& signer, const TokenRecipe& recipe = {}) const {
    const auto granted = decode_der<TokenPtr>(d2i_PKCS7, token_in(make_timestamp(clock_, kMessage)));
    const InfoPtr info(PKCS7_to_TS_TST_INFO(granted.get()));
    if (recipe.change) recipe.change(info.get());
    const TokenPtr token(PKCS7_new());
    PKCS7_set_type(token.get(), NID_pkcs7_signed);
    ASN1_INTEGER_set(token->d.sign->version, 3);
    PKCS7_add_certificate(token.get(), x509_of(signer.certificate));
    for (int i = 0; i < recipe.signers; ++i) add_signer(token.get(), signer, recipe);
    set_content(token.get(), info.get());
    return encode_der(i2d_PKCS7, token.get());
  }
  Bytes forge(const TokenRecipe& recipe = {}) const { return forge(clock_, recipe); }

  // at makes a token whose time is spelled so.
  Bytes at(std::string_view time) const {
    return forge({.change = [&](TS_TST_INFO* info) {
      const std::unique_ptr<ASN1_GENERALIZEDTIME, FreeWith<ASN1_GENERALIZEDTIME_free>> text(ASN1_GENERALIZEDTIME_new());
      ASN1_STRING_set(text.get(), time.data(), static_cast<int>(time.size()));
      TS_TST_INFO_set_time(info, text.get());
    }});
  }

  TestAuthority root_ = TestAuthority::root();
  IssuedCertificate clock_ = root_.issue(clock_options());
  std::vector<Certificate> authority_ = {clock_.certificate, root_.certificate()};
};

TEST_F(VerifyTimestamp, ReturnsTheTime) {
  const auto time = verify_timestamp(make_timestamp(clock_, kMessage), kMessage, authority_);
  ASSERT_EQ(code(time), "no error");
  EXPECT_EQ(*time, Instant(kTestNow));
}

TEST_F(VerifyTimestamp, TakesABareToken) {
  const auto time = verify_timestamp(token_in(make_timestamp(clock_, kMessage)), kMessage, authority_);
  ASSERT_EQ(code(time), "no error");
  EXPECT_EQ(*time, Instant(kTestNow));
}

TEST_F(VerifyTimestamp, TakesStrongHashesAlone) {
  for (const char* digest : {"SHA256", "SHA384", "SHA512"}) {
    EXPECT_EQ(verify(TimestampOptions{.digest = digest}), "no error") << digest;
    EXPECT_EQ(verify(TimestampOptions{.signer_digest = digest}), "no error") << digest;
  }
  EXPECT_EQ(verify(TimestampOptions{.digest = "SHA1"}), "timestamp-algorithm");
  EXPECT_EQ(verify(TimestampOptions{.signer_digest = "SHA1"}), "timestamp-algorithm");
}

TEST_F(VerifyTimestamp, TakesEveryTypeOfKey) {
  for (KeyType type : {KeyType::kEcP256, KeyType::kEcP384, KeyType::kEcP521, KeyType::kRsa}) {
    CertificateOptions options = clock_options();
    options.key_type = type;
    const IssuedCertificate clock = root_.issue(options);
    EXPECT_EQ(verify(make_timestamp(clock, kMessage), {clock.certificate, root_.certificate()}), "no error")
        << key_type_name(type);
  }
}

TEST_F(VerifyTimestamp, RefusesAnotherMessage) {
  const Bytes token = make_timestamp(clock_, kMessage);
  EXPECT_EQ(code(verify_timestamp(token, Bytes{'s'}, authority_)), "timestamp-imprint");
  EXPECT_EQ(code(verify_timestamp(token, {}, authority_)), "timestamp-imprint");
}

TEST_F(VerifyTimestamp, RefusesAnotherAuthority) {
  const TestAuthority other = TestAuthority::root();  // of the same name
  EXPECT_EQ(verify(make_timestamp(clock_, kMessage), {other.certificate()}), "timestamp-chain");
  EXPECT_EQ(verify(make_timestamp(clock_, kMessage), {clock_.certificate, other.certificate()}), "timestamp-chain");
}

TEST_F(VerifyTimestamp, TakesItsCertificateFromTheChain) {
  const Bytes bare = make_timestamp(clock_, kMessage, {.with_certificate = false});
  EXPECT_EQ(verify(bare), "no error");
  EXPECT_EQ(verify(bare, {root_.certificate()}), "timestamp-signature");
}

TEST_F(VerifyTimestamp, TakesAnyAnchorBeItARootOrNot) {
  const TestAuthority middle = root_.intermediate();
  const IssuedCertificate clock = middle.issue(clock_options());
  const Bytes token = make_timestamp(clock, kMessage);
  const Certificate& leaf = clock.certificate;
  EXPECT_EQ(verify(token, {leaf, middle.certificate(), root_.certificate()}), "no error");
  EXPECT_EQ(verify(token, {leaf, middle.certificate()}), "no error");
  EXPECT_EQ(verify(token, {middle.certificate()}), "no error");
  EXPECT_EQ(verify(token, {middle.certificate(), root_.certificate()}), "no error");
  EXPECT_EQ(verify(token, {leaf}), "no error");
  EXPECT_EQ(verify(token, {leaf, root_.certificate()}), "timestamp-chain");  // the one between is missing
}

// Certificates that come with the token help to build a chain, but anchor none.
TEST_F(VerifyTimestamp, RefusesASignerThatBringsItsOwnRoot) {
  const IssuedCertificate own = testing::self_signed(clock_options());
  EXPECT_EQ(verify(make_timestamp(own, kMessage), {root_.certificate()}), "timestamp-chain");
  EXPECT_EQ(verify(make_timestamp(own, kMessage)), "timestamp-chain");
}

TEST_F(VerifyTimestamp, TellsTwoSignersOfOneRootApart) {
  const IssuedCertificate other = root_.issue(clock_options("Other Clock"));
  const Bytes token = make_timestamp(other, kMessage);
  EXPECT_EQ(verify(token), "timestamp-signer");
  EXPECT_EQ(verify(token, {clock_.certificate, other.certificate, root_.certificate()}), "timestamp-signer");
  EXPECT_EQ(verify(token, {other.certificate, root_.certificate()}), "no error");
  EXPECT_EQ(verify(token, {root_.certificate()}), "no error");  // which names no signer
}

TEST_F(VerifyTimestamp, HoldsTheSignerToItsValidityWithBothEnds) {
  CertificateOptions options = clock_options();
  options.not_before = kTestNow - std::chrono::hours(1);
  options.not_after = kTestNow + std::chrono::hours(1);
  const IssuedCertificate clock = root_.issue(options);
  const std::chrono::seconds second(1);
  const auto check = [&](Time time) {
    return verify(make_timestamp(clock, kMessage, {.time = time}), {clock.certificate, root_.certificate()});
  };
  EXPECT_EQ(check(options.not_before - second), "timestamp-chain");
  EXPECT_EQ(check(options.not_before), "no error");
  EXPECT_EQ(check(options.not_after), "no error");
  EXPECT_EQ(check(options.not_after + second), "timestamp-chain");
}

TEST_F(VerifyTimestamp, HoldsTheAnchorToItsValidity) {
  CertificateOptions options = testing::authority_options("Brief");
  options.not_after = kTestNow;
  const TestAuthority brief = TestAuthority::root(options);
  const IssuedCertificate clock = brief.issue(clock_options());
  const auto check = [&](Time time) {
    return verify(make_timestamp(clock, kMessage, {.time = time}), {clock.certificate, brief.certificate()});
  };
  EXPECT_EQ(check(kTestNow), "no error");
  EXPECT_EQ(check(kTestNow + std::chrono::seconds(1)), "timestamp-chain");
}

struct UsageCase {
  std::string key_usage;
  std::string extended_key_usage;
  std::string code;
};

// RFC 3161, section 2.3: timeStamping, critical, and nothing else.
TEST_F(VerifyTimestamp, WantsTheUsageOfAClock) {
  const std::string sign = "critical,digitalSignature";
  const std::vector<UsageCase> cases = {{sign, "critical,timeStamping", "no error"},
                                        {"critical,nonRepudiation", "critical,timeStamping", "no error"},
                                        {"", "critical,timeStamping", "no error"},
                                        {sign, "timeStamping", "timestamp-chain"},
                                        {sign, "", "timestamp-chain"},
                                        {sign, "critical,codeSigning", "timestamp-chain"},
                                        {sign, "critical,anyExtendedKeyUsage", "timestamp-chain"},
                                        {sign, "critical,timeStamping,codeSigning", "timestamp-chain"},
                                        {"critical,keyEncipherment", "critical,timeStamping", "timestamp-chain"}};
  for (const UsageCase& test : cases) {
    CertificateOptions options = clock_options();
    options.key_usage = test.key_usage;
    options.extended_key_usage = test.extended_key_usage;
    const IssuedCertificate clock = root_.issue(options);
    EXPECT_EQ(verify(forge(clock), {clock.certificate, root_.certificate()}), test.code)
        << test.key_usage << " / " << test.extended_key_usage;
  }
}

// The attribute binds the token to one certificate of the key (RFC 5816).
TEST_F(VerifyTimestamp, WantsTheAttributeThatNamesTheSigner) {
  EXPECT_EQ(verify(forge()), "no error");
  EXPECT_EQ(verify(forge({.with_attribute = false})), "timestamp-signature");
  const Certificate other = root_.issue(clock_options()).certificate;
  EXPECT_EQ(verify(forge({.attested = &other})), "timestamp-signature");
}

TEST_F(VerifyTimestamp, WantsOneSigner) {
  EXPECT_EQ(verify(forge({.signers = 0})), "timestamp-malformed");
  EXPECT_EQ(verify(forge({.signers = 2})), "timestamp-malformed");
}

TEST_F(VerifyTimestamp, RefusesOtherVersions) {
  for (long version : {0L, 2L})
    EXPECT_EQ(verify(forge({.change = [&](TS_TST_INFO* info) { TS_TST_INFO_set_version(info, version); }})),
              "timestamp-malformed")
        << version;
}

TEST_F(VerifyTimestamp, ReadsFractionsOfASecond) {
  const auto time = verify_timestamp(at("20250101000000.125Z"), kMessage, authority_);
  ASSERT_EQ(code(time), "no error");
  EXPECT_EQ(*time, Instant(kTestNow) + std::chrono::milliseconds(125));
}

TEST_F(VerifyTimestamp, TakesOneFormOfATime) {
  EXPECT_EQ(verify(at("20250101000000Z")), "no error");
  for (const char* time :
       {"20250101000000", "20250101000000+0100", "202501010000Z", "2025010100Z", "250101000000Z", "20251301000000Z",
        "20250101250000Z", "20250101000000.Z", "20250101000000,5Z", "20250101000000z", "2025010100000\u00e9Z", "Z", ""})
    EXPECT_EQ(verify(at(time)), "timestamp-malformed") << time;
}

TEST_F(VerifyTimestamp, RefusesARejection) {
  // An authority that does not know the hash answers without a token.
  EXPECT_EQ(verify(TimestampOptions{.digest = "MD5"}), "timestamp-malformed");
  for (const Bytes statuses = {0, 1, 2, 3, 9}; const std::uint8_t status : statuses)
    EXPECT_EQ(verify(Bytes{0x30, 5, 0x30, 3, 2, 1, status}), "timestamp-malformed") << int{status};
}

// A rejection with a token is one all the same.
TEST_F(VerifyTimestamp, HoldsTheStatusAgainstTheToken) {
  const Bytes token = token_in(make_timestamp(clock_, kMessage));
  const auto response = [&](std::uint8_t status) {
    return der_value(kDerSequence, {Bytes{0x30, 3, 2, 1, status}, token});
  };
  EXPECT_EQ(verify(response(0)), "no error");
  EXPECT_EQ(verify(response(1)), "no error");
  for (const Bytes statuses = {2, 3, 4, 5, 127, 128, 255}; const std::uint8_t status : statuses)
    EXPECT_EQ(verify(response(status)), "timestamp-malformed") << int{status};
}

TEST_F(VerifyTimestamp, RefusesWhatIsTruncatedOrGoesOn) {
  for (const Bytes& whole : {make_timestamp(clock_, kMessage), token_in(make_timestamp(clock_, kMessage))}) {
    for (std::size_t size = 0; size < whole.size(); ++size)
      ASSERT_EQ(verify(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))), "timestamp-malformed")
          << size;
    Bytes longer = whole;
    longer.push_back(0);
    EXPECT_EQ(verify(longer), "timestamp-malformed");
    longer.resize((std::size_t{1} << 20U) + 1);
    EXPECT_EQ(verify(longer), "timestamp-malformed");
  }
}

TEST_F(VerifyTimestamp, RefusesAChangedSignature) {
  Bytes token = make_timestamp(clock_, kMessage);
  token.back() ^= 1;
  EXPECT_EQ(verify(token), "timestamp-signature");
}

// Some bytes are not signed, such as the status; none of them may move the time.
TEST_F(VerifyTimestamp, IsNotMovedByAnyBit) {
  const Bytes token = make_timestamp(clock_, kMessage);
  std::size_t refused = 0;
  for (std::size_t i = 0; i < token.size(); ++i) {
    Bytes changed = token;
    changed[i] ^= static_cast<std::uint8_t>(1U << (i % 8));
    const auto time = verify_timestamp(changed, kMessage, authority_);
    EXPECT_EQ(time.value_or(Instant(kTestNow)), Instant(kTestNow)) << i;
    refused += time ? 0U : 1U;
  }
  EXPECT_GT(refused, token.size() / 2);
}

TEST_F(VerifyTimestamp, RefusesWhatIsNoTimestamp) {
  const TokenPtr data(PKCS7_new());
  PKCS7_set_type(data.get(), NID_pkcs7_data);
  EXPECT_EQ(verify(encode_der(i2d_PKCS7, data.get())), "timestamp-malformed");
  const TokenPtr other(PKCS7_new());  // signed data without a time
  PKCS7_set_type(other.get(), NID_pkcs7_signed);
  PKCS7_content_new(other.get(), NID_pkcs7_data);
  EXPECT_EQ(verify(encode_der(i2d_PKCS7, other.get())), "timestamp-malformed");
  EXPECT_EQ(verify(root_.certificate().der()), "timestamp-malformed");
  EXPECT_EQ(verify(Bytes{0x30, 0}), "timestamp-malformed");
}

}  // namespace
}  // namespace weightmark
