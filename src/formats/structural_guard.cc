#include "formats/structural_guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "base/try.h"
#include "formats/content_type.h"
#include "formats/gguf.h"
#include "formats/onnx.h"
#include "formats/pickle.h"
#include "formats/safetensors.h"
#include "formats/tar_archive.h"
#include "formats/zip_archive.h"

namespace weightmark {
namespace {

struct CodeName {
  std::string_view extension;
  std::string_view what;
};

constexpr auto kCodeNames = std::to_array<CodeName>({
    {"py", "Python source"},      {"pyc", "Python bytecode"},
    {"pyd", "a native library"},  {"so", "a native library"},
    {"dll", "a native library"},  {"dylib", "a native library"},
    {"exe", "a program"},         {"sh", "a shell script"},
    {"bat", "a shell script"},    {"ps1", "a shell script"},
    {"js", "JavaScript"},         {"wasm", "WebAssembly"},
    {"lua", "Lua source"},        {"r", "R source"},
    {"jar", "Java bytecode"},     {"ipynb", "a notebook"},
    {"jinja", "a chat template"}, {"jinja2", "a chat template"},
    {"cu", "CUDA source"},        {"ptx", "GPU code"},
    {"cubin", "GPU code"},        {"hsaco", "GPU code"},
});

Result<void> safetensors_facts(const Content& content, Facts& facts) {
  ContentCursor cursor(content);
  const std::string prefix = cursor.bytes(kSafetensorsPrefix);
  const auto size = safetensors_header_size(as_bytes(prefix), content.size());
  if (!size) return cursor.result();
  const std::string text = cursor.bytes(*size);
  WM_CHECK(cursor.result());
  if (const auto header = parse_safetensors(text, content.size()); !header)
    facts.add(ContentKind::kMalformed, "its header: " + describe(header.error()));
  return {};
}

Result<void> gguf_facts(const Content& content, Facts& facts) {
  WM_TRY(const GgufHeader header, read_gguf(content));
  if (!header.fault.empty()) facts.add(ContentKind::kMalformed, header.fault);
  for (const std::string& key : header.keys)
    if (key.starts_with("tokenizer.chat_template"))
      facts.add(ContentKind::kCode, fmt::format("has a chat template ({})", excerpt(key, 128)));
  return {};
}

// type_facts compares the bytes with the name.
Result<void> type_facts(std::string_view name, const Content& content, ContentType type, Facts& facts) {
  if (const std::string_view expected = belies(type, name); !expected.empty() && content.size() > 0)
    facts.add(ContentKind::kDisguised, fmt::format("is {}, though named as {}", content_type_name(type), expected));
  if (is_native(type)) facts.add(ContentKind::kCode, fmt::format("is {}", content_type_name(type)));
  if (type == ContentType::kTensorRt || extension_of(name) == "engine")
    facts.add(ContentKind::kCode, "is a TensorRT engine");
  if (type != ContentType::kTar) {
    WM_TRY(const bool also_tar, begins_as_tar(content));
    if (also_tar)
      facts.add(ContentKind::kDisguised, fmt::format("is {} and a tar archive as well", content_type_name(type)));
  }
  if (type == ContentType::kZip) return {};
  WM_TRY(const bool also_zip, ends_as_zip(content));
  if (also_zip)
    facts.add(ContentKind::kDisguised, fmt::format("is {} and a ZIP archive as well", content_type_name(type)));
  return {};
}

// unmarked_pickle_facts is of what torch.load would take for a pickle, though it has no sign of one: the
// oldest protocols have none, and others need none. Most such files are something else, so that it
// counts only where it comes to call what is spelled as names are.
Result<void> unmarked_pickle_facts(const Content& content, Facts& facts) {
  WM_TRY(PickleNames pickle, read_pickle(content));
  if (!pickle.calls) return {};
  std::erase_if(pickle.names, [](const std::string& name) {
    return !std::ranges::all_of(name, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
    });
  });
  pickle.assigned.clear();
  pickle.fault.clear();
  pickle_facts(pickle, "", facts);
  return {};
}

}  // namespace

void Facts::add_of(std::string_view member, ContentKind kind, std::string detail) {
  list_.push_back({member.empty() ? file_ : file_ + "!" + excerpt(member, 256), kind, std::move(detail)});
}

void Facts::add_all(std::vector<ContentFact> of_member) {
  for (ContentFact& fact : of_member)
    list_.push_back({file_ + "!" + excerpt(fact.file, 256), fact.kind, std::move(fact.detail)});
}

std::string_view code_by_name(std::string_view name) {
  const std::string extension = extension_of(name);
  const auto found = std::ranges::find(kCodeNames, extension, &CodeName::extension);
  if (found != kCodeNames.end()) return found->what;
  return name.contains(".so.") ? "a native library" : "";
}

Result<void> onnx_facts(std::string_view name, const Content& content, const IsFile& is_file, Facts& facts) {
  WM_TRY(const OnnxParts parts, read_onnx(content));
  if (!parts.fault.empty()) facts.add(ContentKind::kMalformed, parts.fault);
  const std::size_t slash = name.rfind('/');
  const std::string folder(name.substr(0, slash == std::string_view::npos ? 0 : slash + 1));
  for (const std::string& location : parts.locations) {
    if (leaves_folder(location))
      facts.add(ContentKind::kEscapes, fmt::format("has tensors in {}", excerpt(location)));
    else if (!is_file(folder + location))
      facts.add(ContentKind::kEscapes,
                fmt::format("has tensors in {}, which the model has no file for", excerpt(location)));
  }
  for (const std::string& domain : parts.domains)
    facts.add(ContentKind::kCode, fmt::format("uses operators of {}, which a library brings", excerpt(domain, 128)));
  return {};
}

Result<std::vector<ContentFact>> facts_of(std::string_view name, const Content& content, const IsFile& is_file) {
  Facts facts(name);
  WM_TRY(const ContentType type, content_type(content));
  WM_CHECK(type_facts(name, content, type, facts));
  if (const std::string_view what = code_by_name(name); !what.empty() && !is_native(type))
    facts.add(ContentKind::kCode, fmt::format("is {}", what));
  switch (type) {
    case ContentType::kSafetensors: WM_CHECK(safetensors_facts(content, facts)); break;
    case ContentType::kGguf: WM_CHECK(gguf_facts(content, facts)); break;
    case ContentType::kZip: WM_CHECK(zip_facts(content, facts)); break;
    case ContentType::kPickle: WM_CHECK(pickle_facts(content, "", facts)); break;
    case ContentType::kNumpy: WM_CHECK(numpy_facts(content, "", facts)); break;
    case ContentType::kHdf5: WM_CHECK(hdf5_facts(content, facts)); break;
    case ContentType::kTar: WM_CHECK(tar_facts(content, facts)); break;
    case ContentType::kGzip: facts.add(ContentKind::kUnread, fmt::format("is {}", content_type_name(type))); break;
    default: break;
  }
  const std::string extension = extension_of(name);
  if (extension == "json") WM_CHECK(json_facts(name, content, facts));
  if (extension == "onnx" && type == ContentType::kOther) WM_CHECK(onnx_facts(name, content, is_file, facts));
  if (type == ContentType::kOther && (extension == "pkl" || extension == "pickle" || extension == "joblib"))
    WM_CHECK(pickle_facts(content, "", facts));
  if (type == ContentType::kOther &&
      (extension == "pt" || extension == "pth" || extension == "ckpt" || extension == "bin"))
    WM_CHECK(unmarked_pickle_facts(content, facts));
  return std::move(facts).take();
}

}  // namespace weightmark
