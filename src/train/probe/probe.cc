// What the tests of confinement run confined: it tries one thing, and prints what came of
// it, errors by their numbers' names.
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill is of POSIX
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

namespace {

using Words = std::vector<std::string>;

const char* outcome(long result) {
  if (result >= 0) return "ok";
  switch (errno) {
    case EACCES: return "EACCES";
    case EAFNOSUPPORT: return "EAFNOSUPPORT";
    case ECONNREFUSED: return "ECONNREFUSED";
    case ENETUNREACH: return "ENETUNREACH";
    case ENOENT: return "ENOENT";
    case ENOSYS: return "ENOSYS";
    case EPERM: return "EPERM";
    case EROFS: return "EROFS";
    default: return std::strerror(errno);
  }
}

int say(const std::string& what, long result) {
  std::cout << what << ' ' << outcome(result) << std::endl;
  return 0;
}

// calls tries system calls that nobody here may use.
int calls(const Words&) {
  constexpr long kIoUring = 425;
  constexpr unsigned long kNewUsers = 0x10000000;
  constexpr int kVsock = 40;
  std::vector<char> handle(256, 0);
  const unsigned size = 8;
  std::memcpy(handle.data(), &size, sizeof size);
  say("io_uring_setup", ::syscall(kIoUring, 4, nullptr));
  say("open_by_handle_at", ::syscall(SYS_open_by_handle_at, AT_FDCWD, handle.data(), O_RDONLY));
  say("unshare", ::syscall(SYS_unshare, kNewUsers));
  say("clone", ::syscall(SYS_clone, kNewUsers | SIGCHLD, 0, 0, 0, 0));
  say("mount", ::syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, nullptr));
  say("keyctl", ::syscall(SYS_keyctl, 0, -3, 0));
  say("ptrace-parent", ::syscall(SYS_ptrace, 16, ::getppid(), 0, 0));
  return say("vsock", ::socket(kVsock, SOCK_STREAM, 0));
}

int connect_to(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  if (socket < 0) return -1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return ::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address);
}

int connects(const Words& words) { return say("connect", connect_to(std::stoi(words.at(0)))); }

// loopback connects with itself.
int loopback(const Words&) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (listener < 0 || ::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener, 1) != 0)
    return say("loopback", -1);
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  return say("loopback", connect_to(ntohs(address.sin_port)));
}

// unix-socket connects with a socket in the file system, or "@NAME", an abstract one.
int unix_socket(const Words& words) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  words.at(0).copy(address.sun_path, sizeof address.sun_path - 1);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + words.at(0).size());
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
  return say("unix", ::connect(socket, reinterpret_cast<sockaddr*>(&address), size));
}

// environments looks for a text in what /proc shows of all processes.
int environments(const Words& words) {
  DIR* folder = ::opendir("/proc");
  while (const dirent* entry = ::readdir(folder))
    for (const char* name : {"environ", "cmdline"}) {
      std::ifstream file("/proc/" + std::string(entry->d_name) + "/" + name);
      const std::string text{std::istreambuf_iterator<char>(file), {}};
      if (text.find(words.at(0)) != std::string::npos) std::cout << "found in " << name << std::endl;
    }
  ::closedir(folder);
  return 0;
}

int descriptors(const Words&) {
  for (int fd = 0; fd < 1024; ++fd)
    if (::fcntl(fd, F_GETFD) >= 0) std::cout << fd << ' ';
  std::cout << std::endl;
  return 0;
}

// opens opens each file: "child:PATH" in another process, "map:PATH" and maps it,
// "write:PATH" to write, "exec:PATH" by running it, "cd:PATH" goes there.
void open_one(const std::string& word) {
  const std::size_t colon = word.find(':');
  const std::string how = word.substr(0, colon);
  const std::string path = word.substr(colon + 1);
  if (how == "cd") {
    if (::chdir(path.c_str()) != 0) say("chdir", -1);
  } else if (how == "child" || how == "exec") {
    const pid_t child = ::fork();
    if (child == 0 && how == "exec") ::execl(path.c_str(), path.c_str(), nullptr);
    if (child == 0) ::_exit(::open(path.c_str(), O_RDONLY) >= 0 ? 0 : 1);
    ::waitpid(child, nullptr, 0);
  } else {
    const int fd = ::open(path.c_str(), how == "write" ? O_RDWR | O_CREAT : O_RDONLY, 0644);
    if (fd < 0) say(path, fd);
    if (how == "map" && ::mmap(nullptr, 1, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED) say(path, -1);
    ::close(fd);
  }
}

int opens(const Words& words) {
  for (const std::string& word : words) open_one(word);
  return 0;
}

volatile sig_atomic_t counts[32];
void count(int signal) { counts[signal] = counts[signal] + 1; }

// signals counts those it gets, and tells of each, until SIGTERM comes.
int signals(const Words&) {
  sigset_t mask;
  sigset_t none;
  ::sigfillset(&mask);
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &mask, nullptr);
  struct sigaction action{};
  action.sa_handler = count;
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1, SIGHUP}) ::sigaction(signal, &action, nullptr);
  std::cout << "ready" << std::endl;
  while (counts[SIGTERM] == 0) {
    ::sigsuspend(&none);
    std::cout << "INT " << counts[SIGINT] << " USR1 " << counts[SIGUSR1] << " HUP " << counts[SIGHUP] << " TERM "
              << counts[SIGTERM] << std::endl;
  }
  return 0;
}

// stays stays, as children of children that nobody waits for, and prints "up".
int stays(const Words& words) {
  if (::fork() == 0) {
    ::setsid();
    if (::fork() == 0) {
      for (int fd = 0; fd < 3; ++fd) ::close(fd);
      while (true) ::pause();
    }
    ::_exit(0);
  }
  std::cout << "up" << std::endl;
  while (words.at(0) == "stay") ::pause();
  return 0;
}

int terminal(const Words&) {
  std::cout << "terminal " << ::isatty(0) << ::isatty(1) << std::endl;
  const char* name = ::ttyname(0);
  std::cout << "name " << (name == nullptr ? "none" : name) << std::endl;
  const int fd = ::open("/dev/tty", O_RDWR);
  say("tty", fd);
  return say("own", name == nullptr ? -1 : ::open(name, O_RDWR | O_NOCTTY));
}

int reads(const Words& words) {
  for (const std::string& path : words) say(path, ::open(path.c_str(), O_RDONLY));
  return 0;
}

int writes(const Words& words) {
  for (const std::string& path : words) say(path, ::open(path.c_str(), O_WRONLY | O_CREAT, 0644));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string, std::function<int(const Words&)>> what{{"calls", calls},
                                                                     {"connect", connects},
                                                                     {"loopback", loopback},
                                                                     {"unix", unix_socket},
                                                                     {"environments", environments},
                                                                     {"descriptors", descriptors},
                                                                     {"opens", opens},
                                                                     {"signals", signals},
                                                                     {"stays", stays},
                                                                     {"terminal", terminal},
                                                                     {"reads", reads},
                                                                     {"writes", writes}};
  if (argc < 2 || !what.contains(argv[1])) return 64;
  return what.at(argv[1])(Words(argv + 2, argv + argc));
}
