#include "crypto/pem.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <optional>
#include <utility>

#include "base/encoding.h"
#include "base/try.h"
#include "crypto/openssl.h"

namespace weightmark {
namespace {

constexpr std::size_t kMaxTextSize = 16 << 20;
// PEM_FLAG_SECURE wipes OpenSSL's own copies; the other flag takes what
// PEM_read_bio always took.
constexpr unsigned kFlags = PEM_FLAG_SECURE | PEM_FLAG_EAY_COMPATIBLE;

std::string take_string(char* text) {
  std::string copy = text;
  OPENSSL_secure_free(text);
  return copy;
}

bool at_end() {
  unsigned long last = ERR_peek_last_error();
  return ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
}

// next_block returns nothing at the end of the text.
Result<std::optional<PemBlock>> next_block(BIO* bio, ErrorCode malformed) {
  char* label = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  if (PEM_read_bio_ex(bio, &label, &header, &data, &size, kFlags) == 1)
    return PemBlock{take_string(label), take_string(header), PemData(data, static_cast<std::size_t>(size))};
  bool end = at_end();
  std::string reason = take_openssl_errors();
  if (end) return std::nullopt;
  return std::unexpected(Error{malformed, fmt::format("a PEM block cannot be read: {}", reason), {}, {}});
}

}  // namespace

Result<std::vector<PemBlock>> read_pem(std::string_view text, std::size_t limit, ErrorCode malformed) {
  if (text.size() > kMaxTextSize) return std::unexpected(Error{malformed, "PEM text of more than 16 MiB", {}, {}});
  BioPtr bio = memory_reader(text);
  std::vector<PemBlock> blocks;
  while (true) {
    WM_TRY(std::optional<PemBlock> block, next_block(bio.get(), malformed));
    if (!block) return blocks;
    if (blocks.size() == limit)
      return std::unexpected(Error{malformed, fmt::format("more than {} PEM blocks", limit), {}, {}});
    blocks.push_back(std::move(*block));
  }
}

std::string write_pem(std::string_view label, ByteView der) {
  constexpr std::size_t kLine = 64;  // RFC 7468, section 2
  const std::string base64 = to_base64(der);
  std::string text = fmt::format("-----BEGIN {}-----\n", label);
  for (std::size_t i = 0; i < base64.size(); i += kLine) text += base64.substr(i, kLine) + '\n';
  return text + fmt::format("-----END {}-----\n", label);
}

}  // namespace weightmark
