"""Verified files as PyTorch reads them."""
from __future__ import annotations

import contextlib
import io
from typing import Any, Iterator, Optional

from .. import errors
from ..reading import VerifiedFile


class _Stream(io.RawIOBase):
    """Remembers what did not verify."""

    def __init__(self, file: VerifiedFile) -> None:
        super().__init__()
        self._file = file
        self.error: Optional[errors.WeightmarkError] = None

    def readinto(self, buffer: Any) -> int:
        try:
            return self._file.readinto(buffer)
        except errors.WeightmarkError as error:
            self.error = self.error or error
            raise

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True


@contextlib.contextmanager
def remembering(file: VerifiedFile) -> Iterator[io.RawIOBase]:
    """Gives a stream of a verified file, and raises what its reads raised.

    PyTorch reads in C++, where an exception of Python's becomes some other on its way, or
    might be lost.
    """
    stream = _Stream(file)
    try:
        with file:
            yield stream
    except Exception as error:
        first, stream.error = stream.error, None  # or they would hold each other
        if first is None or first is error:
            raise
        raise first from None
    if stream.error is not None:
        raise stream.error
