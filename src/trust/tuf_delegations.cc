// Who is trusted for a path (specification, section 4.5).
#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "crypto/sha2.h"
#include "trust/path_pattern.h"
#include "trust/tuf_metadata.h"

namespace weightmark::tuf {
namespace {

bool covers(const DelegatedRole& role, std::string_view path, std::string_view path_hash) {
  return std::ranges::any_of(role.paths, [&](const std::string& pattern) { return matches(pattern, path); }) ||
         std::ranges::any_of(role.hash_prefixes,
                             [&](const std::string& prefix) { return path_hash.starts_with(prefix); });
}

// bin_of returns the one role among succinct ones that a path belongs to: the first
// bits of its hash are the number of the bin, written in hexadecimal digits (TAP 15).
DelegatedRole bin_of(const SuccinctRoles& roles, ByteView path_hash) {
  const std::uint32_t first = std::uint32_t{path_hash[0]} << 24 | std::uint32_t{path_hash[1]} << 16 |
                              std::uint32_t{path_hash[2]} << 8 | std::uint32_t{path_hash[3]};
  const std::uint32_t bin = first >> (32 - roles.bit_length);
  const std::string last = fmt::format("{:x}", (std::uint64_t{1} << roles.bit_length) - 1);
  std::string name = fmt::format("{}-{:0{}x}", roles.name_prefix, bin, last.size());
  return {std::move(name), roles.role, true, {}, {}};
}

}  // namespace

std::vector<DelegatedRole> delegates(const Delegations& delegations, std::string_view path) {
  const Bytes hash = sha2(Sha2::k256, as_bytes(path));
  if (delegations.succinct) return {bin_of(*delegations.succinct, hash)};
  const std::string hex = to_hex(hash);
  std::vector<DelegatedRole> found;
  std::ranges::copy_if(delegations.roles, std::back_inserter(found),
                       [&](const DelegatedRole& role) { return covers(role, path, hex); });
  return found;
}

}  // namespace weightmark::tuf
