#include "login/callback_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/refuse.h"

namespace weightmark {
namespace {

constexpr std::string_view kPath = "/auth/callback";
constexpr std::size_t kMaxRequest = std::size_t{16} << 10U;
constexpr std::size_t kMaxConnections = 16;
constexpr int kPortAttempts = 16;
constexpr int kPollMilliseconds = 50;

// Nothing is fetched for it, and no script runs.
constexpr std::string_view kDone =
    "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Weightmark</title>"
    "<meta name=\"viewport\" content=\"width=device-width\">"
    "<style>:root{color-scheme:light dark}body{font:1.1rem/1.5 system-ui,sans-serif;max-width:30rem;"
    "margin:20vh auto 0;padding:0 1.5rem}h1{font-size:1.6rem}</style></head>"
    "<body><h1>Back to the terminal</h1><p>Weightmark says there how the login went. "
    "This window can be closed.</p></body></html>\n";
constexpr std::string_view kNotFound = "<!DOCTYPE html><title>Weightmark</title><p>Not found.</p>\n";

// --- sockets

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

Address loopback(int family, int port) {
  Address address;
  if (family == AF_INET6) {
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_addr = in6addr_loopback;
    six.sin6_port = htons(static_cast<std::uint16_t>(port));
    std::memcpy(&address.storage, &six, address.size = sizeof six);
  } else {
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    four.sin_port = htons(static_cast<std::uint16_t>(port));
    std::memcpy(&address.storage, &four, address.size = sizeof four);
  }
  return address;
}

// listen_on returns nothing where it cannot, with errno.
Fd listen_on(int family, int port) {
  Fd socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return {};
  const int on = 1;
  if (family == AF_INET6) ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  Address address = loopback(family, port);
  if (::bind(socket.get(), address.get(), address.size) != 0 || ::listen(socket.get(), kMaxConnections) != 0) return {};
  return socket;
}

int port_of(const Fd& socket) {
  sockaddr_in four{};
  socklen_t size = sizeof four;
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&four), &size) != 0) return 0;
  return ntohs(four.sin_port);
}

// --- HTTP, as much of it as is needed (RFC 9112)

std::string page(std::string_view status, std::string_view body) {
  return fmt::format(
      "HTTP/1.1 {}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n"
      "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nContent-Security-Policy: default-src 'none'; "
      "style-src 'unsafe-inline'\r\n"
      "X-Content-Type-Options: nosniff\r\n\r\n{}",
      status, body.size(), body);
}

bool equal_names(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

// header returns the value of the first line of that name.
std::string_view header(std::string_view request, std::string_view name) {
  for (std::size_t at = request.find("\r\n"); at != std::string_view::npos; at = request.find("\r\n", at + 2)) {
    std::string_view line = request.substr(at + 2);
    line = line.substr(0, line.find("\r\n"));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !equal_names(line.substr(0, colon), name)) continue;
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    while (value.ends_with(' ')) value.remove_suffix(1);
    return value;
  }
  return {};
}

// query_of returns what follows the path that we wait for.
std::optional<Query> query_of(std::string_view request) {
  constexpr std::string_view kGet = "GET ";
  if (!request.starts_with(kGet)) return std::nullopt;
  std::string_view target = request.substr(kGet.size(), request.find_first_of(" \r", kGet.size()) - kGet.size());
  if (!target.starts_with(kPath)) return std::nullopt;
  target.remove_prefix(kPath.size());
  if (!target.starts_with('?')) return std::nullopt;
  return parse_query(target.substr(1));
}

}  // namespace

Result<CallbackServer> CallbackServer::open() {
  for (int attempt = 0; attempt < kPortAttempts; ++attempt) {
    CallbackServer server;
    Fd four = listen_on(AF_INET, 0);
    if (!four) break;
    server.port_ = port_of(four);
    Fd six = listen_on(AF_INET6, server.port_);
    // Somebody else's port there would be where the browser may come back to.
    if (!six && errno == EADDRINUSE) continue;
    server.listeners_.push_back(std::move(four));
    if (six) server.listeners_.push_back(std::move(six));
    return server;
  }
  return refuse(ErrorCode::kTokenMissing,
                fmt::format("no login in a browser: no port on the loopback interface: {}", std::strerror(errno)), {},
                "log in with --login device or --login code");
}

std::string CallbackServer::redirect_uri() const { return fmt::format("http://localhost:{}{}", port_, kPath); }

Result<Query> CallbackServer::wait(std::chrono::milliseconds limit, const std::atomic<bool>* stop) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!arrived_) {
    if (stop != nullptr && stop->load()) return refuse(ErrorCode::kInterrupted, "interrupted");
    if (std::chrono::steady_clock::now() >= end)
      return refuse(ErrorCode::kLoginTimeout, "nobody logged in in time", {},
                    "where no browser opens, log in with --login device or --login code");
    poll_once();
  }
  return *std::move(arrived_);
}

void CallbackServer::poll_once() {
  std::vector<pollfd> waiting;
  waiting.reserve(connections_.size() + listeners_.size());
  for (const Connection& connection : connections_) waiting.push_back({connection.socket.get(), POLLIN, 0});
  for (const Fd& listener : listeners_) waiting.push_back({listener.get(), POLLIN, 0});
  if (::poll(waiting.data(), waiting.size(), kPollMilliseconds) <= 0) return;
  for (std::size_t i = connections_.size(); i-- > 0;)
    if (waiting[i].revents != 0 && !read_some(connections_[i]))
      connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(i));
  take_connections();
}

void CallbackServer::take_connections() {
  for (const Fd& listener : listeners_) {
    Fd socket(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket) continue;
    if (connections_.size() == kMaxConnections) connections_.erase(connections_.begin());  // it said nothing so far
    connections_.push_back({std::move(socket)});
  }
}

// read_some returns whether there may be more to come.
bool CallbackServer::read_some(Connection& connection) {
  std::array<char, 4096> piece{};
  const ssize_t count = ::recv(connection.socket.get(), piece.data(), piece.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (count <= 0) return false;
  connection.request.append(piece.data(), static_cast<std::size_t>(count));
  if (connection.request.find("\r\n\r\n") == std::string::npos) return connection.request.size() <= kMaxRequest;
  answer(connection);
  return false;
}

// A page elsewhere may lead its own name to this machine: Host tells.
bool CallbackServer::is_ours(std::string_view host) const {
  return host == fmt::format("localhost:{}", port_) || host == fmt::format("127.0.0.1:{}", port_) ||
         host == fmt::format("[::1]:{}", port_);
}

void CallbackServer::answer(Connection& connection) {
  std::optional<Query> query =
      is_ours(header(connection.request, "Host")) ? query_of(connection.request) : std::nullopt;
  const std::string text = query ? page("200 OK", kDone) : page("404 Not Found", kNotFound);
  // What is sent fits into the socket's buffer.
  (void)!::send(connection.socket.get(), text.data(), text.size(), MSG_NOSIGNAL);
  ::shutdown(connection.socket.get(), SHUT_WR);
  if (query && !arrived_) arrived_ = std::move(query);
}

}  // namespace weightmark
