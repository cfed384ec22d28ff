#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "attest/bundle.h"
#include "model/model_testing.h"
#include "verify/bundle_testing.h"
#include "weightmark/sign.h"
#include "weightmark/verify.h"

namespace weightmark {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace testing;

class SignModel : public ::testing::Test {
 protected:
  SignModel() {
    temp_.write("model/a", "first");
    temp_.write("model/sub/b", "second");
    options_.hash.model = temp_ / "model";
    options_.key = &a_key();
    options_.time = kTestNow;
  }

  // signed_bundle signs and reads the bundle that was written.
  Bundle signed_bundle() {
    auto output = sign_model(options_);
    EXPECT_EQ(code_of(output), "ok") << (output ? "" : describe(output.error()));
    return parse_bundle(temp_.read(output->signature.lexically_relative(temp_.path()))).value();
  }

  std::string verify(const Trust& trusted, const std::optional<fs::path>& signature = {}) {
    VerifyOptions options;
    options.model = options_.hash.model;
    options.trust = trusted;
    options.time = kTestNow;
    options.signature = signature;
    Report report = verify_model(options).report;
    return report.first_error() == nullptr ? "ok" : std::string(code_name(report.first_error()->code));
  }

  TempFolder temp_;
  SignOptions options_;
};

TEST_F(SignModel, WritesASignatureThatVerifies) {
  auto output = sign_model(options_);
  ASSERT_EQ(code_of(output), "ok");
  EXPECT_EQ(output->signature, temp_ / "model/model.sig");
  EXPECT_EQ(output->model.bytes, 11U);
  EXPECT_EQ(verify(trust(a_key())), "ok");
  EXPECT_THAT(temp_.names(), ElementsAre("model", "model/a", "model/model.sig", "model/sub", "model/sub/b"))
      << "nothing temporary is left";
}

TEST_F(SignModel, TakesEveryKeyHashAndMethod) {
  for (KeyType type : kKeyTypes)
    for (auto algorithm : {HashAlgorithm::kSha256, HashAlgorithm::kBlake2b, HashAlgorithm::kBlake3})
      for (unsigned shard_size : {0U, 2U, 1'000'000U})
        for (auto compatibility : {Compatibility::kSpecification, Compatibility::kPython}) {
          options_.key = &a_key(type);
          options_.hash.algorithm = algorithm;
          options_.hash.shard_size = shard_size;
          options_.hash.compatibility = compatibility;
          ASSERT_EQ(code_of(sign_model(options_)), "ok");
          EXPECT_EQ(verify(trust(a_key(type))), "ok") << key_type_name(type) << algorithm_name(algorithm) << shard_size;
        }
}

TEST_F(SignModel, NamesTheKey) {
  Bundle bundle = signed_bundle();
  EXPECT_EQ(bundle.media_type, "application/vnd.dev.sigstore.bundle.v0.3+json");
  EXPECT_EQ(std::get<PublicKeyMaterial>(bundle.material).hint, a_key().public_key().fingerprint());
  EXPECT_EQ(bundle.envelope.payload_type, "application/vnd.in-toto+json");
}

TEST_F(SignModel, NamesTheModelAsToldOrByItsFolder) {
  auto name = [&] { return parse_oms(parse_statement(as_text(signed_bundle().envelope.payload)).value())->name; };
  EXPECT_EQ(name(), "model");
  options_.hash.name = "org/name";
  EXPECT_EQ(name(), "org/name");
}

// --- the same model gives the same bytes

TEST_F(SignModel, GivesTheSameStatementEveryTime) {
  Bytes first = signed_bundle().envelope.payload;
  options_.hash.work.threads = 7;
  EXPECT_EQ(signed_bundle().envelope.payload, first) << "an older signature lies there";
  TempFolder copy;
  copy.write("model/sub/b", "second");
  copy.write("model/a", "first");
  EXPECT_EQ(payload_of(hash_model({.model = copy / "model"})->manifest), as_text(first));
}

TEST_F(SignModel, GivesTheSameBundleWhereTheSchemeIsDeterministic) {
  for (KeyType type : {KeyType::kRsa, KeyType::kEd25519}) {
    options_.key = &a_key(type);
    ASSERT_EQ(code_of(sign_model(options_)), "ok");
    std::string first = temp_.read("model/model.sig");
    ASSERT_EQ(code_of(sign_model(options_)), "ok");
    EXPECT_EQ(temp_.read("model/model.sig"), first) << key_type_name(type);
  }
}

TEST_F(SignModel, GivesASnapshotOfTheHubsCacheThePlainCopysStatement) {
  options_.hash.name = "org/name";
  Bytes plain = signed_bundle().envelope.payload;
  temp_.write("hub/models--org--name/blobs/1", "first");
  temp_.write("hub/models--org--name/blobs/2", "second");
  fs::path snapshot = "hub/models--org--name/snapshots/c0ffee";
  temp_.link(snapshot / "a", "../../blobs/1");
  temp_.link(snapshot / "sub/b", "../../../blobs/2");
  options_.hash.name.reset();
  options_.hash.model = temp_ / snapshot;
  EXPECT_EQ(signed_bundle().envelope.payload, plain);
  EXPECT_EQ(verify(trust(a_key())), "ok");
  options_.hash.model = temp_ / "model";
  EXPECT_EQ(verify(trust(a_key()), temp_ / snapshot / "model.sig"), "ok") << "either signature suits either copy";
}

// --- where signatures lie

TEST_F(SignModel, RecordsASignatureElsewhereInTheModel) {
  options_.signature = temp_ / "model/sub/../claims.sig";
  signed_bundle();
  EXPECT_EQ(verify(trust(a_key()), options_.signature), "ok");
  auto manifest = parse_oms(parse_statement(as_text(signed_bundle().envelope.payload)).value());
  EXPECT_THAT(*manifest->serialization.ignore_paths, ::testing::Contains("claims.sig"));
}

TEST_F(SignModel, WritesOutsideTheModel) {
  options_.signature = temp_ / "model.sig";
  signed_bundle();
  EXPECT_EQ(verify(trust(a_key())), "ok") << "found beside the model";
}

TEST_F(SignModel, StaysValidWhenSignaturesAreAdded) {
  signed_bundle();
  options_.key = &another_key();
  options_.signature = temp_.folder("model/model.sig.d") / "auditor.sig";
  signed_bundle();
  EXPECT_EQ(verify(trust(a_key())), "ok");
  EXPECT_EQ(verify(trust(another_key()), options_.signature), "ok");
}

TEST_F(SignModel, ReplacesALinkRatherThanItsTarget) {
  signed_bundle();
  const std::string precious = temp_.read("model/model.sig");
  options_.key = &another_key();
  options_.signature = temp_.link("model/claims.sig", "model.sig");
  ASSERT_EQ(code_of(sign_model(options_)), "ok");
  EXPECT_EQ(temp_.read("model/model.sig"), precious);
  EXPECT_EQ(verify(trust(another_key()), options_.signature), "ok");
}

TEST_F(SignModel, SignsASingleFile) {
  options_.hash.model = temp_ / "model/a";
  for (auto compatibility : {Compatibility::kSpecification, Compatibility::kPython}) {
    options_.hash.compatibility = compatibility;
    auto output = sign_model(options_);
    ASSERT_EQ(code_of(output), "ok");
    EXPECT_EQ(output->signature, temp_ / "model/a.sig");
    EXPECT_EQ(verify(trust(a_key())), "ok");
  }
}

TEST_F(SignModel, NeverReplacesTheModel) {
  options_.hash.model = temp_ / "model/a";
  options_.signature = temp_ / "model/sub/../a";
  EXPECT_EQ(code_of(sign_model(options_)), "usage");
  EXPECT_EQ(temp_.read("model/a"), "first");
}

// Before anything is hashed, which may take hours.
TEST_F(SignModel, ReplacesNothingButSignatures) {
  bool read = false;
  OnRead observer([&] { read = true; });
  options_.hash.work.observer = &observer;
  temp_.write("key.json", R"({"mediaType": "application/json"})");
  temp_.sparse("huge", kMaxBundleSize + 1);
  temp_.link("link", "model/a");
  temp_.link("dangling", "nothing");
  temp_.fifo("fifo");
  const auto names = temp_.names();
  for (const char* taken : {"model/a", "key.json", "huge", "link", "dangling", "fifo"}) {
    options_.signature = temp_ / taken;
    EXPECT_EQ(code_of(sign_model(options_)), "signature-place-taken") << taken;
  }
  options_.signature.reset();
  temp_.write("model/model.sig", "-----BEGIN PGP SIGNATURE-----");
  EXPECT_EQ(code_of(sign_model(options_)), "signature-place-taken") << "nor where no place was named";
  temp_.remove("model/model.sig");
  EXPECT_EQ(temp_.names(), names);
  EXPECT_EQ(temp_.read("model/a"), "first");
  EXPECT_FALSE(read);
}

TEST_F(SignModel, ReplacesNothingThatItMayNotRead) {
  fs::permissions(temp_.path(), fs::perms(0777));
  options_.signature = temp_.write("secret", "{}");
  fs::permissions(*options_.signature, fs::perms(0));
  EXPECT_EQ(as_nobody([&] { return code_of(sign_model(options_)); }).text, "file-unreadable");
}

TEST_F(SignModel, ReplacesAnEmptyFile) {
  options_.signature = temp_.write("made-by-mktemp", "");
  signed_bundle();
  EXPECT_EQ(verify(trust(a_key()), options_.signature), "ok");
}

// --- certificates

class SignWithCertificate : public SignModel {
 protected:
  // use signs with a new leaf.
  void use(const CertificateOptions& options = {}) {
    IssuedCertificate leaf = intermediate_.issue(options);
    key_ = load_key(leaf.private_key_pem);
    options_.key = key_.get();
    options_.chain = {leaf.certificate, intermediate_.certificate()};
  }

  Trust roots() const { return CertificateTrust{{root_.certificate()}}; }

  TestAuthority root_ = TestAuthority::root();
  TestAuthority intermediate_ = root_.intermediate();
  std::unique_ptr<SigningKey> key_;
};

TEST_F(SignWithCertificate, TakesEveryTypeOfKey) {
  for (KeyType type : kKeyTypes) {
    CertificateOptions options;
    options.key_type = type;
    use(options);
    Bundle bundle = signed_bundle();
    EXPECT_EQ(std::get<CertificateMaterial>(bundle.material).chain.size(), 2U);
    EXPECT_EQ(verify(roots()), "ok") << key_type_name(type);
    EXPECT_EQ(verify(trust(*key_)), "method-mismatch");
  }
}

TEST_F(SignWithCertificate, RefusesWhatNoVerifierWouldTake) {
  temp_.write("model/model.sig", "the old signature");
  use();
  CertificateOptions validity;
  options_.time = validity.not_after + std::chrono::seconds(1);
  EXPECT_EQ(code_of(sign_model(options_)), "certificate-expired");
  options_.time = validity.not_before - std::chrono::seconds(1);
  EXPECT_EQ(code_of(sign_model(options_)), "certificate-not-yet-valid");
  options_.time = kTestNow;
  options_.key = &a_key();
  EXPECT_EQ(code_of(sign_model(options_)), "certificate-key-mismatch");
  CertificateOptions usage;
  usage.key_usage = "critical,keyEncipherment";
  usage.extended_key_usage = "serverAuth";
  use(usage);
  EXPECT_EQ(code_of(sign_model(options_)), "certificate-usage");
  use();
  options_.chain.resize(17, root_.certificate());
  EXPECT_EQ(code_of(sign_model(options_)), "bundle-chain-too-long");
  EXPECT_EQ(temp_.read("model/model.sig"), "the old signature");
}

// --- failures leave the old signature whole

// Double is a key that does as it is told.
class Double : public SigningKey {
 public:
  explicit Double(std::function<Result<Bytes>(ByteView)> answer) : answer_(std::move(answer)) {}
  const PublicKey& public_key() const override { return a_key().public_key(); }
  Result<Bytes> sign(ByteView message) override { return answer_(message); }

 private:
  std::function<Result<Bytes>(ByteView)> answer_;
};

class SignModelFails : public SignModel {
 protected:
  SignModelFails() {
    signed_bundle();
    old_signature_ = temp_.read("model/model.sig");
  }
  ~SignModelFails() override {
    EXPECT_EQ(temp_.read("model/model.sig"), old_signature_);
    EXPECT_THAT(temp_.names(), ::testing::Each(::testing::Not(HasSubstr(".tmp"))));
  }

  std::string code_with(std::function<Result<Bytes>(ByteView)> answer) {
    Double key(std::move(answer));
    options_.key = &key;
    return code_of(sign_model(options_));
  }

 private:
  std::string old_signature_;
};

TEST_F(SignModelFails, WhenTheNewSignatureDoesNotVerify) {
  EXPECT_EQ(code_with([](ByteView message) { return another_key().sign(message); }), "self-check");
  EXPECT_EQ(code_with([](ByteView) { return a_key().sign(as_bytes("something else")); }), "self-check");
  EXPECT_EQ(code_with([](ByteView) { return Bytes(64, 0); }), "self-check");
  EXPECT_EQ(code_with([](ByteView) { return Bytes(); }), "self-check");
}

TEST_F(SignModelFails, WhenTheKeyDoes) {
  EXPECT_EQ(code_with([](ByteView) { return std::unexpected(Error{ErrorCode::kPkcs11Failed, "no", {}, {}}); }),
            "pkcs11-failed");
  options_.key = nullptr;
  EXPECT_EQ(code_of(sign_model(options_)), "usage");
}

TEST_F(SignModelFails, WhenThereIsNothingToSign) {
  temp_.remove("model/a");
  temp_.remove("model/sub/b");
  EXPECT_EQ(code_of(sign_model(options_)), "model-empty");
}

TEST_F(SignModelFails, WhenThereIsNoModel) {
  for (const char* model : {"none", "none/none"}) {
    options_.hash.model = temp_ / model;
    EXPECT_EQ(code_of(sign_model(options_)), "model-not-found");
  }
}

TEST_F(SignModelFails, WhenTheModelChanges) {
  OnRead change([&] { temp_.write("model/a", "longer than before"); });
  options_.hash.work = {.threads = 1, .observer = &change};
  temp_.remove("model/sub");
  EXPECT_EQ(code_of(sign_model(options_)), "file-changed");
}

TEST_F(SignModelFails, WhenItIsInterrupted) {
  std::atomic<bool> cancelled = true;
  options_.hash.work.cancelled = &cancelled;
  EXPECT_EQ(code_of(sign_model(options_)), "interrupted");
}

// Before anything is hashed, which may take hours.
TEST_F(SignModelFails, WhenTheSignatureHasNoPlace) {
  bool read = false;
  OnRead observer([&] { read = true; });
  options_.hash.work.observer = &observer;
  options_.signature = temp_ / "none/model.sig";
  EXPECT_EQ(code_of(sign_model(options_)), "file-not-found");
  fs::permissions(temp_.path(), fs::perms(0755));
  options_.signature = temp_ / "model.sig";
  EXPECT_EQ(as_nobody([&] { return code_of(sign_model(options_)); }).text, "file-unreadable");
  EXPECT_FALSE(read);
}

rlimit little_room() { return {100, 100}; }

TEST_F(SignModelFails, WhenThereIsNoRoomForTheSignature) {
  auto child = in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit limit = little_room();
    ::setrlimit(RLIMIT_FSIZE, &limit);
    return code_of(sign_model(options_));
  });
  EXPECT_EQ(child.text, "write-failed");
}

TEST_F(SignModelFails, WhenItIsKilledInTheMiddleOfWriting) {
  auto child = in_child([&] {
    rlimit limit = little_room();
    ::setrlimit(RLIMIT_FSIZE, &limit);
    rlimit no_dump{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_dump);
    return code_of(sign_model(options_));
  });
  EXPECT_TRUE(WIFSIGNALED(child.status) && WTERMSIG(child.status) == SIGXFSZ) << child.text;
}

// A bundle beyond its limit could not be read again.
TEST_F(SignModel, RefusesABundleBeyondItsLimit) {
  options_.hash.name = std::string(kMaxBundleSize / 4 * 3, 'n');
  EXPECT_EQ(code_of(sign_model(options_)), "bundle-too-large");
  EXPECT_FALSE(fs::exists(temp_ / "model/model.sig"));
}

}  // namespace
}  // namespace weightmark
