"""The file of a report: JSON lines in the folder that `weightmark train` names.

docs/training-python.md describes the lines. Each process appends to a file of its own.
Nothing here raises: a training never fails for want of a report.
"""
from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from typing import Any, Optional, Set

from ..errors import _escape

__all__ = ["FOLDER", "ReportFile", "tell"]

FOLDER = "WEIGHTMARK_TRAINING_REPORT"  # the variable that names the folder
LINE_LIMIT = 64 << 10  # bytes; what is longer is not read
FILE_LIMIT = 16 << 20
# Bytes that an event leaves free for those that matter more: no progress, however long,
# may crowd out the evaluations, nor these the end.
RESERVES = {"progress": 8 << 20, "evaluation": 1 << 20, "checkpoint": 1 << 20, "end": 0}
RESERVE = 256 << 10

_told: Set[str] = set()


def tell(text: str) -> None:
    """Says on standard error what could not be reported, each text once a process."""
    if text in _told:
        return
    _told.add(text)
    # No warnings.warn: filters may make an exception of it.
    with contextlib.suppress(Exception):
        print("weightmark: WARNING:", _escape(text), file=sys.stderr, flush=True)


class ReportFile:
    """Appends events to a file of this process, which appears with the first of them.

    Args:
        folder: where; it must be there already.
        rank: of this process, for the name.
    """

    def __init__(self, folder: str, rank: int) -> None:
        self._folder = folder
        self._rank = rank
        self.start_anew()

    def start_anew(self) -> None:
        """Forgets the file, so that the next event begins another: what a forked child does."""
        # The parent's descriptor, where there is one, closes with the child.
        self._lock = threading.RLock()  # a signal may interrupt a write, and tell of the end
        self._descriptor: Optional[int] = None
        self._size = 0
        self._broken = False

    def write(self, event: str, **members: Any) -> bool:
        """Appends an event, without the members that are None. Returns whether it did."""
        try:
            with self._lock:
                return self._append(event, members)
        except Exception as error:  # pylint: disable=broad-except
            self._broken = True
            tell(f"the training goes on, but is not reported any further: {error}")
            return False

    def close(self) -> None:
        """Closes the file; a later event begins another."""
        descriptor = self._descriptor
        self.start_anew()
        if descriptor is not None:
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def _append(self, event: str, members: dict[str, Any]) -> bool:
        present = {name: value for name, value in members.items() if value is not None}
        text = json.dumps({"event": event, **present}, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        # Names of files may have bytes that are no text.
        line = text.encode("utf-8", "replace") + b"\n"
        if self._broken or len(line) > LINE_LIMIT:
            return False
        if self._size + len(line) > FILE_LIMIT - RESERVES.get(event, RESERVE):
            return False
        if self._descriptor is None:
            self._descriptor = self._open()
        # What a full disk cut off would run into the next line: then there is none.
        if os.write(self._descriptor, line) != len(line):
            raise OSError("a line of the report was cut off")
        self._size += len(line)
        return True

    def _open(self) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        name = f"rank{self._rank}-{os.getpid()}"
        for again in range(4096):
            path = os.path.join(self._folder, name + (f"-{again}" if again else "") + ".jsonl")
            # There may be one of an earlier run of this process, or of a process of another
            # node or namespace that has the same number.
            with contextlib.suppress(FileExistsError):
                return os.open(path, flags, 0o644)
        raise FileExistsError("the folder of the report is full")
