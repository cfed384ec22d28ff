#include "base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

namespace weightmark {
namespace {

namespace fs = std::filesystem;

// TempFolder makes a folder and removes it with all that is in it.
class FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "weightmark-file-XXXXXX").native();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder = pattern;
  }
  void TearDown() override { fs::remove_all(folder); }

  fs::path path(std::string_view name) const { return folder / name; }
  void put(std::string_view name, std::string_view text) const { std::ofstream(path(name)) << text; }
  std::string get(std::string_view name) const { return *read_file(path(name), 1 << 20); }
  std::ptrdiff_t count() const { return std::distance(fs::directory_iterator(folder), fs::directory_iterator()); }

  fs::path folder;
};

// in_child runs `body` in a forked child and returns what waitpid says. The child
// exits with the body's value.
template <class Body>
int in_child(Body body) {
  pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

TEST_F(FileTest, ReadsUpToTheLimit) {
  put("f", std::string(1000, 'x'));
  EXPECT_EQ(read_file(path("f"), 1000)->size(), 1000U);
  EXPECT_EQ(code_name(read_file(path("f"), 999).error().code), "file-too-large");
  EXPECT_EQ(code_name(read_file(path("none"), 1).error().code), "file-not-found");
  EXPECT_EQ(code_name(read_file(folder, 1).error().code), "read-failed");
  put("empty", "");
  EXPECT_EQ(*read_file(path("empty"), 0), "");
}

TEST_F(FileTest, RefusesByTheSizeBeforeReading) {
  put("sparse", "");
  fs::resize_file(path("sparse"), std::uintmax_t{1} << 40U);
  EXPECT_EQ(code_name(read_file(path("sparse"), 1 << 20).error().code), "file-too-large");
}

TEST_F(FileTest, RefusesByTheBytesWhereTheSizeSaysNothing) {
  // Files below /proc claim to be empty.
  auto text = read_file("/proc/self/stat", 10);
  ASSERT_FALSE(text);
  EXPECT_EQ(code_name(text.error().code), "file-too-large");
}

TEST_F(FileTest, SaysWhatMayNotBeRead) {
  put("secret", "x");
  fs::permissions(path("secret"), fs::perms::none);
  fs::permissions(folder, fs::perms::others_exec, fs::perm_options::add);
  int status = in_child([&] {
    constexpr uid_t kNobody = 65534;  // root may read everything
    if (::geteuid() == 0 && ::setresuid(kNobody, kNobody, kNobody) != 0) return 2;
    auto text = read_file(path("secret"), 1);
    return !text && code_name(text.error().code) == "file-unreadable" ? 0 : 1;
  });
  EXPECT_EQ(status, 0);
}

TEST_F(FileTest, DoesNotWaitForAPipe) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(code_name(read_file(path("pipe"), 1).error().code), "read-failed");
}

TEST_F(FileTest, AppearsOnlyWhenCommitted) {
  put("out", "old");
  {
    auto output = AtomicFile::create(path("out"));
    ASSERT_TRUE(output);
    ASSERT_TRUE(output->write(as_bytes("new")));
    EXPECT_EQ(get("out"), "old");
  }
  EXPECT_EQ(get("out"), "old");
  EXPECT_EQ(count(), 1);
  ASSERT_TRUE(write_file_atomically(path("out"), as_bytes("newer")));
  EXPECT_EQ(get("out"), "newer");
  EXPECT_EQ(count(), 1);
}

TEST_F(FileTest, ReadsBackWhatWasWritten) {
  auto output = AtomicFile::create(path("out"));
  ASSERT_TRUE(output);
  EXPECT_EQ(output->read_back(), "");
  ASSERT_TRUE(output->write(as_bytes("one, ")));
  EXPECT_EQ(output->read_back(), "one, ");
  ASSERT_TRUE(output->write(as_bytes("two")));
  EXPECT_EQ(output->read_back(), "one, two");
  ASSERT_TRUE(output->commit());
  EXPECT_EQ(get("out"), "one, two");
}

TEST_F(FileTest, IsMovedWithItsFile) {
  auto output = AtomicFile::create(path("out"));
  ASSERT_TRUE(output);
  AtomicFile moved = *std::move(output);
  ASSERT_TRUE(moved.write(as_bytes("new")) && moved.commit());
  EXPECT_EQ(get("out"), "new");
  EXPECT_EQ(count(), 1);
}

TEST_F(FileTest, TakesTheLongestName) {
  std::string name(255, 'n');
  ASSERT_TRUE(write_file_atomically(path(name), as_bytes("1")));
  ASSERT_TRUE(write_file_atomically(path(name), as_bytes("2")));
  EXPECT_EQ(get(name), "2");
  EXPECT_EQ(count(), 1);
}

TEST_F(FileTest, ReplacesALinkAndNotItsTarget) {
  put("target", "old");
  fs::create_symlink("target", path("link"));
  ASSERT_TRUE(write_file_atomically(path("link"), as_bytes("new")));
  EXPECT_FALSE(fs::is_symlink(path("link")));
  EXPECT_EQ(get("target"), "old");
  EXPECT_EQ(get("link"), "new");
}

TEST_F(FileTest, RefusesToReplaceAFolder) {
  fs::create_directory(path("sub"));
  for (const fs::path& name : {path("sub"), path("sub/"), path("sub/."), path("sub/..")}) {
    auto output = AtomicFile::create(name);
    ASSERT_FALSE(output) << name;
    EXPECT_EQ(code_name(output.error().code), "write-failed") << name;
  }
  EXPECT_EQ(count(), 1);
}

TEST_F(FileTest, LeavesNothingWhereThePlaceIsTakenMeanwhile) {
  auto output = AtomicFile::create(path("out"));
  ASSERT_TRUE(output && output->write(as_bytes("new")));
  fs::create_directory(path("out"));
  EXPECT_EQ(code_name(output->commit().error().code), "write-failed");
  { AtomicFile done = *std::move(output); }  // drops what it holds
  EXPECT_EQ(count(), 1);
}

TEST_F(FileTest, ReportsAFolderThatIsNotThere) {
  EXPECT_EQ(code_name(write_file_atomically(path("no/out"), as_bytes("x")).error().code), "file-not-found");
}

TEST_F(FileTest, SurvivesBeingKilled) {
  put("out", "old");
  int status = in_child([&] {
    auto output = AtomicFile::create(path("out"));
    if (!output || !output->write(as_bytes("half of it"))) return 1;
    return ::raise(SIGKILL);
  });
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  EXPECT_EQ(get("out"), "old");
  EXPECT_EQ(count(), 1) << "something was left behind";
}

TEST_F(FileTest, SurvivesBeingKilledBeforeTheFirst) {
  int status = in_child([&] {
    auto output = AtomicFile::create(path("out"));
    if (!output || !output->write(as_bytes("half of it"))) return 1;
    return ::raise(SIGKILL);
  });
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  EXPECT_EQ(count(), 0) << "something was left behind";
}

TEST_F(FileTest, SurvivesAFileSizeLimit) {
  put("out", "old");
  int status = in_child([&] {
    rlimit limit{100, 100};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    ::signal(SIGXFSZ, SIG_IGN);
    auto written = write_file_atomically(path("out"), Bytes(1000));
    return !written && code_name(written.error().code) == "write-failed" ? 0 : 1;
  });
  EXPECT_EQ(status, 0);
  EXPECT_EQ(get("out"), "old");
  EXPECT_EQ(count(), 1);
}

constexpr int kNotPermitted = 77;

// own_mounts gives this process a mount namespace of its own.
bool own_mounts() {
  if (::unshare(CLONE_NEWNS) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  return ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

// fill_a_small_disk runs in a child: a tmpfs of 64 KiB in a mount namespace of
// its own.
int fill_a_small_disk(const fs::path& folder) {
  if (!own_mounts() || ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=64k") != 0) return kNotPermitted;
  if (!write_file_atomically(folder / "out", as_bytes("old"))) return 1;
  auto written = write_file_atomically(folder / "out", Bytes(1U << 20U));
  if (written || code_name(written.error().code) != "disk-full") return 2;
  if (*read_file(folder / "out", 100) != "old") return 3;
  return std::distance(fs::directory_iterator(folder), fs::directory_iterator()) == 1 ? 0 : 4;
}

TEST_F(FileTest, SurvivesAFullDisk) {
  int status = in_child([&] { return fill_a_small_disk(folder); });
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kNotPermitted) GTEST_SKIP() << "mounting a small disk is not permitted here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

// write_without_proc runs in a child that hides /proc, as some sandboxes do.
int write_without_proc(const fs::path& folder) {
  if (!own_mounts() || ::mount("tmpfs", "/proc", "tmpfs", 0, "size=64k") != 0) return kNotPermitted;
  if (!write_file_atomically(folder / "out", as_bytes("first"))) return 1;
  if (!write_file_atomically(folder / "out", as_bytes("second"))) return 2;
  if (auto dropped = AtomicFile::create(folder / "out"); !dropped || !dropped->write(as_bytes("third"))) return 3;
  return *read_file(folder / "out", 100) == "second" ? 0 : 4;
}

TEST_F(FileTest, WritesWithoutProc) {
  int status = in_child([&] { return write_without_proc(folder); });
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kNotPermitted) GTEST_SKIP() << "hiding /proc is not permitted here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(count(), 1);
}

TEST(SystemError, MapsWhatMatters) {
  auto code = [](int number) { return code_name(system_error(number, "f", ErrorCode::kReadFailed).code); };
  EXPECT_EQ(code(ENOENT), "file-not-found");
  EXPECT_EQ(code(EACCES), "file-unreadable");
  EXPECT_EQ(code(ENOTDIR), "file-not-found");
  EXPECT_EQ(code(EPERM), "file-unreadable");
  EXPECT_EQ(code(ENOSPC), "disk-full");
  EXPECT_EQ(code(EDQUOT), "disk-full");
  EXPECT_EQ(code(EIO), "read-failed");
}

}  // namespace
}  // namespace weightmark
