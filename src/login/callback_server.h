// Where the browser comes back to: a web server on the loopback interface, for one request
// (RFC 8252, section 7.3).
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "base/file.h"
#include "login/query.h"
#include "weightmark/error.h"

namespace weightmark {

// CallbackServer listens from open() on. It reads from many connections at once: browsers
// open some on which they say nothing.
class CallbackServer {
 public:
  // open takes a free port, for IPv4 and IPv6 where there are both: "localhost" may be
  // either. Errors: token-missing.
  static Result<CallbackServer> open();

  // redirect_uri is the path below "localhost" that the providers of Sigstore's instances
  // know, with the port.
  std::string redirect_uri() const;

  // wait returns what the first request to that address carries, and shows a page that
  // says to close the window. Anything else that is asked is not found.
  // Errors: login-timeout, interrupted.
  Result<Query> wait(std::chrono::milliseconds limit, const std::atomic<bool>* stop);

 private:
  struct Connection {
    Fd socket;
    std::string request = {};
  };

  CallbackServer() = default;
  void poll_once();
  void take_connections();
  bool read_some(Connection& connection);
  void answer(Connection& connection);
  bool is_ours(std::string_view host) const;

  std::vector<Fd> listeners_;
  int port_ = 0;
  std::vector<Connection> connections_;
  std::optional<Query> arrived_;
};

}  // namespace weightmark
