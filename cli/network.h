// The network, as this process's environment says to use it.
#pragma once

#include <chrono>
#include <memory>

#include "net/http.h"

namespace weightmark::cli {

// environment_settings are those that the environment names; a signal ends a request.
HttpSettings environment_settings();

// wait sleeps; false when a signal ends it before.
bool wait(std::chrono::milliseconds time);

// service_client makes a client that asks again where that may help.
std::unique_ptr<HttpClient> service_client();

}  // namespace weightmark::cli
