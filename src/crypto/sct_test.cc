#include "crypto/sct.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "crypto/der.h"
#include "crypto/pki_testing.h"
#include "crypto/sha2.h"

namespace weightmark {
namespace {

using testing::CertificateOptions;
using testing::TestAuthority;

constexpr std::uint64_t kStamp = 1735689600123;
constexpr std::uint16_t kEcdsaSha256 = 0x0403;  // hash, then algorithm
constexpr std::uint16_t kRsaSha256 = 0x0401;
constexpr const char* kListId = "1.3.6.1.4.1.11129.2.4.2";

template <class T>
std::string code(const Result<T>& result) {
  return result ? "no error" : std::string(code_name(result.error().code));
}

void append(Bytes& out, std::uint64_t value, std::size_t size) {
  for (std::size_t i = size; i > 0; --i) out.push_back(static_cast<std::uint8_t>(value >> (8 * (i - 1))));
}

void append(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

// with_length puts a length of two bytes before `bytes`.
Bytes with_length(ByteView bytes) {
  Bytes out;
  append(out, bytes.size(), 2);
  append(out, bytes);
  return out;
}

Bytes list_of(const std::vector<Bytes>& scts) {
  Bytes items;
  for (const Bytes& sct : scts) append(items, with_length(sct));
  return with_length(items);
}

// Log is a certificate log: it signs what RFC 6962, section 3.2, says.
struct Log {
  explicit Log(KeyType type = KeyType::kEcP256)
      : key(load_private_key(testing::generate_key_pem(type), {}).value()),
        id(sha2(Sha2::k256, key->public_key().spki())) {}

  DetailedKey detailed() const { return {key->public_key(), default_scheme(key->public_key().type())}; }

  Bytes sct(ByteView tbs, const Certificate& issuer, ByteView extensions = {}) const {
    Bytes to_sign = {0, 0};
    append(to_sign, kStamp, 8);
    append(to_sign, 1, 2);
    append(to_sign, sha2(Sha2::k256, issuer.public_key().value().spki()));
    append(to_sign, tbs.size(), 3);
    append(to_sign, tbs);
    append(to_sign, with_length(extensions));
    const bool rsa = key->public_key().type() == KeyType::kRsa;
    return bytes_of(extensions, rsa ? kRsaSha256 : kEcdsaSha256, key->sign(to_sign).value());
  }

  Bytes bytes_of(ByteView extensions, std::uint16_t algorithm, ByteView signature) const {
    Bytes sct = {0};
    append(sct, id);
    append(sct, kStamp, 8);
    append(sct, with_length(extensions));
    append(sct, algorithm, 2);
    append(sct, with_length(signature));
    return sct;
  }

  std::unique_ptr<SigningKey> key;
  Bytes id;
};

using MakeList = std::function<Bytes(ByteView tbs, const Certificate& issuer)>;

class SctTest : public ::testing::Test {
 protected:
  Certificate issue(const MakeList& list) const { return ca_.issue({.sct_list = list}).certificate; }

  // logged has one timestamp of `log`.
  Certificate logged(const Log& log, const Bytes& extensions = {}) const {
    return issue([&](ByteView tbs, const Certificate& issuer) { return list_of({log.sct(tbs, issuer, extensions)}); });
  }

  Certificate with_list(const Bytes& list) const {
    return issue([&](ByteView, const Certificate&) { return list; });
  }

  std::string read(const Bytes& list) const { return code(embedded_scts(with_list(list))); }

  static Sct only_sct(const Certificate& leaf) { return embedded_scts(leaf).value().at(0); }

  std::string verify(const Sct& sct, const Certificate& leaf) const {
    return code(verify_sct(sct, leaf, ca_.certificate(), log_.detailed()));
  }

  TestAuthority ca_ = TestAuthority::root();
  Log log_;
};

TEST_F(SctTest, ReadsWhatTheListSays) {
  const auto scts = embedded_scts(logged(log_, {7, 8}));
  ASSERT_TRUE(scts);
  ASSERT_EQ(scts->size(), 1U);
  const Sct& sct = scts->front();
  EXPECT_EQ(Bytes(sct.log_id.begin(), sct.log_id.end()), log_.id);
  EXPECT_EQ(sct.timestamp, kStamp);
  EXPECT_EQ(sct.extensions, (Bytes{7, 8}));
  EXPECT_EQ(sct.hash, 4);
  EXPECT_EQ(sct.algorithm, 3);
  EXPECT_FALSE(sct.signature.empty());
}

TEST_F(SctTest, HasNoneWithoutAList) {
  const Certificate leaf = ca_.issue().certificate;
  const auto scts = embedded_scts(leaf);
  ASSERT_TRUE(scts);
  EXPECT_TRUE(scts->empty());
  // One from elsewhere does not count for a certificate that has no list.
  EXPECT_EQ(verify(only_sct(logged(log_)), leaf), "sct-malformed");
}

TEST_F(SctTest, TakesWhatTheLogSigned) {
  for (const Bytes& extensions : {Bytes(), Bytes{1, 2, 3}}) {
    const Certificate leaf = logged(log_, extensions);
    EXPECT_EQ(verify(only_sct(leaf), leaf), "no error");
  }
}

TEST_F(SctTest, TakesALogWithAnRsaKey) {
  const Log rsa(KeyType::kRsa);
  const Certificate leaf = logged(rsa);
  const Sct sct = only_sct(leaf);
  EXPECT_EQ(sct.algorithm, 1);
  EXPECT_EQ(code(verify_sct(sct, leaf, ca_.certificate(), rsa.detailed())), "no error");
  EXPECT_EQ(code(verify_sct(sct, leaf, ca_.certificate(), Log(KeyType::kRsa).detailed())), "sct-invalid");
}

// Authorities of every kind of key, since their key's hash is signed.
TEST_F(SctTest, TakesIssuersWithEveryTypeOfKey) {
  for (KeyType type : {KeyType::kEcP256, KeyType::kEcP384, KeyType::kEcP521, KeyType::kRsa, KeyType::kEd25519}) {
    CertificateOptions options = testing::authority_options("Issuer");
    options.key_type = type;
    const TestAuthority ca = TestAuthority::root(options);
    const Certificate leaf =
        ca.issue(
              {.sct_list = [&](ByteView tbs, const Certificate& issuer) { return list_of({log_.sct(tbs, issuer)}); }})
            .certificate;
    EXPECT_EQ(code(verify_sct(only_sct(leaf), leaf, ca.certificate(), log_.detailed())), "no error")
        << key_type_name(type);
  }
}

TEST_F(SctTest, ReadsSeveralInTheirOrder) {
  const Log other;
  const Certificate leaf = issue([&](ByteView tbs, const Certificate& issuer) {
    return list_of({log_.sct(tbs, issuer), other.sct(tbs, issuer)});
  });
  const std::vector<Sct> scts = embedded_scts(leaf).value();
  ASSERT_EQ(scts.size(), 2U);
  EXPECT_EQ(verify(scts[0], leaf), "no error");
  EXPECT_EQ(verify(scts[1], leaf), "sct-invalid");
  EXPECT_EQ(code(verify_sct(scts[1], leaf, ca_.certificate(), other.detailed())), "no error");
}

TEST_F(SctTest, RefusesWhatWasChangedAfterwards) {
  const Certificate leaf = logged(log_, {7, 8});
  const Sct sct = only_sct(leaf);
  const std::vector<std::function<void(Sct&)>> changes = {[](Sct& s) { ++s.timestamp; },
                                                          [](Sct& s) { s.extensions = {}; },
                                                          [](Sct& s) { s.extensions.push_back(9); },
                                                          [](Sct& s) { s.signature.back() ^= 1; },
                                                          [](Sct& s) { s.signature.push_back(0); },
                                                          [](Sct& s) { s.signature = {}; },
                                                          [](Sct& s) { s.hash = 2; },       // SHA-1
                                                          [](Sct& s) { s.hash = 5; },       // SHA-384
                                                          [](Sct& s) { s.hash = 0; },       // none
                                                          [](Sct& s) { s.algorithm = 1; },  // RSA
                                                          [](Sct& s) { s.algorithm = 2; },  // DSA
                                                          [](Sct& s) { s.algorithm = 0; }};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    Sct changed = sct;
    changes[i](changed);
    EXPECT_EQ(verify(changed, leaf), "sct-invalid") << i;
  }
}

TEST_F(SctTest, RefusesAnotherCertificate) {
  const Certificate one = logged(log_);
  const Certificate two = logged(log_);
  EXPECT_EQ(verify(only_sct(one), two), "sct-invalid");
}

TEST_F(SctTest, RefusesAnotherIssuerOfTheSameName) {
  const Certificate leaf = logged(log_);
  const Certificate other = TestAuthority::root().certificate();
  EXPECT_EQ(code(verify_sct(only_sct(leaf), leaf, other, log_.detailed())), "sct-invalid");
}

TEST_F(SctTest, RefusesAnotherLog) {
  const Certificate leaf = logged(log_);
  for (KeyType type : {KeyType::kEcP256, KeyType::kEcP384, KeyType::kRsa, KeyType::kEd25519})
    EXPECT_EQ(code(verify_sct(only_sct(leaf), leaf, ca_.certificate(), Log(type).detailed())), "sct-invalid")
        << key_type_name(type);
}

// An Ed25519 log is not of RFC 6962: bytes that say ECDSA do not make it one.
TEST_F(SctTest, RefusesALogWithAnEd25519Key) {
  const Log ed25519(KeyType::kEd25519);
  const Certificate leaf = logged(ed25519);
  EXPECT_EQ(code(verify_sct(only_sct(leaf), leaf, ca_.certificate(), ed25519.detailed())), "sct-invalid");
}

TEST(SctTime, IsInMilliseconds) {
  Sct sct;
  sct.timestamp = kStamp;
  EXPECT_EQ(time_of(sct), *parse_rfc3339("2025-01-01T00:00:00.123Z"));
  EXPECT_EQ(time_of({}), Instant());
}

// A time that wraps around would fall into any window.
TEST(SctTime, DoesNotWrapAround) {
  Sct sct;
  const Instant last = *parse_rfc3339("2255-03-14T16:00:00Z");
  for (const std::uint64_t stamp : {std::uint64_t{9'000'000'000'000}, std::uint64_t{9'000'000'000'001},
                                    std::uint64_t{INT64_MAX}, std::uint64_t{INT64_MAX} + 1, UINT64_MAX}) {
    sct.timestamp = stamp;
    EXPECT_EQ(time_of(sct), last) << stamp;
  }
}

TEST_F(SctTest, PassesOverVersionsToCome) {
  const Certificate leaf = issue(
      [&](ByteView tbs, const Certificate& issuer) { return list_of({{1, 2, 3}, log_.sct(tbs, issuer), {255}}); });
  const auto scts = embedded_scts(leaf);
  ASSERT_TRUE(scts);
  ASSERT_EQ(scts->size(), 1U);
  EXPECT_EQ(verify(scts->front(), leaf), "no error");
}

TEST_F(SctTest, RefusesListsOfAnotherForm) {
  const Bytes sct = log_.bytes_of({}, kEcdsaSha256, Bytes(70, 1));
  const Bytes list = list_of({sct});
  ASSERT_EQ(read(list), "no error");
  Bytes longer = list;
  longer.push_back(0);
  Bytes one_less = list;
  --one_less[1];
  Bytes one_more = list;
  ++one_more[1];
  const std::vector<Bytes> lists = {
      {},
      {0},
      {0, 1},
      longer,
      one_less,
      one_more,
      with_length(Bytes{0}),          // half of a length
      with_length(Bytes{0, 0}),       // an empty timestamp
      with_length(Bytes{0, 9, 0, 0})  // a length beyond the end
  };
  for (std::size_t i = 0; i < lists.size(); ++i) EXPECT_EQ(read(lists[i]), "sct-malformed") << i;
  EXPECT_EQ(read(with_length({})), "no error");
}

TEST_F(SctTest, RefusesTimestampsOfEveryOtherLength) {
  const Bytes sct = log_.bytes_of(Bytes{5, 6}, kEcdsaSha256, Bytes(8, 1));
  ASSERT_EQ(read(list_of({sct})), "no error");
  for (std::size_t size = 1; size < sct.size(); ++size)
    EXPECT_EQ(read(list_of({Bytes(sct.begin(), sct.begin() + static_cast<std::ptrdiff_t>(size))})), "sct-malformed")
        << size;
  Bytes longer = sct;
  longer.push_back(0);
  EXPECT_EQ(read(list_of({longer})), "sct-malformed");
}

TEST_F(SctTest, HasALimit) {
  const Bytes sct = log_.bytes_of({}, kEcdsaSha256, Bytes(8, 1));
  EXPECT_EQ(read(list_of(std::vector<Bytes>(32, sct))), "no error");
  EXPECT_EQ(read(list_of(std::vector<Bytes>(33, sct))), "sct-malformed");
  // Those of a version to come count too, or the limit would be none.
  EXPECT_EQ(read(list_of(std::vector<Bytes>(33, Bytes{1}))), "sct-malformed");
}

TEST_F(SctTest, WantsAnOctetString) {
  for (const char* value :
       {"DER:04", "DER:0402", "DER:05:00", "DER:30:02:00:00", "DER:04:02:00:00:00", "DER:04:80:00:00:00:00"})
    EXPECT_EQ(code(embedded_scts(ca_.issue({.other_extensions = {{kListId, value}}}).certificate)), "sct-malformed")
        << value;
  EXPECT_EQ(code(embedded_scts(ca_.issue({.other_extensions = {{kListId, "DER:04:02:00:00"}}}).certificate)),
            "no error");
}

// One could hide the other from a reader that takes the first.
TEST_F(SctTest, RefusesTwoLists) {
  const Sct sct = only_sct(logged(log_));
  const Certificate leaf =
      ca_.issue({.other_extensions = {{kListId, "DER:04:02:00:00"}, {kListId, "DER:04:02:00:00"}}}).certificate;
  EXPECT_EQ(code(embedded_scts(leaf)), "sct-malformed");
  EXPECT_EQ(verify(sct, leaf), "sct-malformed");
}

}  // namespace
}  // namespace weightmark
