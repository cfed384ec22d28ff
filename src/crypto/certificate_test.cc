#include "crypto/certificate.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/file.h"
#include "crypto/pki_testing.h"

namespace weightmark {
namespace {

template <class T>
std::string_view code(const Result<T>& result) {
  return result ? "no error" : code_name(result.error().code);
}

TEST(Certificate, ShowsWhatItSays) {
  testing::TestAuthority root = testing::TestAuthority::root();
  Certificate leaf = root.issue({.common_name = "Zoë, \"signer\""}).certificate;
  EXPECT_EQ(leaf.subject(), "CN=Zoë\\, \\\"signer\\\"");
  EXPECT_EQ(leaf.issuer(), "CN=Test Root");
  EXPECT_EQ(leaf.not_before(), testing::kTestNow - std::chrono::days(365));
  EXPECT_EQ(leaf.not_after(), testing::kTestNow + std::chrono::days(365));
  EXPECT_EQ(leaf.fingerprint(), sha256_hex(leaf.der()));
  EXPECT_EQ(leaf.serial().find_first_not_of("0123456789ABCDEF"), std::string::npos);
  EXPECT_EQ(leaf.serial().size() % 2, 0U);
}

// 2050 is where UTCTime ends and GeneralizedTime begins (RFC 5280, 4.1.2.5).
TEST(Certificate, KnowsTimesFarAway) {
  Time early{std::chrono::sys_days{std::chrono::year{1960} / 1 / 1}};
  Time late{std::chrono::sys_days{std::chrono::year{2150} / 2 / 28}};
  Certificate leaf = testing::self_signed({.not_before = early, .not_after = late}).certificate;
  EXPECT_EQ(leaf.not_before(), early);
  EXPECT_EQ(leaf.not_after(), late);
}

TEST(Certificate, HasItsKey) {
  testing::IssuedCertificate issued = testing::TestAuthority::root().issue({.key_type = KeyType::kEcP384});
  EXPECT_EQ(issued.certificate.public_key()->pem(), testing::public_key_pem(issued.private_key_pem));
}

TEST(Certificate, RefusesKeysThatAreNotSupported) {
  Certificate leaf = testing::self_signed({.key_type = KeyType::kRsa, .rsa_bits = 1024}).certificate;
  Result<PublicKey> key = leaf.public_key();
  ASSERT_EQ(code(key), "key-unsupported");
  EXPECT_EQ(key.error().subject, "CN=Test Signer");
}

TEST(Certificate, TakesExactlyOneDer) {
  Bytes der = testing::TestAuthority::root().certificate().der();
  EXPECT_EQ(Certificate::from_der(der)->der(), der);
  Bytes longer = der;
  longer.push_back(0);
  EXPECT_EQ(code(Certificate::from_der(longer)), "certificate-malformed");
  longer = der;
  longer.insert(longer.end(), der.begin(), der.end());
  EXPECT_EQ(code(Certificate::from_der(longer)), "certificate-malformed");
  der.pop_back();
  EXPECT_EQ(code(Certificate::from_der(der)), "certificate-malformed");
  EXPECT_EQ(code(Certificate::from_der({})), "certificate-malformed");
}

// The outer length in three bytes instead of two: BER, but not DER.
TEST(Certificate, RefusesBer) {
  Bytes der = testing::TestAuthority::root().certificate().der();
  ASSERT_EQ(der[1], 0x82);
  der[1] = 0x83;
  der.insert(der.begin() + 2, 0);
  EXPECT_EQ(code(Certificate::from_der(der)), "certificate-malformed");
}

TEST(Certificate, RefusesValidityThatIsNoTime) {
  Bytes der = testing::TestAuthority::root().certificate().der();
  std::string_view text = as_text(der);
  std::size_t at = text.find("\x17\x0d");  // UTCTime of 13 characters
  ASSERT_NE(at, std::string_view::npos);
  der[at + 4] = '9';  // the month
  der[at + 5] = '9';
  EXPECT_EQ(code(Certificate::from_der(der)), "certificate-malformed");
}

TEST(Certificate, ListsPemInOrderAndPassesOverTheRest) {
  testing::TestAuthority root = testing::TestAuthority::root();
  testing::IssuedCertificate leaf = root.issue();
  std::string pem = "a comment\n" + testing::certificate_pem(leaf.certificate) + leaf.private_key_pem +
                    testing::certificate_pem(root.certificate());
  Result<std::vector<Certificate>> list = Certificate::list_from_pem(pem);
  ASSERT_EQ(code(list), "no error");
  ASSERT_EQ(list->size(), 2U);
  EXPECT_EQ(list->front().der(), leaf.certificate.der());
  EXPECT_EQ(list->back().der(), root.certificate().der());
}

TEST(Certificate, RefusesPemWithNoneOrBrokenOnes) {
  std::string pem = testing::certificate_pem(testing::TestAuthority::root().certificate());
  std::string bad = pem;
  bad[200] = '!';
  for (const std::string& text : {std::string(), std::string("text"), testing::generate_key_pem(KeyType::kEcP256), bad,
                                  pem + pem.substr(0, 100), std::string(17 << 20, 'x')})
    EXPECT_EQ(code(Certificate::list_from_pem(text)), "certificate-malformed");
}

TEST(Certificate, LimitsPemToAThousand) {
  Certificate certificate = testing::TestAuthority::root().certificate();
  std::vector<Certificate> many(1000, certificate);
  EXPECT_EQ(Certificate::list_from_pem(testing::certificates_pem(many))->size(), 1000U);
  many.push_back(certificate);
  EXPECT_EQ(code(Certificate::list_from_pem(testing::certificates_pem(many))), "certificate-malformed");
  many.resize(2500, certificate);
  EXPECT_EQ(code(Certificate::list_from_pem(testing::certificates_pem(many))), "certificate-malformed");
}

class Roots : public ::testing::Test {
 protected:
  Roots() { folder_ = ::mkdtemp(name_); }
  ~Roots() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path write(const std::string& name, const std::string& text) {
    EXPECT_TRUE(write_file_atomically(folder_ / name, as_bytes(text)));
    return folder_ / name;
  }
  char name_[64] = "/tmp/weightmark-roots-XXXXXX";
  std::filesystem::path folder_;
};

TEST_F(Roots, AreReadFromTheFirstFileThatExists) {
  Certificate root = testing::TestAuthority::root().certificate();
  std::filesystem::path files[] = {folder_ / "none", write("some", testing::certificate_pem(root)),
                                   write("bad", "no certificates")};
  Result<std::vector<Certificate>> roots = roots_from(files);
  ASSERT_EQ(code(roots), "no error");
  EXPECT_EQ(roots->front().der(), root.der());
}

TEST_F(Roots, AreAnErrorWhenAbsentOrBroken) {
  std::filesystem::path none[] = {folder_ / "none"};
  EXPECT_EQ(code(roots_from(none)), "file-not-found");
  EXPECT_EQ(code(roots_from({})), "file-not-found");
  std::filesystem::path bad[] = {write("bad", "no certificates")};
  Result<std::vector<Certificate>> roots = roots_from(bad);
  ASSERT_EQ(code(roots), "certificate-malformed");
  EXPECT_EQ(roots.error().subject, bad[0].native());
}

TEST_F(Roots, OfThisSystemCanBeRead) {
  Result<std::vector<Certificate>> roots = system_roots();
  if (!roots && roots.error().code == ErrorCode::kFileNotFound) GTEST_SKIP() << "no system roots installed";
  ASSERT_EQ(code(roots), "no error");
  EXPECT_GT(roots->size(), 10U);
}

}  // namespace
}  // namespace weightmark
