#include "host/network.h"

#include <cstdlib>
#include <random>
#include <thread>

#include "net/retrying_client.h"

namespace weightmark {
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

bool wait(std::chrono::milliseconds time, const Stop& stop) {
  constexpr std::chrono::milliseconds kPiece{50};
  for (; time.count() > 0 && !stop.asked(); time -= kPiece) std::this_thread::sleep_for(std::min(time, kPiece));
  return !stop.asked();
}

HttpSettings environment_settings(const Stop& stop) {
  HttpSettings settings = http_settings([](const char* name) { return std::getenv(name); });
  settings.stop = stop.flag();
  return settings;
}

std::unique_ptr<HttpClient> service_client(const Stop& stop) {
  RetryPolicy policy;
  policy.wait = [stop](std::chrono::milliseconds time) { return wait(time, stop); };
  policy.random = random_part;
  return std::make_unique<OwningRetryingClient>(make_http_client(environment_settings(stop)), std::move(policy));
}

}  // namespace weightmark
