#include "net/retrying_client.h"

#include <gtest/gtest.h>

#include "base/refuse.h"

namespace weightmark {
namespace {

using std::chrono::milliseconds;

// Script answers with one thing after another; the last one stays.
class Script : public HttpClient {
 public:
  explicit Script(std::vector<Result<HttpAnswer>> answers) : answers_(std::move(answers)) {}

  Result<HttpAnswer> send(const HttpRequest&) override { return answers_.at(std::min(asked++, answers_.size() - 1)); }

  Result<std::string> get(const std::string&, std::uint64_t) override {
    auto answer = send({});
    if (!answer) return std::unexpected(answer.error());
    if (answer->status == 200) return answer->body;
    return refuse(ErrorCode::kServerAnswer, "no");
  }

  std::size_t asked = 0;

 private:
  std::vector<Result<HttpAnswer>> answers_;
};

Result<HttpAnswer> fails(ErrorCode code) { return refuse(code, "no"); }

struct Waits {
  std::vector<milliseconds> all;
  double random = 0;

  RetryPolicy policy() {
    RetryPolicy policy;
    policy.wait = [this](milliseconds time) {
      all.push_back(time);
      return true;
    };
    policy.random = [this] { return random; };
    return policy;
  }
};

TEST(RetryingClient, RepeatsWhatMayPass) {
  for (const auto& first : {fails(ErrorCode::kServerUnreachable), fails(ErrorCode::kServerTimeout),
                            Result<HttpAnswer>(HttpAnswer{429}), Result<HttpAnswer>(HttpAnswer{503})}) {
    Script script({first, HttpAnswer{200, "body"}});
    Waits waits;
    RetryingClient client(script, waits.policy());
    EXPECT_EQ(client.send({}).value().body, "body");
    EXPECT_EQ(script.asked, 2U);
    script.asked = 0;
    EXPECT_EQ(client.get("http://a", 10).value(), "body");
  }
}

TEST(RetryingClient, TakesAnyOtherAnswerAsItIs) {
  for (const int status : {200, 201, 400, 401, 404, 409, 413, 501}) {
    Script script({HttpAnswer{status}});
    Waits waits;
    RetryingClient client(script, waits.policy());
    EXPECT_EQ(client.send({}).value().status, status);
    EXPECT_EQ(script.asked, 1U) << status;
  }
  Script script({fails(ErrorCode::kServerCertificate)});
  Waits waits;
  RetryingClient client(script, waits.policy());
  EXPECT_EQ(client.send({}).error().code, ErrorCode::kServerCertificate);
  EXPECT_EQ(script.asked, 1U);
}

TEST(RetryingClient, WaitsLongerEachTimeAndGivesUp) {
  Script script({HttpAnswer{503}});
  Waits waits;
  RetryingClient client(script, waits.policy());
  EXPECT_EQ(client.send({}).value().status, 503);
  EXPECT_EQ(script.asked, 4U);
  EXPECT_EQ(waits.all, (std::vector<milliseconds>{milliseconds(250), milliseconds(500), milliseconds(1000)}));
}

TEST(RetryingClient, WaitsARandomPartOfHalfToAll) {
  Script script({HttpAnswer{503}, HttpAnswer{200}});
  Waits waits;
  waits.random = 0.5;
  RetryingClient client(script, waits.policy());
  ASSERT_TRUE(client.send({}));
  EXPECT_EQ(waits.all, std::vector<milliseconds>{milliseconds(375)});
}

TEST(RetryingClient, ComesBackWhenTheServerSaysSo) {
  Script script(
      {HttpAnswer{429, "", std::chrono::seconds(7)}, HttpAnswer{503, "", std::chrono::seconds(9999)}, HttpAnswer{200}});
  Waits waits;
  RetryingClient client(script, waits.policy());
  ASSERT_TRUE(client.send({}));
  EXPECT_EQ(waits.all, (std::vector<milliseconds>{std::chrono::seconds(7), std::chrono::seconds(20)}));
}

TEST(RetryingClient, DoesNotRepeatWhatCountsOnce) {
  Script script({HttpAnswer{503}, HttpAnswer{200}});
  Waits waits;
  RetryingClient client(script, waits.policy());
  EXPECT_EQ(client.send({.url = "http://a", .repeatable = false}).value().status, 503);
  EXPECT_EQ(script.asked, 1U);
}

TEST(RetryingClient, StopsWhereTheCallerWantsTo) {
  Script script({HttpAnswer{503}});
  RetryPolicy policy;
  policy.wait = [](milliseconds) { return false; };
  policy.random = [] { return 0.0; };
  RetryingClient client(script, policy);
  EXPECT_EQ(client.send({}).value().status, 503);
  EXPECT_EQ(script.asked, 1U);
}

}  // namespace
}  // namespace weightmark
