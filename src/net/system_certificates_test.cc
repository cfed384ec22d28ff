#include "net/system_certificates.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

namespace weightmark {
namespace {

namespace fs = std::filesystem;

class SystemCertificatesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "/systemXXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  void TearDown() override { fs::remove_all(root_); }

  std::string add(const fs::path& name) {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << "certificates";
    return (root_ / name).native();
  }

  fs::path root_;
};

TEST_F(SystemCertificatesTest, AreTheFileOfTheDistribution) {
  for (const char* name : {"var/lib/ca-certificates/ca-bundle.pem", "etc/pki/tls/certs/ca-bundle.crt",
                           "etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "etc/ssl/certs/ca-certificates.crt"}) {
    const std::string file = add(name);
    const SystemCertificates found = find_system_certificates(root_);
    EXPECT_EQ(found.file, file);
    EXPECT_EQ(found.folder, "");
  }
}

TEST_F(SystemCertificatesTest, AreAFolderWhereThereIsNoFile) {
  fs::create_directories(root_ / "etc/ssl/certs/ca-certificates.crt");
  const SystemCertificates found = find_system_certificates(root_);
  EXPECT_EQ(found.file, "");
  EXPECT_EQ(found.folder, (root_ / "etc/ssl/certs").native());
}

TEST_F(SystemCertificatesTest, AreNothingWhereNothingIs) {
  const SystemCertificates found = find_system_certificates(root_);
  EXPECT_EQ(found.file, "");
  EXPECT_EQ(found.folder, "");
}

}  // namespace
}  // namespace weightmark
