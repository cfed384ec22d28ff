// The structural guard: whatever a file holds, under each name that decides how it is
// read, facts come of it and nothing else. The first byte chooses the name.
#include <array>
#include <cstdlib>
#include <string>

#include "formats/structural_guard.h"
#include "formats/tar_archive.h"

namespace {

// put_checksums makes the sums of tar headers right, which no mutation would hit upon.
void put_checksums(std::string& bytes) {
  constexpr std::size_t kSum = 148;
  constexpr std::size_t kDigits = 6;
  for (std::size_t at = 0; at + weightmark::kTarBlock <= bytes.size(); at += weightmark::kTarBlock) {
    if (bytes.compare(at + 257, 5, "ustar") != 0) continue;
    bytes.replace(at + kSum, 8, "        ");
    unsigned sum = 0;
    for (std::size_t i = at; i < at + weightmark::kTarBlock; ++i) sum += static_cast<unsigned char>(bytes[i]);
    for (std::size_t digit = kDigits; digit-- > 0; sum /= 8)
      bytes[at + kSum + digit] = static_cast<char>('0' + sum % 8);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static constexpr std::array<std::string_view, 9> kNames{"model.pt",    "model.pkl",         "model.gguf",
                                                          "model.onnx",  "array.npy",         "m.keras",
                                                          "config.json", "model.safetensors", "model.tar"};
  if (size == 0) return 0;
  std::string bytes(weightmark::as_text({data + 1, size - 1}));
  const std::string_view name = kNames.at(data[0] % kNames.size());
  if (name == "model.tar") put_checksums(bytes);
  const weightmark::MemoryContent content(weightmark::as_bytes(bytes));
  const auto facts = weightmark::facts_of(name, content, [](std::string_view file) { return file == "weights.bin"; });
  if (!facts) std::abort();
  for (const weightmark::ContentFact& fact : *facts)
    if (fact.detail.empty() || fact.file.empty()) std::abort();
  return 0;
}
