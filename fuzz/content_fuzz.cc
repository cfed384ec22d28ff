// The structural guard: whatever a file holds, under each name that decides how it is
// read, facts come of it and nothing else. The first byte chooses the name.
#include <array>
#include <cstdlib>

#include "formats/structural_guard.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static constexpr std::array<std::string_view, 8> kNames{"model.pt",  "model.pkl", "model.gguf",  "model.onnx",
                                                          "array.npy", "m.keras",   "config.json", "model.safetensors"};
  if (size == 0) return 0;
  const weightmark::MemoryContent content({data + 1, size - 1});
  const auto facts = weightmark::facts_of(kNames.at(data[0] % kNames.size()), content,
                                          [](std::string_view name) { return name == "weights.bin"; });
  if (!facts) std::abort();
  for (const weightmark::ContentFact& fact : *facts)
    if (fact.detail.empty() || fact.file.empty()) std::abort();
  return 0;
}
