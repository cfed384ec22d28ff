// The filter of system calls that a confined command runs under (seccomp).
#pragma once

#include <linux/filter.h>

#include <string>
#include <vector>

#include "weightmark/error.h"

namespace weightmark {

// SystemCallFilter is a program of seccomp's.
struct SystemCallFilter {
  std::vector<sock_filter> program;

  // digest is the SHA-256 of the program's bytes, in hexadecimal.
  std::string digest() const;
};

// make_system_call_filter makes the filter that denies what would get around the
// confinement or its observation: io_uring, opening by handle, namespaces and mounts, the
// kernel's keyrings, writing to a terminal's input, sockets of families that no network
// namespace confines. Without `internet`, no socket of IPv4 and IPv6 either.
// Errors: confinement-unavailable on processors that it is not written for.
Result<SystemCallFilter> make_system_call_filter(bool internet);

}  // namespace weightmark
