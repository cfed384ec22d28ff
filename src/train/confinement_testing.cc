#include "train/confinement_testing.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill is of POSIX
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

#include "train/kernel_interface.h"

namespace weightmark {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kNobody = 65534;
constexpr std::chrono::seconds kPatience{60};
constexpr std::chrono::milliseconds kMoment{10};

void write_text(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

std::string read_text(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// As Docker's default profile does: no namespaces, no mounts.
void enter_container() {
  const auto call = [](long number) { return static_cast<std::uint32_t>(number); };
  constexpr std::uint32_t kDenied = 0x00050000U | EPERM;
  constexpr std::uint32_t kMissing = 0x00050000U | ENOSYS;
  constexpr std::uint32_t kAllowed = 0x7fff0000;
  std::vector<sock_filter> program{
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      {BPF_JMP | BPF_JEQ | BPF_K, 5, 0, call(SYS_unshare)},
      {BPF_JMP | BPF_JEQ | BPF_K, 4, 0, call(SYS_mount)},
      {BPF_JMP | BPF_JEQ | BPF_K, 5, 0, call(kernel::kClone3)},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 3, call(SYS_clone)},
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, args)},
      {BPF_JMP | BPF_JSET | BPF_K, 0, 1, kernel::kAnyNamespace},
      {BPF_RET | BPF_K, 0, 0, kDenied},
      {BPF_RET | BPF_K, 0, 0, kAllowed},
      {BPF_RET | BPF_K, 0, 0, kMissing},
  };
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) != 0)
    ::_exit(98);
}

void become(Person person) {
  if (person == Person::kRoot) return;
  if (::geteuid() == 0 && (::setresgid(kNobody, kNobody, kNobody) != 0 || ::setresuid(kNobody, kNobody, kNobody) != 0))
    ::_exit(97);
  ::prctl(PR_SET_DUMPABLE, 1);  // as a program of that user's would be
  if (person == Person::kContainer) enter_container();
}

// --- an outcome as lines of a name and a value

std::string written(const Result<ConfinedRun>& run) {
  std::ostringstream out;
  if (!run) {
    out << "error " << code_name(run.error().code) << "\nreason " << describe(run.error()) << "\n";
    return out.str();
  }
  const ConfinementFacts& facts = run->facts;
  out << "status " << run->wait_status << "\ntier " << static_cast<int>(facts.tier) << "\nnetwork " << facts.network
      << "\nfilesystem " << facts.filesystem << "\nabi " << facts.landlock_abi << "\nfilter "
      << facts.system_call_filter << "\nkernel " << facts.kernel << "\ncapture " << facts.capture << "\nstdin "
      << facts.standard_input << "\ncomplete " << facts.complete << "\n";
  if (!run->not_started.empty()) out << "not-started " << run->not_started << "\n";
  for (const std::string& reason : facts.incomplete) out << "incomplete " << reason << "\n";
  for (const std::string& limit : facts.limits) out << "limit " << limit << "\n";
  for (const OpenedFile& file : run->opened)
    out << (file.executed ? "executed " : "opened ") << file.inode << ' ' << file.path << "\n";
  return out.str();
}

void take(CommandOutcome& outcome, const std::string& name, const std::string& value) {
  ConfinementFacts& facts = outcome.run.facts;
  if (name == "error") outcome.error = find_code(value);
  if (name == "reason") outcome.reason = value;
  if (name == "status") outcome.run.wait_status = std::stoi(value);
  if (name == "not-started") outcome.run.not_started = value;
  if (name == "tier") facts.tier = static_cast<Tier>(std::stoi(value));
  if (name == "network") facts.network = value;
  if (name == "filesystem") facts.filesystem = value;
  if (name == "abi") facts.landlock_abi = std::stoi(value);
  if (name == "filter") facts.system_call_filter = value;
  if (name == "kernel") facts.kernel = value;
  if (name == "capture") facts.capture = value;
  if (name == "stdin") facts.standard_input = value;
  if (name == "complete") facts.complete = value == "1";
  if (name == "incomplete") facts.incomplete.push_back(value);
  if (name == "limit") facts.limits.push_back(value);
  if (name != "executed" && name != "opened") return;
  const std::size_t space = value.find(' ');
  outcome.run.opened.push_back({value.substr(space + 1), name == "executed", 0, std::stoul(value)});
}

}  // namespace

std::string name_of(Person person) {
  if (person == Person::kRoot) return "Root";
  return person == Person::kUser ? "User" : "Container";
}

std::vector<std::string> CommandOutcome::paths() const {
  std::vector<std::string> out;
  out.reserve(run.opened.size());
  for (const OpenedFile& file : run.opened) out.push_back(file.path);
  return out;
}

void ConfinementTest::SetUp() {
  std::string name = (fs::temp_directory_path() / "weightmark-confined-XXXXXX").string();
  ASSERT_NE(::mkdtemp(name.data()), nullptr);
  folder_ = fs::canonical(name);
  for (const char* inner : {"in", "out", "bin", "work"}) fs::create_directory(at(inner));
  fs::copy_file(WEIGHTMARK_PROBE, at("bin/probe"));
  write_text(at("in/a"), "input\n");
  write_text(at("secret"), "secret\n");
  for (const char* shared : {"", "in", "bin", "work"}) fs::permissions(at(shared), fs::perms(0755));
  fs::permissions(at("out"), fs::perms(0777));
  fs::permissions(at("secret"), fs::perms(0644));
  confinement_.inputs = {at("in")};
  confinement_.readable = {at("bin")};
  confinement_.outputs = {at("out")};
  confinement_.folder = at("work");
  confinement_.environment = {"PATH=/usr/bin:/bin", "LANG=C"};
}

void ConfinementTest::TearDown() { fs::remove_all(folder_); }

std::vector<std::string> ConfinementTest::probe(const std::vector<std::string>& words) const {
  std::vector<std::string> out{at("bin/probe").string()};
  out.insert(out.end(), words.begin(), words.end());
  return out;
}

void ConfinementTest::want(Person person) {
  if (person == Person::kRoot && ::geteuid() != 0) GTEST_SKIP() << "observing what is opened needs root";
  const CommandOutcome tried = run(person, {"true"});
  if (tried.error == ErrorCode::kConfinementUnavailable) GTEST_SKIP() << tried.reason;
  ASSERT_FALSE(tried.error) << tried.reason;
  const auto wanted = static_cast<Tier>(person);
  if (tried.run.facts.tier != wanted)
    GTEST_SKIP() << "this machine has for " << name_of(person) << " only tier " << tier_letter(tried.run.facts);
}

void ConfinementTest::be(Person person, const std::vector<std::string>& command) {
  if (before_) before_();
  if (::fcntl(STDIN_FILENO, F_GETFD) >= 0 && ::isatty(STDIN_FILENO) == 0 &&
      confinement_.environment.back() != "STDIN=kept")
    ::dup2(::open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
  const int output = ::open(at("output").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
  const int report = ::open(at("report").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  become(person);
  const std::string text = written(run_confined(command, confinement_));
  const bool whole = ::write(report, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::_exit(whole ? 0 : 96);
}

pid_t ConfinementTest::start(Person person, const std::vector<std::string>& command) {
  fs::remove(at("output"));
  const pid_t process = ::fork();
  if (process == 0) be(person, command);
  return process;
}

CommandOutcome ConfinementTest::finish(pid_t process) {
  int status = 0;
  ::waitpid(process, &status, 0);
  EXPECT_EQ(status, 0) << "the supervisor itself failed";
  CommandOutcome outcome;
  std::istringstream lines(read_text(at("report")));
  for (std::string line; std::getline(lines, line);)
    take(outcome, line.substr(0, line.find(' ')), line.substr(line.find(' ') + 1));
  outcome.output = read_text(at("output"));
  return outcome;
}

CommandOutcome ConfinementTest::run(Person person, const std::vector<std::string>& command) {
  return finish(start(person, command));
}

std::string ConfinementTest::shown_until(const std::string& text) const {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  std::string shown;
  while (std::chrono::steady_clock::now() < end && !(shown = read_text(at("output"))).contains(text))
    std::this_thread::sleep_for(kMoment);
  return shown;
}

bool alive(const std::string& word) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    const std::string arguments = read_text(entry.path() / "cmdline");
    if ((std::string(1, '\0') + arguments).find(word + '\0') != std::string::npos) return true;
  }
  return false;
}

bool gone(const std::string& word) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < end) {
    if (!alive(word)) return true;
    std::this_thread::sleep_for(kMoment);
  }
  return false;
}

Fd listen_locally(int& port) {
  Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(socket.get(), 4) != 0)
    return {};
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  return socket;
}

Fd listen_at(const std::string& path) {
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(socket.get(), 4) != 0)
    return {};
  if (path[0] != '@') ::chmod(path.c_str(), 0777);
  return socket;
}

}  // namespace weightmark
