#include "crypto/chain.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "crypto/pki_testing.h"

namespace weightmark {
namespace {

using testing::authority_options;
using testing::CertificateOptions;
using testing::kTestNow;
using testing::TestAuthority;
using Chain = Result<std::vector<Certificate>>;

constexpr std::chrono::seconds kSecond{1};

std::string_view code(const Chain& chain) { return chain ? "no error" : code_name(chain.error().code); }

// valid_between returns the options with another validity.
CertificateOptions valid_between(CertificateOptions options, Time not_before, Time not_after) {
  options.not_before = not_before;
  options.not_after = not_after;
  return options;
}

class VerifyChain : public ::testing::Test {
 protected:
  Chain verify(const Certificate& leaf, Time time = kTestNow) const {
    return verify_chain(leaf, {intermediate_.certificate()}, {root_.certificate()}, time);
  }

  TestAuthority root_ = TestAuthority::root();
  TestAuthority intermediate_ = root_.intermediate();
  Certificate leaf_ = intermediate_.issue().certificate;
};

TEST_F(VerifyChain, ReturnsTheChainLeafFirst) {
  Chain chain = verify(leaf_);
  ASSERT_EQ(code(chain), "no error");
  ASSERT_EQ(chain->size(), 3U);
  EXPECT_EQ((*chain)[0].der(), leaf_.der());
  EXPECT_EQ((*chain)[1].der(), intermediate_.certificate().der());
  EXPECT_EQ((*chain)[2].der(), root_.certificate().der());
}

TEST_F(VerifyChain, TakesHelpFromTrustedIntermediates) {
  EXPECT_EQ(code(verify_chain(leaf_, {}, {intermediate_.certificate(), root_.certificate()}, kTestNow)), "no error");
}

TEST_F(VerifyChain, TakesEveryTypeOfKey) {
  for (KeyType type : {KeyType::kEcP256, KeyType::kEcP384, KeyType::kEcP521, KeyType::kRsa, KeyType::kEd25519}) {
    CertificateOptions options = authority_options("Root");
    options.key_type = type;
    TestAuthority root = TestAuthority::root(options);
    Certificate leaf = root.issue({.key_type = type}).certificate;
    EXPECT_EQ(code(verify_chain(leaf, {}, {root.certificate()}, kTestNow)), "no error") << key_type_name(type);
  }
}

TEST_F(VerifyChain, RefusesAnUnknownRoot) {
  Certificate other = TestAuthority::root().certificate();  // of the same name
  EXPECT_EQ(code(verify_chain(leaf_, {intermediate_.certificate()}, {other}, kTestNow)), "certificate-untrusted");
  EXPECT_EQ(code(verify_chain(leaf_, {intermediate_.certificate()}, {}, kTestNow)), "certificate-untrusted");
}

TEST_F(VerifyChain, DoesNotTrustTheBundlesOwnRoot) {
  Chain chain = verify_chain(leaf_, {intermediate_.certificate(), root_.certificate()}, {}, kTestNow);
  ASSERT_EQ(code(chain), "certificate-untrusted");
  EXPECT_EQ(chain.error().subject, "CN=Test Root");
}

TEST_F(VerifyChain, RefusesAMissingIntermediate) {
  Chain chain = verify_chain(leaf_, {}, {root_.certificate()}, kTestNow);
  ASSERT_EQ(code(chain), "certificate-untrusted");
  EXPECT_NE(chain.error().what.find("CN=Test Intermediate"), std::string::npos);
}

TEST_F(VerifyChain, DoesNotTakeATrustedIntermediateForAnAnchor) {
  EXPECT_EQ(code(verify_chain(leaf_, {}, {intermediate_.certificate()}, kTestNow)), "certificate-untrusted");
  EXPECT_EQ(code(verify_chain(leaf_, {}, {leaf_}, kTestNow)), "certificate-untrusted");
}

TEST_F(VerifyChain, TakesATrustedSelfSignedLeafEvenWhenNoAuthority) {
  for (std::string constraints : {"critical,CA:FALSE", "critical,CA:TRUE", ""}) {
    Certificate leaf = testing::self_signed({.basic_constraints = constraints}).certificate;
    Chain chain = verify_chain(leaf, {}, {root_.certificate(), leaf}, kTestNow);
    ASSERT_EQ(code(chain), "no error") << constraints;
    EXPECT_EQ(chain->size(), 1U);
  }
}

TEST_F(VerifyChain, RefusesASelfSignedLeafThatIsNotTrusted) {
  Certificate leaf = testing::self_signed({}).certificate;
  EXPECT_EQ(code(verify_chain(leaf, {}, {root_.certificate()}, kTestNow)), "certificate-untrusted");
  EXPECT_EQ(code(verify_chain(leaf, {leaf}, {root_.certificate()}, kTestNow)), "certificate-untrusted");
  Certificate same_name = testing::self_signed({}).certificate;
  EXPECT_EQ(code(verify_chain(leaf, {}, {same_name}, kTestNow)), "certificate-untrusted");
}

// Conformance data has a leaf that is marked as an authority.
TEST_F(VerifyChain, TakesALeafThatIsAnAuthority) {
  EXPECT_EQ(code(verify(intermediate_.issue({.basic_constraints = "critical,CA:TRUE"}).certificate)), "no error");
}

// That data has a leaf whose subject is its issuer's, with a key of another
// type than its issuer's.
TEST_F(VerifyChain, TakesALeafNamedLikeItsIssuer) {
  CertificateOptions options = authority_options("Same");
  options.key_type = KeyType::kRsa;
  TestAuthority root = TestAuthority::root(authority_options("Root"));
  TestAuthority intermediate = root.intermediate(options);
  Certificate leaf = intermediate.issue({.common_name = "Same"}).certificate;
  EXPECT_EQ(code(verify_chain(leaf, {intermediate.certificate()}, {root.certificate()}, kTestNow)), "no error");
  EXPECT_EQ(code(verify_chain(leaf, {leaf, intermediate.certificate()}, {root.certificate()}, kTestNow)), "no error");
}

TEST_F(VerifyChain, HoldsLeavesToTheirValidityWithBothEnds) {
  CertificateOptions options;
  options.not_before = kTestNow - std::chrono::hours(1);
  options.not_after = kTestNow + std::chrono::hours(1);
  Certificate leaf = intermediate_.issue(options).certificate;
  EXPECT_EQ(code(verify(leaf, options.not_before - kSecond)), "certificate-not-yet-valid");
  EXPECT_EQ(code(verify(leaf, options.not_before)), "no error");
  EXPECT_EQ(code(verify(leaf, options.not_after)), "no error");
  EXPECT_EQ(code(verify(leaf, options.not_after + kSecond)), "certificate-expired");
}

TEST_F(VerifyChain, SaysWhichDates) {
  CertificateOptions options = valid_between({}, kTestNow - std::chrono::hours(1), kTestNow);
  Chain chain = verify(intermediate_.issue(options).certificate, kTestNow + kSecond);
  ASSERT_EQ(code(chain), "certificate-expired");
  EXPECT_EQ(chain.error().subject, "CN=Test Signer");
  EXPECT_EQ(chain.error().what,
            "the certificate is valid from 2024-12-31T23:00:00Z to 2025-01-01T00:00:00Z, and the time to check is "
            "2025-01-01T00:00:01Z");
}

TEST_F(VerifyChain, HoldsIntermediatesToTheirValidityWithBothEnds) {
  Time first = kTestNow - std::chrono::hours(1);
  Time last = kTestNow + std::chrono::hours(1);
  TestAuthority authority = root_.intermediate(valid_between(authority_options("Brief"), first, last));
  Certificate leaf = authority.issue().certificate;
  auto check = [&](Time time) {
    return code(verify_chain(leaf, {authority.certificate()}, {root_.certificate()}, time));
  };
  EXPECT_EQ(check(first - kSecond), "certificate-issuer-expired");
  EXPECT_EQ(check(first), "no error");
  EXPECT_EQ(check(last), "no error");
  EXPECT_EQ(check(last + kSecond), "certificate-issuer-expired");
}

TEST_F(VerifyChain, HoldsRootsToTheirValidityWithBothEnds) {
  Time first = kTestNow - std::chrono::hours(1);
  Time last = kTestNow + std::chrono::hours(1);
  TestAuthority root = TestAuthority::root(valid_between(authority_options("Brief"), first, last));
  Certificate leaf = root.issue().certificate;
  auto check = [&](Time time) { return code(verify_chain(leaf, {}, {root.certificate()}, time)); };
  EXPECT_EQ(check(first - kSecond), "certificate-issuer-expired");
  EXPECT_EQ(check(first), "no error");
  EXPECT_EQ(check(last), "no error");
  EXPECT_EQ(check(last + kSecond), "certificate-issuer-expired");
}

// Everything may end in the same second.
TEST_F(VerifyChain, TakesAWholeChainInItsLastSecond) {
  TestAuthority root = TestAuthority::root();
  TestAuthority intermediate = root.intermediate();
  Certificate leaf = intermediate.issue().certificate;
  Time last = leaf.not_after();
  EXPECT_EQ(code(verify_chain(leaf, {intermediate.certificate()}, {root.certificate()}, last)), "no error");
  EXPECT_NE(code(verify_chain(leaf, {intermediate.certificate()}, {root.certificate()}, last + kSecond)), "no error");
}

// UsageCase is the verdict on a leaf with these two extensions.
struct UsageCase {
  std::string key_usage;
  std::string extended_key_usage;
  std::string_view code;
};

TEST_F(VerifyChain, WantsALeafThatMaySign) {
  UsageCase cases[] = {{"critical,digitalSignature", "codeSigning", "no error"},
                       {"digitalSignature,keyCertSign", "", "no error"},
                       {"", "codeSigning", "no error"},
                       {"critical,keyEncipherment", "codeSigning", "certificate-usage"},
                       {"critical,keyEncipherment", "", "certificate-usage"},
                       {"critical,nonRepudiation", "codeSigning", "certificate-usage"},
                       {"", "serverAuth", "certificate-usage"},
                       {"critical,digitalSignature", "serverAuth,clientAuth", "certificate-usage"},
                       {"critical,digitalSignature", "serverAuth,codeSigning", "no error"},
                       {"critical,digitalSignature", "anyExtendedKeyUsage", "no error"},
                       {"", "", "certificate-usage"}};
  for (const UsageCase& test : cases) {
    Certificate leaf =
        intermediate_.issue({.key_usage = test.key_usage, .extended_key_usage = test.extended_key_usage}).certificate;
    EXPECT_EQ(code(verify(leaf)), test.code) << test.key_usage << " / " << test.extended_key_usage;
  }
}

TEST_F(VerifyChain, RefusesIssuersThatAreNoAuthorities) {
  TestAuthority fake = root_.intermediate({.common_name = "No authority"});
  Certificate leaf = fake.issue().certificate;
  EXPECT_EQ(code(verify_chain(leaf, {fake.certificate()}, {root_.certificate()}, kTestNow)), "certificate-chain");
}

TEST_F(VerifyChain, RefusesIssuersThatMayNotSignCertificates) {
  CertificateOptions options = authority_options("No certSign");
  options.key_usage = "critical,digitalSignature";
  TestAuthority fake = root_.intermediate(options);
  Certificate leaf = fake.issue().certificate;
  EXPECT_EQ(code(verify_chain(leaf, {fake.certificate()}, {root_.certificate()}, kTestNow)), "certificate-chain");
}

TEST_F(VerifyChain, RefusesPathsLongerThanAnIssuerAllows) {
  CertificateOptions options = authority_options("Short");
  options.basic_constraints = "critical,CA:TRUE,pathlen:0";
  TestAuthority limited = root_.intermediate(options);
  TestAuthority below = limited.intermediate(authority_options("Below"));
  Certificate leaf = below.issue().certificate;
  EXPECT_EQ(code(verify_chain(leaf, {below.certificate(), limited.certificate()}, {root_.certificate()}, kTestNow)),
            "certificate-chain");
}

// chain_of_length verifies a leaf below `count` intermediates.
Chain chain_of_length(int count) {
  TestAuthority root = TestAuthority::root();
  TestAuthority last = root;
  std::vector<Certificate> between;
  for (int i = 0; i < count; ++i) {
    last = last.intermediate(authority_options("Level " + std::to_string(i)));
    between.push_back(last.certificate());
  }
  return verify_chain(last.issue().certificate, between, {root.certificate()}, kTestNow);
}

TEST_F(VerifyChain, BoundsTheDepth) {
  EXPECT_EQ(code(chain_of_length(16)), "no error");
  EXPECT_EQ(code(chain_of_length(17)), "certificate-chain");
}

TEST_F(VerifyChain, RefusesWeakKeys) {
  CertificateOptions weak = authority_options("Weak");
  weak.key_type = KeyType::kRsa;
  weak.rsa_bits = 1024;
  TestAuthority root = TestAuthority::root(weak);
  Certificate below = root.issue().certificate;
  EXPECT_EQ(code(verify_chain(below, {}, {root.certificate()}, kTestNow)), "certificate-chain");
  TestAuthority middle = root_.intermediate(weak);
  EXPECT_EQ(code(verify_chain(middle.issue().certificate, {middle.certificate()}, {root_.certificate()}, kTestNow)),
            "certificate-chain");
  Certificate leaf = root_.issue({.key_type = KeyType::kRsa, .rsa_bits = 1024}).certificate;
  EXPECT_EQ(code(verify_chain(leaf, {}, {root_.certificate()}, kTestNow)), "certificate-chain");
}

TEST_F(VerifyChain, RefusesAForgedSignature) {
  Bytes der = leaf_.der();
  der.back() ^= 1;
  Result<Certificate> forged = Certificate::from_der(der);
  if (!forged) GTEST_SKIP() << "the forged signature is no longer DER";
  EXPECT_EQ(code(verify(*forged)), "certificate-chain");
}

// A certificate can say that it is its own issuer; only a signature proves it.
TEST_F(VerifyChain, DoesNotTakeAClaimToBeSelfSigned) {
  Certificate leaf = testing::self_signed({}).certificate;
  Bytes der = leaf.der();
  der.back() ^= 1;
  Certificate forged = *Certificate::from_der(der);
  EXPECT_EQ(code(verify_chain(forged, {}, {forged}, kTestNow)), "certificate-untrusted");
}

TEST_F(VerifyChain, IgnoresUnrelatedCertificates) {
  std::vector<Certificate> trusted;
  for (int i = 0; i < 20; ++i) trusted.push_back(TestAuthority::root().certificate());
  trusted.push_back(root_.certificate());
  trusted.push_back(root_.certificate());
  EXPECT_EQ(code(verify_chain(leaf_, {leaf_, intermediate_.certificate()}, trusted, kTestNow)), "no error");
}

}  // namespace
}  // namespace weightmark
