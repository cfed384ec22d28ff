#include "train/system_call_filter.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "base/refuse.h"
#include "hash/hasher.h"
#include "train/kernel_interface.h"

namespace weightmark {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t kArchitecture = 0;
#endif
constexpr std::uint32_t kX32 = 0x40000000;          // x86-64's second set of numbers
constexpr std::uint32_t kKillProcess = 0x80000000;  // SECCOMP_RET_KILL_PROCESS, since Linux 4.14
constexpr std::uint32_t kAllow = 0x7fff0000;        // SECCOMP_RET_ALLOW

constexpr std::uint32_t error(int number) { return 0x00050000U | static_cast<std::uint32_t>(number); }

// The lower half of an argument: what is looked at here is 32 bits wide in the kernel.
constexpr std::uint32_t argument(unsigned index) {
  return static_cast<std::uint32_t>(offsetof(seccomp_data, args) + std::size_t{8} * index);
}
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

// Assembler writes the filter. Each rule begins with the call's number loaded.
class Assembler {
 public:
  Assembler() {
    load(offsetof(seccomp_data, arch));
    jump(BPF_JEQ, kArchitecture, 1, 0);
    finish(kKillProcess);
    load(offsetof(seccomp_data, nr));
#if defined(__x86_64__)
    jump(BPF_JGE, kX32, 0, 1);
    finish(error(ENOSYS));
#endif
  }

  void deny(long call, int error_number) {
    jump(BPF_JEQ, static_cast<std::uint32_t>(call), 0, 1);
    finish(error(error_number));
  }

  // deny_bits denies the call where an argument has any of the bits.
  void deny_bits(long call, unsigned index, std::uint32_t bits, int error_number) {
    jump(BPF_JEQ, static_cast<std::uint32_t>(call), 0, 4);
    load(argument(index));
    jump(BPF_JSET, bits, 0, 1);
    finish(error(error_number));
    finish(kAllow);
  }

  // deny_values denies the call where an argument is one of the values; deny_others, where
  // it is none.
  void deny_values(long call, unsigned index, std::initializer_list<unsigned long> values, int error_number) {
    by_value(call, index, values, error(error_number), kAllow);
  }
  void deny_others(long call, unsigned index, std::initializer_list<unsigned long> values, int error_number) {
    by_value(call, index, values, kAllow, error(error_number));
  }

  std::vector<sock_filter> done() {
    finish(kAllow);
    return std::move(program_);
  }

 private:
  void by_value(long call, unsigned index, std::initializer_list<unsigned long> values, std::uint32_t same,
                std::uint32_t other) {
    const auto size = static_cast<std::uint8_t>(values.size());
    jump(BPF_JEQ, static_cast<std::uint32_t>(call), 0, static_cast<std::uint8_t>(2 * size + 2));
    load(argument(index));
    for (const unsigned long value : values) {
      jump(BPF_JEQ, static_cast<std::uint32_t>(value), 0, 1);
      finish(same);
    }
    finish(other);
  }

  void load(std::size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<std::uint32_t>(offset)); }
  void jump(int how, std::uint32_t value, std::uint8_t then, std::uint8_t otherwise) {
    add(BPF_JMP | how | BPF_K, then, otherwise, value);
  }
  void finish(std::uint32_t action) { add(BPF_RET | BPF_K, 0, 0, action); }
  void add(int code, std::uint8_t then, std::uint8_t otherwise, std::uint32_t value) {
    program_.push_back({static_cast<std::uint16_t>(code), then, otherwise, value});
  }

  std::vector<sock_filter> program_;
};

// What opens files without being seen, or by a number in place of a path.
void deny_other_ways_to_files(Assembler& filter) {
  for (const long call : {kernel::kIoUringSetup, kernel::kIoUringEnter, kernel::kIoUringRegister})
    filter.deny(call, ENOSYS);
  filter.deny(SYS_open_by_handle_at, EPERM);
#ifdef SYS_execveat
  filter.deny(SYS_execveat, EPERM);
#endif
}

// clone3 has its flags in memory, where no filter sees them; the C library goes back to
// clone where it is not there.
void deny_namespaces(Assembler& filter) {
  filter.deny(kernel::kClone3, ENOSYS);
  filter.deny_bits(SYS_clone, 0, kernel::kAnyNamespace, EPERM);
  filter.deny_bits(SYS_unshare, 0, kernel::kAnyNamespace | kernel::kNewTime, EPERM);
  for (const long call : {long{SYS_setns}, long{SYS_mount}, long{SYS_umount2}, long{SYS_pivot_root}, kernel::kOpenTree,
                          kernel::kMoveMount, kernel::kFsOpen, kernel::kFsMount, kernel::kFsPick, kernel::kMountSetattr,
                          kernel::kOpenTreeAttr})
    filter.deny(call, EPERM);
}

// Keyrings may hold somebody's credentials, and are not confined by anything else.
void deny_the_kernels_own(Assembler& filter) {
  for (const long call : {SYS_add_key, SYS_request_key, SYS_keyctl}) filter.deny(call, ENOSYS);
  filter.deny(SYS_perf_event_open, EPERM);
#ifdef SYS_bpf
  filter.deny(SYS_bpf, EPERM);
#endif
#ifdef SYS_userfaultfd
  filter.deny(SYS_userfaultfd, EPERM);
#endif
}

// AF_VSOCK reaches the machine's host, whatever network namespace one is in.
void deny_sockets(Assembler& filter, bool internet) {
  if (internet)
    filter.deny_others(SYS_socket, 0, {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK}, EAFNOSUPPORT);
  else
    filter.deny_others(SYS_socket, 0, {AF_UNIX, AF_NETLINK}, EACCES);
}

}  // namespace

std::string SystemCallFilter::digest() const {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(program.data());
  return hash_bytes(HashAlgorithm::kSha256, {bytes, program.size() * sizeof(sock_filter)}).hex();
}

Result<SystemCallFilter> make_system_call_filter(bool internet) {
  if (kArchitecture == 0)
    return refuse(ErrorCode::kConfinementUnavailable, "commands cannot be confined on this kind of processor");
  constexpr unsigned long kTerminalLinux = 0x541C;  // TIOCLINUX
  Assembler filter;
  deny_other_ways_to_files(filter);
  deny_namespaces(filter);
  deny_the_kernels_own(filter);
  filter.deny_values(SYS_ioctl, 1, {TIOCSTI, kTerminalLinux}, EPERM);
  deny_sockets(filter, internet);
  return SystemCallFilter{filter.done()};
}

}  // namespace weightmark
