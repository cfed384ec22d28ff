"""Saving files that are signed while they are written."""
from __future__ import annotations

import json
import struct
from typing import Any, Dict, Iterator, Mapping, NamedTuple, Optional, Tuple

from ..adapters import SigningWriter
from ..signing import SignedOutput, Signer
from ..trust import PathLike
from ._arrays import find_framework

# By size, so that what comes before a tensor never leaves it unaligned. Within a size, the
# order of the reference implementation: equal tensors give equal files.
_ORDER = ["U64", "I64", "F64", "C64", "F32", "U32", "I32", "BF16", "F16", "U16", "I16", "F8_E5M2FNUZ", "F8_E4M3FNUZ",
          "F8_E8M0", "F8_E4M3", "F8_E5M2", "I8", "U8", "F4", "BOOL"]


class _Stored(NamedTuple):
    name: str
    dtype: str
    shape: Tuple[int, ...]
    content: Any


def save_file(tensors: Mapping[str, Any], path: PathLike, metadata: Optional[Dict[str, str]] = None,
              framework: str = "np", *, signer: Optional[Signer] = None, name: Optional[str] = None) -> SignedOutput:
    """Writes a file and signs it: FILE.sig. It is hashed on the way, and not read again.

    Args:
        tensors: by name, of any shape.
        path: of the file, which appears when it is whole.
        metadata: text about the file.
        framework: "np", "pt" or "flax": what the tensors are of.
        signer: as `weightmark.sign` takes it.
        name: what the model is called; the file's name where absent.

    A file of a folder that is signed as a whole is better written by the `safetensors`
    package, and the folder signed by `weightmark.sign`.

    Raises:
        TypeError: a type that the format does not have. ValueError: PyTorch's tensors share
            memory, or are not dense. And as `weightmark.sign`.

    Example:
        >>> import numpy
        >>> from weightmark.safetensors import load_file, save_file
        >>> output = save_file({"x": numpy.arange(3)}, "new.safetensors", signer=signer)
        >>> load_file("new.safetensors", policy=policy)["x"].tolist()
        [0, 1, 2]
    """
    made_by = find_framework(framework)
    stored = [_Stored(key, *made_by.describe(key, tensor)) for key, tensor in tensors.items()]
    if made_by.name == "pt":
        check_memory(tensors)
    stored.sort(key=lambda tensor: (_ORDER.index(tensor.dtype), tensor.name))
    with SigningWriter(path, signer, name=name) as file:
        file.write(_header(stored, metadata))
        for tensor in stored:
            file.write(tensor.content)
    assert file.output is not None
    return file.output


def _header(stored: Any, metadata: Optional[Dict[str, str]]) -> bytes:
    members: Dict[str, Any] = {"__metadata__": _texts(metadata)} if metadata else {}
    at = 0
    for tensor in stored:
        if tensor.name == "__metadata__":
            raise ValueError("no tensor can have the name __metadata__")
        end = at + memoryview(tensor.content).nbytes
        members[tensor.name] = {"dtype": tensor.dtype, "shape": list(tensor.shape), "data_offsets": [at, end]}
        at = end
    text = json.dumps(members, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text


def _texts(metadata: Dict[str, str]) -> Dict[str, str]:
    for key, value in metadata.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise TypeError(f"metadata is text for text, unlike {key!r}: {value!r}")
    return metadata


def check_memory(tensors: Mapping[str, Any]) -> None:
    """Refuses PyTorch's tensors that share bytes: they would be saved twice, and come back apart.

    Raises:
        ValueError.
    """
    last_end, last_name, last_device = 0, "", None
    for device, begin, end, name in sorted(_extents(tensors)):
        if device == last_device and begin < last_end:
            raise ValueError(f"{last_name} and {name} share memory; save one of them, or use save_model")
        last_end, last_name, last_device = end, name, device


def _extents(tensors: Mapping[str, Any]) -> Iterator[Tuple[str, int, int, str]]:
    for name, tensor in tensors.items():
        if tensor.numel():
            last = sum((length - 1) * stride for length, stride in zip(tensor.shape, tensor.stride()))
            begin = tensor.data_ptr()
            yield str(tensor.device), begin, begin + (last + 1) * tensor.element_size(), name
