#include "crypto/openssl.h"

#include <openssl/err.h>

#include "base/encoding.h"

namespace weightmark {

std::string take_openssl_errors() {
  unsigned long first = ERR_get_error();
  ERR_clear_error();
  if (first == 0) return {};
  const char* reason = ERR_reason_error_string(first);
  return reason != nullptr ? reason : "OpenSSL error " + std::to_string(first);
}

BioPtr memory_reader(std::string_view text) {
  // A null buffer is an error to OpenSSL even when it is empty.
  return BioPtr(BIO_new_mem_buf(text.empty() ? "" : text.data(), static_cast<int>(text.size())));
}

std::string written_text(BIO* bio) {
  char* data = nullptr;
  long length = BIO_get_mem_data(bio, &data);
  return length > 0 ? std::string(data, static_cast<std::size_t>(length)) : std::string();
}

Bytes hash(const EVP_MD* algorithm, ByteView message) {
  Bytes digest(static_cast<std::size_t>(EVP_MD_get_size(algorithm)));
  EVP_Digest(message.data(), message.size(), digest.data(), nullptr, algorithm, nullptr);
  return digest;
}

std::string sha256_hex(ByteView message) { return to_hex(hash(EVP_sha256(), message)); }

}  // namespace weightmark
