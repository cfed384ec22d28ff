// Folders with models in them, for tests of this layer and of those above it.
// Header-only, so that any layer's tests can include it.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "weightmark/error.h"
#include "weightmark/observer.h"

// Tests name the options that they mean; GCC 12 would have them name all others.
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

namespace weightmark::testing {

namespace fs = std::filesystem;

// code_of returns the name of a result's error code, or "ok".
template <class T>
std::string code_of(const Result<T>& result) {
  return result ? "ok" : std::string(code_name(result.error().code));
}

// TempFolder is an empty folder that is removed with all that is in it. Names are
// relative to it; folders above a new file are made.
class TempFolder {
 public:
  explicit TempFolder(const fs::path& place = fs::temp_directory_path()) {
    std::string path = (fs::canonical(place) / "weightmark-test-XXXXXX").native();
    if (::mkdtemp(path.data()) == nullptr) std::abort();
    path_ = path;
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code error;
    fs::remove_all(path_, error);
    // Trees too deep for the library are left to a program that is not.
    if (error && std::system(("rm -rf -- " + path_.native()).c_str()) != 0) ADD_FAILURE() << "cannot remove " << path_;
  }

  const fs::path& path() const { return path_; }
  fs::path operator/(const fs::path& name) const { return path_ / name; }

  fs::path folder(const fs::path& name) const {
    fs::create_directories(path_ / name);
    return path_ / name;
  }

  fs::path write(const fs::path& name, std::string_view text) const {
    fs::path path = place(name);
    std::ofstream(path, std::ios::binary | std::ios::trunc)
        .write(text.data(), static_cast<std::streamsize>(text.size()));
    return path;
  }

  // chain makes folders one below the other and opens the last.
  Fd chain(const std::vector<std::string>& names) const {
    Fd current(::open(path_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    for (const std::string& name : names) {
      ::mkdirat(current.get(), name.c_str(), 0755);
      current = Fd(::openat(current.get(), name.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    }
    return current;
  }

  // sparse makes a file of zeros that takes no space.
  fs::path sparse(const fs::path& name, std::uint64_t size) const {
    fs::path path = write(name, "");
    fs::resize_file(path, size);
    return path;
  }

  fs::path link(const fs::path& name, const fs::path& target) const {
    fs::path path = place(name);
    fs::create_symlink(target, path);
    return path;
  }

  fs::path fifo(const fs::path& name) const {
    fs::path path = place(name);
    if (::mkfifo(path.c_str(), 0644) != 0) ADD_FAILURE() << "mkfifo " << path;
    return path;
  }

  // null_device says whether it could be made, which needs root.
  bool null_device(const fs::path& name) const {
    return ::mknod(place(name).c_str(), S_IFCHR | 0600, makedev(1, 3)) == 0;
  }

  // socket takes short names: an address has room for 107 bytes.
  fs::path socket(const fs::path& name) const {
    fs::path path = place(name);
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.native().copy(address.sun_path, sizeof address.sun_path - 1);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      ADD_FAILURE() << "bind " << path;
    return path;
  }

  std::string read(const fs::path& name) const {
    std::ifstream file(path_ / name, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }

  void remove(const fs::path& name) const { fs::remove_all(path_ / name); }

  // names lists everything below, sorted.
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(path_))
      names.push_back(entry.path().lexically_relative(path_).native());
    std::ranges::sort(names);
    return names;
  }

 private:
  fs::path place(const fs::path& name) const {
    fs::path path = path_ / name;
    fs::create_directories(path.parent_path());
    return path;
  }

  fs::path path_;
};

// memory_folder is where large sparse files are read without filling the page cache.
inline fs::path memory_folder() {
  return ::access("/dev/shm", W_OK) == 0 ? fs::path("/dev/shm") : fs::temp_directory_path();
}

// write_at makes a file in an open folder.
inline void write_at(const Fd& folder, const std::string& name, std::string_view text) {
  Fd file(::openat(folder.get(), name.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644));
  if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) ADD_FAILURE() << name;
}

// WorkingFolder makes a folder the current one, until it goes.
class WorkingFolder {
 public:
  explicit WorkingFolder(const fs::path& path) : before_(fs::current_path()) { fs::current_path(path); }
  ~WorkingFolder() { fs::current_path(before_); }
  WorkingFolder(const WorkingFolder&) = delete;
  WorkingFolder& operator=(const WorkingFolder&) = delete;

 private:
  fs::path before_;
};

// OnRead calls a function at the first read of a file, from the reading thread:
// what changes a model in the middle of being hashed.
class OnRead : public Observer {
 public:
  explicit OnRead(std::function<void()> action) : action_(std::move(action)) {}
  void on_read(std::string_view, std::uint64_t, std::uint64_t) override {
    if (!done_.exchange(true)) action_();
  }

 private:
  std::function<void()> action_;
  std::atomic<bool> done_ = false;
};

// Child is how a forked process ended, and what it wrote.
struct Child {
  int status = -1;  // of waitpid
  std::string text;

  bool exited() const { return WIFEXITED(status) && WEXITSTATUS(status) == 0; }
};

// in_child runs a function in a process of its own, which may give up rights and
// set limits. What the function returns comes back.
inline Child in_child(const std::function<std::string()>& action) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) std::abort();
  pid_t pid = ::fork();
  if (pid == 0) {
    ::close(ends[0]);
    std::string text = action();
    bool written = ::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size());
    ::_exit(written ? 0 : 1);
  }
  ::close(ends[1]);
  Child child;
  std::array<char, 4096> buffer{};
  for (ssize_t count = 0; (count = ::read(ends[0], buffer.data(), buffer.size())) > 0;)
    child.text.append(buffer.data(), static_cast<std::size_t>(count));
  ::close(ends[0]);
  ::waitpid(pid, &child.status, 0);
  return child;
}

// as_nobody runs a function without root's right to read everything.
inline Child as_nobody(const std::function<std::string()>& action) {
  constexpr unsigned kNobody = 65534;
  return in_child([&]() -> std::string {
    if (::geteuid() == 0 && (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) return "cannot become nobody";
    return action();
  });
}

}  // namespace weightmark::testing
