#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include <cstdlib>

#include "attest/bundle.h"
#include "attest/oms.h"
#include "base/json.h"
#include "base/json_document.h"
#include "crypto/pki_testing.h"
#include "model/model_testing.h"
#include "weightmark/seal.h"
#include "weightmark/sign.h"

namespace weightmark {
namespace {

using ::testing::HasSubstr;
using testing::TempFolder;
namespace fs = std::filesystem;

// A place where no file can be sealed, so that these tests leave nothing behind.
// What follows when one can be is tested in tests/seal, under an emulator.
class SealModel : public ::testing::Test {
 protected:
  void SetUp() override {
    struct statfs status{};
    if (::statfs("/dev/shm", &status) != 0 || status.f_type != TMPFS_MAGIC) GTEST_SKIP() << "/dev/shm is no tmpfs here";
    key = *load_private_key(testing::generate_key_pem(KeyType::kEcP256), {});
  }

  // sign writes MODEL.sig beside the model.
  SealOptions sign(const fs::path& model, HashOptions hash = {}) {
    hash.model = model;
    auto hashed = hash_model(hash);
    EXPECT_TRUE(hashed) << describe(hashed.error());
    std::string payload = write_oms(hashed->manifest, ResourceOrder::kSpecification);
    Bundle bundle;
    bundle.media_type = kBundleMediaType;
    bundle.material = PublicKeyMaterial{key->public_key().fingerprint(), {}};
    bundle.envelope = {std::string(kInTotoPayloadType), Bytes(payload.begin(), payload.end()), {}};
    bundle.envelope.signature = *key->sign(pae(bundle.envelope.payload_type, bundle.envelope.payload));
    fs::path signature = model.native() + ".sig";
    EXPECT_TRUE(write_file_atomically(signature, as_bytes(write_bundle(bundle))));
    SealOptions options;
    options.verify.model = model;
    options.verify.signature = signature;
    options.verify.trust = KeyTrust{{key->public_key()}};
    options.confirm = [this](std::uint64_t, std::uint64_t) { return asked = true; };
    return options;
  }

  // codes are the error codes of the files, in order; "ok" where there is none.
  static std::vector<std::string> codes(const SealReport& report) {
    std::vector<std::string> codes;
    codes.reserve(report.files.size());
    for (const SealedFile& file : report.files)
      codes.push_back(file.error ? std::string(code_name(file.error->code)) : "ok");
    return codes;
  }

  // In /dev/shm, but only for this test.
  class InMemory {
   public:
    InMemory() {
      if (const char* value = std::getenv("TMPDIR")) before_ = value;
      ::setenv("TMPDIR", "/dev/shm", 1);
    }
    ~InMemory() { before_.empty() ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", before_.c_str(), 1); }
    InMemory(const InMemory&) = delete;
    InMemory& operator=(const InMemory&) = delete;

   private:
    std::string before_;
  };

  InMemory in_memory;
  TempFolder temp;
  std::unique_ptr<SigningKey> key;
  bool asked = false;
};

using Codes = std::vector<std::string>;

TEST_F(SealModel, SaysWhereItCannotSeal) {
  temp.write("model/a", "aa");
  temp.write("model/b", "b");
  SealReport report = seal_model(sign(temp / "model"));
  EXPECT_EQ(report.verification.verdict, Verdict::kVerified);
  EXPECT_EQ(codes(report), (Codes{"seal-unsupported", "seal-unsupported"}));
  EXPECT_EQ(report.files[0].size, 2U);
  EXPECT_EQ(report.count(SealOutcome::kFailed), 2U);
  EXPECT_EQ(report.exit_status(), 3);
  EXPECT_FALSE(asked);
  EXPECT_FALSE(report.error);
}

TEST_F(SealModel, SealsNothingThatDoesNotVerify) {
  temp.write("model/w", "weights");
  SealOptions options = sign(temp / "model");
  temp.write("model/w", "weighty");
  SealReport report = seal_model(options);
  EXPECT_EQ(report.verification.verdict, Verdict::kRefused);
  EXPECT_TRUE(report.files.empty());
  EXPECT_EQ(report.exit_status(), 1);
}

TEST_F(SealModel, RefusesHardLinksUnlessAllowed) {
  temp.write("model/w", "weights");
  temp.write("model/x", "x");
  fs::create_hard_link(temp / "model/w", temp / "other");
  SealOptions options = sign(temp / "model");
  SealReport report = seal_model(options);
  EXPECT_EQ(codes(report), (Codes{"seal-hard-links", "seal-unsupported"}));
  EXPECT_THAT(report.files[0].error->what, HasSubstr("2 names"));
  EXPECT_EQ(report.exit_status(), 1) << "a refusal outweighs what could not be done";
  options.allow_hard_links = true;
  EXPECT_EQ(codes(seal_model(options)), (Codes{"seal-unsupported", "seal-unsupported"}));
}

TEST_F(SealModel, RefusesSharedBlobsUnlessAllowed) {
  fs::path repository = temp.folder("models--org--name");
  temp.write("models--org--name/blobs/abc", "weights");
  temp.link("models--org--name/snapshots/1/w", "../../blobs/abc");
  SealOptions options = sign(repository / "snapshots/1");
  SealReport report = seal_model(options);
  EXPECT_EQ(codes(report), Codes{"seal-shared-blobs"});
  EXPECT_THAT(report.files[0].error->what, HasSubstr("other snapshots"));
  options.allow_shared_blobs = true;
  EXPECT_EQ(codes(seal_model(options)), Codes{"seal-unsupported"});
}

TEST_F(SealModel, RefusesABlobThatIsTheModelItself) {
  fs::path blob = temp.write("models--org--name/blobs/abc", "weights");
  EXPECT_EQ(codes(seal_model(sign(blob))), Codes{"seal-shared-blobs"});
}

TEST_F(SealModel, RefusesWhatALinkFindsOutsideTheModel) {
  temp.write("elsewhere", "weights");
  temp.link("model/w", "../elsewhere");
  temp.write("model/x", "x");
  temp.link("model/y", "x");
  HashOptions hash;
  hash.allow_symlinks = true;
  SealOptions options = sign(temp / "model", hash);
  SealReport report = seal_model(options);
  EXPECT_EQ(codes(report), (Codes{"seal-shared-blobs", "seal-unsupported", "seal-unsupported"}));
  EXPECT_THAT(report.files[0].error->what, HasSubstr("outside the model"));
  options.allow_shared_blobs = true;
  EXPECT_EQ(codes(seal_model(options))[0], "seal-unsupported");
}

TEST_F(SealModel, TakesASingleFile) {
  temp.write("w.gguf", "weights");
  temp.write("neighbour", "");
  SealReport report = seal_model(sign(temp / "w.gguf"));
  EXPECT_EQ(codes(report), Codes{"seal-unsupported"});
}

TEST_F(SealModel, EndsWhenInterrupted) {
  temp.write("model/w", "weights");
  SealOptions options = sign(temp / "model");
  std::atomic<bool> cancelled = true;
  options.verify.work.cancelled = &cancelled;
  EXPECT_EQ(seal_model(options).exit_status(), 130);
}

TEST_F(SealModel, ReportsAsJson) {
  temp.write("model/w", "weights");
  auto json = parse_json(seal_report_json(seal_model(sign(temp / "model"))));
  ASSERT_TRUE(json);
  EXPECT_EQ(*json->find("schema"), Json("weightmark.seal.v1"));
  EXPECT_EQ(*json->find("exitStatus"), Json(3));
  EXPECT_EQ(*json->find("verification")->find("verdict"), Json("verified"));
  const Json& file = json->find("files")->as<JsonArray>()->front();
  EXPECT_EQ(*file.find("name"), Json("w"));
  EXPECT_EQ(*file.find("outcome"), Json("failed"));
  EXPECT_EQ(*file.find("error")->find("code"), Json("seal-unsupported"));
}

TEST(SealReport, SumsUp) {
  auto status = [](const std::vector<ErrorCode>& codes) {
    SealReport report;
    report.verification.verdict = Verdict::kVerified;
    report.files.push_back({"fine", SealOutcome::kSealed, 0, std::nullopt});
    for (ErrorCode code : codes) report.files.push_back({"f", SealOutcome::kFailed, 0, Error{code, {}, {}, {}}});
    return report.exit_status();
  };
  EXPECT_EQ(status({}), 0);
  EXPECT_EQ(status({ErrorCode::kSealBusy}), 3);
  EXPECT_EQ(status({ErrorCode::kSealMismatch, ErrorCode::kSealBusy}), 1);
  EXPECT_EQ(status({ErrorCode::kSealBusy, ErrorCode::kSealParameters}), 1);
  EXPECT_EQ(status({ErrorCode::kSealMismatch, ErrorCode::kInterrupted}), 130);
  SealReport declined;
  declined.verification.verdict = Verdict::kVerified;
  declined.error = Error{ErrorCode::kSealNotConfirmed, {}, {}, {}};
  EXPECT_EQ(declined.exit_status(), 2);
}

}  // namespace
}  // namespace weightmark
