// Signing and hashing: weightmark_sign_options, weightmark_sign, weightmark_digest.
#include "weightmark/sign.h"

#include <array>

#include "base/try.h"
#include "capi/handles.h"

struct weightmark_sign_options {
  weightmark::SignOptions base;
  std::unique_ptr<weightmark::SigningKey> key;
  bool has_time = false;
  weightmark::capi::Flag cancelled;
};

struct weightmark_hashed {
  std::string signature;
  std::string root;
  std::string digest;
  size_t files = 0;
  uint64_t bytes = 0;
};

using namespace weightmark;
using namespace weightmark::capi;

namespace {

constexpr size_t kMaxPassword = 1024;

// set calls `change` with the text.
template <class Change>
int set(weightmark_sign_options* options, const char* characters, std::string_view what, weightmark_error** error,
        Change&& change) noexcept {
  return guarded(error, [&]() -> Result<void> {
    WM_CHECK(need(options, "options"));
    WM_TRY(const std::string_view given, text(characters, what));
    std::forward<Change>(change)(given);
    return {};
  });
}

// Buffer is wiped in such a way that the compiler does not leave it out.
struct Buffer {
  std::array<char, kMaxPassword> bytes{};

  Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() {
    volatile char* at = bytes.data();
    for (size_t i = 0; i < bytes.size(); ++i) at[i] = 0;
  }
};

Result<Secret> ask(weightmark_password password, void* context) {
  Buffer buffer;
  size_t size = 0;
  if (password == nullptr || password(context, buffer.bytes.data(), buffer.bytes.size(), &size) != 0)
    return refuse(ErrorCode::kKeyPasswordRequired, "the key is encrypted, and there is no password");
  if (size > buffer.bytes.size()) return refuse(ErrorCode::kUsage, "is longer than the buffer for it", "password");
  return Secret({buffer.bytes.data(), size});
}

std::unique_ptr<weightmark_hashed> hashed_of(const HashedModel& model, std::string signature) {
  const Manifest& manifest = model.manifest;
  return std::make_unique<weightmark_hashed>(std::move(signature), manifest.root.hex(),
                                             manifest.manifest_v1 ? manifest.manifest_v1->hex() : "",
                                             manifest.files.size(), model.bytes);
}

Result<SignOptions> prepared(const weightmark_sign_options* options) {
  WM_CHECK(need(options, "options"));
  if (options->base.hash.model.empty()) return refuse(ErrorCode::kUsage, "no model was set");
  SignOptions made = options->base;
  made.key = options->key.get();
  made.hash.work.cancelled = options->cancelled.get();
  return made;
}

Result<std::unique_ptr<weightmark_hashed>> sign(const weightmark_sign_options* options) {
  WM_TRY(const SignOptions made, prepared(options));
  if (made.key == nullptr) return refuse(ErrorCode::kUsage, "no private key was set");
  if (!options->has_time) return refuse(ErrorCode::kUsage, "the time was not set, and the library reads no clock");
  WM_TRY(const SignedOutput output, sign_model(made));
  return hashed_of(output.model, output.signature.native());
}

}  // namespace

weightmark_sign_options* weightmark_sign_options_new(void) {
  try {
    return new weightmark_sign_options;
  } catch (...) {
    return nullptr;
  }
}

void weightmark_sign_options_free(weightmark_sign_options* options) { delete options; }

int weightmark_sign_options_set_model(weightmark_sign_options* options, const char* path, weightmark_error** error) {
  return set(options, path, "path", error, [&](std::string_view given) { options->base.hash.model = given; });
}

int weightmark_sign_options_set_signature(weightmark_sign_options* options, const char* path,
                                          weightmark_error** error) {
  return set(options, path, "path", error, [&](std::string_view given) { options->base.signature = given; });
}

int weightmark_sign_options_set_name(weightmark_sign_options* options, const char* name, weightmark_error** error) {
  return set(options, name, "name", error, [&](std::string_view given) { options->base.hash.name = given; });
}

int weightmark_sign_options_set_time(weightmark_sign_options* options, int64_t seconds, weightmark_error** error) {
  return guarded(error, [&]() -> Result<void> {
    WM_CHECK(need(options, "options"));
    WM_TRY(options->base.time, seconds_of(seconds));
    options->has_time = true;
    return {};
  });
}

int weightmark_sign_options_set_private_key(weightmark_sign_options* options, const char* pem, size_t size,
                                            weightmark_password password, void* context, weightmark_error** error) {
  return guarded(error, [&]() -> Result<void> {
    WM_CHECK(need(options, "options"));
    WM_TRY(const std::string_view given, view(pem, size, "pem"));
    WM_TRY(options->key, load_private_key(given, [=] { return ask(password, context); }));
    return {};
  });
}

int weightmark_sign_options_add_certificates(weightmark_sign_options* options, const char* pem, size_t size,
                                             weightmark_error** error) {
  return guarded(error, [&]() -> Result<void> {
    WM_CHECK(need(options, "options"));
    WM_TRY(const std::string_view given, view(pem, size, "pem"));
    WM_TRY(const std::vector<Certificate> more, Certificate::list_from_pem(given));
    options->base.chain.insert(options->base.chain.end(), more.begin(), more.end());
    return {};
  });
}

int weightmark_sign_options_add_ignored_path(weightmark_sign_options* options, const char* path,
                                             weightmark_error** error) {
  return set(options, path, "path", error,
             [&](std::string_view given) { options->base.hash.ignore_paths.emplace_back(given); });
}

int weightmark_sign_options_set_threads(weightmark_sign_options* options, unsigned threads, weightmark_error** error) {
  return guarded(error, [&]() -> Result<void> {
    WM_CHECK(need(options, "options"));
    options->base.hash.work.threads = threads;
    return {};
  });
}

int weightmark_sign_options_set_cancel(weightmark_sign_options* options, const weightmark_cancel* cancel,
                                       weightmark_error** error) {
  return guarded(error, [&]() -> Result<void> {
    WM_CHECK(need(options, "options"));
    WM_CHECK(need(cancel, "cancel"));
    options->cancelled = cancel->flag;
    return {};
  });
}

int weightmark_sign(const weightmark_sign_options* options, weightmark_hashed** hashed_out, weightmark_error** error) {
  weightmark_hashed* unwanted = nullptr;
  const int status = make(hashed_out == nullptr ? &unwanted : hashed_out, error, [&] { return sign(options); });
  weightmark_hashed_free(unwanted);
  return status;
}

int weightmark_digest(const weightmark_sign_options* options, weightmark_hashed** hashed_out,
                      weightmark_error** error) {
  return make(hashed_out, error, [&]() -> Result<std::unique_ptr<weightmark_hashed>> {
    WM_TRY(const SignOptions made, prepared(options));
    WM_TRY(const HashedModel model, hash_model(made.hash));
    return hashed_of(model, {});
  });
}

const char* weightmark_hashed_signature(const weightmark_hashed* hashed) { return or_null(hashed->signature); }
const char* weightmark_hashed_root(const weightmark_hashed* hashed) { return hashed->root.c_str(); }
const char* weightmark_hashed_digest(const weightmark_hashed* hashed) { return or_null(hashed->digest); }
size_t weightmark_hashed_file_count(const weightmark_hashed* hashed) { return hashed->files; }
uint64_t weightmark_hashed_bytes(const weightmark_hashed* hashed) { return hashed->bytes; }
void weightmark_hashed_free(weightmark_hashed* hashed) { delete hashed; }
