// The files of a TUF repository, by HTTP.
#pragma once

#include <string>

#include "net/http.h"
#include "trust/tuf_fetcher.h"

namespace weightmark {

class HttpFetcher : public tuf::Fetcher {
 public:
  // Files are below `url`, with or without a slash at its end. The client must live
  // longer.
  HttpFetcher(HttpClient& client, std::string url);

  // Errors: those of HttpClient::get.
  Result<std::string> fetch(std::string_view name, std::uint64_t max_size) override;

 private:
  HttpClient& client_;
  std::string url_;
};

}  // namespace weightmark
