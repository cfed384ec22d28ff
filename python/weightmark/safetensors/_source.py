"""Where the bytes of a file come from: verified, or under `warn` as they are."""
from __future__ import annotations

import os
from typing import Any, Optional, Protocol

from .. import errors
from ..adapters import guarded, strict
from ..reading import VerifiedModel, open_verified
from ..trust import AnyPolicy, PathLike


class Source(Protocol):
    """An open file."""

    name: str
    signer: Optional[str]
    size: int

    def read(self, offset: int, buffer: Any) -> None:
        """Fills a buffer with the bytes from an offset."""

    def whole(self) -> Any:
        """Returns all of it, writable, in memory of this process alone."""

    def mapped(self) -> Optional[Any]:
        """Returns all of it where that costs nothing."""


class Verified:
    """A file of a signed model."""

    def __init__(self, model: VerifiedModel, name: str) -> None:
        self._model = model
        self._file = model.open(name)
        self.name = name
        self.signer: Optional[str] = model.signer
        self.size: int = self._file.size
        self._mapped: Optional[Any] = None

    def read(self, offset: int, buffer: Any) -> None:
        self._file.pread_into(offset, buffer)

    def whole(self) -> Any:
        return self._model.load(self.name)

    def mapped(self) -> Optional[Any]:
        # The kernel checks each page of such a file when it is first touched.
        if self._mapped is None and self._file.coverage == "kernel":
            self._mapped = self.whole()
        return self._mapped


class Plain:
    """A file as it is, for who asked for no more than a warning."""

    def __init__(self, path: PathLike) -> None:
        self.name = os.path.basename(os.fspath(path))
        self.signer: Optional[str] = None
        self._file = open(path, "rb", buffering=0)
        self.size = os.fstat(self._file.fileno()).st_size

    def read(self, offset: int, buffer: Any) -> None:
        view = memoryview(buffer).cast("B")
        while view:
            count = os.preadv(self._file.fileno(), [view], offset)
            if not count:
                raise errors.make("read-failed", "ended too early", self.name)
            offset, view = offset + count, view[count:]

    def whole(self) -> Any:
        buffer = bytearray(self.size)
        self.read(0, buffer)
        return buffer

    def mapped(self) -> Optional[Any]:
        return None


class Guarded:
    """A file that is verified, until under `warn` it is found not to be what was signed."""

    def __init__(self, path: PathLike, policy: AnyPolicy, options: Any) -> None:
        self._path = path
        self._policy = policy
        self._source: Source = guarded(path, policy, lambda: self._open(options), lambda: Plain(path))
        self.name = self._source.name
        self.signer = self._source.signer
        self.size = self._source.size

    def _open(self, options: Any) -> Source:
        model = open_verified(self._path, strict(self._policy), **options)
        try:
            return Verified(model, model.name_of(self._path))
        except errors.WeightmarkError as error:
            error.signer = error.signer or model.signer
            raise

    def _plain(self) -> Source:
        self._source = Plain(self._path)
        return self._source

    def read(self, offset: int, buffer: Any) -> None:
        guarded(self._path, self._policy, lambda: self._source.read(offset, buffer),
                lambda: self._plain().read(offset, buffer))

    def whole(self) -> Any:
        return guarded(self._path, self._policy, lambda: self._source.whole(), lambda: self._plain().whole())

    def mapped(self) -> Optional[Any]:
        return self._source.mapped()
