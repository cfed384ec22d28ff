#include "net/http_fetcher.h"

#include <utility>

namespace weightmark {

HttpFetcher::HttpFetcher(HttpClient& client, std::string url) : client_(client), url_(std::move(url)) {
  if (!url_.ends_with('/')) url_ += '/';
}

Result<std::string> HttpFetcher::fetch(std::string_view name, std::uint64_t max_size) {
  return client_.get(url_ + std::string(name), max_size);
}

}  // namespace weightmark
