// What a file is, going by its bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "formats/content.h"

namespace weightmark {

enum class ContentType : std::uint8_t {
  kOther,  // nothing that is told here
  kSafetensors,
  kGguf,
  kZip,
  kPickle,  // with a protocol number, that is of protocol 2 or later
  kHdf5,
  kNumpy,
  kGzip,
  kTar,
  kTensorRt,
  kElf,
  kPe,
  kMachO,
};

// content_type_name is for people: "a ZIP archive", …
std::string_view content_type_name(ContentType type);

// is_native says whether it is a program or a library.
constexpr bool is_native(ContentType type) {
  return type == ContentType::kElf || type == ContentType::kPe || type == ContentType::kMachO;
}

// content_type goes by the first bytes. Errors: the content's own.
Result<ContentType> content_type(const Content& content);

// belies says whether a file of that type is not what the name's extension says: "" where
// it is, or where the extension says nothing; else what the extension says.
std::string_view belies(ContentType type, std::string_view name);

// extension_of returns what stands after the name's last dot, in lower case; "" without.
std::string extension_of(std::string_view name);

}  // namespace weightmark
