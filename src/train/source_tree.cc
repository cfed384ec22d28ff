#include "train/source_tree.h"

#include <algorithm>

namespace weightmark {

bool SourceTree::tracks(std::string_view name) const { return std::ranges::binary_search(tracked, name); }

std::string without_credentials(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const std::size_t scheme = url.find("://");
  const std::size_t start = scheme == std::string_view::npos ? 0 : scheme + 3;
  std::string_view host = url.substr(start, url.find('/', start) - start);
  const std::size_t at = host.rfind('@');
  if (at == std::string_view::npos) return std::string(url);
  std::string_view user = host.substr(0, at);
  // "git@host:path" and "ssh://git@host/path" name an account that everybody uses.
  const std::size_t colon = user.find(':');
  const bool is_http = url.starts_with("http");
  if (is_http) user = {};
  if (colon != std::string_view::npos) user = user.substr(0, std::min(colon, user.size()));
  std::string clean(url.substr(0, start));
  if (!user.empty()) clean += std::string(user) + "@";
  return clean + std::string(url.substr(start + at + 1));
}

std::string source_uri(const SourceTree& source) {
  if (source.repository.empty()) return {};
  const bool url = source.repository.find("://") != std::string::npos;
  std::string uri = url ? "git+" + source.repository : "git:" + source.repository;
  if (!source.ref.empty()) return uri + "@" + source.ref;
  return source.commit.empty() ? uri : uri + "@" + source.commit;
}

}  // namespace weightmark
