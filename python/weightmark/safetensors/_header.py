"""Which tensors a file has, and where."""
from __future__ import annotations

from typing import Any, Callable, Dict, NamedTuple, Optional, Tuple

from .. import _weightmark, errors

_PREFIX = 8  # bytes that tell the header's length


class TensorInfo(NamedTuple):
    """One tensor of a file.

    Example:
        >>> with weightmark.safetensors.safe_open("model.safetensors", "np", policy=policy) as file:
        ...     file.header.tensors["bias"].shape
        (3,)
    """

    dtype: str  # "F32", "BF16", … as the format has it
    shape: Tuple[int, ...]
    begin: int  # bytes from the beginning of the file
    end: int

    @property
    def nbytes(self) -> int:
        """Its size in bytes."""
        return self.end - self.begin


class Header(NamedTuple):
    """What the beginning of a file tells.

    Example:
        >>> with weightmark.safetensors.safe_open("model.safetensors", "np", policy=policy) as file:
        ...     list(file.header.tensors)
        ['bias', 'weight']
    """

    tensors: Dict[str, TensorInfo]  # in the order of their bytes
    metadata: Dict[str, str]


def read_header(name: str, signer: Optional[str], size: int, read: Callable[[int, Any], None]) -> Header:
    """Reads and checks the header of a file.

    Args:
        name, signer: of the file, for errors: a publisher may well sign what is no such file.
        size: of the file in bytes.
        read: fills a buffer with the bytes from an offset.

    Raises:
        Refused: safetensors-*, json-*; and what `read` raises.
    """
    try:
        prefix = bytearray(min(_PREFIX, size))
        if prefix:
            read(0, prefix)
        text = bytearray(_weightmark.safetensors_header_size(prefix, size))
        if text:
            read(_PREFIX, text)
        tensors, metadata = _weightmark.parse_safetensors(text, size)
    except errors.WeightmarkError as error:
        if name not in error.subject:
            error.subject = f"{name}: {error.subject}" if error.subject else name
        error.signer = error.signer or signer
        raise
    found = {name: TensorInfo(dtype, tuple(shape), begin, end) for name, dtype, shape, begin, end in tensors}
    return Header(found, metadata)
