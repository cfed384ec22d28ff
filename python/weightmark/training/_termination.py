"""Hears of SIGTERM, and then lets the process end as it would have ended without."""
from __future__ import annotations

import contextlib
import os
import signal
import threading
from typing import Any, Callable, Optional

__all__ = ["Termination"]

_held = threading.local()  # the signal mask of a thread that forks


class Termination:
    """Calls a function at SIGTERM; the process then ends by the signal.

    A program that handles the signal itself is left alone, and children do not inherit it.

    Args:
        heard: is called in the main thread.
    """

    def __init__(self, heard: Callable[[], None]) -> None:
        self._heard = heard

    def listen(self) -> None:
        """Begins, where nothing else handles the signal."""
        if _in_main_thread() and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
            signal.signal(signal.SIGTERM, self)

    def stop(self) -> None:
        """Ends it; a handler that was set since then stays."""
        if _in_main_thread() and signal.getsignal(signal.SIGTERM) is self:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def __call__(self, number: int, _: Any) -> None:
        self._heard()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), number)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _listener() -> Optional[Termination]:
    handler = signal.getsignal(signal.SIGTERM)
    return handler if isinstance(handler, Termination) else None


# A child forgets signals that come before Python has noticed the fork. They must not come
# before the child ends by them, or who ends a worker as soon as it starts waits for ever.


def _before_fork() -> None:
    _held.mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM}) if _listener() else None


def _release() -> None:
    mask, _held.mask = getattr(_held, "mask", None), None
    if mask is not None:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _in_child() -> None:
    listener = _listener()
    if listener:
        with contextlib.suppress(ValueError):  # of a thread that is not the main one
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _release()


os.register_at_fork(before=_before_fork, after_in_parent=_release, after_in_child=_in_child)
