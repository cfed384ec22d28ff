// Keys and bundles for tests of this layer and of those above it. Header-only;
// crypto/pki_testing.cc must be linked.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "attest/bundle.h"
#include "attest/oms.h"
#include "crypto/pki_testing.h"
#include "hash/hasher.h"
#include "weightmark/key.h"
#include "weightmark/manifest.h"
#include "weightmark/trust.h"

namespace weightmark::testing {

inline constexpr std::array kKeyTypes = {KeyType::kEcP256, KeyType::kEcP384, KeyType::kEcP521, KeyType::kRsa,
                                         KeyType::kEd25519};

inline std::unique_ptr<SigningKey> load_key(const std::string& pem) { return load_private_key(pem, {}).value(); }

// a_key returns a key of that type, the same one every time.
inline SigningKey& a_key(KeyType type = KeyType::kEcP256) {
  static std::map<KeyType, std::unique_ptr<SigningKey>> keys;
  auto& key = keys[type];
  if (!key) key = load_key(generate_key_pem(type));
  return *key;
}

// another_key returns a key of that type that a_key never returns.
inline SigningKey& another_key(KeyType type = KeyType::kEcP256) {
  static std::map<KeyType, std::unique_ptr<SigningKey>> keys;
  auto& key = keys[type];
  if (!key) key = load_key(generate_key_pem(type));
  return *key;
}

inline KeyTrust trust(const SigningKey& key) { return {{key.public_key()}}; }

inline Digest sha256(std::string_view text) { return hash_bytes(HashAlgorithm::kSha256, as_bytes(text)); }

// a_manifest describes files with the contents given, without trees.
inline Manifest a_manifest(const std::map<std::string, std::string>& files, std::string name = "model") {
  Manifest manifest;
  manifest.name = std::move(name);
  for (const auto& [file, text] : files) manifest.files.push_back({file, sha256(text), {}, {}});
  complete_manifest(manifest);
  return manifest;
}

inline Envelope sign_payload(std::string_view payload, SigningKey& key) {
  Envelope envelope{std::string(kInTotoPayloadType), Bytes(payload.begin(), payload.end()), {}};
  envelope.signature = key.sign(pae(envelope.payload_type, envelope.payload)).value();
  return envelope;
}

inline std::string payload_of(const Manifest& manifest, ResourceOrder order = ResourceOrder::kSpecification) {
  return write_oms(manifest, order);
}

// key_bundle names the key by its fingerprint, as version 1.1 does.
inline Bundle key_bundle(std::string_view payload, SigningKey& key) {
  Bundle bundle;
  bundle.media_type = kBundleMediaType;
  bundle.material = PublicKeyMaterial{key.public_key().fingerprint(), {}};
  bundle.envelope = sign_payload(payload, key);
  return bundle;
}

inline Bundle key_bundle(const Manifest& manifest, SigningKey& key = a_key()) {
  return key_bundle(payload_of(manifest), key);
}

inline Bundle certificate_bundle(const Manifest& manifest, SigningKey& key, std::vector<Certificate> chain) {
  Bundle bundle = key_bundle(manifest, key);
  bundle.material = CertificateMaterial{std::move(chain), false};
  return bundle;
}

}  // namespace weightmark::testing
