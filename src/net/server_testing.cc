#include "net/server_testing.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>

namespace weightmark::testing {
namespace {

sockaddr* as_address(sockaddr_in& address) { return reinterpret_cast<sockaddr*>(&address); }

std::string read_request(const Fd& connection) {
  std::string request;
  std::array<char, 4096> piece{};
  while (request.find("\r\n\r\n") == std::string::npos) {
    const ssize_t count = ::recv(connection.get(), piece.data(), piece.size(), 0);
    if (count <= 0) break;
    request.append(piece.data(), static_cast<std::size_t>(count));
  }
  return request;
}

}  // namespace

TestServer::TestServer(Handler handler)
    : handler_(std::move(handler)), socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(socket_.get(), as_address(address), size) != 0 || ::listen(socket_.get(), 8) != 0 ||
      ::getsockname(socket_.get(), as_address(address), &size) != 0)
    std::abort();
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

TestServer::~TestServer() {
  stop_ = true;
  thread_.join();
}

std::string TestServer::url() const { return "http://127.0.0.1:" + std::to_string(port_); }

std::vector<std::string> TestServer::requests() const {
  const std::scoped_lock lock(mutex_);
  return requests_;
}

void TestServer::serve() {
  while (!stop_) {
    pollfd waiting{socket_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, 20) != 1) continue;
    answer(Fd(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)));
  }
}

void TestServer::answer(const Fd& connection) {
  const std::string request = read_request(connection);
  const std::string line = request.substr(0, request.find("\r\n"));
  {
    const std::scoped_lock lock(mutex_);
    requests_.push_back(line);
  }
  const std::size_t from = line.find(' ') + 1;
  const std::string reply = handler_(line.substr(from, line.rfind(' ') - from));
  for (std::size_t sent = 0; sent < reply.size();) {
    const ssize_t count = ::send(connection.get(), reply.data() + sent, reply.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) return;
    sent += static_cast<std::size_t>(count);
  }
}

std::string http_answer(const std::string& status, const std::string& body, const std::string& headers) {
  return "HTTP/1.1 " + status + "\r\nConnection: close\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace weightmark::testing
