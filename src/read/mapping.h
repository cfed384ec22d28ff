// Memory that is mapped: a process's own, or a file's.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "weightmark/error.h"

namespace weightmark {

// Mapping owns mapped memory, which begins at a page's start. What has no bytes maps nothing.
class Mapping {
 public:
  Mapping() = default;
  ~Mapping();
  Mapping(Mapping&& other) noexcept;
  Mapping& operator=(Mapping&&) = delete;

  // Each names `what` in errors.
  // Errors: out-of-memory.

  // allocate returns zeros that are this process's alone.
  static Result<Mapping> allocate(std::uint64_t size, std::string_view what);

  // of_file maps a file so that what is written to the memory stays out of the file.
  static Result<Mapping> of_file(int descriptor, std::uint64_t size, std::string_view what);

  std::span<std::uint8_t> bytes() const { return bytes_; }

 private:
  explicit Mapping(std::span<std::uint8_t> bytes) : bytes_(bytes) {}
  static Result<Mapping> map(int flags, int descriptor, std::uint64_t size, std::string_view what);

  std::span<std::uint8_t> bytes_;
};

}  // namespace weightmark
