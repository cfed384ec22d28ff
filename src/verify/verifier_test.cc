#include "verify/verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <type_traits>

#include "base/encoding.h"
#include "verify/bundle_testing.h"

namespace weightmark {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace testing;

static_assert(!std::is_constructible_v<Verified<Manifest>, Manifest>, "only the verifier vouches for data");

const Manifest& the_manifest() {
  static const Manifest manifest = a_manifest({{"a", "1"}, {"b", "2"}});
  return manifest;
}

// Outcome is what verify_signature came to, with the checks it made.
struct Tried {
  std::string code;
  std::vector<std::string> checks;  // "ID passed", "ID failed", "ID not checked"
  std::optional<SignedModel> model;
};

std::vector<std::string> summary(const std::vector<Check>& checks) {
  std::vector<std::string> lines;
  for (const Check& check : checks)
    lines.push_back(check.id + (check.outcome == Outcome::kPassed   ? " passed"
                                : check.outcome == Outcome::kFailed ? " failed"
                                                                    : " not checked"));
  return lines;
}

Tried verify(const Bundle& bundle, const Trust& trusted, Time time = kTestNow) {
  std::vector<Check> checks;
  auto model = Verifier::verify_signature(bundle, trusted, time, checks);
  Tried tried{model ? "ok" : std::string(code_name(model.error().code)), summary(checks), {}};
  if (model) tried.model = **model;
  return tried;
}

std::string code(const Bundle& bundle, const Trust& trusted, Time time = kTestNow) {
  return verify(bundle, trusted, time).code;
}

// --- keys

TEST(VerifySignature, TakesEveryTypeOfKey) {
  for (KeyType type : kKeyTypes) {
    SigningKey& key = a_key(type);
    Tried tried = verify(key_bundle(the_manifest(), key), trust(key));
    ASSERT_EQ(tried.code, "ok") << key_type_name(type);
    EXPECT_THAT(tried.checks, ElementsAre("signature passed", "statement passed"));
    EXPECT_EQ(tried.model->manifest, the_manifest());
    EXPECT_EQ(tried.model->signer.method, "key");
    EXPECT_EQ(tried.model->signer.key_type, key_type_name(type));
    EXPECT_EQ(tried.model->signer.key_fingerprint, key.public_key().fingerprint());
    EXPECT_EQ(tried.model->signer.encoding, "DSSE");
    EXPECT_TRUE(tried.model->signer.chain.empty());
  }
}

TEST(VerifySignature, RefusesTheOtherMethod) {
  TestAuthority root = TestAuthority::root();
  IssuedCertificate leaf = root.issue();
  auto key = load_key(leaf.private_key_pem);
  Tried tried = verify(certificate_bundle(the_manifest(), *key, {leaf.certificate}), trust(*key));
  EXPECT_EQ(tried.code, "method-mismatch");
  EXPECT_THAT(tried.checks, ElementsAre("signature failed"));
  EXPECT_EQ(code(key_bundle(the_manifest()), CertificateTrust{{root.certificate()}}), "method-mismatch");
}

TEST(VerifySignature, RefusesMediaTypesThatNoKeyEverHad) {
  Bundle bundle = key_bundle(the_manifest());
  for (const char* version : {"0.1", "0.2"}) {
    bundle.media_type = std::string("application/vnd.dev.sigstore.bundle+json;version=") + version;
    EXPECT_EQ(code(bundle, trust(a_key())), "bundle-media-type");
    EXPECT_EQ(code(bundle, CertificateTrust{}), "bundle-media-type");
  }
  bundle.media_type = "application/vnd.dev.sigstore.bundle+json;version=0.3";
  EXPECT_EQ(code(bundle, trust(a_key())), "ok");
}

TEST(VerifySignature, SaysThatAnotherKeySigned) {
  Bundle bundle = key_bundle(the_manifest());
  EXPECT_EQ(code(bundle, trust(another_key())), "key-mismatch");
  for (KeyType type : {KeyType::kRsa, KeyType::kEd25519})
    EXPECT_EQ(code(key_bundle(the_manifest(), a_key(type)), trust(another_key(type))), "key-mismatch");
}

TEST(VerifySignature, SaysThatAKeyOfAnotherTypeSigned) {
  for (KeyType signer : kKeyTypes)
    for (KeyType given : kKeyTypes)
      if (signer != given) {
        EXPECT_EQ(code(key_bundle(the_manifest(), a_key(signer)), trust(a_key(given))), "key-other-curve")
            << key_type_name(signer) << ", " << key_type_name(given);
      }
}

TEST(VerifySignature, RefusesAChangedStatement) {
  for (KeyType type : kKeyTypes) {
    Bundle bundle = key_bundle(the_manifest(), a_key(type));
    bundle.envelope.payload.back() ^= 1;
    EXPECT_EQ(code(bundle, trust(a_key(type))), "signature-invalid");
  }
}

TEST(VerifySignature, LooksAtNoStatementBeforeTheSignatureHolds) {
  Bundle bundle = key_bundle("not even JSON", a_key());
  EXPECT_EQ(code(bundle, trust(a_key())), "json-syntax");
  bundle.envelope.payload[0] ^= 1;
  EXPECT_EQ(code(bundle, trust(a_key())), "signature-invalid");
}

TEST(VerifySignature, RefusesAChangedSignature) {
  for (KeyType type : kKeyTypes) {
    Bundle bundle = key_bundle(the_manifest(), a_key(type));
    bundle.envelope.signature.back() ^= 1;
    EXPECT_EQ(code(bundle, trust(a_key(type))), "signature-invalid") << key_type_name(type);
    bundle.envelope.signature = {1, 2, 3};
    EXPECT_EQ(code(bundle, trust(a_key(type))), "signature-invalid") << "the bundle names this very key";
  }
}

TEST(VerifySignature, CoversThePayloadType) {
  Bundle bundle = key_bundle(the_manifest());
  bundle.envelope.payload_type = "application/json";
  EXPECT_EQ(code(bundle, trust(a_key())), "signature-invalid");
  bundle.envelope.signature = a_key().sign(pae("application/json", bundle.envelope.payload)).value();
  Tried tried = verify(bundle, trust(a_key()));
  EXPECT_EQ(tried.code, "payload-type");
  EXPECT_THAT(tried.checks, ElementsAre("signature passed", "statement failed"));
}

TEST(VerifySignature, PassesOnWhatIsWrongWithTheStatement) {
  const std::pair<const char*, const char*> cases[] = {
      {"[]", "statement-malformed"},
      {R"({"_type":"x","predicateType":"x","predicate":{},"subject":[{"name":"m","digest":{}}]})", "statement-type"},
      {R"({"_type":"https://in-toto.io/Statement/v1","predicateType":"x","predicate":{},"subject":[]})",
       "subject-missing"},
      {R"({"_type":"https://in-toto.io/Statement/v1","predicateType":"x","predicate":{},)"
       R"("subject":[{"name":"m","digest":{"sha256":"00"}}]})",
       "predicate-type"}};
  for (auto [payload, expected] : cases)
    EXPECT_EQ(code(key_bundle(payload, a_key()), trust(a_key())), expected) << payload;
}

TEST(VerifySignature, TakesAnyOfSeveralKeys) {
  KeyTrust keys{{another_key().public_key(), a_key(KeyType::kRsa).public_key(), a_key().public_key()}};
  Bundle bundle = key_bundle(the_manifest());
  Tried tried = verify(bundle, keys);
  ASSERT_EQ(tried.code, "ok");
  EXPECT_EQ(tried.model->signer.key_fingerprint, a_key().public_key().fingerprint());
  bundle.material = PublicKeyMaterial{};
  EXPECT_EQ(code(bundle, keys), "ok") << "the bundle names no key";
  keys.keys.pop_back();
  EXPECT_EQ(code(bundle, keys), "signature-invalid");
  EXPECT_EQ(code(key_bundle(the_manifest()), keys), "key-mismatch");
  EXPECT_EQ(code(bundle, KeyTrust{}), "key-other-curve") << "no key at all";
}

TEST(VerifySignature, NeverTrustsTheNameOfAKey) {
  Bundle bundle = key_bundle(the_manifest(), another_key());
  bundle.material = PublicKeyMaterial{a_key().public_key().fingerprint(), {}};
  EXPECT_EQ(code(bundle, trust(a_key())), "signature-invalid");
  bundle.material = PublicKeyMaterial{{}, another_key().public_key().pem()};
  EXPECT_EQ(code(bundle, trust(a_key())), "key-mismatch");
}

TEST(VerifySignature, TakesBundlesThatEmbedTheirKey) {
  Bundle bundle = key_bundle(the_manifest());
  bundle.material = PublicKeyMaterial{{}, a_key().public_key().pem()};
  EXPECT_EQ(code(bundle, trust(a_key())), "ok");
  EXPECT_EQ(code(bundle, trust(another_key())), "key-mismatch");
  bundle.material = PublicKeyMaterial{{}, "no key at all"};
  EXPECT_EQ(code(bundle, trust(a_key())), "ok") << "what is embedded is only for messages";
  EXPECT_EQ(code(bundle, trust(another_key())), "signature-invalid");
}

// --- version 0.2, as OpenSSL signed it

constexpr std::string_view kLegacyPayload =
    R"({"_type":"https://in-toto.io/Statement/v1","predicate":{"unused":"Unused, it's here for the API"},)"
    R"("predicateType":"https://model_signing/Digests/v0.1","subject":[{"annotations":{},"digest":{"sha256":)"
    R"("9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c"},"name":"w"}]})";

constexpr std::string_view kP384 =
    "-----BEGIN PUBLIC KEY-----\n"
    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAECX5HPyH+QNwhH3L9BoUdfUaY0JtITThI\n"
    "iENjHNNrk35pn2IOAGXIlhTOf0BSozLoH+Bu19QGMNYN6/hxauLCDK6776UWVg0i\n"
    "yVMItYeacImbVNQupYHStpwjL7maRThO\n"
    "-----END PUBLIC KEY-----\n";

constexpr std::string_view kEd25519 =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEAkamPF6fBsPtommfobrgbVWox7tv0nfs1z8avs2tHDVE=\n"
    "-----END PUBLIC KEY-----\n";

struct Legacy {
  std::string_view what;
  std::string_view key;
  std::string_view signature;
};

constexpr Legacy kLegacy[] = {
    {"P-384 with SHA-256", kP384,
     "MGQCMA75MCUbm3ynQlDKQe7mcaqBwCoTXwy3VJ3FshKtBbDRJquncp6mNTFjZjzGRcAHOQIwKnmUcRzYs3tp/IJw+I49DuJUiaNkCxk6OQ8wiMEE"
     "ZkoqS1pWpEHsVqRl1LBccG2p"},
    {"P-384 with SHA-384", kP384,
     "MGUCMBigWsevYvbDuvuXDqABTkjv9DqPDd8cA15wkscKdmuw53GR5jB90n56XXqgIRMgMAIxANfLtj3LDqMcmp9SOeGs6JY5R/WCQ6npFNt/YVPN"
     "yBjAQeaCduMWBc8yhfg9Ev8Gwg=="},
    {"Ed25519", kEd25519, "D46GKr8xRaDtvVKlOvTO9BFhaT/Rgy8QLJ7jFvYmHnNEB+YMWR7akxW2odXfmSU2JtjBZmR4EN/Qz2bBGpiADw=="},
};

TEST(VerifySignature, TakesWhatVersion02Signed) {
  for (const Legacy& legacy : kLegacy) {
    PublicKey key = PublicKey::from_pem(legacy.key).value();
    Bundle bundle = key_bundle(kLegacyPayload, a_key());
    bundle.material = PublicKeyMaterial{};
    bundle.envelope.signature = from_base64(legacy.signature).value();
    Tried tried = verify(bundle, KeyTrust{{key}});
    ASSERT_EQ(tried.code, "ok") << legacy.what;
    EXPECT_THAT(tried.model->signer.encoding, HasSubstr("0.2"));
    EXPECT_EQ(tried.model->manifest.files.front().digest, sha256("weights"));
    bundle.envelope.payload.back() = ' ';
    EXPECT_EQ(code(bundle, KeyTrust{{key}}), "signature-invalid") << legacy.what;
  }
}

// --- certificates

class VerifyCertificate : public ::testing::Test {
 protected:
  // bundle signs with a new leaf and has the chain without its root.
  Bundle bundle(const IssuedCertificate& leaf) const {
    auto key = load_key(leaf.private_key_pem);
    return certificate_bundle(the_manifest(), *key, {leaf.certificate, intermediate_.certificate()});
  }

  Trust roots() const { return CertificateTrust{{root_.certificate()}}; }

  TestAuthority root_ = TestAuthority::root();
  TestAuthority intermediate_ = root_.intermediate();
};

TEST_F(VerifyCertificate, TakesEveryTypeOfKey) {
  for (KeyType type : kKeyTypes) {
    CertificateOptions options;
    options.key_type = type;
    IssuedCertificate leaf = intermediate_.issue(options);
    Tried tried = verify(bundle(leaf), roots());
    ASSERT_EQ(tried.code, "ok") << key_type_name(type);
    EXPECT_THAT(tried.checks, ElementsAre("certificate passed", "signature passed", "statement passed"));
    EXPECT_EQ(tried.model->signer.method, "certificate");
    ASSERT_EQ(tried.model->signer.chain.size(), 3U);
    EXPECT_EQ(tried.model->signer.chain.front().fingerprint(), leaf.certificate.fingerprint());
    EXPECT_EQ(tried.model->signer.chain.back().fingerprint(), root_.certificate().fingerprint());
  }
}

TEST_F(VerifyCertificate, TakesIntermediatesFromTheVerifier) {
  Bundle signed_alone = bundle(intermediate_.issue());
  auto& material = std::get<CertificateMaterial>(signed_alone.material);
  material = {{material.chain.front()}, true};
  EXPECT_EQ(code(signed_alone, roots()), "certificate-untrusted");
  EXPECT_EQ(code(signed_alone, CertificateTrust{{root_.certificate(), intermediate_.certificate()}}), "ok");
}

TEST_F(VerifyCertificate, RefusesAnUnknownRoot) {
  Tried tried = verify(bundle(intermediate_.issue()), CertificateTrust{{TestAuthority::root().certificate()}});
  EXPECT_EQ(tried.code, "certificate-untrusted");
  EXPECT_THAT(tried.checks, ElementsAre("certificate failed"));
  EXPECT_EQ(code(bundle(intermediate_.issue()), CertificateTrust{}), "certificate-untrusted");
}

TEST_F(VerifyCertificate, ChecksTheTimeThatItIsGiven) {
  CertificateOptions validity;
  validity.not_before = kTestNow - std::chrono::days(1);
  validity.not_after = kTestNow + std::chrono::days(1);
  Bundle signed_bundle = bundle(intermediate_.issue(validity));
  EXPECT_EQ(code(signed_bundle, roots(), validity.not_after), "ok");
  EXPECT_EQ(code(signed_bundle, roots(), validity.not_after + std::chrono::seconds(1)), "certificate-expired");
  EXPECT_EQ(code(signed_bundle, roots(), validity.not_before - std::chrono::seconds(1)), "certificate-not-yet-valid");
}

TEST_F(VerifyCertificate, RefusesAnExpiredIssuer) {
  CertificateOptions options = authority_options("Old");
  options.not_after = kTestNow - std::chrono::days(1);
  TestAuthority old = root_.intermediate(options);
  IssuedCertificate leaf = old.issue();
  auto key = load_key(leaf.private_key_pem);
  Bundle signed_bundle = certificate_bundle(the_manifest(), *key, {leaf.certificate, old.certificate()});
  EXPECT_EQ(code(signed_bundle, roots()), "certificate-issuer-expired");
}

TEST_F(VerifyCertificate, RefusesTheWrongUsage) {
  CertificateOptions options;
  options.key_usage = "critical,keyEncipherment";
  options.extended_key_usage = "serverAuth";
  EXPECT_EQ(code(bundle(intermediate_.issue(options)), roots()), "certificate-usage");
}

TEST_F(VerifyCertificate, RefusesAChainThroughWhatIsNoAuthority) {
  CertificateOptions options;
  options.common_name = "No authority";
  TestAuthority fake = root_.intermediate(options);
  IssuedCertificate leaf = fake.issue();
  auto key = load_key(leaf.private_key_pem);
  Bundle signed_bundle = certificate_bundle(the_manifest(), *key, {leaf.certificate, fake.certificate()});
  EXPECT_EQ(code(signed_bundle, roots()), "certificate-chain");
}

TEST_F(VerifyCertificate, RefusesASignatureByAnotherKey) {
  IssuedCertificate leaf = intermediate_.issue();
  Bundle forged = certificate_bundle(the_manifest(), a_key(), {leaf.certificate, intermediate_.certificate()});
  Tried tried = verify(forged, roots());
  EXPECT_EQ(tried.code, "signature-invalid");
  EXPECT_THAT(tried.checks, ElementsAre("certificate passed", "signature failed"));
}

// --- certificates whose signatures somebody dates

class VerifyDatedCertificate : public VerifyCertificate {
 protected:
  VerifyDatedCertificate() {
    validity_.not_before = kTestNow - std::chrono::days(1);
    validity_.not_after = kTestNow + std::chrono::days(1);
  }

  Bundle dated(const TimestampOptions& options, const IssuedCertificate& clock) const {
    Bundle signed_bundle = bundle(intermediate_.issue(validity_));
    signed_bundle.timestamps.push_back(make_timestamp(clock, signed_bundle.signature(), options));
    return signed_bundle;
  }
  Bundle dated(const TimestampOptions& options = {}) const { return dated(options, clock_); }

  Trust with_clock(const IssuedCertificate& clock) const {
    return CertificateTrust{{root_.certificate()}, {{clock.certificate, clock_root_.certificate()}}};
  }
  Trust with_clock() const { return with_clock(clock_); }

  CertificateOptions validity_;
  TestAuthority clock_root_ = TestAuthority::root(authority_options("Time Root"));
  IssuedCertificate clock_ = clock_root_.issue({.extended_key_usage = "critical,timeStamping"});
  IssuedCertificate other_clock_ = clock_root_.issue({.extended_key_usage = "critical,timeStamping"});
  Time later_ = kTestNow + std::chrono::days(30);
};

TEST_F(VerifyDatedCertificate, OutlivesItsCertificate) {
  const Tried tried = verify(dated(), with_clock(), later_);
  ASSERT_EQ(tried.code, "ok");
  ASSERT_EQ(tried.model->signer.times.size(), 1U);
  EXPECT_EQ(tried.model->signer.times.front().time, kTestNow);
  EXPECT_THAT(tried.checks, ElementsAre("certificate passed", "time passed", "signature passed", "statement passed"));
}

TEST_F(VerifyDatedCertificate, DoesNotWhereNobodyWhoIsTrustedDatesIt) {
  EXPECT_EQ(code(dated(), roots(), later_), "certificate-expired");
  EXPECT_EQ(code(bundle(intermediate_.issue(validity_)), with_clock(), later_), "certificate-expired");
  EXPECT_EQ(code(dated({}, other_clock_), with_clock(), later_), "certificate-expired");
  Bundle of_another = dated();
  of_another.timestamps = dated().timestamps;
  EXPECT_EQ(code(of_another, with_clock(), later_), "certificate-expired");
}

TEST_F(VerifyDatedCertificate, IsJudgedAsOfEachTime) {
  const TimestampOptions too_late{.time = validity_.not_after + std::chrono::seconds(1)};
  EXPECT_EQ(code(dated(too_late), with_clock(), kTestNow), "certificate-expired");
  Bundle twice = dated();
  twice.timestamps.push_back(make_timestamp(clock_, twice.signature(), too_late));
  EXPECT_EQ(code(twice, with_clock(), kTestNow), "certificate-expired");
  const TimestampOptions too_early{.time = validity_.not_before - std::chrono::seconds(1)};
  EXPECT_EQ(code(dated(too_early), with_clock(), kTestNow), "certificate-not-yet-valid");
}

TEST_F(VerifyDatedCertificate, HoldsAsBeforeWhileTheCertificateDoes) {
  const Tried tried = verify(dated({}, other_clock_), with_clock(), kTestNow);
  EXPECT_EQ(tried.code, "ok");
  EXPECT_THAT(tried.checks,
              ElementsAre("time not checked", "certificate passed", "signature passed", "statement passed"));
  EXPECT_TRUE(tried.model->signer.times.empty());
}

// --- expectations

class VerifyExpectations : public ::testing::Test {
 protected:
  Tried expect(const Expectations& expectations) {
    std::vector<Check> checks;
    auto model = Verifier::verify_signature(key_bundle(manifest_), trust(a_key()), kTestNow, checks);
    checks.clear();
    auto status = Verifier::verify_expectations(*model, expectations, checks);
    return {status ? "ok" : std::string(code_name(status.error().code)), summary(checks), {}};
  }

  Manifest manifest_ = the_manifest();
};

TEST_F(VerifyExpectations, ChecksNothingUnasked) {
  EXPECT_EQ(expect({}).code, "ok");
  EXPECT_THAT(expect({}).checks, ElementsAre());
}

TEST_F(VerifyExpectations, ComparesTheSignedName) {
  EXPECT_THAT(expect({.name = "model", .digest_hex = {}}).checks, ElementsAre("name passed"));
  for (const char* name : {"", "Model", "model/", "other"}) {
    Tried tried = expect({.name = name, .digest_hex = {}});
    EXPECT_EQ(tried.code, "name-mismatch") << name;
    EXPECT_THAT(tried.checks, ElementsAre("name failed"));
  }
}

TEST_F(VerifyExpectations, ComparesTheRootDigest) {
  EXPECT_THAT(expect({.name = {}, .digest_hex = manifest_.root.hex()}).checks, ElementsAre("digest passed"));
  for (const std::string& hex : {std::string(64, '0'), std::string(), manifest_.root.hex().substr(1)}) {
    Tried tried = expect({.name = {}, .digest_hex = hex});
    EXPECT_EQ(tried.code, "digest-mismatch");
    EXPECT_THAT(tried.checks, ElementsAre("digest failed"));
  }
}

TEST_F(VerifyExpectations, ComparesTheManifestDigestWhereItIsSigned) {
  for (FileEntry& file : manifest_.files) file.tree = FileTree{1, sha256(file.name), {}};
  complete_manifest(manifest_);
  EXPECT_EQ(expect({.name = {}, .digest_hex = manifest_.manifest_v1->hex()}).code, "ok");
  std::string v1 = manifest_.manifest_v1->hex();
  manifest_ = the_manifest();
  EXPECT_EQ(expect({.name = {}, .digest_hex = v1}).code, "digest-mismatch");
}

// --- files

class VerifyFiles : public ::testing::Test {
 protected:
  VerifyFiles() {
    std::vector<Check> checks;
    model_.emplace(*Verifier::verify_signature(key_bundle(the_manifest()), trust(a_key()), kTestNow, checks));
  }

  std::string code(const std::vector<FileReport>& files) {
    checks_.clear();
    auto manifest = Verifier::verify_files(*model_, files, false, checks_);
    if (manifest) {
      EXPECT_EQ(**manifest, the_manifest());
    }
    return manifest ? "ok" : std::string(code_name(manifest.error().code));
  }

  static FileReport covered(std::string name) { return {std::move(name), Coverage::kWhole, 1, {}, {}}; }
  static FileReport failed(std::string name, ErrorCode code) {
    return {std::move(name), Coverage::kFailed, 0, Error{code, "failed", {}, {}}, {}};
  }

  std::optional<Verified<SignedModel>> model_;
  std::vector<Check> checks_;
};

TEST_F(VerifyFiles, WantsEverySignedFileCovered) {
  EXPECT_EQ(code({covered("a"), covered("b")}), "ok");
  EXPECT_THAT(summary(checks_), ElementsAre("files passed"));
  EXPECT_EQ(
      code({covered("a"), covered("b"), {"c", Coverage::kNotCovered, 0, {}, {}}, {"d", Coverage::kIgnored, 0, {}, {}}}),
      "ok");
  EXPECT_EQ(code({covered("a")}), "internal");
  EXPECT_EQ(code({}), "internal");
  EXPECT_EQ(code({covered("a"), {"b", Coverage::kNotCovered, 0, {}, {}}}), "internal");
  EXPECT_EQ(code({covered("a"), {"b", Coverage::kIgnored, 0, {}, {}}}), "internal");
  EXPECT_EQ(code({covered("a"), covered("bb")}), "internal");
  EXPECT_THAT(summary(checks_), ElementsAre("files failed"));
}

// The manifest of a part must not vouch for what nobody looked at.
TEST_F(VerifyFiles, VouchesForTheSelectedFilesAlone) {
  FileReport left_out{"b", Coverage::kNotCovered, 0, {}, {}};
  auto manifest = Verifier::verify_files(*model_, {covered("a"), left_out}, true, checks_);
  ASSERT_TRUE(manifest);
  ASSERT_EQ((*manifest)->files.size(), 1U);
  EXPECT_EQ((*manifest)->files.front().name, "a");
  EXPECT_EQ((*manifest)->root, the_manifest().root);
  EXPECT_FALSE(Verifier::verify_files(*model_, {covered("a")}, true, checks_)) << "b has no report";
  EXPECT_FALSE(Verifier::verify_files(*model_, {failed("a", ErrorCode::kFileMismatch), left_out}, true, checks_));
  left_out.name = "a";
  EXPECT_FALSE(Verifier::verify_files(*model_, {left_out, {"b", Coverage::kNotCovered, 0, {}, {}}}, true, checks_));
}

TEST_F(VerifyFiles, ReportsTheFirstFailure) {
  EXPECT_EQ(code({failed("a", ErrorCode::kFileMismatch), failed("b", ErrorCode::kFileMissing)}), "file-mismatch");
  EXPECT_EQ(code({covered("a"), covered("b"), failed("c", ErrorCode::kFileExtra)}), "file-extra");
  EXPECT_EQ(code({covered("a"), failed("b", ErrorCode::kFileUnreadable)}), "file-unreadable");
}

TEST_F(VerifyFiles, ReportsARefusalBeforeWhatCouldNotBeLookedAt) {
  EXPECT_EQ(code({failed("a", ErrorCode::kFileUnreadable), failed("b", ErrorCode::kFileMismatch)}), "file-mismatch");
}

}  // namespace
}  // namespace weightmark
