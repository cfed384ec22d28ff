#include "train/confinement.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "train/confinement_testing.h"

namespace weightmark {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;

// --- what holds in every tier

class EachTier : public ConfinementTest, public testing::WithParamInterface<Person> {
 protected:
  void SetUp() override {
    ConfinementTest::SetUp();
    want(GetParam());
  }
  CommandOutcome run(const std::vector<std::string>& command) { return ConfinementTest::run(GetParam(), command); }
  CommandOutcome probed(const std::vector<std::string>& words) { return run(probe(words)); }
  bool has_view() const { return GetParam() != Person::kContainer; }
  // What an undeclared file looks like.
  std::string nothing() const { return has_view() ? " ENOENT" : " EACCES"; }
};

INSTANTIATE_TEST_SUITE_P(Confinement, EachTier, testing::Values(Person::kRoot, Person::kUser, Person::kContainer),
                         [](const auto& about) { return name_of(about.param); });

TEST_P(EachTier, KeepsTheExitCode) {
  const CommandOutcome outcome = run({"sh", "-c", "exit 7"});
  EXPECT_EQ(shell_status(outcome.run.wait_status), 7);
  EXPECT_EQ(outcome.run.not_started, "");
}

TEST_P(EachTier, KeepsTheSignalThatItDiedOf) {
  const CommandOutcome outcome = run({"sh", "-c", "kill -TERM $$"});
  ASSERT_TRUE(WIFSIGNALED(outcome.run.wait_status));
  EXPECT_EQ(WTERMSIG(outcome.run.wait_status), SIGTERM);
  EXPECT_EQ(shell_status(outcome.run.wait_status), 128 + SIGTERM);
}

TEST_P(EachTier, TellsWhatCannotBeRun) {
  const CommandOutcome missing = run({"no-such-program"});
  EXPECT_EQ(shell_status(missing.run.wait_status), 127);
  EXPECT_THAT(missing.run.not_started, HasSubstr("No such file"));
  const CommandOutcome forbidden = run({at("in/a").string()});
  EXPECT_EQ(shell_status(forbidden.run.wait_status), 126);
  EXPECT_THAT(forbidden.run.not_started, HasSubstr("Permission denied"));
}

TEST_P(EachTier, RunsAScriptThatNamesNoShell) {
  std::ofstream(at("bin/script")) << "echo \"script $1\"\n";
  fs::permissions(at("bin/script"), fs::perms(0755));
  confinement_.environment[0] = "PATH=/nowhere:" + at("bin").string() + ":/usr/bin";
  EXPECT_TRUE(run({"script", "one"}).says("script one"));
}

TEST_P(EachTier, StartsInItsFolder) { EXPECT_EQ(run({"/bin/pwd"}).output, at("work").string() + "\n"); }

TEST_P(EachTier, ReadsStandardInput) {
  before_ = [] {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0 || ::write(ends[1], "given\n", 6) != 6) ::_exit(95);
    ::close(ends[1]);
    ::dup2(ends[0], STDIN_FILENO);
  };
  confinement_.environment.emplace_back("STDIN=kept");
  const CommandOutcome outcome = run({"cat"});
  EXPECT_EQ(outcome.output, "given\n");
  EXPECT_EQ(outcome.run.facts.standard_input, "pipe");
  EXPECT_FALSE(outcome.run.facts.complete);
}

TEST_P(EachTier, ReadsOnlyWhatWasNamed) {
  const std::string secret = at("secret").string();
  const CommandOutcome outcome =
      probed({"reads", at("in/a").string(), secret, at("in/../secret").string(), "/etc/hostname", "/root", "/home"});
  EXPECT_TRUE(outcome.says(at("in/a").string() + " ok")) << outcome.output;
  EXPECT_TRUE(outcome.says(secret + nothing())) << outcome.output;
  EXPECT_TRUE(outcome.says("in/../secret" + nothing())) << outcome.output;
  EXPECT_TRUE(outcome.says("/root" + nothing())) << outcome.output;
  EXPECT_TRUE(outcome.says("/home" + nothing())) << outcome.output;
}

TEST_P(EachTier, WritesOnlyOutputs) {
  // Of this test alone: the tiers are tested at the same time, and not each has one of its own.
  const std::string shared = fmt::format("/dev/shm/weightmark-new-{}", ::getpid());
  const CommandOutcome outcome =
      probed({"writes", at("in/a").string(), at("in/new").string(), at("bin/new").string(), at("out/new").string(),
              shared, "/etc/new", "/dev/null", "/proc/sys/kernel/hostname"});
  EXPECT_FALSE(outcome.says(at("in/a").string() + " ok")) << outcome.output;
  EXPECT_FALSE(outcome.says(at("in/new").string() + " ok")) << outcome.output;
  EXPECT_FALSE(outcome.says(at("bin/new").string() + " ok")) << outcome.output;
  EXPECT_TRUE(outcome.says(at("out/new").string() + " ok")) << outcome.output;
  EXPECT_TRUE(outcome.says(shared + " ok")) << outcome.output;
  EXPECT_FALSE(outcome.says("/etc/new ok")) << outcome.output;
  EXPECT_TRUE(outcome.says("/dev/null ok")) << outcome.output;
  EXPECT_FALSE(outcome.says("/hostname ok")) << outcome.output;
  EXPECT_TRUE(fs::exists(at("out/new")));
  EXPECT_EQ(fs::exists(shared), !has_view());
  std::error_code error;
  fs::remove(shared, error);
}

TEST_P(EachTier, HasATemporaryFolderOfItsOwn) {
  const std::string outside = fmt::format("/tmp/weightmark-outside-{}", ::getpid());
  std::ofstream(outside) << "x";
  const CommandOutcome outcome = run({"sh", "-c", "f=$(mktemp) && echo ok > $f && cat $f; cat " + outside});
  EXPECT_TRUE(outcome.output.starts_with("ok\n")) << outcome.output;
  EXPECT_FALSE(outcome.says("x\n")) << outcome.output;
  fs::remove(outside);
}

TEST_P(EachTier, ReachesNoNetwork) {
  int port = 0;
  const Fd listener = listen_locally(port);
  ASSERT_TRUE(listener);
  const CommandOutcome outcome = probed({"connect", std::to_string(port)});
  EXPECT_TRUE(outcome.says(has_view() ? "connect ECONNREFUSED" : "connect EACCES")) << outcome.output;
  EXPECT_EQ(outcome.run.facts.network, has_view() ? "loopback" : "denied");
  const CommandOutcome own = probed({"loopback"});
  EXPECT_TRUE(own.says(has_view() ? "loopback ok" : "loopback EACCES")) << own.output;
  if (!has_view()) return;
  const CommandOutcome interfaces = run({"cat", "/proc/net/dev"});
  EXPECT_EQ(std::ranges::count(interfaces.output, ':'), 1) << interfaces.output;
  EXPECT_TRUE(interfaces.says("lo:"));
}

TEST_P(EachTier, ReachesTheNetworkWhereThatIsAllowed) {
  int port = 0;
  const Fd listener = listen_locally(port);
  ASSERT_TRUE(listener);
  confinement_.network = true;
  const CommandOutcome outcome = probed({"connect", std::to_string(port)});
  EXPECT_TRUE(outcome.says("connect ok")) << outcome.output;
  EXPECT_EQ(outcome.run.facts.network, "open");
  EXPECT_EQ(tier_letter(outcome.run.facts), has_view() ? "D" : "C");
  EXPECT_FALSE(outcome.run.facts.complete);
}

TEST_P(EachTier, MayNotMakeTheCallsThatGetAround) {
  const CommandOutcome outcome = probed({"calls"});
  for (const char* expected : {"io_uring_setup ENOSYS", "open_by_handle_at EPERM", "unshare EPERM", "clone EPERM",
                               "mount EPERM", "keyctl ENOSYS", "ptrace-parent EPERM", "vsock E"})
    EXPECT_TRUE(outcome.says(expected)) << expected << " is not in\n" << outcome.output;
  EXPECT_EQ(outcome.run.facts.system_call_filter.size(), 64U);
}

TEST_P(EachTier, KeepsNoRightsAndGainsNone) {
  const CommandOutcome outcome = run({"grep", "-E", "NoNewPrivs|CapEff|CapBnd|CapAmb|Seccomp:", "/proc/self/status"});
  EXPECT_TRUE(outcome.says("NoNewPrivs:\t1")) << outcome.output;
  EXPECT_TRUE(outcome.says("Seccomp:\t2")) << outcome.output;
  EXPECT_TRUE(outcome.says("CapAmb:\t0000000000000000")) << outcome.output;
  // Root keeps what it may do with files, whoever owns them.
  EXPECT_TRUE(outcome.says(GetParam() == Person::kRoot ? "CapEff:\t000000000000001b" : "CapEff:\t0000000000000000"))
      << outcome.output;
}

TEST_P(EachTier, HasTheGivenEnvironmentAndNoOther) {
  before_ = [] { ::setenv("WEIGHTMARK_TEST_SECRET", "planted-secret-value", 1); };
  confinement_.environment = {"PATH=/usr/bin:/bin", "NAME=value"};
  const CommandOutcome outcome = run({"env"});
  EXPECT_TRUE(outcome.says("NAME=value\n"));
  EXPECT_FALSE(outcome.says("planted")) << outcome.output;
  EXPECT_EQ(std::ranges::count(outcome.output, '\n'), has_view() ? 2 : 3) << outcome.output;  // and TMPDIR
}

// plant writes a text to where /proc shows a process's first environment.
void plant(const std::string& text) {
  char* longest = *environ;
  for (char** entry = environ; *entry != nullptr; ++entry)
    if (std::strlen(*entry) > std::strlen(longest)) longest = *entry;
  if (std::strlen(longest) < text.size()) ::_exit(94);
  text.copy(longest, text.size());
}

TEST_P(EachTier, SeesNoSecretOfTheSupervisor) {
  before_ = [] { plant("A=PLANTED"); };
  const CommandOutcome outcome = probed({"environments", "A=PLANTED"});
  EXPECT_FALSE(outcome.says("found in environ")) << outcome.output;
  if (!has_view()) return;
  const CommandOutcome first = probed({"reads", "/proc/1/environ", "/proc/1/mem", "/proc/1/maps"});
  EXPECT_EQ(first.output, "/proc/1/environ EACCES\n/proc/1/mem EACCES\n/proc/1/maps EACCES\n");
}

TEST_P(EachTier, InheritsNoDescriptor) {
  before_ = [this] { ::dup2(::open(at("secret").c_str(), O_RDONLY), 9); };
  EXPECT_EQ(probed({"descriptors"}).output, "0 1 2 \n");
}

TEST_P(EachTier, HasStandardDescriptorsThoughTheyWereClosed) {
  before_ = [] { ::close(STDIN_FILENO); };
  confinement_.environment.emplace_back("STDIN=kept");
  const CommandOutcome outcome = probed({"descriptors"});
  EXPECT_EQ(outcome.output, "0 1 2 \n");
  EXPECT_EQ(outcome.run.facts.standard_input, "null");
}

TEST_P(EachTier, ReachesNoSocketOfOthers) {
  const Fd named = listen_at(at("secret.sock").string());
  const std::string abstract = "@weightmark-test-" + std::to_string(::getpid());
  const Fd unnamed = listen_at(abstract);
  ASSERT_TRUE(named && unnamed);
  const CommandOutcome outcome = probed({"unix", at("secret.sock").string()});
  EXPECT_EQ(outcome.says("unix ENOENT"), has_view()) << outcome.output;
  if (!has_view()) {
    EXPECT_THAT(outcome.run.facts.limits, Contains(HasSubstr("sockets in the file system")));
  }
  const CommandOutcome other = probed({"unix", abstract});
  EXPECT_EQ(other.says("unix ok"), !has_view() && outcome.run.facts.landlock_abi < 6) << other.output;
}

TEST_P(EachTier, LeavesNoProcessBehind) {
  const std::string word = "weightmark-left-" + std::to_string(::getpid());
  const CommandOutcome outcome = probed({"stays", "leave", word});
  EXPECT_TRUE(outcome.says("up"));
  EXPECT_EQ(shell_status(outcome.run.wait_status), 0);
  EXPECT_FALSE(alive(word));
}

TEST_P(EachTier, LeavesNoProcessBehindWhenTheSupervisorIsKilled) {
  const std::string word = "weightmark-orphan-" + std::to_string(::getpid());
  const pid_t process = start(GetParam(), probe({"stays", "stay", word}));
  ASSERT_THAT(shown_until("up"), HasSubstr("up"));
  ASSERT_TRUE(alive(word));
  ::kill(process, SIGKILL);
  ::waitpid(process, nullptr, 0);
  EXPECT_TRUE(gone(word));
}

TEST_P(EachTier, PassesSignalsOnOnce) {
  const pid_t process = start(GetParam(), probe({"signals"}));
  ASSERT_THAT(shown_until("ready"), HasSubstr("ready"));
  ::kill(process, SIGINT);
  ASSERT_THAT(shown_until("INT 1"), HasSubstr("INT 1 USR1 0"));
  ::kill(process, SIGUSR1);
  ASSERT_THAT(shown_until("USR1 1"), HasSubstr("INT 1 USR1 1"));
  ::kill(process, SIGTERM);
  const CommandOutcome outcome = finish(process);
  EXPECT_TRUE(outcome.says("INT 1 USR1 1 HUP 0 TERM 1")) << outcome.output;
  EXPECT_EQ(outcome.run.wait_status, 0);
}

TEST_P(EachTier, GetsASignalToTheWholeGroupOnce) {
  before_ = [] { ::setpgid(0, 0); };
  const pid_t process = start(GetParam(), probe({"signals"}));
  ASSERT_THAT(shown_until("ready"), HasSubstr("ready"));
  ::kill(-process, SIGINT);
  ASSERT_THAT(shown_until("INT 1"), HasSubstr("INT 1"));
  ::kill(process, SIGUSR1);  // passed on after whatever came of the first
  ASSERT_THAT(shown_until("USR1 1"), HasSubstr("USR1 1"));
  ::kill(process, SIGTERM);
  const CommandOutcome outcome = finish(process);
  EXPECT_TRUE(outcome.says("INT 1 USR1 1 HUP 0 TERM 1")) << outcome.output;
}

// A terminal of which the command's process group is in front.
class Terminal {
 public:
  Terminal() : master_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    std::array<char, 64> name{};
    if (::grantpt(master_.get()) == 0 && ::unlockpt(master_.get()) == 0 &&
        ::ptsname_r(master_.get(), name.data(), name.size()) == 0)
      name_ = name.data();
    ::chmod(name_.c_str(), 0666);
  }
  const std::string& name() const { return name_; }
  void press(char key) const { EXPECT_EQ(::write(master_.get(), &key, 1), 1); }

  // take makes it the calling process's own.
  void take() const {
    ::setsid();
    const int slave = ::open(name_.c_str(), O_RDWR);
    if (slave < 0 || ::ioctl(slave, TIOCSCTTY, 0) != 0) ::_exit(93);
    ::dup2(slave, STDIN_FILENO);
  }

 private:
  Fd master_;
  std::string name_;
};

TEST_P(EachTier, KeepsTheTerminal) {
  const Terminal terminal;
  before_ = [&] { terminal.take(); };
  const CommandOutcome outcome = probed({"terminal"});
  EXPECT_EQ(outcome.output, "terminal 10\nname " + terminal.name() + "\ntty ok\nown ok\n");
  EXPECT_EQ(outcome.run.facts.standard_input, "terminal");
}

TEST_P(EachTier, GetsAKeyOfTheTerminalOnce) {
  const Terminal terminal;
  before_ = [&] { terminal.take(); };
  const pid_t process = start(GetParam(), probe({"signals"}));
  ASSERT_THAT(shown_until("ready"), HasSubstr("ready"));
  constexpr char kInterrupt = 3;
  terminal.press(kInterrupt);
  ASSERT_THAT(shown_until("INT 1"), HasSubstr("INT 1"));
  ::kill(process, SIGUSR1);
  ASSERT_THAT(shown_until("USR1 1"), HasSubstr("USR1 1"));
  ::kill(process, SIGTERM);
  const CommandOutcome outcome = finish(process);
  EXPECT_TRUE(outcome.says("INT 1 USR1 1 HUP 0 TERM 1")) << outcome.output;
}

TEST_P(EachTier, DoesNotShowWhatIsHidden) {
  std::ofstream(at("in/key")) << "key\n";
  fs::create_directory(at("in/keys"));
  std::ofstream(at("in/keys/one")) << "key\n";
  confinement_.hidden = {at("in/key"), at("in/keys"), at("in/no-such-file")};
  const CommandOutcome outcome = run({"cat", at("in/a").string(), at("in/key").string(), at("in/keys/one").string()});
  EXPECT_TRUE(outcome.says("input\n")) << outcome.output;
  EXPECT_FALSE(outcome.says("key\n")) << outcome.output;
}

TEST_P(EachTier, ShowsWhatIsNamedThroughLinks) {
  fs::create_directory(at("elsewhere"));
  std::ofstream(at("elsewhere/b")) << "through a link\n";
  fs::create_directory_symlink("elsewhere", at("link"));
  confinement_.inputs.push_back(at("link"));
  EXPECT_EQ(run({"cat", at("link/b").string()}).output, "through a link\n");
}

TEST_P(EachTier, TellsWhatItIs) {
  const ConfinementFacts facts = run({"true"}).run.facts;
  EXPECT_EQ(tier_letter(facts), GetParam() == Person::kRoot ? "A" : GetParam() == Person::kUser ? "B" : "C");
  EXPECT_EQ(facts.filesystem, has_view() ? "view+landlock" : "landlock");
  EXPECT_EQ(facts.capture, GetParam() == Person::kRoot ? "fanotify" : "none");
  EXPECT_THAT(facts.kernel, testing::StartsWith("Linux "));
  EXPECT_EQ(facts.limits.empty(), has_view());
  EXPECT_EQ(facts.complete, GetParam() == Person::kRoot) << testing::PrintToString(facts.incomplete);
  EXPECT_EQ(facts.complete, facts.incomplete.empty());
}

}  // namespace
}  // namespace weightmark
