#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "base/file.h"
#include "crypto/der.h"
#include "crypto/openssl.h"
#include "crypto/pkcs11_key.h"
#include "crypto/pkcs11_module.h"
#include "crypto/pkcs11_session.h"
#include "crypto/pkcs11_uri.h"
#include "crypto/pki_testing.h"
#include "weightmark/key.h"

namespace weightmark {
namespace {

namespace fs = std::filesystem;

template <class T>
std::string_view code(const Result<T>& result) {
  return result ? "no error" : code_name(result.error().code);
}

// Folder is a temporary folder.
class Folder {
 public:
  Folder() { path_ = ::mkdtemp(name_); }
  ~Folder() { fs::remove_all(path_); }
  const fs::path& path() const { return path_; }
  fs::path write(const std::string& name, std::string_view text) const {
    EXPECT_TRUE(write_file_atomically(path_ / name, as_bytes(text)));
    return path_ / name;
  }

 private:
  char name_[64] = "/tmp/weightmark-pkcs11-XXXXXX";
  fs::path path_;
};

TEST(Pkcs11Uri, TakesWhatNamesAKeyOnAToken) {
  for (std::string_view good :
       {"pkcs11:token=T;object=K", "pkcs11:token=T;id=%01%ff", "pkcs11:serial=12;object=K", "pkcs11:slot-id=0;id=%01",
        "pkcs11:token=T;object=K;type=private", "pkcs11:token=T;object=K?pin-value=1&module-name=m",
        "pkcs11:token=T;object=K?module-path=/lib/m.so", "pkcs11:token=T;object=K?x-vendor=1"})
    EXPECT_EQ(code(Pkcs11Uri::parse(good)), "no error") << good;
}

TEST(Pkcs11Uri, RefusesWhatNamesTooLittleOrSomethingElse) {
  for (std::string_view bad :
       {"", "pkcs11:", "token=T;object=K", "pkcs11:object=K", "pkcs11:id=%01", "pkcs11:token=T", "pkcs11:serial=1",
        "pkcs11:token=T;id=%0", "pkcs11:token=T;object=%zz", "pkcs11:token=T;object=K;type=cert",
        "pkcs11:token=T;object=K;type=public", "pkcs11:token=T;object=K;unknown=1", "pkcs11:model=M;object=K",
        "pkcs11:token=T;object=K?module-path=relative.so", "http://token"})
    EXPECT_EQ(code(Pkcs11Uri::parse(bad)), "pkcs11-uri") << bad;
  EXPECT_EQ(code(Pkcs11Uri::parse(std::string_view("pkcs11:token=T;object=K\0x", 25))), "pkcs11-uri");
}

TEST(Pkcs11Uri, DecodesIdsAndNames) {
  Pkcs11Uri uri = *Pkcs11Uri::parse("pkcs11:token=My%20token;id=%00%01a%fF;object=K%C3%A9?module-name=SoftHSM");
  EXPECT_EQ(to_hex(*uri.id()), "000161ff");
  EXPECT_EQ(as_text(*uri.object()), "Ké");
  EXPECT_EQ(uri.module_name(), "SoftHSM");
  EXPECT_EQ(uri.module_path(), "");
}

TEST(Pkcs11Uri, NeverShowsThePin) {
  for (std::string_view uri :
       {"pkcs11:token=T;object=K?pin-value=SECRET", "pkcs11:token=T?pin-value=SECRET&module-name=m",
        "pkcs11:token=T;pin-value=SECRET;object=K", "pkcs11:pin%2dvalue=SECRET", "pkcs11:token=T?PIN-VALUE=SECRET",
        "pkcs11:token=T?pin-\n value=SECRET", "pkcs11:token=T?pin=SECRET", "pkcs11:token=T?pin-value:SECRET"})
    EXPECT_EQ(redact_pin(uri).find("SECRET"), std::string::npos) << uri;
  EXPECT_EQ(redact_pin("pkcs11:token=T?pin-value=SECRET&module-name=m"), "pkcs11:token=T?pin-value=...&module-name=m");
  EXPECT_EQ(redact_pin("pkcs11:token=T?pin-source=/run/pin"), "pkcs11:token=T?pin-source=/run/pin");
  Result<Pkcs11Uri> uri = Pkcs11Uri::parse("pkcs11:token=T?pin-value=SECRET");
  ASSERT_EQ(code(uri), "pkcs11-uri");
  EXPECT_EQ((uri.error().what + uri.error().subject + uri.error().hint).find("SECRET"), std::string::npos);
}

// pin_of returns the PIN of a URI with this query, or the code of the error.
std::string pin_of(const std::string& query) {
  Result<std::optional<Secret>> pin = Pkcs11Uri::parse("pkcs11:token=T;object=K?" + query)->take_pin();
  if (!pin) return std::string(code_name(pin.error().code));
  return *pin ? std::string((*pin)->view()) : "none";
}

TEST(Pkcs11Uri, FindsThePin) {
  Folder folder;
  std::string plain = folder.write("pin", "1234\n").native();
  std::string spaced = folder.write("pin file", "12 34\r\n").native();
  std::string base = folder.path().native();
  EXPECT_EQ(pin_of("module-name=m"), "none");
  EXPECT_EQ(pin_of("pin-value=12%2034"), "12 34");
  EXPECT_EQ(pin_of("pin-source=" + plain), "1234");
  EXPECT_EQ(pin_of("pin-source=file:" + plain), "1234");
  EXPECT_EQ(pin_of("pin-source=file://" + plain), "1234");
  EXPECT_EQ(pin_of("pin-source=file://localhost" + plain), "1234");
  EXPECT_EQ(pin_of("pin-source=file:" + base + "/pin%2520file"), "12 34");
  EXPECT_EQ(pin_of("pin-source=" + base + "/pin%20file"), "12 34");
}

TEST(Pkcs11Uri, DropsOneNewlineOnly) {
  Folder folder;
  EXPECT_EQ(pin_from_file(folder.write("two", "1\n\n"))->view(), "1\n");
  EXPECT_EQ(pin_from_file(folder.write("none", "1"))->view(), "1");
  EXPECT_EQ(pin_from_file(folder.write("empty", ""))->view(), "");
  EXPECT_EQ(pin_from_file(folder.write("most", std::string(1024, '1') + "\r\n"))->view().size(), 1024U);
  EXPECT_EQ(code(pin_from_file(folder.write("more", std::string(1025, '1')))), "pkcs11-pin");
  EXPECT_EQ(code(pin_from_file(folder.write("much more", std::string(99999, '1')))), "pkcs11-pin");
  EXPECT_EQ(code(pin_from_file(folder.path())), "pkcs11-pin");
}

TEST(Pkcs11Uri, RefusesPinSourcesThatAreNoFiles) {
  EXPECT_EQ(pin_of("pin-source=/nowhere/at/all"), "pkcs11-pin");
  for (std::string_view bad :
       {"relative", "%7Ccommand", "file:relative", "file://host/path", "file:/a%2500b", "http:/x"})
    EXPECT_EQ(pin_of(fmt::format("pin-source={}", bad)), "pkcs11-uri") << bad;
}

// found returns the file name that find_module_file finds, or the error's code.
std::string found(const std::string& query, const std::vector<fs::path>& folders) {
  Pkcs11Uri uri = *Pkcs11Uri::parse("pkcs11:token=T;object=K?" + query);
  Result<fs::path> file = find_module_file(uri, folders);
  return file ? file->filename().native() : std::string(code_name(file.error().code));
}

TEST(Pkcs11Module, IsFoundByAPartOfItsName) {
  Folder folder;
  folder.write("libMyToken.so.2", "");
  folder.write("my-readme.txt", "");
  folder.write("onepin-opensc-pkcs11.so", "");
  folder.write("opensc-pkcs11.so", "");
  EXPECT_EQ(found("module-name=mytok", {folder.path()}), "libMyToken.so.2");
  EXPECT_EQ(found("module-name=MYTOKEN", {"/nowhere", folder.path()}), "libMyToken.so.2");
  EXPECT_EQ(found("module-name=opensc-pkcs11", {folder.path()}), "opensc-pkcs11.so");
  EXPECT_EQ(found("module-name=opensc", {folder.path()}), "onepin-opensc-pkcs11.so");
  EXPECT_EQ(found("module-name=my-readme", {folder.path()}), "pkcs11-module");
  EXPECT_EQ(found("pin-value=1", {folder.path()}), "");
}

TEST(Pkcs11Module, IsFoundByItsPath) {
  Folder folder;
  std::string path = folder.path().native();
  folder.write("one.so", "");
  EXPECT_EQ(found("module-path=" + path + "/one.so", {}), "one.so");
  EXPECT_EQ(found("module-path=" + path, {}), "one.so");
  folder.write("two.so", "");
  EXPECT_EQ(found("module-path=" + path, {}), "pkcs11-module");
  EXPECT_EQ(found("module-path=" + path + "&module-name=two", {}), "two.so");
  EXPECT_EQ(found("module-path=" + path + "&module-name=three", {}), "pkcs11-module");
}

TEST(Pkcs11Module, IsRefusedWhenItCannotBeLoaded) {
  Folder folder;
  std::string bad = folder.write("bad.so", "not a library").native();
  for (const std::string& path : {bad, std::string("/nowhere/at/all.so")}) {
    std::string uri = "pkcs11:token=T;object=K?pin-value=SECRET&module-path=" + path;
    Result<std::unique_ptr<SigningKey>> key = open_pkcs11_key({.uri = uri, .module_folders = {}, .pin = {}});
    ASSERT_EQ(code(key), "pkcs11-module");
    EXPECT_EQ(key.error().what.find("SECRET"), std::string::npos);
  }
}

// The attributes of a key that OpenSSL made, as a token has them.
struct EcAttributes {
  Bytes parameters;
  Bytes point;
};

EcAttributes attributes_of(const PublicKey& key) {
  // SEQUENCE { SEQUENCE { OID, parameters }, BIT STRING }
  Bytes spki = key.spki();
  ByteView body = *der_contents(kDerSequence, spki);
  std::size_t identifier_size = 2U + body[1];
  ByteView identifier = body.subspan(2, body[1]);
  ByteView bits = *der_contents(kDerBitString, body.subspan(identifier_size));
  ByteView parameters = identifier.subspan(2U + identifier[1]);
  return {Bytes(parameters.begin(), parameters.end()), Bytes(bits.begin() + 1, bits.end())};
}

TEST(Pkcs11PublicKey, TakesPointsWrappedAndBare) {
  for (KeyType type : {KeyType::kEcP256, KeyType::kEcP384, KeyType::kEcP521}) {
    PublicKey key = *PublicKey::from_pem(testing::public_key_pem(testing::generate_key_pem(type)));
    EcAttributes ec = attributes_of(key);
    EXPECT_EQ(*public_key_from_ec(ec.parameters, ec.point), key);
    EXPECT_EQ(*public_key_from_ec(ec.parameters, der_value(kDerOctetString, {ec.point})), key);
    ec.point.back() ^= 1;
    EXPECT_EQ(code(public_key_from_ec(ec.parameters, ec.point)), "key-malformed");
  }
}

TEST(Pkcs11PublicKey, RefusesOtherCurves) {
  Bytes secp256k1 = *from_hex("06052b8104000a");
  Bytes generator = *from_hex(
      "0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
      "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8");
  EXPECT_EQ(code(public_key_from_ec(secp256k1, generator)), "key-unsupported");
  EXPECT_EQ(code(public_key_from_ec(secp256k1, der_value(kDerOctetString, {generator}))), "key-unsupported");
  EXPECT_EQ(code(public_key_from_ec({}, generator)), "key-malformed");
}

TEST(Pkcs11PublicKey, TakesRsaNumbers) {
  PkeyPtr pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048}));
  BIGNUM* n = nullptr;
  EVP_PKEY_get_bn_param(pkey.get(), "n", &n);
  Bytes modulus(static_cast<std::size_t>(BN_num_bytes(n)));
  BN_bn2bin(n, modulus.data());
  BN_free(n);
  PublicKey key = *PublicKey::from_spki(encode_der(i2d_PUBKEY, pkey.get()));
  EXPECT_EQ(*public_key_from_rsa(modulus, *from_hex("010001")), key);
  modulus.insert(modulus.begin(), 0);
  EXPECT_EQ(*public_key_from_rsa(modulus, *from_hex("00010001")), key);
  EXPECT_EQ(code(public_key_from_rsa(*from_hex("ff01"), *from_hex("03"))), "key-unsupported");
}

TEST(Der, WritesAndReadsLengths) {
  for (std::size_t size : {0U, 1U, 127U, 128U, 255U, 256U, 65535U, 65536U}) {
    Bytes contents(size, 7);
    Bytes der = der_value(kDerOctetString, {contents});
    std::optional<ByteView> back = der_contents(kDerOctetString, der);
    ASSERT_TRUE(back) << size;
    EXPECT_TRUE(std::ranges::equal(*back, contents));
    EXPECT_FALSE(der_contents(kDerSequence, der));
    der.push_back(0);
    EXPECT_FALSE(der_contents(kDerOctetString, der));
  }
  EXPECT_EQ(to_hex(der_unsigned({})), "020100");
  EXPECT_EQ(to_hex(der_unsigned(Bytes{0, 0, 0x80})), "02020080");
  EXPECT_FALSE(der_contents(kDerSequence, *from_hex("30800000")));
}

// A module with a fault that SoftHSM does not have.
CK_RV no_session(CK_SLOT_ID, CK_FLAGS, void*, CK_NOTIFY, CK_SESSION_HANDLE_PTR) { return CKR_DEVICE_ERROR; }

TEST(Pkcs11Session, ReportsFailuresOfTheToken) {
  CK_FUNCTION_LIST module{};
  module.C_OpenSession = no_session;
  Result<Pkcs11Session> session = Pkcs11Session::open({&module, 0, {}});
  ASSERT_EQ(code(session), "pkcs11-failed");
}

constexpr std::string_view kModules[] = {"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so",
                                         "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
                                         "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"};

std::string softhsm() {
  auto exists = [](std::string_view path) { return fs::exists(path); };
  const auto* found_module = std::ranges::find_if(kModules, exists);
  return found_module == std::end(kModules) ? "" : std::string(*found_module);
}

bool shell(const std::string& command) { return ::system((command + " >/dev/null 2>&1").c_str()) == 0; }

// SoftHsm is a token "Weightmark test" with PIN 1234, made once for all tests.
class SoftHsm : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (softhsm().empty()) {
      missing_ = "SoftHSM's PKCS#11 module is not installed (Debian package softhsm2)";
      return;
    }
    folder_ = std::make_unique<Folder>();
    fs::create_directory(folder_->path() / "tokens");
    std::string settings =
        fmt::format("directories.tokendir = {}/tokens\nlog.level = ERROR\n", folder_->path().native());
    fs::path config = folder_->write("softhsm2.conf", settings);
    ::setenv("SOFTHSM2_CONF", config.c_str(), 1);
    if (!shell("softhsm2-util --init-token --free --label 'Weightmark test' --so-pin 5678 --pin 1234"))
      missing_ = "softhsm2-util cannot make a token";
    else if (!make_keys())
      missing_ = "pkcs11-tool cannot make keys (Debian package opensc)";
  }

  static void TearDownTestSuite() { folder_.reset(); }

  void SetUp() override {
    if (!missing_.empty()) GTEST_SKIP() << missing_;
  }

  static bool tool(const std::string& arguments) {
    return shell(fmt::format("pkcs11-tool --module {} --token-label 'Weightmark test' --login --pin 1234 {}", softhsm(),
                             arguments));
  }

  static bool make_keys() {
    auto pair = [](std::string_view type, std::string_view label, std::string_view id, std::string_view more = "") {
      return tool(fmt::format("--keypairgen --key-type {} --label '{}' --id {} {}", type, label, id, more));
    };
    return pair("EC:prime256v1", "p256", "01") && pair("EC:secp384r1", "p384", "02ff") &&
           pair("EC:secp521r1", "p521", "03") && pair("rsa:2048", "rsa", "04") && pair("rsa:1024", "weak", "05") &&
           pair("EC:secp256k1", "koblitz", "06") && pair("EC:prime256v1", "twin", "07") &&
           pair("EC:prime256v1", "twin", "08") && pair("EC:prime256v1", "no public", "09") &&
           tool("--delete-object --type pubkey --id 09") && pair("EC:prime256v1", "swapped", "0a") &&
           tool("--delete-object --type pubkey --id 0a") && pair("EC:prime256v1", "always", "0b", "--always-auth");
  }

  static std::string uri(const std::string& path, const std::string& query = "pin-value=1234") {
    return "pkcs11:token=Weightmark%20test;" + path + "?module-path=" + softhsm() + "&" + query;
  }

  static Result<std::unique_ptr<SigningKey>> open(const std::string& text, SecretSource pin = {}) {
    return open_pkcs11_key({.uri = text, .module_folders = {}, .pin = std::move(pin)});
  }

  static void expect_signs(SigningKey& key) {
    for (std::string_view message : {"first", "second", ""}) {
      Result<Bytes> signature = key.sign(as_bytes(message));
      ASSERT_EQ(code(signature), "no error") << (signature ? "" : describe(signature.error()));
      SignatureScheme scheme = default_scheme(key.public_key().type());
      EXPECT_EQ(code(key.public_key().verify(as_bytes(message), *signature, scheme)), "no error");
    }
  }

  static std::unique_ptr<Folder> folder_;
  static std::string missing_;
};

std::unique_ptr<Folder> SoftHsm::folder_;
std::string SoftHsm::missing_;

TEST_F(SoftHsm, SignsWithEveryTypeOfKey) {
  std::pair<std::string, KeyType> keys[] = {{"object=p256", KeyType::kEcP256},
                                            {"id=%02%ff", KeyType::kEcP384},
                                            {"object=p521;id=%03", KeyType::kEcP521},
                                            {"object=rsa;type=private", KeyType::kRsa}};
  for (const auto& [path, type] : keys) {
    Result<std::unique_ptr<SigningKey>> key = open(uri(path));
    ASSERT_EQ(code(key), "no error") << path << ": " << (key ? "" : describe(key.error()));
    EXPECT_EQ((*key)->public_key().type(), type);
    expect_signs(**key);
  }
}

TEST_F(SoftHsm, HasThePublicKeyThatTheTokenExports) {
  fs::path file = folder_->path() / "p256.der";
  ASSERT_TRUE(tool("--read-object --type pubkey --id 01 --output-file " + file.native()));
  std::string der = *read_file(file, 4096);
  EXPECT_EQ((*open(uri("object=p256")))->public_key(), *PublicKey::from_spki(as_bytes(der)));
}

TEST_F(SoftHsm, HoldsTwoKeysAtOnce) {
  Result<std::unique_ptr<SigningKey>> first = open(uri("object=p256"));
  ASSERT_EQ(code(first), "no error");
  {
    Result<std::unique_ptr<SigningKey>> second = open(uri("object=p384"));
    ASSERT_EQ(code(second), "no error");
    expect_signs(**second);
  }
  expect_signs(**first);
}

TEST_F(SoftHsm, IsFoundByModuleName) {
  std::string text = "pkcs11:token=Weightmark%20test;object=p256?pin-value=1234&module-name=SOFTHSM2";
  EXPECT_EQ(code(open(text)), "no error");
  fs::path parent = fs::path(softhsm()).parent_path();
  EXPECT_EQ(code(open_pkcs11_key({.uri = text, .module_folders = {parent}, .pin = {}})), "no error");
}

TEST_F(SoftHsm, IsFoundAmongTheConfiguredModules) {
  Result<std::unique_ptr<SigningKey>> key = open("pkcs11:token=Weightmark%20test;object=p256?pin-value=1234");
  if (!key && (key.error().code == ErrorCode::kPkcs11Module || key.error().code == ErrorCode::kPkcs11Token))
    GTEST_SKIP() << "p11-kit is not configured with SoftHSM: " << describe(key.error());
  ASSERT_EQ(code(key), "no error");
  expect_signs(**key);
}

TEST_F(SoftHsm, AsksForThePinOnceAndOnlyWithoutOneInTheUri) {
  int asked = 0;
  SecretSource source = [&]() -> Result<Secret> {
    ++asked;
    return Secret("1234");
  };
  EXPECT_EQ(code(open(uri("object=p256"), source)), "no error");
  EXPECT_EQ(asked, 0);
  EXPECT_EQ(code(open(uri("object=p256", ""), source)), "no error");
  EXPECT_EQ(asked, 1);
  std::string file = folder_->write("pin", "1234\n").native();
  EXPECT_EQ(code(open(uri("object=p256", "pin-source=" + file), source)), "no error");
  EXPECT_EQ(asked, 1);
}

TEST_F(SoftHsm, RefusesWrongAndMissingPins) {
  Result<std::unique_ptr<SigningKey>> wrong = open(uri("object=p256", "pin-value=4321"));
  ASSERT_EQ(code(wrong), "pkcs11-pin");
  EXPECT_EQ((wrong.error().what + wrong.error().subject + wrong.error().hint).find("4321"), std::string::npos);
  EXPECT_EQ(code(open(uri("object=p256", "pin-value=1"))), "pkcs11-pin");
  EXPECT_EQ(code(open(uri("object=p256", ""))), "pkcs11-pin");
  EXPECT_EQ(code(open(uri("object=p256", "pin-source=/nowhere"))), "pkcs11-pin");
}

TEST_F(SoftHsm, PassesOnWhatThePinSourceReturns) {
  SecretSource interrupted = []() -> Result<Secret> {
    return std::unexpected(Error{ErrorCode::kInterrupted, "stopped", {}, {}});
  };
  EXPECT_EQ(code(open(uri("object=p256", ""), interrupted)), "interrupted");
}

TEST_F(SoftHsm, RefusesUnknownTokens) {
  Result<std::unique_ptr<SigningKey>> key = open("pkcs11:token=Other;object=p256?module-path=" + softhsm());
  ASSERT_EQ(code(key), "pkcs11-token");
  EXPECT_NE(key.error().what.find("\"Weightmark test\""), std::string::npos) << key.error().what;
  EXPECT_EQ(code(open("pkcs11:slot-id=4000000;object=p256?module-path=" + softhsm())), "pkcs11-token");
  EXPECT_EQ(code(open("pkcs11:token=Weightmark%20test;serial=0;object=p256?module-path=" + softhsm())), "pkcs11-token");
}

TEST_F(SoftHsm, RefusesUnknownAndAmbiguousKeys) {
  Result<std::unique_ptr<SigningKey>> none = open(uri("object=nothing"));
  ASSERT_EQ(code(none), "pkcs11-key");
  EXPECT_NE(none.error().what.find("\"p384\" (id 02ff)"), std::string::npos) << none.error().what;
  EXPECT_EQ(code(open(uri("object=p256;id=%02"))), "pkcs11-key");
  Result<std::unique_ptr<SigningKey>> two = open(uri("object=twin"));
  ASSERT_EQ(code(two), "pkcs11-key");
  EXPECT_NE(two.error().what.find("\"twin\" (id 07)"), std::string::npos) << two.error().what;
  EXPECT_NE(two.error().what.find("\"twin\" (id 08)"), std::string::npos) << two.error().what;
  EXPECT_EQ(code(open(uri("object=twin;id=%07"))), "no error");
}

TEST_F(SoftHsm, RefusesKeysWithoutAPublicHalf) { EXPECT_EQ(code(open(uri("object=no%20public"))), "pkcs11-key"); }

TEST_F(SoftHsm, RefusesKeysThatAreNotSupported) {
  EXPECT_EQ(code(open(uri("object=weak"))), "key-unsupported");
  Result<std::unique_ptr<SigningKey>> key = open(uri("object=koblitz"));
  ASSERT_EQ(code(key), "key-unsupported");
  EXPECT_NE(key.error().what.find("secp256k1"), std::string::npos);
}

// The token says that another key's public half belongs to the private key.
TEST_F(SoftHsm, NeverReturnsASignatureThatDoesNotVerify) {
  fs::path file = folder_->path() / "other.der";
  ASSERT_TRUE(tool("--read-object --type pubkey --id 01 --output-file " + file.native()));
  ASSERT_TRUE(tool("--write-object " + file.native() + " --type pubkey --id 0a --label swapped"));
  Result<std::unique_ptr<SigningKey>> key = open(uri("object=swapped"));
  ASSERT_EQ(code(key), "no error");
  EXPECT_EQ(code((*key)->sign(as_bytes("model"))), "pkcs11-failed");
}

TEST_F(SoftHsm, GivesThePinForEverySignatureWhenTheKeyWantsIt) {
  Result<std::unique_ptr<SigningKey>> key = open(uri("object=always"));
  ASSERT_EQ(code(key), "no error");
  expect_signs(**key);
}

}  // namespace
}  // namespace weightmark
