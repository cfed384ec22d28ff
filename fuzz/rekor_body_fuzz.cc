// What a log records: no input is an entry of two kinds, and each has its signatures.
#include <cstdlib>
#include <utility>

#include "tlog/rekor_body.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

constexpr std::pair<const char*, const char*> kKinds[] = {
    {"hashedrekord", "0.0.1"}, {"hashedrekord", "0.0.2"}, {"dsse", "0.0.1"}, {"intoto", "0.0.2"}};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  int taken = 0;
  for (const auto& [kind, version] : kKinds) {
    const auto body = weightmark::parse_rekor_body({data, size}, kind, version);
    if (!body) continue;
    ++taken;
    require(!body->signatures.empty() && body->signatures.size() <= 16);
  }
  require(taken <= 1);
  return 0;
}
