#include "net/http.h"

#include <gtest/gtest.h>

#include <map>

#include "net/http_fetcher.h"
#include "net/server_testing.h"

namespace weightmark {
namespace {

using testing::http_answer;
using testing::TestServer;

std::string_view code(const Result<std::string>& result) {
  return result ? "no error" : code_name(result.error().code);
}

Result<std::string> get(const std::string& url, std::uint64_t max_size = 1000, const HttpSettings& settings = {}) {
  return make_http_client(settings)->get(url, max_size);
}

// always makes a server with one answer for everything.
TestServer::Handler always(std::string answer) {
  return [answer = std::move(answer)](const std::string&) { return answer; };
}

TEST(HttpClient, GetsABody) {
  TestServer server(always(http_answer("200 OK", "body")));
  const auto client = make_http_client({});
  EXPECT_EQ(client->get(server.url() + "/a%20b/1.json", 4).value(), "body");
  EXPECT_EQ(client->get(server.url() + "/b", 4).value(), "body");
  EXPECT_EQ(server.requests(), (std::vector<std::string>{"GET /a%20b/1.json HTTP/1.1", "GET /b HTTP/1.1"}));
}

TEST(HttpClient, GetsAnEmptyBody) {
  TestServer server(always(http_answer("200 OK", "")));
  EXPECT_EQ(get(server.url(), 0).value(), "");
}

TEST(HttpClient, TakesNoMoreThanTheLimit) {
  TestServer announced(always(http_answer("200 OK", "12345")));
  EXPECT_EQ(code(get(announced.url(), 4)), "answer-too-large");
  TestServer endless(always("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + std::string(100000, 'x')));
  EXPECT_EQ(code(get(endless.url(), 99999)), "answer-too-large");
  EXPECT_EQ(code(get(endless.url(), 100000)), "no error");
  TestServer boaster(always("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nx"));
  EXPECT_EQ(code(get(boaster.url(), 100)), "answer-too-large");
}

TEST(HttpClient, TellsAMissingFileFromATroubledServer) {
  for (const char* status : {"404 Not Found", "410 Gone", "403 Forbidden"}) {
    TestServer server(always(http_answer(status, "a page of many words")));
    EXPECT_EQ(code(get(server.url(), 1)), "server-not-found") << status;
  }
  for (const char* status : {"500 Oops", "503 Later", "401 Who?", "204 Nothing", "304 Same", "206 Some"}) {
    TestServer server(always(http_answer(status, "")));
    EXPECT_EQ(code(get(server.url())), "server-answer") << status;
  }
}

TEST(HttpClient, TellsWhenNobodyAnswers) {
  EXPECT_EQ(code(get("http://127.0.0.1:1/")), "server-unreachable");
  TestServer silent(always(""));
  EXPECT_EQ(code(get(silent.url())), "server-unreachable");
  TestServer broken(always("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"));
  EXPECT_EQ(code(get(broken.url())), "server-unreachable");
}

TEST(HttpClient, DoesNotWaitForEver) {
  HttpSettings settings;
  settings.timeout = std::chrono::milliseconds(100);
  TestServer slow([](const std::string&) {
    std::this_thread::sleep_for(std::chrono::milliseconds(400));
    return std::string();
  });
  EXPECT_EQ(code(get(slow.url(), 1000, settings)), "server-timeout");
}

TEST(HttpClient, KnowsTwoSchemes) {
  for (const char* url : {"file:///etc/passwd", "ftp://127.0.0.1/x", "127.0.0.1", "", "http://["})
    EXPECT_EQ(code(get(url)), "url-unsupported") << url;
}

TEST(HttpClient, FollowsRedirectsOfItsScheme) {
  TestServer end(always(http_answer("200 OK", "there")));
  TestServer server(always(http_answer("302 Found", "", "Location: " + end.url() + "/x\r\n")));
  EXPECT_EQ(get(server.url()).value(), "there");
  for (const char* place : {"file:///etc/passwd", "https://127.0.0.1:1/", "ftp://127.0.0.1/"}) {
    TestServer astray(always(http_answer("302 Found", "", "Location: " + std::string(place) + "\r\n")));
    EXPECT_EQ(code(get(astray.url())), "redirect-refused") << place;
  }
  TestServer circle(always(http_answer("302 Found", "", "Location: /again\r\n")));
  EXPECT_EQ(code(get(circle.url())), "redirect-refused");
}

TEST(HttpClient, GoesThroughTheProxyThatItIsGiven) {
  TestServer proxy(always(http_answer("200 OK", "by proxy")));
  HttpSettings settings;
  settings.http_proxy = proxy.url();
  EXPECT_EQ(get("http://nowhere.invalid/x", 1000, settings).value(), "by proxy");
  EXPECT_EQ(proxy.requests().front(), "GET http://nowhere.invalid/x HTTP/1.1");
  settings.no_proxy = "nowhere.invalid";
  EXPECT_EQ(code(get("http://nowhere.invalid/x", 1000, settings)), "server-unreachable");
  settings = {};
  settings.https_proxy = proxy.url();
  EXPECT_EQ(code(get("https://nowhere.invalid/x", 1000, settings)), "server-unreachable");
  EXPECT_EQ(proxy.requests().back(), "CONNECT nowhere.invalid:443 HTTP/1.1");
}

TEST(HttpClient, KeepsWhatIsDirectFromTheProxy) {
  TestServer proxy(always(http_answer("200 OK", "by proxy")));
  TestServer server(always(http_answer("200 OK", "itself")));
  HttpSettings settings;
  settings.http_proxy = proxy.url();
  const auto client = make_http_client(settings);
  EXPECT_EQ(client->send({.url = server.url(), .direct = true}).value().body, "itself");
  EXPECT_TRUE(proxy.requests().empty());
  EXPECT_EQ(client->send({.url = server.url()}).value().body, "by proxy") << "the next one";
}

TEST(HttpClient, TellsWhenAuthoritiesCannotBeRead) {
  HttpSettings settings;
  settings.ca_file = "/nonexistent/roots.pem";
  EXPECT_EQ(code(get("https://127.0.0.1:1/", 1000, settings)), "server-unreachable");
}

TEST(HttpSettings, ComeFromTheEnvironment) {
  std::map<std::string, const char*> variables = {{"HTTPS_PROXY", "a"}, {"HTTP_PROXY", "b"},    {"ALL_PROXY", "c"},
                                                  {"NO_PROXY", "d"},    {"SSL_CERT_FILE", "e"}, {"SSL_CERT_DIR", "f"}};
  const auto read = [&] {
    return http_settings([&](const char* name) {
      const auto found = variables.find(name);
      return found != variables.end() ? found->second : nullptr;
    });
  };
  HttpSettings settings = read();
  EXPECT_EQ(settings.https_proxy, "a");
  EXPECT_EQ(settings.http_proxy, "c") << "not HTTP_PROXY";
  EXPECT_EQ(settings.no_proxy, "d");
  EXPECT_EQ(settings.ca_file, "e");
  EXPECT_EQ(settings.ca_folder, "f");
  variables["https_proxy"] = "";
  EXPECT_EQ(read().https_proxy, "") << "set to nothing means none";
}

TEST(HttpFetcher, PutsNamesBelowItsAddress) {
  TestServer server(always(http_answer("200 OK", "body")));
  const auto client = make_http_client({});
  EXPECT_EQ(HttpFetcher(*client, server.url() + "/tuf").fetch("1.root.json", 10).value(), "body");
  EXPECT_EQ(HttpFetcher(*client, server.url() + "/tuf/").fetch("1.root.json", 10).value(), "body");
  for (const std::string& request : server.requests()) EXPECT_EQ(request, "GET /tuf/1.root.json HTTP/1.1");
}

// --- asking services

std::string code(const Result<HttpAnswer>& result) {
  return result ? std::to_string(result->status) : std::string(code_name(result.error().code));
}

TEST(HttpClient, SendsWhatItIsGiven) {
  testing::TestRequest seen;
  TestServer server(TestServer::RequestHandler([&](const testing::TestRequest& request) {
    seen = request;
    return http_answer("201 Created", "made");
  }));
  const std::string large(100000, 'x');
  const auto answer = make_http_client({})->send(
      {.method = "POST", .url = server.url() + "/a", .headers = {"Content-Type: text/x", "X-One: 1"}, .body = large});
  ASSERT_EQ(code(answer), "201");
  EXPECT_EQ(answer->body, "made");
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.target, "/a");
  EXPECT_EQ(seen.body, large);
  EXPECT_NE(seen.headers.find("\r\nContent-Type: text/x\r\n"), std::string::npos);
  EXPECT_NE(seen.headers.find("\r\nX-One: 1\r\n"), std::string::npos);
  EXPECT_EQ(seen.headers.find("Expect:"), std::string::npos);
}

TEST(HttpClient, SendsAnEmptyBodyAndGets) {
  testing::TestRequest seen;
  TestServer server(TestServer::RequestHandler([&](const testing::TestRequest& request) {
    seen = request;
    return http_answer("200 OK", "");
  }));
  const auto client = make_http_client({});
  ASSERT_EQ(code(client->send({.method = "POST", .url = server.url()})), "200");
  EXPECT_EQ(seen.method, "POST");
  ASSERT_EQ(code(client->send({.url = server.url()})), "200");
  EXPECT_EQ(seen.method, "GET");
}

TEST(HttpClient, HandsOnAnyAnswerButARedirect) {
  for (const char* status : {"400 Bad", "401 Who?", "409 Again", "413 Large", "500 Oops"}) {
    TestServer server(always(http_answer(status, "why")));
    const auto answer = make_http_client({})->send({.method = "POST", .url = server.url(), .body = "x"});
    EXPECT_EQ(code(answer), std::string(status).substr(0, 3));
    EXPECT_EQ(answer->body, "why");
  }
  TestServer end(always(http_answer("200 OK", "there")));
  for (const char* status : {"301 Moved", "302 Found", "307 Temporary", "308 Permanent"}) {
    TestServer server(always(http_answer(status, "", "Location: " + end.url() + "\r\n")));
    EXPECT_EQ(code(make_http_client({})->send({.method = "POST", .url = server.url(), .body = "secret"})),
              "redirect-refused");
  }
  EXPECT_TRUE(end.requests().empty());
}

TEST(HttpClient, StopsWhenTheCallerWantsTo) {
  const std::atomic<bool> stop = true;
  HttpSettings settings;
  settings.stop = &stop;
  TestServer server([](const std::string&) {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    return http_answer("200 OK", "late");
  });
  EXPECT_EQ(code(make_http_client(settings)->send({.url = server.url()})), "interrupted");
  EXPECT_EQ(code(get(server.url(), 1000, settings)), "interrupted");
}

TEST(HttpClient, TellsWhenAServiceWantsToBeAskedAgain) {
  TestServer server(always(http_answer("503 Later", "", "Retry-After: 7\r\n")));
  EXPECT_EQ(make_http_client({})->send({.url = server.url()})->retry_after, std::chrono::seconds(7));
}

TEST(HttpClient, TakesNoMoreOfAnAnswerThanTheLimit) {
  TestServer server(always(http_answer("500 Oops", "12345")));
  EXPECT_EQ(code(make_http_client({})->send({.url = server.url(), .max_size = 4})), "answer-too-large");
  EXPECT_EQ(code(make_http_client({})->send({.url = server.url(), .max_size = 5})), "500");
  EXPECT_EQ(code(make_http_client({})->send({.url = "file:///etc/passwd"})), "url-unsupported");
}

}  // namespace
}  // namespace weightmark
