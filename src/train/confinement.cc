#include "train/confinement.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

#include "base/refuse.h"
#include "base/try.h"
#include "train/inside.h"
#include "train/kernel_interface.h"
#include "train/landlock.h"
#include "train/observer.h"
#include "train/sockets.h"
#include "train/standard_descriptors.h"
#include "train/supervisor.h"
#include "train/system_call_filter.h"
#include "train/view.h"

namespace weightmark {
namespace {

namespace fs = std::filesystem;

// Scratch is an empty folder that is removed with all that is in it.
class Scratch {
 public:
  static Result<Scratch> make() {
    std::error_code error;
    std::string path = (fs::temp_directory_path(error) / "weightmark-run-XXXXXX").string();
    if (error || ::mkdtemp(path.data()) == nullptr)
      return refuse(ErrorCode::kConfinementFailed, fmt::format("no temporary folder: {}", std::strerror(errno)), path);
    return Scratch(std::move(path));
  }
  ~Scratch() {
    std::error_code error;
    if (!path_.empty()) fs::remove_all(path_, error);
  }
  Scratch(Scratch&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Scratch& operator=(Scratch&&) = delete;

  const std::string& path() const { return path_; }

 private:
  explicit Scratch(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

Result<void> check(const std::vector<std::string>& command, const Confinement& confinement) {
  if (command.empty() || command.front().empty()) return refuse(ErrorCode::kUsage, "there is no command to run");
  if (confinement.strongest > confinement.least)
    return refuse(ErrorCode::kUsage, "the weakest tier that is asked for is stronger than the strongest");
  const auto has_nul = [](const std::string& text) { return text.find('\0') != std::string::npos; };
  if (std::ranges::any_of(command, has_nul) || std::ranges::any_of(confinement.environment, has_nul))
    return refuse(ErrorCode::kUsage, "a zero byte in the command or its environment");
  return {};
}

std::string variable(const std::vector<std::string>& environment, std::string_view name) {
  for (const std::string& entry : environment)
    if (entry.starts_with(name) && entry.size() > name.size() && entry[name.size()] == '=')
      return entry.substr(name.size() + 1);
  return {};
}

void set_variable(std::vector<std::string>& environment, const std::string& name, const std::string& value) {
  std::erase_if(environment, [&](const std::string& entry) { return entry.starts_with(name + "="); });
  environment.push_back(name + "=" + value);
}

// programs_named lists where execvp would look.
std::vector<std::string> programs_named(const std::string& name, const std::vector<std::string>& environment) {
  if (name.contains('/')) return {name};
  std::string path = variable(environment, "PATH");
  if (path.empty()) path = "/bin:/usr/bin";  // confstr(_CS_PATH)
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find(':', at), path.size());
    const std::string folder = path.substr(at, end - at);
    out.push_back(folder.empty() ? name : folder + "/" + name);
    at = end + 1;
  }
  return out;
}

// Attempt is a run in one tier.
class Attempt {
 public:
  Attempt(const std::vector<std::string>& command, const Confinement& confinement, Tier tier)
      : words_(command), confinement_(confinement), environment_(confinement.environment), tier_(tier) {}

  Result<ConfinedRun> run(const std::atomic<bool>* stop) {
    if (tier_ == Tier::kObserved) {
      WM_TRY(observer_, OpenObserver::open());
    } else if (tier_ == Tier::kLandlock) {
      WM_TRY(Scratch scratch, Scratch::make());
      scratch_.emplace(std::move(scratch));
      set_variable(environment_, "TMPDIR", scratch_->path());
    }
    WM_TRY(View view, make_view(confinement_, scratch_ ? scratch_->path() : std::string()));
    WM_CHECK(make_plan(view));
    sockets_ = sockets_shown(view);
    WM_TRY(const Ended ended, supervise_in_namespaces(view.temporary, stop));
    ConfinedRun out;
    out.wait_status = ended.wait_status;
    out.not_started = ended.not_started;
    if (observer_) out.opened = observer_->opened();
    out.facts = facts(view);
    return out;
  }

 private:
  bool namespaces() const { return tier_ != Tier::kLandlock; }
  bool internet() const { return namespaces() || confinement_.network; }

  Result<void> make_plan(const View& view) {
    plan_.landlock_abi = landlock_abi();
    if (plan_.landlock_abi == 0)
      return refuse(ErrorCode::kConfinementUnavailable, "this kernel has no Landlock", {},
                    "Linux has it since 5.13, where it is among the security modules that are on");
    WM_TRY(SystemCallFilter filter, make_system_call_filter(internet()));
    filter_digest_ = filter.digest();
    plan_.filter = std::move(filter.program);
    plan_.namespaces = namespaces();
    plan_.network = confinement_.network;
    plan_.steps = view.steps;
    plan_.trees.assign(view.steps.size(), -1);
    plan_.folder = view.folder;
    plan_.staging = view.temporary.empty() ? "/proc" : view.temporary.front();
    plan_rules(view);
    plan_words();
    return {};
  }

  void plan_rules(const View& view) {
    const int abi = plan_.landlock_abi;
    // In a network of its own the command may connect with itself.
    plan_.ruleset = landlock_ruleset(abi, internet());
    plan_.ruleset_size = landlock_ruleset_size(abi);
    for (const AccessRule& rule : view.rules) plan_.rules.push_back({rule.path, landlock_rights(rule.access, abi)});
    plan_.terminal_rights = landlock_rights(Access::kDevice, abi);
    plan_.read_rights = landlock_rights(Access::kRead, abi);
    plan_.write_rights = plan_.terminal_rights & ~plan_.read_rights;
  }

  void plan_words() {
    plan_.programs = programs_named(words_.front(), environment_);
    for (std::string& word : words_) plan_.arguments.push_back(word.data());
    plan_.arguments.push_back(nullptr);
    plan_.script = {shell_.data(), nullptr};
    plan_.script.insert(plan_.script.end(), plan_.arguments.begin() + 1, plan_.arguments.end());
    for (std::string& entry : environment_) plan_.environment.push_back(entry.data());
    plan_.environment.push_back(nullptr);
  }

  Result<Ended> supervise_in_namespaces(const std::vector<std::string>& temporary, const std::atomic<bool>* stop) {
    unsigned long flags = 0;
    if (namespaces()) flags = kernel::kNewMounts | kernel::kNewProcesses | kernel::kNewIpc;
    if (namespaces() && !confinement_.network) flags |= kernel::kNewNetwork;
    OpenObserver* observer = observer_ ? &*observer_ : nullptr;
    if (tier_ != Tier::kNamespaces) return supervise(plan_, flags, observer, temporary, stop);
    auto ended = supervise(plan_, flags | kernel::kNewUsers, observer, temporary, stop);
    // Root in somebody's user namespace may need none of its own, and get none.
    const bool again = !ended && ended.error().code == ErrorCode::kConfinementUnavailable && ::geteuid() == 0;
    return again ? supervise(plan_, flags, observer, temporary, stop) : std::move(ended);
  }

  ConfinementFacts facts(const View& view) const {
    ConfinementFacts out;
    out.tier = tier_;
    out.network = confinement_.network ? "open" : namespaces() ? "loopback" : "denied";
    out.filesystem = namespaces() ? "view+landlock" : "landlock";
    out.landlock_abi = plan_.landlock_abi;
    out.system_call_filter = filter_digest_;
    if (utsname name{}; ::uname(&name) == 0)
      out.kernel = fmt::format("{} {} {}", name.sysname, name.release, name.machine);
    out.capture = observer_ ? "fanotify" : "none";
    out.dropped_events = observer_ ? observer_->dropped() : 0;
    out.devices = view.devices;
    out.standard_input = describe_descriptor(STDIN_FILENO);
    out.incomplete = why_incomplete();
    out.complete = out.incomplete.empty();
    if (!namespaces()) out.limits = limits();
    return out;
  }

  std::vector<std::string> why_incomplete() const {
    std::vector<std::string> out;
    if (!observer_) return {"what the command opened was not observed"};
    out = observer_->gaps();
    if (confinement_.network) out.emplace_back("the command could reach the network");
    for (std::string& way : ways_in()) out.push_back(std::move(way));
    for (const std::string& socket : sockets_) out.push_back("the command could reach a socket: " + socket);
    return out;
  }

  std::vector<std::string> limits() const {
    std::vector<std::string> out{
        "processes of others are visible by name", "shared memory of the same user is not private",
        "sockets in the file system can be connected to", "names, sizes and times of all files can be seen",
        "owners, modes and times of the user's own files can be changed"};
    if (plan_.landlock_abi < 3) out.emplace_back("files that are only to be read can be cut to nothing");
    if (plan_.landlock_abi < 6) out.emplace_back("processes of the same user can be sent signals");
    return out;
  }

  std::vector<std::string> words_;
  const Confinement& confinement_;
  std::vector<std::string> environment_;
  Tier tier_;
  std::optional<OpenObserver> observer_;
  std::optional<Scratch> scratch_;
  InsidePlan plan_;
  std::string filter_digest_;
  std::vector<std::string> sockets_;  // that the command could connect to
  std::string shell_ = "sh";
};

}  // namespace

std::string_view tier_letter(const ConfinementFacts& facts) {
  if (facts.tier == Tier::kLandlock) return "C";
  if (facts.network == "open") return "D";
  return facts.tier == Tier::kObserved ? "A" : "B";
}

int shell_status(int wait_status) {
  constexpr int kSignalled = 128;
  return WIFSIGNALED(wait_status) ? kSignalled + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

Result<ConfinedRun> run_confined(const std::vector<std::string>& command, const Confinement& confinement,
                                 const std::atomic<bool>* stop) {
  WM_CHECK(check(command, confinement));
  std::string reasons;
  for (const Tier tier : {Tier::kObserved, Tier::kNamespaces, Tier::kLandlock}) {
    if (tier < confinement.strongest || tier > confinement.least) continue;
    auto run = Attempt(command, confinement, tier).run(stop);
    if (run || run.error().code != ErrorCode::kConfinementUnavailable) return run;
    reasons += (reasons.empty() ? "" : "; ") + describe(run.error());
  }
  return refuse(ErrorCode::kConfinementUnavailable, reasons, {}, "docs/confinement.md says what each tier needs");
}

}  // namespace weightmark
