"""Steps of a training as a bounded, even sample, and its losses without waiting for a device."""
from __future__ import annotations

import math
import sys
from typing import Any, Callable, List, Optional, Tuple

from ._values import decimal

__all__ = ["Losses", "Sample"]

SAMPLE = 2048  # lines before every second step is passed over
BAD = 64  # losses that are no numbers and have a line each
PENDING = 32  # losses on a device that are fetched together


class Sample:
    """Which steps get a line: the multiples of a stride, which doubles after each SAMPLE of them.

    What was written cannot be taken back, and how long a training becomes need not be
    known. Those that are multiples of the last stride are an even sample of all steps.
    """

    def __init__(self) -> None:
        self._stride = 1
        self._left = SAMPLE

    def expect(self, steps: int) -> None:
        """Begins with the stride at which so many steps would end."""
        while steps > self._stride * SAMPLE:
            self._stride *= 2

    def due(self, step: int) -> bool:
        """Whether this step gets a line."""
        if step % self._stride:
            return False
        self._left -= 1
        if not self._left:
            self._stride, self._left = self._stride * 2, SAMPLE
        return True


def _number(loss: Any) -> float:
    """Of a number, an array or a tensor; the mean of several."""
    if hasattr(loss, "detach"):
        loss = loss.detach()
    if getattr(loss, "shape", ()) not in ((), None):
        loss = loss.mean()
    return float(loss)


def _on_device(loss: Any) -> bool:
    device = getattr(loss, "device", None)
    return getattr(device, "type", "cpu") != "cpu" and "torch" in sys.modules


class Losses:
    """Hands each loss on as a number, in order.

    To look at a loss that lies on an accelerator is to wait until that has caught up,
    which would slow a training down. So those wait here, and are fetched together.

    Args:
        take: is given (loss or None, what came with it) of each.
    """

    def __init__(self, take: Callable[[Optional[float], Any], None]) -> None:
        self._take = take
        self._pending: List[Tuple[Any, Any]] = []

    def add(self, loss: Any, given: Any) -> None:
        """Takes a loss, which may be None, with what belongs to it."""
        if _on_device(loss):
            loss = loss.detach()
            self._pending.append((loss.mean() if loss.ndim else loss.clone(), given))
            if len(self._pending) >= PENDING:
                self.settle()
            return
        self.settle()
        self._take(None if loss is None else _number(loss), given)

    def settle(self) -> None:
        """Hands on what has been waiting."""
        pending, self._pending = self._pending, []
        if not pending:
            return
        losses = [loss for loss, _ in pending]
        if len({loss.device for loss in losses}) == 1:
            losses = sys.modules["torch"].stack([loss.float() for loss in losses]).tolist()
        for loss, (_, given) in zip(losses, pending):
            self._take(float(loss), given)

    def forget(self) -> None:
        """Drops what waits: a forked process cannot reach its parent's accelerator."""
        self._pending = []


class BestLoss:
    """The last and the best evaluation loss, of the evaluation that came first."""

    def __init__(self) -> None:
        self._name: Optional[str] = None
        self._best = math.inf
        self.step: Optional[int] = None
        self.loss: Optional[str] = None
        self.last: Optional[str] = None

    def add(self, name: str, loss: float, step: int) -> None:
        """Takes what an evaluation at that step came to."""
        if self._name is None:
            self._name = name
        if name != self._name:
            return
        self.last = decimal(loss)
        if loss < self._best:
            self._best, self.step, self.loss = loss, step, decimal(loss)
