// Making the view. The order matters: what is shown is held before anything is covered, and
// the process goes to its folder only in the new root, else it would stay in the old.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "train/inside.h"

namespace weightmark {
namespace {

using Kind = ViewStep::Kind;

constexpr mode_t kFolderMode = 0755;

// The same place in the new root, where the process stands while it makes it.
const char* inside(const ViewStep& step) { return step.path.c_str() + 1; }

bool made(int result) { return result == 0 || errno == EEXIST; }

int open_tree(const char* path) {
  return static_cast<int>(::syscall(kernel::kOpenTree, AT_FDCWD, path,
                                    kernel::kOpenTreeClone | kernel::kOpenTreeCloseOnExec | kernel::kRecursive));
}

bool set_attributes(int folder, const char* path, unsigned flags, std::uint64_t set) {
  kernel::MountAttributes attributes;
  attributes.set = set;
  return ::syscall(kernel::kMountSetattr, folder, path, flags, &attributes, sizeof attributes) == 0;
}

bool attach(int tree, const char* path) {
  return ::syscall(kernel::kMoveMount, tree, "", AT_FDCWD, path, kernel::kMoveFromEmptyPath) == 0;
}

// make_file makes an empty file to put another on.
bool make_file(const char* path, mode_t mode) { return made(::mknodat(AT_FDCWD, path, S_IFREG | mode, 0)); }

bool show(const ViewStep& step, int tree) {
  if (!(step.is_folder ? made(::mkdirat(AT_FDCWD, inside(step), kFolderMode)) : make_file(inside(step), 0644)))
    return false;
  const std::uint64_t set = kernel::kMountNoSetuid | (step.writable ? 0 : kernel::kMountReadOnly);
  return set_attributes(tree, "", kernel::kEmptyPath | kernel::kRecursive, set) && attach(tree, inside(step));
}

bool make_temporary(const char* path, unsigned long flags, const char* options) {
  return made(::mkdirat(AT_FDCWD, path, kFolderMode)) &&
         ::mount("tmpfs", path, "tmpfs", MS_NODEV | flags, options) == 0;
}

// A fresh /proc shows only the new processes. Where parts of the old one are covered, as in
// containers, the kernel does not grant it; then it is the old one, in which Landlock
// protects the others' memory and environment.
bool make_processes(const ViewStep& step, int tree) {
  if (!made(::mkdirat(AT_FDCWD, inside(step), kFolderMode))) return false;
  if (::mount("proc", inside(step), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0) return true;
  return errno == EPERM && set_attributes(tree, "", kernel::kEmptyPath | kernel::kRecursive, kernel::kMountReadOnly) &&
         attach(tree, inside(step));
}

// A folder is hidden by an empty one, a file by an empty one that nobody may read.
bool hide(const ViewStep& step) {
  if (step.is_folder) return make_temporary(inside(step), MS_RDONLY | MS_NOSUID, "mode=0000,size=4k");
  if (!make_file(".hidden", 0)) return false;
  const int tree = open_tree(".hidden");
  return tree >= 0 && set_attributes(tree, "", kernel::kEmptyPath, kernel::kMountReadOnly) &&
         attach(tree, inside(step)) && ::close(tree) == 0;
}

bool make(const ViewStep& step, int tree) {
  switch (step.kind) {
    case Kind::kFolder: return made(::mkdirat(AT_FDCWD, inside(step), kFolderMode));
    case Kind::kLink: return made(::symlinkat(step.target.c_str(), AT_FDCWD, inside(step)));
    case Kind::kTemporary: return make_temporary(inside(step), MS_NOSUID, "mode=1777");
    case Kind::kProcesses: return make_processes(step, tree);
    case Kind::kShow: return show(step, tree);
    case Kind::kHide: return hide(step);
  }
  return false;
}

void hold_trees(InsidePlan& plan) {
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const ViewStep& step = plan.steps[i];
    if (step.kind != Kind::kShow && step.kind != Kind::kProcesses) continue;
    plan.trees[i] = open_tree(step.path.c_str());
    if (plan.trees[i] < 0) give_up(plan, Stage::kTrees, errno, i);
  }
}

// enter makes the new root the root, and lets the old one go (pivot_root(2)).
void enter(const InsidePlan& plan) {
  if (::syscall(SYS_pivot_root, ".", ".") != 0 || ::umount2(".", MNT_DETACH) != 0 || ::chdir("/") != 0)
    give_up(plan, Stage::kPivot, errno);
  if (!set_attributes(AT_FDCWD, "/", 0, kernel::kMountReadOnly)) give_up(plan, Stage::kPivot, errno);
}

}  // namespace

void place_view(InsidePlan& plan) {
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) give_up(plan, Stage::kMounts, errno);
  hold_trees(plan);
  const mode_t mask = ::umask(0);
  if (::mount("tmpfs", plan.staging.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") != 0 ||
      ::chdir(plan.staging.c_str()) != 0)
    give_up(plan, Stage::kRoot, errno);
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    if (!make(plan.steps[i], plan.trees[i])) give_up(plan, Stage::kPlace, errno, i);
    if (plan.trees[i] >= 0) ::close(plan.trees[i]);
  }
  ::umask(mask);
  enter(plan);
}

}  // namespace weightmark
