// The network, as this process's environment says to use it.
#pragma once

#include <chrono>
#include <memory>

#include "host/stop.h"
#include "net/http.h"

namespace weightmark {

// environment_settings are those that the environment names; `stop` ends a request.
HttpSettings environment_settings(const Stop& stop);

// wait sleeps; false when `stop` ends it before.
bool wait(std::chrono::milliseconds time, const Stop& stop);

// service_client makes a client that asks again where that may help.
std::unique_ptr<HttpClient> service_client(const Stop& stop);

}  // namespace weightmark
