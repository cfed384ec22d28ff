#include "net/retrying_client.h"

#include <algorithm>
#include <array>

namespace weightmark {
namespace {

bool may_pass(ErrorCode code) {
  return code == ErrorCode::kServerUnreachable || code == ErrorCode::kServerTimeout || code == ErrorCode::kServerAnswer;
}

bool may_pass(int status) {
  static constexpr std::array<int, 5> kStatuses = {429, 500, 502, 503, 504};
  return std::ranges::find(kStatuses, status) != kStatuses.end();
}

}  // namespace

std::chrono::milliseconds RetryingClient::delay(unsigned attempt, std::optional<std::chrono::seconds> asked) const {
  std::chrono::milliseconds delay = policy_.first_delay;
  for (unsigned i = 0; i < attempt && delay < policy_.longest_delay; ++i) delay *= 2;
  // Half of it at least, or the wait would mean nothing at times.
  const double part = 0.5 + policy_.random() / 2;
  delay =
      std::chrono::milliseconds(static_cast<std::chrono::milliseconds::rep>(static_cast<double>(delay.count()) * part));
  if (asked) delay = std::max<std::chrono::milliseconds>(delay, *asked);
  return std::min(delay, policy_.longest_delay);
}

Result<std::string> RetryingClient::get(const std::string& url, std::uint64_t max_size) {
  for (unsigned attempt = 0;; ++attempt) {
    auto body = client_.get(url, max_size);
    const bool again = !body && may_pass(body.error().code) && attempt + 1 < policy_.attempts;
    if (!again || !policy_.wait(delay(attempt, {}))) return body;
  }
}

Result<HttpAnswer> RetryingClient::send(const HttpRequest& request) {
  for (unsigned attempt = 0;; ++attempt) {
    auto answer = client_.send(request);
    const bool failed = answer ? may_pass(answer->status) : may_pass(answer.error().code);
    const bool again = failed && request.repeatable && attempt + 1 < policy_.attempts;
    if (!again || !policy_.wait(delay(attempt, answer ? answer->retry_after : std::nullopt))) return answer;
  }
}

}  // namespace weightmark
