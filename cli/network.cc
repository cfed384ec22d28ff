#include "cli/network.h"

#include <cstdlib>
#include <random>
#include <thread>

#include "cli/ui.h"
#include "net/retrying_client.h"

namespace weightmark::cli {
namespace {

// OwningRetryingClient keeps the client that it asks.
class OwningRetryingClient : public RetryingClient {
 public:
  OwningRetryingClient(std::unique_ptr<HttpClient> client, RetryPolicy policy)
      : RetryingClient(*client, std::move(policy)), client_(std::move(client)) {}

 private:
  std::unique_ptr<HttpClient> client_;
};

double random_part() {
  std::random_device device;
  return std::generate_canonical<double, 32>(device);
}

}  // namespace

bool wait(std::chrono::milliseconds time) {
  constexpr std::chrono::milliseconds kPiece{50};
  for (; time.count() > 0 && !interrupt_flag().load(); time -= kPiece)
    std::this_thread::sleep_for(std::min(time, kPiece));
  return !interrupt_flag().load();
}

HttpSettings environment_settings() {
  HttpSettings settings = http_settings([](const char* name) { return std::getenv(name); });
  settings.stop = &interrupt_flag();
  return settings;
}

std::unique_ptr<HttpClient> service_client() {
  RetryPolicy policy;
  policy.wait = wait;
  policy.random = random_part;
  return std::make_unique<OwningRetryingClient>(make_http_client(environment_settings()), std::move(policy));
}

}  // namespace weightmark::cli
