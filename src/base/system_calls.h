// System calls that the C library of old systems has no function for: glibc has had
// getrandom since 2.25, memfd_create since 2.27 and statx since 2.28. They return what
// those do.
#pragma once

#include <linux/stat.h>
#include <sys/types.h>

#include <cstddef>

namespace weightmark::system_calls {

ssize_t getrandom(void* buffer, std::size_t size);

int memfd_create(const char* name, unsigned flags);

// statx has the basic part of an open file's status, and attributes where the kernel
// tells them; before Linux 4.11 it does not.
int statx(int fd, struct ::statx& status);

}  // namespace weightmark::system_calls
