"""What the callbacks of frameworks have in common."""
from __future__ import annotations

import functools
from typing import Any, Callable, Optional, TypeVar

from ._file import tell
from .run import TrainingRun, training_run

__all__ = ["Follower", "quiet"]

_Method = TypeVar("_Method", bound=Callable[..., Any])


def quiet(method: _Method) -> _Method:
    """Makes a hook that never raises: a framework may have changed, which is no reason to stop a training."""
    @functools.wraps(method)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except Exception as error:  # pylint: disable=broad-except
            tell(f"the training goes on, but something of it is not reported: {method.__name__}: {error!r}")
            return None
    return guarded  # type: ignore[return-value]


class Follower:
    """The run that a callback reports to: the given one, or one of its own for each training."""

    def __init__(self, run: Optional[TrainingRun]) -> None:
        self._given = run
        self.run = run or training_run()
        self._mine = False

    def begin(self) -> TrainingRun:
        """Is called where the training begins."""
        if self._given is None:
            self.run = training_run()
        self._mine = not self.run.began
        if self._mine:
            self.run.begin()
        return self.run

    def end(self, reason: Optional[str] = None) -> None:
        """Is called where it ends; a run that somebody else began only learns why."""
        if self._mine:
            self.run.end(reason)
        elif reason is not None:
            self.run.stop(reason)
