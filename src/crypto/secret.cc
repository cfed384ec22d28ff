#include <openssl/crypto.h>

#include <utility>

#include "weightmark/key.h"

namespace weightmark {

Secret::Secret(std::string_view text) : text_(text.begin(), text.end()) {}

Secret::~Secret() { wipe(); }

// A moved-from vector is empty, so that only one copy is ever left to wipe.
Secret::Secret(Secret&& other) noexcept : text_(std::exchange(other.text_, {})) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    text_ = std::exchange(other.text_, {});
  }
  return *this;
}

// OPENSSL_cleanse, unlike memset, is not optimized away before a free.
void Secret::wipe() { OPENSSL_cleanse(text_.data(), text_.size()); }

}  // namespace weightmark
