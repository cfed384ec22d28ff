// Asking again where a server or the way to it fails for a moment.
#pragma once

#include <chrono>
#include <functional>

#include "net/http.h"

namespace weightmark {

// RetryPolicy says how often, and how long to wait in between: twice as long each time,
// and of that a random part, so that many clients do not come back at the same moment.
struct RetryPolicy {
  unsigned attempts = 4;
  std::chrono::milliseconds first_delay = std::chrono::milliseconds(500);
  std::chrono::milliseconds longest_delay = std::chrono::seconds(20);
  // Waits; false where the caller wants to stop.
  std::function<bool(std::chrono::milliseconds)> wait;
  std::function<double()> random;  // in [0, 1)
};

// RetryingClient repeats what failed for a reason that may pass: no connection, no
// answer in time, or the statuses 429, 500, 502, 503 and 504. A server that says when to
// come back (RFC 9110, section 10.2.3) is obeyed, up to the longest delay.
class RetryingClient : public HttpClient {
 public:
  // The client must live longer.
  RetryingClient(HttpClient& client, RetryPolicy policy) : client_(client), policy_(std::move(policy)) {}

  Result<std::string> get(const std::string& url, std::uint64_t max_size) override;
  // Only requests that may be repeated are.
  Result<HttpAnswer> send(const HttpRequest& request) override;

 private:
  std::chrono::milliseconds delay(unsigned attempt, std::optional<std::chrono::seconds> asked) const;

  HttpClient& client_;
  RetryPolicy policy_;
};

}  // namespace weightmark
