// Hashing and signing a model on disk.
#include "weightmark/sign.h"

#include <fmt/format.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/function.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <cstring>
#include <functional>
#include <memory>

#include "base/refuse.h"
#include "base/try.h"
#include "host/ambient_identity.h"
#include "host/clock.h"
#include "host/named_files.h"
#include "host/network.h"
#include "host/trust_source.h"
#include "native/bindings.h"
#include "native/errors.h"
#include "native/work.h"
#include "sign/keyless_signer.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace weightmark::python {
namespace {

using Confirm = std::function<bool(const std::string& identity, const std::string& provider)>;

struct HashSettings {
  std::string model;
  std::optional<std::string> name;
  std::string algorithm = "sha256";
  std::uint64_t shard_size = 0;
  std::vector<std::string> ignore_paths;
  bool ignore_git_paths = true;
  bool allow_symlinks = false;
  unsigned threads = 0;
};

HashOptions to_options(const HashSettings& settings, const Cancel& cancel) {
  HashOptions options;
  options.model = settings.model;
  const auto algorithm = find_algorithm(settings.algorithm);
  if (!algorithm)
    raise({ErrorCode::kAlgorithmUnknown, "no such algorithm", settings.algorithm, "sha256, blake2b or blake3"});
  options.algorithm = *algorithm;
  options.shard_size = settings.shard_size;
  options.name = settings.name;
  options.ignore_paths = settings.ignore_paths;
  options.ignore_git_paths = settings.ignore_git_paths;
  options.allow_symlinks = settings.allow_symlinks;
  options.work.threads = settings.threads;
  options.work.cancelled = cancel.get();
  return options;
}

// --- With a key

struct KeySettings {
  std::string private_key;
  std::function<std::optional<std::string>()> password;  // asked where the key is encrypted
  std::vector<std::string> certificates;
};

Result<SignedOutput> sign_with_key(SignOptions options, const KeySettings& settings) {
  const SecretSource password = [&]() -> Result<Secret> {
    if (std::optional<std::string> said = settings.password()) {
      Secret secret(*said);
      ::explicit_bzero(said->data(), said->size());
      return secret;
    }
    return refuse(ErrorCode::kKeyPasswordRequired, "the private key is encrypted", settings.private_key,
                  "give password=");
  };
  WM_TRY(const std::unique_ptr<SigningKey> key, read_private_key(settings.private_key, password));
  if (!settings.certificates.empty()) {
    WM_TRY(options.chain, read_certificates(settings.certificates));
  }
  options.key = key.get();
  return sign_model(options);
}

// --- With an identity

struct IdentitySettings {
  std::optional<std::string> token;
  TrustPlaces places;
  Confirm confirm;
};

Result<IdentityToken> obtain_token(const IdentitySettings& settings, HttpClient& http, const Stop& stop) {
  if (settings.token) return IdentityToken::parse(*settings.token);
  WM_TRY(std::optional<IdentityToken> token, ambient_identity(http, stop));
  if (token) return *std::move(token);
  return refuse(ErrorCode::kTokenMissing, "no identity token was given, and nothing here offers one", {},
                "give identity_token=, sign in a CI job that may have identity tokens, or log in with "
                "`weightmark sign`");
}

Result<void> confirm(const IdentitySettings& settings, const TokenIdentity& identity) {
  if (settings.confirm(identity.name, identity.provider)) return {};
  return refuse(ErrorCode::kIdentityDeclined, "it was not confirmed that this identity may be published");
}

Result<SignedOutput> sign_with_identity(SignOptions options, const IdentitySettings& settings, const Stop& stop) {
  WM_TRY(const SigningSource source, load_for_signing(settings.places, stop));
  WM_TRY(TrustedRoot root, parse_root(source.root));
  WM_TRY(SigningConfig config, parse_signing_config(source.config));
  const std::unique_ptr<HttpClient> http = service_client(stop);
  KeylessSigner signer({
      .root = std::move(root),
      .config = std::move(config),
      .http = http.get(),
      .clock = now,
      .token = [&] { return obtain_token(settings, *http, stop); },
      .consent = [&](const TokenIdentity& identity) { return confirm(settings, identity); },
  });
  options.signer = &signer;
  return sign_model(options);
}

// --- What Python calls

struct SignSettings {
  HashSettings hash;
  std::optional<std::string> signature;
  std::vector<FileEntry> files;
};

SignOptions to_options(const SignSettings& settings, const Cancel& cancel) {
  SignOptions options;
  options.hash = to_options(settings.hash, cancel);
  if (settings.signature) options.signature = *settings.signature;
  options.time = now();
  options.known = settings.files;
  return options;
}

using Signed = std::tuple<std::string, Manifest, std::string, std::vector<std::string>>;

// as_python is the signature's path, what was signed, by whom, and the warnings.
Signed as_python(SignedOutput output) {
  const SignerReport& signer = output.signer;
  std::string who =
      signer.identity.names.empty()
          ? fmt::format("{} key {}", signer.key_type, signer.key_fingerprint)
          : fmt::format("{}, confirmed by {}", signer.identity.names.front().value, signer.identity.issuer);
  return {output.signature.native(), std::move(output.model.manifest), std::move(who),
          std::move(output.model.warnings)};
}

template <class Settings, class Work>
auto do_work(const Settings& settings, Work work) {
  const Cancel cancel = std::make_shared<std::atomic<bool>>(false);
  auto options = to_options(settings, cancel);
  return unwrap(run(cancel, [&] { return work(std::move(options), Stop(cancel.get())); }));
}

void bind_settings(nb::module_& module) {
  nb::class_<HashSettings>(module, "HashSettings")
      .def(nb::init<>())
      .def_rw("model", &HashSettings::model)
      .def_rw("name", &HashSettings::name, nb::arg().none())
      .def_rw("algorithm", &HashSettings::algorithm)
      .def_rw("shard_size", &HashSettings::shard_size)
      .def_rw("ignore_paths", &HashSettings::ignore_paths)
      .def_rw("ignore_git_paths", &HashSettings::ignore_git_paths)
      .def_rw("allow_symlinks", &HashSettings::allow_symlinks)
      .def_rw("threads", &HashSettings::threads);
  nb::class_<SignSettings>(module, "SignSettings")
      .def(nb::init<>())
      .def_rw("hash", &SignSettings::hash)
      .def_rw("signature", &SignSettings::signature, nb::arg().none())
      .def_rw("files", &SignSettings::files);
}

}  // namespace

void bind_sign(nb::module_& module) {
  bind_settings(module);
  module.def(
      "digest",
      [](const HashSettings& settings) {
        HashedModel hashed =
            do_work(settings, [](const HashOptions& options, const Stop&) { return hash_model(options); });
        return std::pair(std::move(hashed.manifest), std::move(hashed.warnings));
      },
      "settings"_a);
  module.def(
      "sign_with_key",
      [](const SignSettings& settings, const std::string& private_key,
         std::function<std::optional<std::string>()> password, const std::vector<std::string>& certificates) {
        const KeySettings key{private_key, std::move(password), certificates};
        return as_python(do_work(
            settings, [&](SignOptions options, const Stop&) { return sign_with_key(std::move(options), key); }));
      },
      "settings"_a, "private_key"_a, "password"_a, "certificates"_a);
  module.def(
      "sign_with_identity",
      [](const SignSettings& settings, const std::optional<std::string>& token, const TrustPlaces& places,
         Confirm confirm) {
        const IdentitySettings identity{token, places, std::move(confirm)};
        return as_python(do_work(settings, [&](SignOptions options, const Stop& stop) {
          return sign_with_identity(std::move(options), identity, stop);
        }));
      },
      "settings"_a, "token"_a.none(), "places"_a, "confirm"_a);
}

}  // namespace weightmark::python
