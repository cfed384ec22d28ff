// The storages in which PyTorch keeps the bytes of tensors.
// https://github.com/pytorch/pytorch/blob/main/torch/storage.py
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace weightmark {

// storage_bytes is how many bytes `count` elements of a storage have, by the name of its type
// ("torch.FloatStorage"), and the largest number where 64 bits do not suffice; nothing where the
// type is not known here.
std::optional<std::uint64_t> storage_bytes(std::string_view type, std::uint64_t count);

}  // namespace weightmark
