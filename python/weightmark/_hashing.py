"""Hashing what is written in a thread of its own."""
from __future__ import annotations

import queue
import threading
import weakref
from typing import Any, Iterator, Optional

from ._weightmark import FileEntry, FileHasher

_PIECE = 4 << 20  # bytes
_PIECES = 32  # that may wait


def pieces(data: Any) -> Iterator[memoryview]:
    """Cuts a buffer into what is written while the piece before is hashed."""
    view = memoryview(data).cast("B")
    for at in range(0, len(view), _PIECE):
        yield view[at:at + _PIECE]


class HashingThread:
    """A FileHasher in a second thread, which may lag some 128 MiB behind.

    What is handed over is copied: the caller may use its memory again at once, while
    hashing takes longer than writing to a fast disk. The thread begins with the first
    full piece, so that small files have none, and ends at the latest with this object or
    the program: a thread that is killed while it hashes would end the program by abort().
    """

    def __init__(self, name: str) -> None:
        self._hasher = FileHasher(name)
        self._thread: Optional[weakref.finalize[..., HashingThread]] = None
        self._full: queue.SimpleQueue[Optional[bytearray]] = queue.SimpleQueue()
        self._free: queue.SimpleQueue[bytearray] = queue.SimpleQueue()
        self._made = 0
        self._piece = self._take()
        self._filled = 0

    def update(self, data: Any) -> None:
        """Hashes these bytes after those before."""
        view = memoryview(data).cast("B")
        at = 0
        while at < len(view):
            count = min(_PIECE - self._filled, len(view) - at)
            self._piece[self._filled:self._filled + count] = view[at:at + count]
            self._filled += count
            at += count
            if self._filled == _PIECE:
                self._hand_over()

    def finish(self) -> FileEntry:
        """Waits for the rest and returns the digest."""
        self.close()
        self._hasher.update(memoryview(self._piece)[:self._filled])
        return self._hasher.finish()

    def close(self) -> None:
        """Ends the thread, also where the digest is wanted no more."""
        if self._thread is not None:
            self._thread()

    def _take(self) -> bytearray:
        if self._made < _PIECES and self._free.empty():
            self._made += 1
            return bytearray(_PIECE)
        return self._free.get()

    def _hand_over(self) -> None:
        if self._thread is None:
            self._thread = self._start()
        self._full.put(self._piece)
        self._piece = self._take()
        self._filled = 0

    def _start(self) -> weakref.finalize[..., HashingThread]:
        thread = threading.Thread(target=_hash, args=(self._hasher, self._full, self._free),
                                  name="weightmark-hash", daemon=True)
        thread.start()
        return weakref.finalize(self, _end, thread, self._full)


def _hash(hasher: FileHasher, full: queue.SimpleQueue[Optional[bytearray]],
          free: queue.SimpleQueue[bytearray]) -> None:
    while (piece := full.get()) is not None:
        hasher.update(piece)
        free.put(piece)


def _end(thread: threading.Thread, full: queue.SimpleQueue[Optional[bytearray]]) -> None:
    full.put(None)
    thread.join()
