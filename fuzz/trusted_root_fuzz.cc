// TrustedRoot::parse: what it takes has chains, and logs whose time begins.
#include <cstdlib>

#include "trust/trusted_root.h"

namespace {

using namespace weightmark;

void require(bool condition) {
  if (!condition) std::abort();
}

void check(const std::vector<LogInstance>& logs) {
  for (const LogInstance& log : logs) {
    require(log.window.start.has_value());
    require(log.base_url.find(log.name()) != std::string::npos);
  }
}

void check(const std::vector<AuthorityInstance>& authorities) {
  for (const AuthorityInstance& authority : authorities) require(!authority.chain.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto root = TrustedRoot::parse(as_text({data, size}));
  if (!root) return 0;
  check(root->impl().logs);
  check(root->impl().certificate_logs);
  check(root->impl().certificate_authorities);
  check(root->impl().timestamp_authorities);
  return 0;
}
