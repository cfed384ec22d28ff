#include "crypto/spki.h"

#include <openssl/core_names.h>
#include <openssl/objects.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace weightmark {
namespace {

using std::string_view_literals::operator""sv;

// Kind is a type of key whose DER is a prefix and then the key itself.
struct Kind {
  std::string_view group;  // "" for Ed25519
  std::string_view prefix;
  std::size_t key_size;

  bool is_ec() const { return !group.empty(); }
  std::size_t size() const { return prefix.size() + key_size; }
};

// Each is SEQUENCE { SEQUENCE { algorithm, curve }, BIT STRING without unused bits }.
constexpr std::array<Kind, 4> kKinds = {{
    {"prime256v1"sv,
     "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00"sv, 65},
    {"secp384r1"sv, "\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00"sv,
     97},
    {"secp521r1"sv,
     "\x30\x81\x9b\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x23\x03\x81\x86\x00"sv, 133},
    {""sv, "\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"sv, 32},
}};

constexpr std::uint8_t kUncompressed = 4;  // SEC 1, section 2.3.3

PkeyPtr make_ec_key(std::string_view group, ByteView point) {
  PkeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  std::string name(group);
  Bytes octets(point.begin(), point.end());
  std::array<OSSL_PARAM, 3> parameters = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name.data(), name.size()),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, octets.data(), octets.size()),
      OSSL_PARAM_construct_end()};
  EVP_PKEY* key = nullptr;
  const bool made = context && EVP_PKEY_fromdata_init(context.get()) == 1 &&
                    EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.data()) == 1;
  if (!made) take_openssl_errors();
  return PkeyPtr(key);
}

// key_octets returns the point or the raw key; nothing where there is none.
Bytes key_octets(const EVP_PKEY* key, const Kind& kind) {
  Bytes octets(kind.key_size);
  std::size_t size = octets.size();
  const bool read =
      kind.is_ec() ? EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, octets.data(), size, &size) == 1 &&
                         octets.front() == kUncompressed
                   : EVP_PKEY_get_raw_public_key(key, octets.data(), &size) == 1;
  if (!read) take_openssl_errors();
  return read && size == kind.key_size ? octets : Bytes();
}

const Kind* kind_of(const EVP_PKEY* key) {
  std::array<char, 80> group{};
  const bool ec = EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
                  EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) == 1;
  if (!ec && EVP_PKEY_get_base_id(key) != EVP_PKEY_ED25519) return nullptr;
  auto found = std::ranges::find(kKinds, std::string_view(group.data()), &Kind::group);
  return found != kKinds.end() ? &*found : nullptr;
}

}  // namespace

PkeyPtr decode_spki(ByteView der) {
  const std::string_view text = as_text(der);
  for (const Kind& kind : kKinds) {
    if (text.size() != kind.size() || !text.starts_with(kind.prefix)) continue;
    const ByteView key = der.subspan(kind.prefix.size());
    if (kind.is_ec()) return key.front() == kUncompressed ? make_ec_key(kind.group, key) : nullptr;
    return PkeyPtr(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()));
  }
  return nullptr;
}

Bytes encode_spki(const EVP_PKEY* key) {
  const Kind* kind = kind_of(key);
  if (kind == nullptr) return encode_der(i2d_PUBKEY, key);
  const Bytes octets = key_octets(key, *kind);
  if (octets.empty()) return encode_der(i2d_PUBKEY, key);
  Bytes der(kind->prefix.begin(), kind->prefix.end());
  der.insert(der.end(), octets.begin(), octets.end());
  return der;
}

}  // namespace weightmark
