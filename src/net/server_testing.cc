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

// receive appends what arrives, if anything does.
bool receive(const Fd& connection, std::string& text) {
  std::array<char, 4096> piece{};
  const ssize_t count = ::recv(connection.get(), piece.data(), piece.size(), 0);
  if (count <= 0) return false;
  text.append(piece.data(), static_cast<std::size_t>(count));
  return true;
}

std::size_t announced_size(const std::string& headers) {
  static constexpr std::string_view kName = "\r\nContent-Length: ";
  const std::size_t at = headers.find(kName);
  return at == std::string::npos ? 0 : std::stoul(headers.substr(at + kName.size()));
}

TestRequest parse_request(const std::string& line, std::string headers, std::string body) {
  const std::size_t from = line.find(' ') + 1;
  return {line.substr(0, from - 1), line.substr(from, line.rfind(' ') - from), std::move(headers), std::move(body)};
}

TestRequest read_request(const Fd& connection) {
  std::string text;
  std::size_t end = 0;
  while ((end = text.find("\r\n\r\n")) == std::string::npos)
    if (!receive(connection, text)) return {};
  const std::size_t line_end = text.find("\r\n");
  std::string headers = text.substr(line_end, end - line_end) + "\r\n";
  std::string body = text.substr(end + 4);
  while (body.size() < announced_size(headers) && receive(connection, body)) {}
  return parse_request(text.substr(0, line_end), std::move(headers), std::move(body));
}

}  // namespace

TestServer::TestServer(RequestHandler handler)
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
  const TestRequest request = read_request(connection);
  {
    const std::scoped_lock lock(mutex_);
    requests_.push_back(request.method + " " + request.target + " HTTP/1.1");
  }
  const std::string reply = handler_(request);
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
