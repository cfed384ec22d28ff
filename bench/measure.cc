// weightmark_measure runs a command and writes, as JSON, what it took.
//
// usage: weightmark_measure RESULT [--sample] COMMAND [ARGUMENT...]
//
// A script cannot do this well: the peak memory that Linux reports for a process
// begins with that of the process that it was forked from, so the parent must be
// small. With --sample, /proc/PID/smaps_rollup is read every 2 ms for the peak of
// anonymous memory (what is not backed by a file); that costs time, so runs that
// are timed do without.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>

namespace {

using Clock = std::chrono::steady_clock;

constexpr long kBlock = 512;  // what ru_inblock counts

// Peaks are in KiB; -1 where nothing could be read.
struct Peaks {
  long anonymous = -1;
  long mapped = -1;  // resident and backed by files
};

long field(std::string_view text, std::string_view name) {
  const std::size_t at = text.find(name);
  return at == std::string_view::npos ? -1 : std::atol(text.data() + at + name.size());
}

void sample(const char* path, Peaks& peaks) {
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  char text[4096];
  const ssize_t size = ::read(file, text, sizeof(text) - 1);
  ::close(file);
  if (size <= 0) return;
  text[size] = '\0';
  const std::string_view view(text, static_cast<std::size_t>(size));
  const long anonymous = field(view, "\nAnonymous:");
  peaks.anonymous = std::max(peaks.anonymous, anonymous);
  peaks.mapped = std::max(peaks.mapped, field(view, "\nRss:") - anonymous);
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

pid_t start(char** command) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::execvp(command[0], command);
  std::perror(command[0]);
  ::_exit(127);
}

// watch samples until told to stop.
void watch(pid_t child, const std::atomic<bool>& done, Peaks& peaks) {
  const std::string path = "/proc/" + std::to_string(child) + "/smaps_rollup";
  while (!done.load(std::memory_order_relaxed)) {
    sample(path.c_str(), peaks);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

void write_result(const char* path, int status, double wall, const rusage& usage, const Peaks& peaks) {
  FILE* file = std::fopen(path, "we");
  if (!file) return std::perror(path);
  fmt::print(
      file,
      R"({{"status":{},"wall":{:.6f},"user":{:.6f},"sys":{:.6f},"disk_bytes":{},"peak_kib":{},"anonymous_kib":{},"mapped_kib":{}}})"
      "\n",
      WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), wall, seconds(usage.ru_utime),
      seconds(usage.ru_stime), usage.ru_inblock * kBlock, usage.ru_maxrss, peaks.anonymous, peaks.mapped);
  std::fclose(file);
}

}  // namespace

int main(int argc, char** argv) {
  const bool sampling = argc > 2 && std::strcmp(argv[2], "--sample") == 0;
  char** command = argv + (sampling ? 3 : 2);
  if (argc < 3 || !*command) {
    (void)std::fputs("usage: weightmark_measure RESULT [--sample] COMMAND [ARGUMENT...]\n", stderr);
    return 2;
  }
  Peaks peaks;
  std::atomic<bool> done = false;
  std::jthread watcher;
  const auto begin = Clock::now();
  const pid_t child = start(command);
  if (child < 0) return std::perror("fork"), 3;
  if (sampling) watcher = std::jthread([&] { watch(child, done, peaks); });
  int status = 0;
  rusage usage{};
  ::wait4(child, &status, 0, &usage);
  const std::chrono::duration<double> wall = Clock::now() - begin;
  done = true;
  if (sampling) watcher.join();
  write_result(argv[1], status, wall.count(), usage, peaks);
  return 0;
}
