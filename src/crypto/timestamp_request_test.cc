#include "crypto/timestamp_request.h"

#include <gtest/gtest.h>

#include "crypto/pki_testing.h"
#include "crypto/timestamp.h"

namespace weightmark {
namespace {

using namespace testing;

IssuedCertificate clock_of(const TestAuthority& root) {
  return root.issue({.extended_key_usage = "critical,timeStamping"});
}

std::string check(ByteView response, const TimestampRequest& request) {
  const auto status = check_timestamp_response(response, request);
  return status ? "good" : std::string(code_name(status.error().code));
}

TEST(TimestampRequest, IsAnsweredByATimestampThatVerifies) {
  const TestAuthority root = TestAuthority::root();
  const IssuedCertificate clock = clock_of(root);
  const TimestampRequest request = make_timestamp_request(as_bytes("signature")).value();
  const Bytes response = answer_timestamp(clock, request.der);
  EXPECT_EQ(check(response, request), "good");
  EXPECT_EQ(verify_timestamp(response, as_bytes("signature"), {clock.certificate, root.certificate()}).value(),
            kTestNow);
}

TEST(TimestampRequest, HasAFreshNonceEachTime) {
  const TimestampRequest first = make_timestamp_request(as_bytes("signature")).value();
  const TimestampRequest second = make_timestamp_request(as_bytes("signature")).value();
  EXPECT_EQ(first.nonce.size(), 8U);
  EXPECT_NE(first.nonce.front(), 0);
  EXPECT_NE(first.nonce, second.nonce);
}

TEST(TimestampRequest, RefusesOtherAnswers) {
  const IssuedCertificate clock = clock_of(TestAuthority::root());
  const TimestampRequest request = make_timestamp_request(as_bytes("signature")).value();
  const TimestampRequest other = make_timestamp_request(as_bytes("signature")).value();
  EXPECT_EQ(check(answer_timestamp(clock, other.der), request), "timestamp-nonce");
  EXPECT_EQ(check(make_timestamp(clock, as_bytes("signature")), request), "timestamp-nonce");
  EXPECT_EQ(check({}, request), "timestamp-malformed");
  EXPECT_EQ(check(as_bytes("<html>"), request), "timestamp-malformed");
  // Granted, and no token: SEQUENCE { SEQUENCE { INTEGER 0 } }
  EXPECT_EQ(check(Bytes{0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x00}, request), "timestamp-malformed");
  // Rejected: SEQUENCE { SEQUENCE { INTEGER 2 } }
  EXPECT_EQ(check(Bytes{0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02}, request), "timestamp-refused");
}

}  // namespace
}  // namespace weightmark
