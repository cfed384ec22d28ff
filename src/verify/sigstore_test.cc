// Times, certificates, certificate logs, identities and signatures of keyless bundles,
// whole and with one fault. The log entries have a file of their own.
#include "verify/sigstore.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "verify/sigstore_testing.h"

namespace weightmark {
namespace {

using namespace testing;
using ::testing::HasSubstr;

const Laboratory& lab() {
  static const Laboratory laboratory;
  return laboratory;
}

void flip(Bytes& bytes) { bytes.back() ^= 1U; }

std::string verify(const Recipe& recipe) { return lab().verify(lab().make(recipe)); }
std::string verify(const Recipe& recipe, const RootLines& root) {
  return lab().verify(lab().make(recipe), Laboratory::trust(root));
}

Recipe timestamped(TimestampOptions options = {}) {
  Recipe recipe = recipe_for(RekorKind::kHashedRekordV2);
  recipe.timestamps = {options};
  return recipe;
}

// --- timestamps

TEST(Timestamps, HoldWithEachStrongHash) {
  for (const char* hash : {"SHA256", "SHA384", "SHA512"}) {
    EXPECT_EQ(verify(timestamped({.digest = hash})), "verified") << hash;
    EXPECT_EQ(verify(timestamped({.signer_digest = hash})), "verified") << hash;
  }
  EXPECT_EQ(verify(timestamped({.digest = "SHA384", .signer_digest = "SHA512"})), "verified");
}

TEST(Timestamps, DoNotHoldWithAWeakOne) {
  EXPECT_EQ(verify(timestamped({.digest = "SHA1"})), "timestamp-algorithm");
  EXPECT_EQ(verify(timestamped({.signer_digest = "SHA1"})), "timestamp-algorithm");
}

TEST(Timestamps, NeedNotBringTheirCertificate) {
  EXPECT_EQ(verify(timestamped({.with_certificate = false})), "verified");
}

TEST(Timestamps, AreOfThisSignature) {
  Bundle bundle = lab().make(timestamped());
  bundle.timestamps = lab().make(timestamped()).timestamps;
  EXPECT_EQ(lab().verify(bundle), "timestamp-imprint");
}

TEST(Timestamps, AreWhole) {
  Bundle bundle = lab().make(timestamped());
  const Bytes whole = bundle.timestamps.front();
  bundle.timestamps = {Bytes{}};
  EXPECT_EQ(lab().verify(bundle), "timestamp-malformed");
  bundle.timestamps = {Bytes(whole.begin(), whole.end() - 1)};
  EXPECT_EQ(lab().verify(bundle), "timestamp-malformed");
  bundle.timestamps = {whole};
  bundle.timestamps.front().push_back(0);
  EXPECT_EQ(lab().verify(bundle), "timestamp-malformed");
  bundle.timestamps = {whole};
  flip(bundle.timestamps.front());
  EXPECT_EQ(lab().verify(bundle), "timestamp-signature");
}

TEST(Timestamps, AreThereOnce) {
  Bundle bundle = lab().make(timestamped());
  bundle.timestamps.push_back(bundle.timestamps.front());
  EXPECT_EQ(lab().verify(bundle), "timestamp-twice");
}

TEST(Timestamps, AreByATrustedAuthority) {
  RootLines root = lab().root();
  root.timestamp_authorities.clear();
  EXPECT_EQ(verify(timestamped(), root), "timestamp-untrusted");
  root.timestamp_authorities = {{"https://other.lab", {lab().ca_root.certificate()}}};
  EXPECT_EQ(verify(timestamped(), root), "timestamp-chain");
}

TEST(Timestamps, OfAnotherSignerUnderTheSameRootAreNotThisOnes) {
  Recipe recipe = timestamped();
  recipe.timestamps.clear();
  recipe.others = {{}};
  EXPECT_EQ(verify(recipe), "timestamp-signer");
  RootLines root = lab().root();
  root.timestamp_authorities.front().chain.front() = lab().other_clock.certificate;
  EXPECT_EQ(verify(recipe, root), "verified");
}

TEST(Timestamps, CountAtBothEndsOfTheWindow) {
  RootLines root = lab().root();
  AuthorityLine& clock = root.timestamp_authorities.front();
  clock.start = clock.end = "2025-01-01T00:00:00Z";
  EXPECT_EQ(verify(timestamped(), root), "verified");
  clock.start = "2025-01-01T00:00:00.000000001Z";
  clock.end.clear();
  EXPECT_EQ(verify(timestamped(), root), "timestamp-window");
  clock.start = "2020-01-01T00:00:00Z";
  clock.end = "2024-12-31T23:59:59.999999999Z";
  EXPECT_EQ(verify(timestamped(), root), "timestamp-window");
}

// The window of one authority says nothing of another, even of the same chain.
TEST(Timestamps, AreJudgedByTheirOwnWindow) {
  RootLines root = lab().root();
  root.timestamp_authorities.push_back(root.timestamp_authorities.front());
  root.timestamp_authorities[0].end = "2021-01-01T00:00:00Z";
  EXPECT_EQ(verify(timestamped(), root), "verified");
  root.timestamp_authorities[1].chain.front() = lab().other_clock.certificate;
  EXPECT_EQ(verify(timestamped(), root), "timestamp-window");
}

TEST(Timestamps, ThatDoNotHoldArePassedOver) {
  Bundle bundle = lab().make(timestamped());
  bundle.timestamps.insert(bundle.timestamps.begin(), Bytes{0x30, 0x00});
  EXPECT_EQ(lab().verify(bundle), "verified");
}

// A time counts only with the certificate valid at all of the verified times.
TEST(Times, MustAllBeWithinTheCertificate) {
  Recipe late;
  late.timestamps = {{.time = kTestNow + std::chrono::seconds(601)}};
  EXPECT_EQ(verify(late), "certificate-expired");
  Recipe last;
  last.timestamps = {{.time = kTestNow + std::chrono::seconds(600)}};
  EXPECT_EQ(verify(last), "verified");
  EXPECT_EQ(verify(timestamped({.time = kTestNow - std::chrono::seconds(1)})), "certificate-not-yet-valid");
  EXPECT_EQ(verify(timestamped({.time = kTestNow})), "verified");
}

TEST(Times, AreCountedByWhoAttestsThem) {
  SigstoreTrust trust = lab().trust();
  trust.times = 2;
  Recipe recipe;
  EXPECT_EQ(lab().verify(lab().make(recipe), trust), "time-missing");
  recipe.timestamps = {{}};
  EXPECT_EQ(lab().verify(lab().make(recipe), trust), "verified");
  Recipe twice = timestamped();
  twice.timestamps.push_back({.time = kTestNow + std::chrono::seconds(1)});
  EXPECT_EQ(lab().verify(lab().make(twice), trust), "time-missing");

  RootLines one = lab().root();
  one.logs.front().owner = one.timestamp_authorities.front().owner = "lab";
  SigstoreTrust by_one = Laboratory::trust(one);
  by_one.times = 2;
  EXPECT_EQ(lab().verify(lab().make(recipe), by_one), "time-missing");
}

TEST(Times, NeverComeToNone) {
  SigstoreTrust trust = lab().trust();
  trust.times = 0;
  trust.logs = 0;
  Recipe recipe;
  recipe.logs.clear();
  EXPECT_EQ(lab().verify(lab().make(recipe), trust), "time-missing");
}

// --- certificates

Recipe leaf(std::function<void(CertificateOptions&)> change) {
  Recipe recipe;
  recipe.change_leaf = std::move(change);
  return recipe;
}

TEST(Certificates, AreForSigningCode) {
  EXPECT_EQ(verify(leaf([](CertificateOptions& o) { o.extended_key_usage = ""; })), "certificate-usage");
  EXPECT_EQ(verify(leaf([](CertificateOptions& o) { o.extended_key_usage = "serverAuth"; })), "certificate-usage");
  EXPECT_EQ(verify(leaf([](CertificateOptions& o) { o.extended_key_usage = "anyExtendedKeyUsage"; })),
            "certificate-usage");
  EXPECT_EQ(verify(leaf([](CertificateOptions& o) { o.key_usage = ""; })), "certificate-usage");
  EXPECT_EQ(verify(leaf([](CertificateOptions& o) { o.key_usage = "critical,keyAgreement"; })), "certificate-usage");
  EXPECT_EQ(verify(leaf([](CertificateOptions& o) {
              o.basic_constraints = "critical,CA:TRUE";
              o.key_usage = "critical,digitalSignature,keyCertSign";
            })),
            "certificate-usage");
}

TEST(Certificates, MayHaveMoreUsages) {
  EXPECT_EQ(verify(leaf([](CertificateOptions& o) { o.extended_key_usage = "codeSigning,emailProtection"; })),
            "verified");
}

TEST(Certificates, WithUnknownCriticalExtensionsAreRefused) {
  EXPECT_EQ(verify(leaf([](CertificateOptions& o) {
              o.other_extensions.emplace_back("1.2.3.4.5", "critical,ASN1:UTF8String:what");
            })),
            "certificate-chain");
}

TEST(Certificates, AreOfATrustedAuthority) {
  RootLines root = lab().root();
  root.certificate_authorities.clear();
  EXPECT_EQ(verify({}, root), "certificate-untrusted");
  root.certificate_authorities = {{"https://other.lab", {lab().clock_root.certificate()}}};
  EXPECT_EQ(verify({}, root), "certificate-untrusted");
  // An authority of the same name with another key.
  const TestAuthority namesake = TestAuthority::root(authority_options("Lab Root"));
  root.certificate_authorities = {{"https://ca.lab", {namesake.certificate()}}};
  EXPECT_EQ(verify({}, root), "certificate-untrusted");
}

TEST(Certificates, AreFoundUnderTheSecondOfTwoNamesakes) {
  const TestAuthority namesake = TestAuthority::root(authority_options("Lab Root"));
  const TestAuthority below = namesake.intermediate(authority_options("Lab Intermediate"));
  RootLines root = lab().root();
  root.certificate_authorities.insert(root.certificate_authorities.begin(),
                                      {"https://ca.lab", {below.certificate(), namesake.certificate()}});
  EXPECT_EQ(verify({}, root), "verified");
}

TEST(Certificates, CountAtBothEndsOfTheAuthoritysWindow) {
  RootLines root = lab().root();
  AuthorityLine& authority = root.certificate_authorities.front();
  authority.start = authority.end = "2025-01-01T00:00:00Z";
  EXPECT_EQ(verify({}, root), "verified");
  authority.start = "2025-01-01T00:00:00.000000001Z";
  authority.end.clear();
  EXPECT_EQ(verify({}, root), "authority-window");
  authority.start = "2020-01-01T00:00:00Z";
  authority.end = "2024-12-31T23:59:59.999999999Z";
  EXPECT_EQ(verify({}, root), "authority-window");
}

// A chain whose intermediate the bundle brings, as private instances have it.
TEST(Certificates, MayBringWhatStandsBetween) {
  RootLines root = lab().root();
  root.certificate_authorities.front().chain = {lab().ca_root.certificate()};
  EXPECT_EQ(verify({}, root), "certificate-untrusted");
  Recipe recipe;
  recipe.brings_intermediate = true;
  EXPECT_EQ(verify(recipe, root), "verified");
}

TEST(Certificates, MayEndBelowARoot) {
  RootLines root = lab().root();
  root.certificate_authorities.front().chain = {lab().ca.certificate()};
  EXPECT_EQ(verify({}, root), "verified");
}

TEST(Certificates, NeverBringARoot) {
  Bundle bundle = lab().make();
  std::get<CertificateMaterial>(bundle.material).chain.push_back(lab().ca_root.certificate());
  EXPECT_EQ(lab().verify(bundle), "bundle-root-certificate");
}

TEST(Certificates, HaveKeysOfEveryType) {
  for (const KeyType type : {KeyType::kEcP384, KeyType::kEcP521, KeyType::kRsa, KeyType::kEd25519}) {
    Recipe recipe;
    recipe.key_type = type;
    EXPECT_EQ(verify(recipe), "verified") << key_type_name(type);
    recipe.message = true;
    EXPECT_EQ(verify(recipe), "verified") << key_type_name(type);
  }
}

TEST(Certificates, AreIssuedByKeysOfEveryType) {
  for (const KeyType type : {KeyType::kEcP384, KeyType::kEcP521, KeyType::kRsa, KeyType::kEd25519}) {
    const Laboratory other({.authority = type, .clock = type == KeyType::kEd25519 ? KeyType::kEcP384 : type});
    EXPECT_EQ(other.verify(other.make(timestamped())), "verified") << key_type_name(type);
  }
}

TEST(Certificates, AreNeeded) {
  Bundle bundle = lab().make();
  bundle.material = PublicKeyMaterial{"hint", {}};
  EXPECT_EQ(lab().verify(bundle), "method-mismatch");
}

// --- certificate transparency

// Positions in a certificate timestamp of version 1 (RFC 6962, section 3.2).
constexpr std::size_t kSctLogId = 1;
constexpr std::size_t kSctTime = 40;
constexpr std::size_t kSctExtensions = 42;
constexpr std::size_t kSctHash = 43;
constexpr std::size_t kSctAlgorithm = 44;
constexpr std::size_t kSctSignature = 60;

TEST(CertificateLogs, SignedTheCertificate) {
  const std::vector<std::pair<std::size_t, const char*>> changes = {
      {0, "sct-missing"},  // a version to come is passed over
      {kSctLogId, "sct-missing"}, {kSctTime, "sct-invalid"},      {kSctExtensions, "sct-malformed"},
      {kSctHash, "sct-invalid"},  {kSctAlgorithm, "sct-invalid"}, {kSctSignature, "sct-invalid"},
  };
  for (const auto& [at, code] : changes) {
    Recipe recipe;
    recipe.change_sct = [at](Bytes& sct) { sct[at] ^= 1U; };
    EXPECT_EQ(verify(recipe), code) << at;
  }
  Recipe by_other;
  by_other.sct_by_other_key = true;
  EXPECT_EQ(verify(by_other), "sct-invalid");
}

TEST(CertificateLogs, AreNeeded) {
  Recipe recipe;
  recipe.scts.clear();
  EXPECT_EQ(verify(recipe), "sct-missing");
  SigstoreTrust trust = lab().trust();
  trust.scts = 0;
  EXPECT_EQ(lab().verify(lab().make(recipe), trust), "verified");
}

TEST(CertificateLogs, AreWhole) {
  Recipe shorter;
  shorter.change_sct = [](Bytes& sct) { sct.pop_back(); };
  EXPECT_EQ(verify(shorter), "sct-malformed");
  Recipe longer;
  longer.change_sct = [](Bytes& sct) { sct.push_back(0); };
  EXPECT_EQ(verify(longer), "sct-malformed");
  Recipe empty;
  empty.change_sct = [](Bytes& sct) { sct.clear(); };
  EXPECT_EQ(verify(empty), "sct-malformed");
}

TEST(CertificateLogs, AreTrusted) {
  RootLines root = lab().root();
  root.certificate_logs.clear();
  EXPECT_EQ(verify({}, root), "sct-missing");
  root = lab().root();
  root.certificate_logs.front().key_details = "PKIX_LMS";
  EXPECT_EQ(verify({}, root), "log-key-unsupported");
}

TEST(CertificateLogs, CountAtBothEndsOfTheirWindow) {
  RootLines root = lab().root();
  LogLine& log = root.certificate_logs.front();
  log.start = log.end = "2025-01-01T00:00:00Z";
  EXPECT_EQ(verify({}, root), "verified");
  Recipe later;
  later.sct_delay = std::chrono::milliseconds(1);
  EXPECT_EQ(verify(later, root), "sct-window");
  Recipe earlier;
  earlier.sct_delay = std::chrono::milliseconds(-1);
  EXPECT_EQ(verify(earlier, root), "sct-window");
}

TEST(CertificateLogs, AreCountedByOperator) {
  Recipe recipe;
  recipe.scts = {0, 1};
  const Bundle two = lab().make(recipe);
  SigstoreTrust trust = lab().trust();
  trust.scts = 2;
  EXPECT_EQ(lab().verify(two, trust), "verified");
  EXPECT_EQ(lab().verify(lab().make(), trust), "sct-missing");
  recipe.scts = {0, 0};
  EXPECT_EQ(lab().verify(lab().make(recipe), trust), "sct-missing");

  RootLines root = lab().root();
  for (LogLine& line : root.certificate_logs) line.owner = "lab";
  SigstoreTrust by_one = Laboratory::trust(root);
  by_one.scts = 2;
  EXPECT_EQ(lab().verify(two, by_one), "sct-missing");
}

TEST(CertificateLogs, ThatAreNotNeededArePassedOver) {
  Recipe recipe;
  recipe.scts = {2, 1};
  RootLines root = lab().root();
  root.certificate_logs.pop_back();
  EXPECT_EQ(verify(recipe, root), "verified");
}

TEST(CertificateLogs, HaveRsaKeysToo) {
  const Laboratory other({.certificate_log = KeyType::kRsa});
  EXPECT_EQ(other.verify(other.make()), "verified");
}

// --- identities

constexpr const char* kOther = "1.3.6.1.4.1.57264.1.7";
constexpr const char* kIssuer1 = "1.3.6.1.4.1.57264.1.1";
constexpr const char* kIssuer2 = "1.3.6.1.4.1.57264.1.8";

std::string verify_as(const Recipe& recipe, std::vector<ExpectedIdentity> expected) {
  SigstoreTrust trust = lab().trust();
  trust.identities = std::move(expected);
  return lab().verify(lab().make(recipe), trust);
}

TEST(Identities, AreExact) {
  EXPECT_EQ(verify_as({}, {{kIdentity, kProvider}}), "verified");
  EXPECT_EQ(verify_as({}, {{"Alice@example.com", kProvider}}), "identity-mismatch");
  EXPECT_EQ(verify_as({}, {{"alice@example.co", kProvider}}), "identity-mismatch");
  EXPECT_EQ(verify_as({}, {{".*", kProvider}}), "identity-mismatch");
  EXPECT_EQ(verify_as({}, {{kIdentity, "https://accounts.example.com/"}}), "identity-issuer");
  EXPECT_EQ(verify_as({}, {{"bob@example.com", "https://other.example"}}), "identity-mismatch");
}

TEST(Identities, AreNeeded) {
  EXPECT_EQ(verify_as({}, {}), "identity-required");
  EXPECT_EQ(verify_as({}, {{"", kProvider}}), "identity-required");
  EXPECT_EQ(verify_as({}, {{kIdentity, ""}}), "identity-required");
  EXPECT_EQ(verify_as({}, {{kIdentity, kProvider}, {"", ""}}), "identity-required");
}

TEST(Identities, AreAnyOfThoseExpected) {
  EXPECT_EQ(verify_as({}, {{"bob@example.com", kProvider}, {kIdentity, kProvider}}), "verified");
  // Of one the name, of the other the provider: neither.
  EXPECT_EQ(verify_as({}, {{"bob@example.com", kProvider}, {kIdentity, "https://other.example"}}), "identity-issuer");
}

TEST(Identities, AreMatchedWholeByPatterns) {
  const std::string provider = "https://accounts\\.example\\.com";
  EXPECT_EQ(verify_as({}, {{"alice@.*", provider, true}}), "verified");
  EXPECT_EQ(verify_as({}, {{"(alice|bob)@example\\.com", provider, true}}), "verified");
  EXPECT_EQ(verify_as({}, {{"alice", provider, true}}), "identity-mismatch");
  EXPECT_EQ(verify_as({}, {{"example.com", provider, true}}), "identity-mismatch");
  EXPECT_EQ(verify_as({}, {{"alice@.*", "https://accounts", true}}), "identity-issuer");
  EXPECT_EQ(verify_as({}, {{"(", provider, true}}), "pattern-syntax");
}

TEST(Identities, AreOfEveryKind) {
  const std::string workflow = "https://github.com/acme/m/.github/workflows/release.yml@refs/tags/v1";
  Recipe uri = leaf([&](CertificateOptions& o) { o.subject_alternative_name = "critical,URI:" + workflow; });
  EXPECT_EQ(verify_as(uri, {{workflow, kProvider}}), "verified");
  Recipe user = leaf([&](CertificateOptions& o) {
    o.subject_alternative_name = std::string("critical,otherName:") + kOther + ";UTF8:alice!example.com";
  });
  EXPECT_EQ(verify_as(user, {{"alice!example.com", kProvider}}), "verified");
  Recipe host = leaf([](CertificateOptions& o) { o.subject_alternative_name = "critical,DNS:alice.example.com"; });
  EXPECT_EQ(verify_as(host, {{"alice.example.com", kProvider}}), "certificate-identity");
}

TEST(Identities, NameTheirProviderOnceOrAlike) {
  auto with = [](std::vector<std::pair<std::string, std::string>> extensions) {
    return leaf([=](CertificateOptions& o) { o.other_extensions = extensions; });
  };
  const std::string text = std::string("ASN1:UTF8String:") + kProvider;
  std::string raw = "DER:";
  for (const char* c = kProvider; *c != '\0'; ++c) raw += to_hex(as_bytes(std::string_view(c, 1))) + ":";
  raw.pop_back();
  EXPECT_EQ(verify(with({{kIssuer1, raw}})), "verified");
  EXPECT_EQ(verify(with({{kIssuer1, raw}, {kIssuer2, text}})), "verified");
  EXPECT_EQ(verify(with({{kIssuer1, "DER:41:42"}, {kIssuer2, text}})), "certificate-identity");
  EXPECT_EQ(verify(with({{kIssuer2, text}, {kIssuer2, text}})), "certificate-identity");
  EXPECT_EQ(verify(with({{kIssuer2, "ASN1:IA5String:" + std::string(kProvider)}})), "certificate-identity");
  EXPECT_EQ(verify(with({})), "certificate-identity");
}

// What was expected and what was found, so that a person sees the difference.
TEST(Identities, AreBothSaidWhereTheyDiffer) {
  const Bundle bundle = lab().make();
  SigstoreTrust trust = lab().trust();
  trust.identities = {{"bob@example.com", kProvider}};
  std::vector<Check> checks;
  const auto other_name = verify_keyless(bundle, lab().content(bundle), trust, checks);
  EXPECT_EQ(other_name.error().code, ErrorCode::kIdentityMismatch);
  EXPECT_THAT(other_name.error().what, HasSubstr("signed by alice@example.com, not by bob@example.com"));
  trust.identities = {{kIdentity, "https://other.example"}};
  const auto other_provider = verify_keyless(bundle, lab().content(bundle), trust, checks);
  EXPECT_EQ(other_provider.error().code, ErrorCode::kIdentityIssuer);
  EXPECT_THAT(other_provider.error().what,
              HasSubstr("as https://accounts.example.com confirmed, not https://other.example"));
}

// --- signatures

TEST(Signatures, AreOfThisContent) {
  Recipe recipe;
  recipe.logs.front().change = [](Logged& logged) { flip(logged.signature); };
  Bundle bundle = lab().make(recipe);
  flip(bundle.envelope.signature);
  EXPECT_EQ(lab().verify(bundle), "signature-invalid");
}

TEST(Signatures, MayHintAtTheMessage) {
  Recipe recipe;
  recipe.message = true;
  Bundle bundle = lab().make(recipe);
  bundle.message->digest.clear();
  EXPECT_EQ(lab().verify(bundle), "verified");
  bundle = lab().make(recipe);
  flip(bundle.message->digest);
  EXPECT_EQ(lab().verify(bundle), "message-digest-mismatch");
  bundle = lab().make(recipe);
  bundle.message->digest_algorithm = "MD5";
  EXPECT_EQ(lab().verify(bundle), "message-digest-mismatch");
}

TEST(Signatures, HoldByADigestAlone) {
  for (const KeyType type : {KeyType::kEcP256, KeyType::kRsa}) {
    Recipe recipe;
    recipe.message = true;
    recipe.key_type = type;
    const Bundle bundle = lab().make(recipe);
    std::vector<Check> checks;
    const SignedContent known = SignedContent::of_digest(lab().content(bundle).sha256);
    EXPECT_TRUE(verify_keyless(bundle, known, lab().trust(), checks)) << key_type_name(type);
    Bytes other = known.sha256;
    flip(other);
    const auto refused = verify_keyless(bundle, SignedContent::of_digest(other), lab().trust(), checks);
    EXPECT_EQ(refused.error().code, ErrorCode::kLogOtherContent);
  }
}

TEST(Keyless, ReportsEachCheckAndWhatItRestsOn) {
  const Bundle bundle = lab().make();
  std::vector<Check> checks;
  const auto found = verify_keyless(bundle, lab().content(bundle), lab().trust(), checks);
  ASSERT_TRUE(found);
  std::vector<std::string> lines;
  for (const Check& check : checks) lines.push_back(check.id + ": " + check.detail);
  EXPECT_THAT(lines, ::testing::ElementsAre(
                         "log: https://rekor.lab, index 1001", "time: 2025-01-01T00:00:00Z by https://rekor.lab",
                         HasSubstr("certificate: issued by"), "certificate-log: the certificate was logged",
                         "identity: alice@example.com, confirmed by https://accounts.example.com"));
  EXPECT_EQ(found->identity.claim("source-repository-uri"), "https://example.com/acme/model");
  EXPECT_EQ(found->chain.size(), 3U);
  EXPECT_EQ(found->times.front().owner, "rekor.lab");
}

}  // namespace
}  // namespace weightmark
