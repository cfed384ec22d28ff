// Getting files by HTTP. Only http.cc and curl_library.h know which library does it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weightmark/error.h"

namespace weightmark {

// HttpSettings is what surroundings decide. Each applies to every request.
struct HttpSettings {
  std::string http_proxy;   // for http:// addresses; "" for none
  std::string https_proxy;  // for https:// addresses; "" for none
  std::string no_proxy;     // hosts that are reached without, as curl reads it
  // Certificate authorities in place of the system's; "" for those.
  std::string ca_file;    // PEM
  std::string ca_folder;  // named by hash, as OpenSSL wants it
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(15);
  std::chrono::milliseconds timeout = std::chrono::minutes(2);  // of a whole request
  const std::atomic<bool>* stop = nullptr;                      // ends a request once it is true
};

// Environment looks a variable up, as std::getenv does.
using Environment = std::function<const char*(const char*)>;

// http_settings reads https_proxy, http_proxy, all_proxy and no_proxy, all but
// http_proxy also in capitals, and SSL_CERT_FILE and SSL_CERT_DIR as OpenSSL does. A web
// server puts a client's "Proxy:" header into HTTP_PROXY, so that is not read.
HttpSettings http_settings(const Environment& environment);

// HttpRequest asks a service for something.
struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::string> headers = {};  // "Name: value"
  std::string body = {};
  std::uint64_t max_size = std::uint64_t{1} << 20U;  // bytes that the answer may have
  // Whether the service may be asked the same twice: a login's code counts once.
  bool repeatable = true;
  // Whether no proxy may see it: what is asked is on this machine or beside it.
  bool direct = false;
};

// HttpAnswer is what a service says, be it an error of its own.
struct HttpAnswer {
  int status = 0;
  std::string body = {};
  std::optional<std::chrono::seconds> retry_after = {};  // what the service asks for
};

// HttpClient gets files and asks services, one at a time; connections are kept for the
// next.
class HttpClient {
 public:
  HttpClient() = default;
  virtual ~HttpClient() = default;
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // get returns the body of an answer with the status 200, of at most `max_size` bytes:
  // of a larger one no more is taken. It follows a few redirects that keep to the scheme
  // of `url`, http or https. 404 and 410, and 403, which storage services answer where
  // there is no file, all mean that there is none.
  // Errors: url-unsupported, server-unreachable, server-timeout, server-certificate,
  // server-not-found, server-answer, redirect-refused, answer-too-large,
  // http-unavailable, interrupted.
  virtual Result<std::string> get(const std::string& url, std::uint64_t max_size) = 0;

  // send returns the answer, whatever its status is. It follows no redirect: what is
  // sent, such as a token, is for the service that was named and for no other.
  // Errors: url-unsupported, server-unreachable, server-timeout, server-certificate,
  // redirect-refused, answer-too-large, http-unavailable, interrupted.
  virtual Result<HttpAnswer> send(const HttpRequest& request) = 0;
};

std::unique_ptr<HttpClient> make_http_client(const HttpSettings& settings);

}  // namespace weightmark
