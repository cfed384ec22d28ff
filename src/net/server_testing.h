// A web server on the loopback interface, for tests.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"

namespace weightmark::testing {

// TestRequest is what arrived.
struct TestRequest {
  std::string method;
  std::string target;   // such as "/path"
  std::string headers;  // with their line breaks
  std::string body;
};

// TestServer answers one connection after another, each with one answer.
class TestServer {
 public:
  // The handler gets the target of a request, or all of it, and returns the whole
  // answer; "" breaks off without one.
  using Handler = std::function<std::string(const std::string&)>;
  using RequestHandler = std::function<std::string(const TestRequest&)>;

  explicit TestServer(RequestHandler handler);
  explicit TestServer(const Handler& handler)
      : TestServer([handler](const TestRequest& request) { return handler(request.target); }) {}
  ~TestServer();

  std::string url() const;
  std::vector<std::string> requests() const;  // the first lines

 private:
  void serve();
  void answer(const Fd& connection);

  RequestHandler handler_;
  Fd socket_;
  int port_ = 0;
  std::atomic<bool> stop_ = false;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

// http_answer writes an answer with its length; `headers` end in line breaks.
std::string http_answer(const std::string& status, const std::string& body, const std::string& headers = "");

}  // namespace weightmark::testing
