#include "model/model_root.h"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cstddef>
#include <limits>

#include "model/model_testing.h"

namespace weightmark {
namespace {

using testing::as_nobody;
using testing::code_of;
using testing::in_child;
using testing::TempFolder;
using testing::WorkingFolder;
namespace fs = std::filesystem;

constexpr auto kRefuse = SymlinkPolicy::kRefuse;
constexpr auto kFollow = SymlinkPolicy::kFollow;

std::string open_in(const fs::path& model, std::string_view name, SymlinkPolicy policy = kRefuse) {
  auto root = ModelRoot::open(model, policy);
  if (!root) return "root: " + code_of(root);
  return code_of(root->open_file(name));
}

TEST(ModelRoot, OpensAFolder) {
  TempFolder temp;
  temp.write("model/a/b", "1");
  for (const char* end : {"", "/", "//", "/."}) {
    auto root = ModelRoot::open((temp / "model").native() + end, kRefuse);
    ASSERT_EQ(code_of(root), "ok") << end;
    EXPECT_FALSE(root->is_file());
    EXPECT_EQ(root->path(), temp / "model");
    EXPECT_EQ(root->default_name(), "model");
    EXPECT_EQ(code_of(root->open_file("a/b")), "ok");
    EXPECT_EQ(code_of(root->open_folder("a")), "ok");
    EXPECT_EQ(code_of(root->open_folder("")), "ok");
  }
}

TEST(ModelRoot, OpensTheCurrentFolderByItsRealName) {
  TempFolder temp;
  WorkingFolder here(temp.folder("model/sub"));
  EXPECT_EQ(ModelRoot::open(".", kRefuse)->default_name(), "sub");
  EXPECT_EQ(ModelRoot::open("", kRefuse)->default_name(), "sub");
  EXPECT_EQ(ModelRoot::open("..", kRefuse)->default_name(), "model");
}

TEST(ModelRoot, OpensASingleFile) {
  TempFolder temp;
  temp.write("w.bin", "w");
  auto root = ModelRoot::open(temp / "w.bin", kRefuse);
  ASSERT_EQ(code_of(root), "ok");
  EXPECT_TRUE(root->is_file());
  EXPECT_EQ(root->file_name(), "w.bin");
  EXPECT_EQ(root->default_name(), "w.bin");
  EXPECT_EQ(root->path(), temp / "w.bin");
  WorkingFolder here(temp.path());
  EXPECT_EQ(code_of(ModelRoot::open("w.bin", kRefuse)), "ok");
}

TEST(ModelRoot, RefusesWhatIsNoModel) {
  TempFolder temp;
  EXPECT_EQ(code_of(ModelRoot::open(temp / "none", kRefuse)), "model-not-found");
  EXPECT_EQ(code_of(ModelRoot::open(temp / std::string(300, 'x'), kRefuse)), "model-not-found");
  EXPECT_EQ(code_of(ModelRoot::open(temp.fifo("fifo"), kRefuse)), "special-fifo");
  EXPECT_EQ(code_of(ModelRoot::open(temp.socket("socket"), kRefuse)), "special-socket");
  EXPECT_EQ(code_of(ModelRoot::open("/dev/null", kRefuse)), "special-device");
}

TEST(ModelRoot, PutsALinkedModelUnderThePolicy) {
  TempFolder temp;
  temp.write("model/w", "w");
  temp.link("folder", "model");
  temp.link("file", "model/w");
  temp.link("broken", "nowhere");
  EXPECT_EQ(code_of(ModelRoot::open(temp / "folder", kRefuse)), "symlink-refused");
  EXPECT_EQ(code_of(ModelRoot::open((temp / "folder").native() + "/", kRefuse)), "symlink-refused");
  EXPECT_EQ(code_of(ModelRoot::open(temp / "file", kRefuse)), "symlink-refused");
  EXPECT_EQ(code_of(ModelRoot::open(temp / "broken", kRefuse)), "symlink-refused");
  EXPECT_EQ(code_of(ModelRoot::open(temp / "broken", kFollow)), "model-not-found");
  auto followed = ModelRoot::open(temp / "folder", kFollow);
  ASSERT_EQ(code_of(followed), "ok");
  EXPECT_EQ(followed->default_name(), "folder") << "what the user calls it";
  EXPECT_EQ(followed->path(), temp / "model");
  EXPECT_TRUE(ModelRoot::open(temp / "file", kFollow)->is_file());
}

TEST(ModelRoot, MayLieBelowLinks) {
  TempFolder temp;
  temp.write("real/model/w", "w");
  temp.link("alias", "real");
  EXPECT_EQ(open_in(temp / "alias/model", "w"), "ok");
}

TEST(OpenFile, ReportsWhatIsNoRegularFile) {
  TempFolder temp;
  temp.folder("model/folder");
  temp.fifo("model/fifo");
  temp.socket("model/socket");
  temp.write("model/file", "");
  EXPECT_EQ(open_in(temp / "model", "none"), "file-not-found");
  EXPECT_EQ(open_in(temp / "model", "folder"), "file-not-found");
  EXPECT_EQ(open_in(temp / "model", "file/below"), "file-not-found");
  EXPECT_EQ(open_in(temp / "model", std::string(300, 'x')), "file-not-found");
  EXPECT_EQ(open_in(temp / "model", "fifo"), "special-fifo");
  EXPECT_EQ(open_in(temp / "model", "socket"), "special-socket");
}

TEST(OpenFile, ReportsDevices) {
  TempFolder temp;
  if (!temp.null_device("model/null")) GTEST_SKIP() << "making a device needs root";
  EXPECT_EQ(open_in(temp / "model", "null"), "special-device");
}

TEST(OpenFile, ReportsFilesThatMayNotBeRead) {
  TempFolder temp;
  fs::permissions(temp.path(), fs::perms(0755));
  fs::permissions(temp.write("model/secret", "s"), fs::perms::none);
  fs::permissions(temp.folder("closed"), fs::perms::none);
  auto child = as_nobody([&] {
    return open_in(temp / "model", "secret") + " " + code_of(ModelRoot::open(temp / "closed", kRefuse)) + " " +
           code_of(ModelRoot::open(temp / "model/secret", kRefuse));
  });
  EXPECT_EQ(child.text, "file-unreadable file-unreadable file-unreadable");
}

TEST(OpenFile, FollowsNoLinksUnlessAllowed) {
  TempFolder temp;
  temp.write("model/real/w", "w");
  temp.link("model/file", "real/w");
  temp.link("model/folder", "real");
  temp.link("model/broken", "nowhere");
  temp.link("model/below-file", "real/w/x");
  temp.link("model/self", "self");
  for (const char* name : {"file", "folder/w", "folder", "broken", "self", "folder/none"})
    EXPECT_EQ(open_in(temp / "model", name), "symlink-refused") << name;
  EXPECT_EQ(open_in(temp / "model", "file", kFollow), "ok");
  EXPECT_EQ(open_in(temp / "model", "folder/w", kFollow), "ok");
  EXPECT_EQ(open_in(temp / "model", "folder/none", kFollow), "file-not-found");
  for (const char* name : {"broken", "self", "below-file"})
    EXPECT_EQ(open_in(temp / "model", name, kFollow), "symlink-broken") << name;
}

TEST(OpenFolder, FollowsNoLinksUnlessAllowed) {
  TempFolder temp;
  temp.folder("model/real");
  temp.link("model/folder", "real");
  temp.write("model/file", "");
  auto refusing = ModelRoot::open(temp / "model", kRefuse);
  EXPECT_EQ(code_of(refusing->open_folder("folder")), "symlink-refused");
  EXPECT_EQ(code_of(refusing->open_folder("file")), "file-not-found");
  EXPECT_EQ(code_of(refusing->open_folder("none")), "file-not-found");
  EXPECT_EQ(code_of(ModelRoot::open(temp / "model", kFollow)->open_folder("folder")), "ok");
}

TEST(OpenFile, TakesNamesTooLongForOneCall) {
  TempFolder temp;
  std::vector<std::string> parts(15, std::string(255, 'd'));
  parts.emplace_back(128, 'd');
  testing::write_at(temp.chain(parts), std::string(127, 'f'), "deep");
  std::string name;
  for (const std::string& part : parts) name += part + "/";
  name += std::string(127, 'f');
  ASSERT_EQ(name.size(), 4096U);
  EXPECT_EQ(open_in(temp.path(), name), "ok");
  EXPECT_EQ(open_in(temp.path(), name, kFollow), "ok");
  EXPECT_EQ(open_in(temp.path(), name + "f", kFollow), "file-not-found");
}

TEST(FileIdentity, TakesAnyTime) {
  struct stat status{};
  status.st_mtim = {std::numeric_limits<time_t>::max(), 999'999'999};
  status.st_ctim = {std::numeric_limits<time_t>::min(), 0};
  FileIdentity identity = FileIdentity::of(status);
  status.st_mtim.tv_nsec -= 1;
  EXPECT_NE(FileIdentity::of(status), identity);
}

TEST(OpenFile, NoticesChanges) {
  TempFolder temp;
  temp.write("model/w", "w");
  auto file = ModelRoot::open(temp / "model", kRefuse)->open_file("w");
  ASSERT_EQ(code_of(file), "ok");
  EXPECT_TRUE(file->unchanged());
  temp.write("model/w", "longer");
  EXPECT_FALSE(file->unchanged());
}

// without_openat2 makes the call fail as old kernels and some sandboxes do.
bool without_openat2(int error_number) {
  std::array<sock_filter, 4> filter = {{
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_openat2},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | static_cast<unsigned>(error_number)},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  }};
  sock_fprog program = {filter.size(), filter.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

TEST(OpenFile, DoesWithoutOpenat2) {
  TempFolder temp;
  temp.write("model/real/deep/w", "w");
  temp.link("model/file", "real/deep/w");
  temp.link("model/folder", "real");
  for (int error_number : {ENOSYS, EPERM}) {
    auto child = in_child([&]() -> std::string {
      if (!without_openat2(error_number)) return "cannot filter";
      std::string codes;
      for (const char* name : {"real/deep/w", "file", "folder/deep/w", "real/none", "real/deep/w/x", "none/w"})
        codes += open_in(temp / "model", name) + " ";
      auto root = ModelRoot::open(temp / "model", kRefuse);
      return codes + code_of(root->open_folder("folder")) + " " + code_of(root->open_folder("real/deep"));
    });
    if (child.text == "cannot filter") GTEST_SKIP() << "system calls cannot be filtered here";
    EXPECT_EQ(child.text,
              "ok symlink-refused symlink-refused file-not-found file-not-found file-not-found symlink-refused ok");
  }
}

}  // namespace
}  // namespace weightmark
