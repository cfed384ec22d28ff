# What the stub generator cannot know: the buffer protocol has no method of its own before Python 3.12.
weightmark._weightmark.LoadedFile.coverage:
    \from typing import Any
    @property
    def coverage(self) -> str: ...

    def __buffer__(self, flags: int, /) -> memoryview[int]: ...
