"""Hashing what is written while it is written."""
from __future__ import annotations

from typing import Any

from ._weightmark import BackgroundHasher


def write(file: Any, hasher: BackgroundHasher, data: Any) -> int:
    """Writes bytes to a file, hashed after those before, and returns how many they are."""
    view = memoryview(data).cast("B")
    hasher.begin(view)
    try:
        file.write(view)
    finally:
        hasher.settle()
    return len(view)
