#include "host/git_source.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <map>

#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "host/program.h"
#include "train/file_digests.h"

namespace weightmark {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxOutput = std::size_t{1} << 30U;
constexpr std::size_t kMaxArguments = std::size_t{100} << 10U;  // bytes; far below any system's limit
constexpr std::size_t kMaxPointer = 1024;                       // of Git LFS, by its specification

struct Entry {
  std::string mode;  // "100644", "100755", "120000", "160000"
  std::string object;

  friend bool operator==(const Entry&, const Entry&) = default;
};
using Entries = std::map<std::string, Entry>;

std::unexpected<Error> cannot_tell(std::string what, const fs::path& root) {
  return refuse(ErrorCode::kTrainingSource, std::move(what), root.native(),
                "check that git is installed and the checkout is whole; --source names another folder");
}

// Git runs the program in one checkout.
class Git {
 public:
  Git(fs::path root, const Stop& stop) : root_(std::move(root)), stop_(stop) {
    options_.max_output = kMaxOutput;
    options_.code = ErrorCode::kTrainingSource;
    const char* path = std::getenv("PATH");
    // None of the caller's configuration, no replaced objects, nothing fetched or asked.
    options_.environment = {fmt::format("PATH={}", path == nullptr ? "/usr/bin:/bin" : path),
                            "HOME=/nonexistent",
                            "LC_ALL=C",
                            "GIT_CONFIG_NOSYSTEM=1",
                            "GIT_CONFIG_GLOBAL=/dev/null",
                            "GIT_NO_REPLACE_OBJECTS=1",
                            "GIT_NO_LAZY_FETCH=1",
                            "GIT_TERMINAL_PROMPT=0",
                            "GIT_OPTIONAL_LOCKS=0"};
  }

  const fs::path& root() const { return root_; }

  // ask returns what it answers; nothing where it says no by its status.
  Result<std::optional<std::string>> ask(const std::vector<std::string>& words) const {
    std::vector<std::string> all{"git", "--literal-pathspecs", "--no-optional-locks"};
    for (const char* setting : {"safe.directory=*", "core.fsmonitor=", "core.hooksPath=/dev/null",
                                "core.untrackedCache=false", "core.attributesFile=/dev/null", "protocol.allow=never"}) {
      all.emplace_back("-c");
      all.emplace_back(setting);
    }
    // Named, so that the repository cannot say that its files are elsewhere.
    all.insert(all.end(), {"-C", root_.native(), "--git-dir=" + (root_ / ".git").native(), "--work-tree=."});
    all.insert(all.end(), words.begin(), words.end());
    WM_TRY(auto answer, run_program(all, stop_, std::chrono::minutes(10), options_));
    if (!answer) return cannot_tell("the program git is not installed", root_);
    if (answer->status != 0) return std::nullopt;
    return std::move(answer->output);
  }

  Result<std::string> tell(const std::vector<std::string>& words) const {
    WM_TRY(auto answer, ask(words));
    if (!answer) return cannot_tell(fmt::format("git {} fails", words.front()), root_);
    return *std::move(answer);
  }

 private:
  fs::path root_;
  Stop stop_;
  ProgramOptions options_;
};

std::string first_line_of(std::string_view text) { return std::string(trimmed(text.substr(0, text.find('\n')))); }

// each_item calls back for what a NUL ends.
void each_item(std::string_view text, const std::function<void(std::string_view)>& take) {
  for (std::size_t end = text.find('\0'); end != std::string_view::npos; end = text.find('\0')) {
    take(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
}

// word returns the n-th of words that single spaces separate.
std::string word(std::string_view text, std::size_t n) {
  for (; n > 0; --n) text.remove_prefix(std::min(text.find(' '), text.size() - 1) + 1);
  return std::string(text.substr(0, text.find(' ')));
}

// parse_entries takes "MODE … OBJECT …" TAB NAME, `object` being its place among the words.
Entries parse_entries(std::string_view text, std::size_t object) {
  Entries entries;
  each_item(text, [&](std::string_view item) {
    const std::size_t tab = item.find('\t');
    if (tab == std::string_view::npos) return;
    const std::string_view facts = item.substr(0, tab);
    entries[std::string(item.substr(tab + 1))] = {word(facts, 0), word(facts, object)};
  });
  return entries;
}

Result<std::string> read_ref(const Git& git) {
  WM_TRY(const auto branch, git.ask({"symbolic-ref", "-q", "HEAD"}));
  if (branch) return first_line_of(*branch);
  WM_TRY(const auto tags, git.ask({"for-each-ref", "--points-at=HEAD", "--format=%(refname)", "refs/tags"}));
  return tags ? first_line_of(*tags) : std::string();
}

// read_repository leaves out paths of this machine.
Result<std::string> read_repository(const Git& git) {
  WM_TRY(const auto url, git.ask({"config", "--get", "remote.origin.url"}));
  const std::string clean = url ? without_credentials(first_line_of(*url)) : "";
  const bool local =
      clean.starts_with('/') || clean.starts_with('.') || clean.starts_with("file:") || !clean.contains(':');
  return local ? std::string() : clean;
}

// Comparison finds the files of the checkout that are not as the index has them.
class Comparison {
 public:
  explicit Comparison(const Git& git) : git_(git) {}

  Result<void> run(const Entries& entries) {
    for (const auto& [name, entry] : entries) WM_CHECK(look_at(name, entry));
    return flush();
  }

  std::vector<std::string> take_changed() && { return std::move(changed_); }

 private:
  Result<void> look_at(const std::string& name, const Entry& entry) {
    struct stat status{};
    const bool there = ::lstat((git_.root() / name).c_str(), &status) == 0;
    if (entry.mode == "160000") return look_at_submodule(name, entry);
    if (!there) return note(name);
    if (entry.mode == "120000") return S_ISLNK(status.st_mode) ? look_at_link(name, entry) : note(name);
    const bool executable = (status.st_mode & S_IXUSR) != 0;
    if (!S_ISREG(status.st_mode) || executable != (entry.mode == "100755")) return note(name);
    waiting_.emplace_back(name, entry.object);
    waiting_bytes_ += name.size();
    return waiting_bytes_ > kMaxArguments ? flush() : Result<void>();
  }

  Result<void> note(const std::string& name) {
    changed_.push_back(name);
    return {};
  }

  Result<void> look_at_link(const std::string& name, const Entry& entry) {
    std::error_code error;
    const fs::path target = fs::read_symlink(git_.root() / name, error);
    WM_TRY(const auto text, git_.ask({"cat-file", "blob", entry.object}));
    return !error && text && *text == target.native() ? Result<void>() : note(name);
  }

  // A submodule that is not checked out has nothing to differ.
  Result<void> look_at_submodule(const std::string& name, const Entry& entry) {
    std::error_code error;
    if (!fs::exists(git_.root() / name / ".git", error)) return {};
    const Git inner(git_.root() / name, {});
    WM_TRY(const auto commit, inner.ask({"rev-parse", "--verify", "HEAD^{commit}"}));
    return commit && first_line_of(*commit) == entry.object ? Result<void>() : note(name);
  }

  Result<void> flush() {
    if (waiting_.empty()) return {};
    std::vector<std::string> words{"hash-object", "--no-filters", "--"};
    for (const auto& [name, object] : waiting_) words.push_back(name);
    WM_TRY(const std::string answer, git_.tell(words));
    std::string_view rest = answer;
    for (const auto& [name, object] : waiting_) {
      const std::string hash = first_line_of(rest);
      rest.remove_prefix(std::min(rest.find('\n'), rest.size() - 1) + 1);
      if (hash != object) WM_CHECK(compare_pointer(name, object));
    }
    waiting_.clear();
    waiting_bytes_ = 0;
    return {};
  }

  // compare_pointer: what is stored for a file of Git LFS is its SHA-256
  // (https://github.com/git-lfs/git-lfs, docs/spec.md).
  Result<void> compare_pointer(const std::string& name, const std::string& object) {
    WM_TRY(const auto size, git_.ask({"cat-file", "-s", object}));
    if (!size || first_line_of(*size).size() > 4 || std::stoul("0" + first_line_of(*size)) > kMaxPointer)
      return note(name);
    WM_TRY(const auto pointer, git_.ask({"cat-file", "blob", object}));
    constexpr std::string_view kOid = "\noid sha256:";
    const std::size_t at = pointer ? pointer->find(kOid) : std::string::npos;
    if (at == std::string::npos || !pointer->starts_with("version https://git-lfs.github.com/spec/")) return note(name);
    const auto digest = file_sha256(git_.root() / name);
    return digest && pointer->substr(at + kOid.size(), 64) == *digest ? Result<void>() : note(name);
  }

  const Git& git_;
  std::vector<std::pair<std::string, std::string>> waiting_;  // name and object
  std::size_t waiting_bytes_ = 0;
  std::vector<std::string> changed_;
};

// read_files compares the commit with the index, and the index with the checkout.
Result<void> read_files(const Git& git, SourceTree& source) {
  WM_TRY(const std::string tree, git.tell({"ls-tree", "-r", "-z", "--full-tree", "HEAD"}));
  WM_TRY(const std::string index, git.tell({"ls-files", "-s", "-z"}));
  const Entries committed = parse_entries(tree, 2);
  const Entries staged = parse_entries(index, 1);
  for (const auto& [name, entry] : committed) {
    source.tracked.push_back(name);
    const auto found = staged.find(name);
    if (found == staged.end() || found->second != entry) source.changed.push_back(name);
  }
  for (const auto& [name, entry] : staged)
    if (!committed.contains(name)) source.changed.push_back(name);
  Comparison comparison(git);
  WM_CHECK(comparison.run(staged));
  std::ranges::move(std::move(comparison).take_changed(), std::back_inserter(source.changed));
  std::ranges::sort(source.changed);
  source.changed.erase(std::unique(source.changed.begin(), source.changed.end()), source.changed.end());
  WM_TRY(const std::string others, git.tell({"ls-files", "--others", "--exclude-standard", "-z"}));
  each_item(others, [&](std::string_view name) { source.untracked.emplace_back(name); });
  std::ranges::sort(source.untracked);
  return {};
}

}  // namespace

std::optional<fs::path> git_root(const fs::path& path) {
  std::error_code error;
  fs::path at = fs::canonical(path, error);
  for (; !error && !at.empty(); at = at.parent_path()) {
    std::error_code ignored;
    if (fs::exists(at / ".git", ignored)) return at;
    if (at == at.root_path()) break;
  }
  return std::nullopt;
}

Result<SourceTree> read_git_source(const fs::path& root, const Stop& stop) {
  const Git git(root, stop);
  SourceTree source;
  source.root = root;
  WM_TRY(const std::string commit, git.tell({"rev-parse", "--verify", "HEAD^{commit}"}));
  source.commit = first_line_of(commit);
  WM_TRY(source.ref, read_ref(git));
  WM_TRY(source.repository, read_repository(git));
  WM_CHECK(read_files(git, source));
  return source;
}

}  // namespace weightmark
