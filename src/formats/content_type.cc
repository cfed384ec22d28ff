#include "formats/content_type.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <vector>

#include "base/try.h"
#include "formats/safetensors.h"
#include "formats/tar_archive.h"

namespace weightmark {
namespace {

using enum ContentType;

struct Magic {
  std::string_view bytes;
  ContentType type;
  std::size_t offset = 0;
};

using namespace std::string_view_literals;

constexpr auto kMagics = std::to_array<Magic>({
    {"PK\x03\x04"sv, kZip},
    {"PK\x05\x06"sv, kZip},  // an empty one
    {"GGUF"sv, kGguf},
    {"\x89HDF\r\n\x1a\n"sv, kHdf5},
    {"\x93NUMPY"sv, kNumpy},
    {"\x1f\x8b"sv, kGzip},
    {"ftrt"sv, kTensorRt},
    {"ptrt"sv, kTensorRt},
    {"\x7f"
     "ELF"sv,
     kElf},
    {"\xcf\xfa\xed\xfe"sv, kMachO},
    {"\xce\xfa\xed\xfe"sv, kMachO},
    {"\xca\xfe\xba\xbe"sv, kMachO},
    {"ustar"sv, kTar, 257},
});

constexpr std::size_t kHead = kTarBlock;  // the longest of what is looked at
constexpr unsigned char kLastProtocol = 5;

// Protocol 2 is where pickles began to say their protocol (PEP 307).
bool is_pickle(std::string_view head) {
  return head.size() >= 2 && head[0] == '\x80' && static_cast<unsigned char>(head[1]) >= 2 &&
         static_cast<unsigned char>(head[1]) <= kLastProtocol;
}

bool is_safetensors(std::string_view head, std::uint64_t size) {
  return head.size() > kSafetensorsPrefix && head[kSafetensorsPrefix] == '{' &&
         safetensors_header_size(as_bytes(head.substr(0, kSafetensorsPrefix)), size).has_value();
}

// is_pe follows the DOS header to the real one: two letters alone would be weak.
Result<bool> is_pe(const Content& content, std::string_view head) {
  constexpr std::uint64_t kPointer = 0x3c;
  if (!head.starts_with("MZ")) return false;
  ContentCursor cursor(content);
  cursor.skip(kPointer);
  const std::uint32_t at = cursor.u32();
  ContentCursor there(content, at);
  const bool found = there.bytes(4) == "PE\0\0"sv;
  WM_CHECK(there.result());
  return found;
}

struct Expected {
  std::string_view extension;
  std::string_view name;
  std::vector<ContentType> types;
};

// What those who write such files write. kOther is for formats without a sign of their own.
const std::vector<Expected>& expectations() {
  static const std::vector<Expected> list = {
      {"safetensors", "a safetensors file", {kSafetensors}},
      {"gguf", "a GGUF file", {kGguf}},
      {"npy", "a NumPy array", {kNumpy}},
      {"npz", "a ZIP archive", {kZip}},
      {"keras", "a ZIP archive", {kZip}},
      {"pt2", "a ZIP archive", {kZip}},
      {"zip", "a ZIP archive", {kZip}},
      {"tar", "a tar archive", {kTar}},
      {"pt", "a PyTorch file", {kZip, kPickle, kTar, kOther}},
      {"pth", "a PyTorch file", {kZip, kPickle, kTar, kOther}},
      {"ckpt", "a checkpoint", {kZip, kPickle, kTar, kHdf5, kOther}},
      {"h5", "an HDF5 file", {kHdf5}},
      {"hdf5", "an HDF5 file", {kHdf5}},
      {"onnx", "an ONNX model", {kOther}},
      {"pb", "a protocol buffer", {kOther}},
      {"engine", "a TensorRT engine", {kTensorRt, kOther}},
      {"json", "text", {kOther}},
      {"jinja", "text", {kOther}},
      {"md", "text", {kOther}},
      {"txt", "text", {kOther}},
      {"yaml", "text", {kOther}},
      {"yml", "text", {kOther}},
      {"csv", "text", {kOther}},
      {"py", "text", {kOther}},
  };
  return list;
}

}  // namespace

std::string_view content_type_name(ContentType type) {
  switch (type) {
    case kOther: return "of no known type";
    case kSafetensors: return "a safetensors file";
    case kGguf: return "a GGUF file";
    case kZip: return "a ZIP archive";
    case kPickle: return "a pickle";
    case kHdf5: return "an HDF5 file";
    case kNumpy: return "a NumPy array";
    case kGzip: return "compressed by gzip";
    case kTar: return "a tar archive";
    case kTensorRt: return "a TensorRT engine";
    case kElf: return "an ELF program or library";
    case kPe: return "a Windows program or library";
    case kMachO: return "a macOS program or library";
  }
  return "";
}

Result<ContentType> content_type(const Content& content) {
  ContentCursor cursor(content);
  const std::string head = cursor.bytes(std::min<std::uint64_t>(kHead, content.size()));
  WM_CHECK(cursor.result());
  if (is_safetensors(head, content.size())) return kSafetensors;
  for (const Magic& magic : kMagics)
    if (head.size() > magic.offset && std::string_view(head).substr(magic.offset).starts_with(magic.bytes))
      return magic.type;
  // Archives from before "ustar" have nothing but their checksum to be known by.
  if (is_tar_header(head)) return kTar;
  WM_TRY(const bool pe, is_pe(content, head));
  if (pe) return kPe;
  return is_pickle(head) ? kPickle : kOther;
}

std::string_view belies(ContentType type, std::string_view name) {
  const std::string extension = extension_of(name);
  const auto found = std::ranges::find(expectations(), extension, &Expected::extension);
  if (found == expectations().end() || std::ranges::find(found->types, type) != found->types.end()) return {};
  return found->name;
}

std::string extension_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || name.find('/', dot) != std::string_view::npos) return {};
  std::string extension(name.substr(dot + 1));
  for (char& c : extension) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return extension;
}

}  // namespace weightmark
