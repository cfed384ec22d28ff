// PEM blocks (RFC 7468, and RFC 1421's headers for older encrypted keys).
#pragma once

#include <openssl/crypto.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weightmark/bytes.h"
#include "weightmark/error.h"

namespace weightmark {

// PemData owns the decoded bytes of a block, which may be a private key, and
// wipes them.
class PemData {
 public:
  PemData(std::uint8_t* data, std::size_t size) : data_(data, Wipe{size}), size_(size) {}
  ByteView view() const { return {data_.get(), size_}; }
  std::uint8_t* mutable_data() { return data_.get(); }
  // shrink keeps the first `size` bytes; all of them are wiped in the end.
  void shrink(std::size_t size) { size_ = size; }

 private:
  struct Wipe {
    std::size_t size;
    void operator()(std::uint8_t* data) const { OPENSSL_secure_clear_free(data, size); }
  };
  std::unique_ptr<std::uint8_t, Wipe> data_;
  std::size_t size_;
};

// PemBlock is one block.
struct PemBlock {
  std::string label;   // "PUBLIC KEY"
  std::string header;  // RFC 1421 headers; empty in RFC 7468
  PemData data;
};

// read_pem returns the blocks in `text`, which may be none, and passes over the
// text between them. `malformed` is the code of every error: a block without an
// end or with bad base64, more than `limit` blocks, more than 16 MiB.
Result<std::vector<PemBlock>> read_pem(std::string_view text, std::size_t limit, ErrorCode malformed);

// write_pem writes a block, 64 characters a line.
std::string write_pem(std::string_view label, ByteView der);

}  // namespace weightmark
