#include "train/view.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/refuse.h"
#include "base/try.h"
#include "train/links.h"

namespace weightmark {
namespace {

namespace fs = std::filesystem;
using Kind = ViewStep::Kind;

// Programs, libraries and settings of the system, as far as they are there. The stores are
// those of Nix and Guix; resolv.conf is often a link to elsewhere.
constexpr auto kSystem = std::to_array<const char*>({"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32",
                                                     "/etc", "/opt", "/sys", "/nix/store", "/gnu/store",
                                                     "/run/current-system", "/run/opengl-driver", "/etc/resolv.conf"});
constexpr auto kTemporary = std::to_array<const char*>({"/tmp", "/var/tmp", "/dev/shm"});
constexpr auto kDevices =
    std::to_array<const char*>({"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"});

struct DeviceLink {
  const char* place;
  const char* target;
};
constexpr std::array<DeviceLink, 4> kDeviceLinks = {{{"/dev/fd", "/proc/self/fd"},
                                                     {"/dev/stdin", "/proc/self/fd/0"},
                                                     {"/dev/stdout", "/proc/self/fd/1"},
                                                     {"/dev/stderr", "/proc/self/fd/2"}}};

// Accelerators by the beginnings of their names: NVIDIA, AMD, WSL, the kernel's own class,
// Habana, AWS Neuron. Not InfiniBand, which is a network.
constexpr auto kAccelerators =
    std::to_array<std::string_view>({"nvidia", "kfd", "dri", "dxg", "accel", "hl", "neuron"});

bool exists(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0;
}

bool is_folder(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

std::vector<std::string> accelerators() {
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator entry("/dev", error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (std::ranges::any_of(kAccelerators, [&](std::string_view start) { return name.starts_with(start); }))
      found.push_back("/dev/" + name);
  }
  std::ranges::sort(found);
  return found;
}

// The terminals that the command is connected with.
std::set<std::string> terminals() {
  std::set<std::string> found;
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    std::array<char, 256> name{};
    if (::ttyname_r(fd, name.data(), name.size()) == 0) found.insert(name.data());
  }
  return found;
}

// Builder collects what is to be seen. A place is made after the folder that it is in,
// since the path of that is shorter and otherwise the same.
class Builder {
 public:
  Builder(const Confinement& confinement, const std::string& scratch) : confinement_(confinement), scratch_(scratch) {}

  Result<View> build() {
    WM_CHECK(add_temporary());
    WM_CHECK(add_system());
    WM_CHECK(add_devices());
    WM_CHECK(add_named());
    WM_CHECK(check_outputs());
    WM_CHECK(add_folder());
    WM_CHECK(hide());
    return finish();
  }

 private:
  // show lets a place be seen that has no links in its path.
  void show(const std::string& path, Access access) {
    const bool writable = access == Access::kWrite || access == Access::kDevice;
    ViewStep& step = shown_.try_emplace(path, ViewStep{Kind::kShow, path, {}, writable, is_folder(path)}).first->second;
    step.writable = step.writable || writable;
    allow(path, access);
  }

  void allow(const std::string& path, Access access) {
    const auto [rule, is_new] = rules_.try_emplace(path, access);
    if (!is_new) rule->second = std::max(rule->second, access);
  }

  Result<void> add_temporary() {
    for (const char* name : kTemporary) {
      if (!exists(name)) continue;
      WM_TRY(const std::string path, trail_.follow(name));
      temporary_.push_back(path);
      // Without a view, those folders are everybody's, but shared memory must be there.
      if (scratch_.empty() || name == std::string_view("/dev/shm")) allow(path, Access::kWrite);
    }
    if (!scratch_.empty()) allow(scratch_, Access::kWrite);
    return {};
  }

  Result<void> add_system() {
    for (const char* name : kSystem) {
      if (!exists(name)) continue;
      WM_TRY(const std::string path, trail_.follow(name));
      show(path, Access::kRead);
    }
    allow("/proc", Access::kRead);
    if (scratch_.empty()) allow("/", Access::kList);  // nothing is there but what is shown
    return {};
  }

  Result<void> add_devices() {
    for (const char* name : kDevices)
      if (exists(name)) show(name, Access::kDevice);
    for (const std::string& terminal : terminals()) show(terminal, Access::kDevice);
    devices_ = accelerators();
    for (const std::string& device : devices_) show(device, Access::kDevice);
    return {};
  }

  Result<void> add_named() {
    for (const auto& path : confinement_.readable) WM_CHECK(add(path, Access::kRead));
    for (const auto& path : confinement_.inputs) {
      WM_CHECK(add(path, Access::kRead));
      WM_TRY(std::string place, trail_.follow(path));
      inputs_.push_back(std::move(place));
    }
    for (const auto& path : confinement_.outputs) {
      WM_CHECK(add(path, Access::kWrite));
      WM_TRY(std::string place, trail_.follow(path));
      outputs_.push_back(std::move(place));
    }
    return {};
  }

  Result<void> add(const fs::path& path, Access access) {
    WM_TRY(const std::string place, trail_.follow(path));
    const bool is_special = place == "/" || place == "/dev" || std::ranges::find(temporary_, place) != temporary_.end();
    const bool in_kernel = lies_in(place, "/proc") || lies_in(place, "/sys");
    const bool in_devices = lies_in(place, "/dev") && !lies_in(place, "/dev/shm");
    if (is_special || in_kernel || in_devices)
      return refuse(ErrorCode::kUsage, "cannot be shown to a command as a whole, or is no place of files",
                    path.string(), "name the files or folders in it");
    if (access == Access::kWrite && !is_folder(place))
      return refuse(ErrorCode::kUsage, "is no folder, and only folders can be written to", path.string());
    show(place, access);
    return {};
  }

  Result<void> check_outputs() const {
    for (const std::string& output : outputs_)
      for (const std::string& input : inputs_)
        if (lies_in(output, input))
          return refuse(ErrorCode::kUsage, "lies in an input, which must stay as it is", output);
    return {};
  }

  Result<void> add_folder() {
    WM_TRY(folder_, trail_.follow(confinement_.folder.empty() ? fs::path(".") : confinement_.folder));
    if (is_folder(folder_)) return {};
    return refuse(ErrorCode::kFileNotFound, "is no folder to start in", folder_);
  }

  // What is hidden and lies nowhere that is shown needs nothing.
  Result<void> hide() {
    for (const auto& path : confinement_.hidden) {
      const auto place = trail_.follow(path);
      if (!place && place.error().code == ErrorCode::kFileNotFound) continue;
      if (!place) return std::unexpected(place.error());
      if (std::ranges::any_of(outputs_, [&](const std::string& output) { return lies_in(*place, output); }))
        return refuse(ErrorCode::kUsage, "is to be hidden, and lies in an output", path.string());
      hidden_.insert(*place);
      shown_.erase(*place);
    }
    return {};
  }

  // nearest is the closest shown place above, if nothing else lies between.
  const ViewStep* nearest(const std::string& path) const {
    for (fs::path above = fs::path(path).parent_path(); above != "/"; above = above.parent_path()) {
      if (std::ranges::find(temporary_, above.string()) != temporary_.end()) return nullptr;
      if (const auto found = shown_.find(above.string()); found != shown_.end()) return &found->second;
    }
    return nullptr;
  }

  void put(ViewStep step) {
    for (fs::path above = fs::path(step.path).parent_path(); above != "/"; above = above.parent_path())
      steps_.try_emplace(above.string(), ViewStep{Kind::kFolder, above.string()});
    steps_.insert_or_assign(step.path, std::move(step));
  }

  void put_steps() {
    if (folder_ != "/") put({Kind::kFolder, folder_});
    for (const auto& [place, target] : trail_.passed()) put({Kind::kLink, place, target});
    for (const DeviceLink& link : kDeviceLinks) put({Kind::kLink, link.place, link.target});
    for (const std::string& place : temporary_) put({Kind::kTemporary, place});
    put({Kind::kProcesses, "/proc"});
    for (const auto& [path, step] : shown_) {
      const ViewStep* above = nearest(path);
      if (above == nullptr || above->writable != step.writable) put(step);
    }
    for (const std::string& path : hidden_)
      if (nearest(path) != nullptr) put({Kind::kHide, path, {}, false, is_folder(path)});
  }

  // Rules only add: what is hidden is left out by permitting all that lies beside it.
  void allow_around(const std::string& path, Access access, const std::string& hidden) {
    allow(path, Access::kList);
    std::error_code error;
    for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
      const std::string beside = entry->path().string();
      if (entry->is_symlink(error) || hidden_.contains(beside)) continue;
      if (lies_in(hidden, beside))
        allow_around(beside, access, hidden);
      else
        allow(beside, access);
    }
  }

  void leave_out_hidden() {
    for (const std::string& hidden : hidden_) {
      std::vector<std::pair<std::string, Access>> above;
      for (const auto& [path, access] : rules_)
        if (lies_in(hidden, path) && access != Access::kList) above.emplace_back(path, access);
      for (const auto& [path, access] : above) {
        rules_.erase(path);
        if (path != hidden) allow_around(path, access, hidden);
      }
    }
  }

  View finish() {
    View view;
    put_steps();
    if (!scratch_.empty()) leave_out_hidden();
    for (auto& [path, step] : steps_) view.steps.push_back(std::move(step));
    for (const auto& [path, access] : rules_) view.rules.push_back({path, access});
    view.temporary = std::move(temporary_);
    view.devices = std::move(devices_);
    view.folder = std::move(folder_);
    return view;
  }

  const Confinement& confinement_;
  const std::string& scratch_;
  LinkTrail trail_;
  std::vector<std::string> temporary_;
  std::vector<std::string> devices_;
  std::vector<std::string> inputs_;
  std::vector<std::string> outputs_;
  std::set<std::string> hidden_;
  std::string folder_;
  std::map<std::string, ViewStep> shown_;
  std::map<std::string, Access> rules_;
  std::map<std::string, ViewStep> steps_;
};

}  // namespace

Result<View> make_view(const Confinement& confinement, const std::string& scratch) {
  return Builder(confinement, scratch).build();
}

}  // namespace weightmark
