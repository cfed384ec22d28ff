#include "login/login.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <thread>

#include "base/file.h"
#include "base/refuse.h"
#include "login/callback_server.h"
#include "login/provider_testing.h"

namespace weightmark {
namespace {

using namespace testing;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// said is the address in the token, or the error's code.
std::string said(const Result<IdentityToken>& token) {
  return token ? std::string(token->claim("email")) : std::string(code_name(token.error().code));
}

constexpr const char* kAlice = "alice@example.com";

// --- a browser

Fd connect_to(int port) {
  Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
  return socket;
}

int port_in(const std::string& uri) { return std::stoi(uri.substr(uri.find("localhost:") + 10)); }

std::string ask(int port, const std::string& target, const std::string& host) {
  const Fd socket = connect_to(port);
  const std::string request = "GET " + target + " HTTP/1.1\r\nhost: " + host + "\r\n\r\n";
  (void)!::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL);
  std::string answer;
  std::array<char, 4096> piece{};
  for (ssize_t count = 0; (count = ::recv(socket.get(), piece.data(), piece.size(), 0)) > 0;)
    answer.append(piece.data(), static_cast<std::size_t>(count));
  return answer;
}

std::string get(const std::string& redirect_uri, const std::string& query) {
  const int port = port_in(redirect_uri);
  return ask(port, "/auth/callback?" + query, "localhost:" + std::to_string(port));
}

// Browser is one on this machine, in which somebody logs in.
class Browser {
 public:
  explicit Browser(FakeProvider& provider) : provider_(provider) {}
  ~Browser() {
    if (thread_.joinable()) thread_.join();
  }

  Result<IdentityToken> log_in(const LoginOptions& options) {
    return log_in_by_browser(options, [this](const std::string& url) {
      seen = url;
      const std::string query = provider_.come_back(url);
      thread_ = std::thread([this, query] { page = get(provider_.redirect_uri, query); });
    });
  }

  std::string log_in() { return said(log_in(provider_.options())); }

  std::string seen;
  std::string page;

 private:
  FakeProvider& provider_;
  std::thread thread_;
};

TEST(BrowserLogin, GivesAToken) {
  FakeProvider provider;
  {
    Browser browser(provider);
    EXPECT_EQ(browser.log_in(), kAlice);
    EXPECT_THAT(browser.seen, HasSubstr("https://login.lab/auth?response_type=code&client_id=sigstore&redirect_uri="
                                        "http%3A%2F%2Flocalhost%3A"));
    EXPECT_THAT(browser.seen, HasSubstr("&scope=openid%20email&"));
  }
  ASSERT_EQ(provider.sent.size(), 1U);
  EXPECT_FALSE(provider.sent.front().repeatable);
  EXPECT_THAT(provider.sent.front().body, HasSubstr("&client_id=sigstore"));
}

TEST(BrowserLogin, DiffersEachTime) {
  FakeProvider provider;
  Browser first(provider);
  Browser second(provider);
  EXPECT_EQ(first.log_in(), kAlice);
  EXPECT_EQ(second.log_in(), kAlice);
  const Query a = parse_query(first.seen.substr(first.seen.find('?') + 1)).value();
  const Query b = parse_query(second.seen.substr(second.seen.find('?') + 1)).value();
  for (const char* name : {"state", "nonce", "code_challenge"}) {
    EXPECT_EQ(a.at(name).size(), 43U) << name;
    EXPECT_NE(a.at(name), b.at(name)) << name;
  }
}

TEST(BrowserLogin, ProvesAClientsSecret) {
  FakeProvider provider;
  LoginOptions options = provider.options();
  options.client_id = "a:b";
  options.client_secret = Secret("c d");
  EXPECT_EQ(said(Browser(provider).log_in(options)), kAlice);
  EXPECT_THAT(provider.sent.front().headers, ::testing::Contains("Authorization: Basic YSUzQWI6YyUyMGQ="));
  EXPECT_THAT(provider.sent.front().body, Not(HasSubstr("client_id")));
}

// What comes back must be the answer to our question.
TEST(BrowserLogin, RefusesAnotherLogin) {
  const std::vector<std::pair<std::function<void(Query&)>, std::string>> faults{
      {[](Query& back) { back["state"] = "another"; }, "login-mismatch"},
      {[](Query& back) { back.erase("state"); }, "login-mismatch"},
      {[](Query& back) { back["iss"] = "https://evil.lab"; }, "login-mismatch"},
      {[](Query& back) { back.erase("iss"); }, "login-mismatch"},
      {[](Query& back) { back["error"] = "access_denied"; }, "login-refused"},
      {[](Query& back) { back.erase("code"); }, "login-provider"},
      {[](Query& back) { back["code"] = std::string(5000, 'c'); }, "login-provider"},
      {[](Query& back) { back["code"] = "a wrong one"; }, "login-refused"},
      // A stranger's words count only with our state.
      {[](Query& back) { back = {{"error", "access_denied"}}; }, "login-mismatch"},
  };
  for (const auto& [change, code] : faults) {
    FakeProvider provider;
    provider.change_return = change;
    EXPECT_EQ(Browser(provider).log_in(), code);
  }
}

TEST(BrowserLogin, LetsAProviderNotNameItself) {
  FakeProvider provider;
  provider.description.erase("authorization_response_iss_parameter_supported");
  provider.change_return = [](Query& back) { back.erase("iss"); };
  EXPECT_EQ(Browser(provider).log_in(), kAlice);
}

TEST(BrowserLogin, RefusesATokenOfAnotherLogin) {
  FakeProvider provider;
  provider.claims["nonce"] = "\"another\"";
  EXPECT_EQ(Browser(provider).log_in(), "login-mismatch");
  provider.claims["nonce"] = "7";
  EXPECT_EQ(Browser(provider).log_in(), "login-mismatch");
  provider.claims.erase("nonce");
  provider.claims["iss"] = "\"https://evil.lab\"";
  EXPECT_EQ(Browser(provider).log_in(), "login-provider");
}

TEST(BrowserLogin, RefusesWhatIsNoTokenAnswer) {
  for (const HttpAnswer& answer :
       {HttpAnswer{200, "<html>"}, HttpAnswer{200, "{}"}, HttpAnswer{200, R"({"id_token":7})"}, HttpAnswer{500, "oh"},
        HttpAnswer{302, ""}, HttpAnswer{400, R"({"error":7})"}}) {
    FakeProvider provider;
    provider.change_token = [&](HttpAnswer& changed) { changed = answer; };
    EXPECT_EQ(Browser(provider).log_in(), "login-provider") << answer.body;
  }
  FakeProvider provider;
  provider.change_token = [](HttpAnswer& answer) { answer.body = R"({"id_token":"a.b"})"; };
  EXPECT_EQ(Browser(provider).log_in(), "token-malformed");
}

TEST(BrowserLogin, RefusesWhatIsNoProvider) {
  const std::vector<std::pair<std::string, std::string>> faults{
      {"issuer", ""},
      {"issuer", "\"https://evil.lab\""},
      {"issuer", "7"},
      {"authorization_endpoint", ""},
      {"authorization_endpoint", "\"http://login.lab/auth\""},
      {"authorization_endpoint", "\"javascript:alert(1)\""},
      {"authorization_endpoint", R"("https://login.lab/\u001b[2J")"},
      {"token_endpoint", "\"http://localhost:80@evil.lab/\""},
      {"token_endpoint", "\"http://localhost.evil.lab/\""},
      {"device_authorization_endpoint", "\"ftp://login.lab\""},
      {"code_challenge_methods_supported", R"(["plain"])"},
      {"code_challenge_methods_supported", "7"},
  };
  for (const auto& [name, value] : faults) {
    FakeProvider provider;
    provider.description[name] = value;
    EXPECT_EQ(said(log_in_by_code(provider.options(), [](auto&) { return std::string("the code"); })), "login-provider")
        << name << " " << value;
    EXPECT_TRUE(provider.sent.empty());
  }
  FakeProvider provider;
  provider.change_description = [](std::string& text) { text = "<html>"; };
  EXPECT_EQ(Browser(provider).log_in(), "login-provider");
  LoginOptions options = provider.options();
  options.issuer = "http://login.lab";
  EXPECT_EQ(said(Browser(provider).log_in(options)), "login-provider");
}

TEST(BrowserLogin, EndsWhenNobodyComes) {
  FakeProvider provider;
  LoginOptions options = provider.options();
  options.limit = milliseconds(1);
  EXPECT_EQ(said(log_in_by_browser(options, [](auto&) {})), "login-timeout");
  std::atomic<bool> stop{true};
  options.stop = &stop;
  options.limit = seconds(60);
  EXPECT_EQ(said(log_in_by_browser(options, [](auto&) {})), "interrupted");
}

// --- where the browser comes back to

class Callback : public ::testing::Test {
 protected:
  int port() const { return port_in(server_.redirect_uri()); }
  std::string host() const { return "localhost:" + std::to_string(port()); }
  Result<Query> wait() { return server_.wait(seconds(30), nullptr); }

  CallbackServer server_ = CallbackServer::open().value();
};

TEST_F(Callback, ShowsAPageThatKeepsItsAddressToItself) {
  std::string page;
  std::thread browser([&] { page = get(server_.redirect_uri(), "code=a%20b"); });
  const auto query = wait();
  browser.join();
  EXPECT_EQ(query.value().at("code"), "a b");
  EXPECT_THAT(page, HasSubstr("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(page, HasSubstr("Referrer-Policy: no-referrer\r\n"));
  EXPECT_THAT(page, HasSubstr("can be closed"));
}

TEST_F(Callback, PassesOverWhatIsNotForIt) {
  std::vector<std::string> pages;
  std::thread browser([&] {
    for (const char* target : {"/", "/favicon.ico", "/auth/callback", "/auth/callbacks?code=x", "/auth/callback?%",
                               "/auth/callback?code=x&code=y"})
      pages.push_back(ask(port(), target, host()));
    pages.push_back(ask(port(), "/auth/callback?code=x", "evil.lab"));
    pages.push_back(ask(port(), "/auth/callback?code=x", "localhost:1"));
    pages.push_back(ask(port(), "/" + std::string(std::size_t{32} << 10U, 'a'), host()));
    get(server_.redirect_uri(), "code=right");
  });
  const auto query = wait();
  browser.join();
  EXPECT_EQ(query.value().at("code"), "right");
  for (const std::string& page : pages) EXPECT_THAT(page, Not(HasSubstr("200 OK")));
}

// Browsers open connections on which they say nothing, or half of something.
TEST_F(Callback, DoesNotWaitForSilentConnections) {
  std::vector<Fd> silent;
  for (int i = 0; i < 40; ++i) {
    silent.push_back(connect_to(port()));
    if (i % 2 == 0) (void)!::send(silent.back().get(), "GET /auth/call", 14, MSG_NOSIGNAL);
    if (i % 8 != 7) continue;
    EXPECT_EQ(server_.wait(milliseconds(120), nullptr).error().code, ErrorCode::kLoginTimeout);
  }
  std::thread browser([&] { get(server_.redirect_uri(), "code=right"); });
  EXPECT_EQ(wait().value().at("code"), "right");
  browser.join();
}

// --- another machine

Result<IdentityToken> on_device(FakeProvider& provider, DeviceCode* shown = nullptr) {
  return log_in_by_device(provider.options(), [shown](const DeviceCode& code) {
    if (shown != nullptr) *shown = code;
  });
}

TEST(DeviceLogin, WaitsForThePerson) {
  FakeProvider provider;
  provider.refusals = {"authorization_pending", "slow_down", "authorization_pending"};
  DeviceCode shown;
  EXPECT_EQ(said(on_device(provider, &shown)), kAlice);
  EXPECT_EQ(shown.user_code, "ABCD-EFGH");
  EXPECT_EQ(shown.url, "https://login.lab/d");
  EXPECT_EQ(shown.complete_url, "https://login.lab/d?c");
  EXPECT_THAT(provider.waits, ElementsAre(seconds(1), seconds(1), seconds(6), seconds(6)));
  for (const HttpRequest& request : provider.sent) EXPECT_THAT(request.body, HasSubstr("client_id=sigstore"));
}

TEST(DeviceLogin, WaitsFiveSecondsWhereTheProviderSaysNothing) {
  FakeProvider provider;
  provider.change_device = [](HttpAnswer& answer) {
    answer.body =
        R"({"device_code":"secret","user_code":"A","expires_in":600,"verification_uri":"https://login.lab/d"})";
  };
  DeviceCode shown;
  EXPECT_EQ(said(on_device(provider, &shown)), kAlice);
  EXPECT_EQ(shown.complete_url, "");
  EXPECT_THAT(provider.waits, ElementsAre(seconds(5)));
}

TEST(DeviceLogin, TellsWhyItEnds) {
  for (const auto& [error, code] : {std::pair{"expired_token", "login-timeout"}, {"access_denied", "login-refused"}}) {
    FakeProvider provider;
    provider.refusals = {error};
    EXPECT_EQ(said(on_device(provider)), code);
  }
  FakeProvider provider;
  provider.refusals.assign(100, "authorization_pending");
  EXPECT_EQ(said(on_device(provider)), "login-timeout");
  EXPECT_EQ(provider.waits.size(), 60U);  // the options' minute, by the second
  provider.interrupted = true;
  EXPECT_EQ(said(on_device(provider)), "interrupted");
}

TEST(DeviceLogin, RefusesWhatIsNoDeviceCode) {
  const std::string_view all =
      R"({"device_code":"s","user_code":"A","expires_in":600,"verification_uri":"https://login.lab/d"})";
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text(all);
    return text.replace(text.find(from), from.size(), to);
  };
  for (const std::string& body :
       {with("device_code", "x"), with("user_code", "x"), with("verification_uri", "x"), with("expires_in", "x"),
        with("600", "\"600\""), with("\"A\"", "\"\""), with("\"A\"", "\"" + std::string(100, 'A') + "\""),
        with("https://login.lab", "http://login.lab"), with("600", "600,\"interval\":\"1\""), std::string("<html>"),
        with("600", "600,\"verification_uri_complete\":\"http://login.lab\"")}) {
    FakeProvider provider;
    provider.change_device = [&](HttpAnswer& answer) { answer.body = body; };
    EXPECT_EQ(said(on_device(provider)), "login-provider") << body;
  }
  FakeProvider provider;
  provider.change_device = [](HttpAnswer& answer) { answer.status = 503; };
  EXPECT_EQ(said(on_device(provider)), "login-provider");
  provider.description.erase("device_authorization_endpoint");
  EXPECT_EQ(said(on_device(provider)), "token-missing");
}

// --- a code by hand

TEST(CodeLogin, TakesTheCodeThatIsShown) {
  FakeProvider provider;
  const auto with = [&](const Result<std::string>& code) {
    return said(log_in_by_code(provider.options(), [&](const std::string& url) {
      provider.come_back(url);
      return code;
    }));
  };
  EXPECT_EQ(with(std::string("the code")), kAlice);
  EXPECT_EQ(provider.redirect_uri, "urn:ietf:wg:oauth:2.0:oob");
  EXPECT_EQ(with(std::string("another")), "login-refused");
  EXPECT_EQ(with(std::string()), "login-refused");
  EXPECT_EQ(with(refuse(ErrorCode::kInterrupted, "")), "interrupted");
  provider.claims["nonce"] = "\"another\"";
  EXPECT_EQ(with(std::string("the code")), "login-mismatch");
}

// --- queries

TEST(Query, IsReadAsItIsWritten) {
  const std::string hard = "a b&c=d%/?#\xc3\xa9\n+";
  const std::string text = write_query({{"x", hard}, {"left out", ""}, {"y y", "1"}});
  EXPECT_EQ(text, "x=a%20b%26c%3Dd%25%2F%3F%23%C3%A9%0A%2B&y%20y=1");
  EXPECT_EQ(parse_query(text), (Query{{"x", hard}, {"y y", "1"}}));
  EXPECT_EQ(parse_query("a=b+c&&d"), (Query{{"a", "b c"}, {"d", ""}}));
  EXPECT_EQ(parse_query(""), Query{});
  for (const char* wrong : {"a=1&a=2", "a=%", "a=%4", "a=%zz", "%=1"}) EXPECT_EQ(parse_query(wrong), std::nullopt);
}

}  // namespace
}  // namespace weightmark
