"""accelerate: training states, signed, and loaded from verified bytes alone.

    import weightmark.accelerate

    weightmark.accelerate.require_verified(accelerator)
    weightmark.accelerate.save_state(accelerator, "step-100", signer=signer)
    weightmark.accelerate.load_state(accelerator, "step-100", policy=policy)

accelerate calls its hooks before it saves and loads, with paths that they cannot change:
so the hooks see to it that no other state is loaded, and the functions here do the rest.
A state has pickles in it: here nothing is unpickled before it is verified.
"""
from __future__ import annotations

import contextlib
import os
import weakref
from typing import Any, Iterator, Optional, Set

from . import errors
from .adapters import load_guarded
from .location import SIGNATURE
from .reading import VerifiedModel
from .signing import SignedOutput, Signer, sign
from .trust import AnyPolicy, PathLike

__all__ = ["load_state", "require_verified", "save_state"]

# The folders that may be loaded, while load_state has them open.
_allowed: weakref.WeakKeyDictionary[Any, Set[str]] = weakref.WeakKeyDictionary()


def save_state(accelerator: Any, output_dir: PathLike, *, signer: Optional[Signer] = None,
               name: Optional[str] = None, **kwargs: Any) -> Optional[SignedOutput]:
    """Saves a state as Accelerator.save_state does, and signs the folder.

    Each process calls it. The first one signs, once all have written.

    Args:
        accelerator: an accelerate.Accelerator.
        output_dir: the folder. Its signature is model.sig in it, and goes before anything
            is overwritten.
        signer: as `weightmark.sign` takes it.
        name: what the state is called; the folder's name where absent.
        kwargs: for Accelerator.save_state.

    Returns:
        What was signed; None where another process signs.

    Raises:
        Refused, Undecided: as `weightmark.sign`.

    Example:
        >>> import accelerate, torch, weightmark.accelerate
        >>> accelerator = accelerate.Accelerator(cpu=True)
        >>> model = accelerator.prepare(torch.nn.Linear(2, 1))
        >>> weightmark.accelerate.save_state(accelerator, "step-100", signer=signer).manifest.name
        'step-100'
    """
    if accelerator.is_main_process:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(output_dir, SIGNATURE))
    accelerator.wait_for_everyone()
    accelerator.save_state(os.fspath(output_dir), **kwargs)
    accelerator.wait_for_everyone()
    return sign(output_dir, signer, name=name) if accelerator.is_main_process else None


def load_state(accelerator: Any, input_dir: PathLike, *, policy: AnyPolicy = None,
               load_kwargs: Optional[dict[str, Any]] = None, load_arguments: Optional[dict[str, Any]] = None,
               **options: Any) -> None:
    """Loads a state as Accelerator.load_state does, from sealed copies of the verified files.

    Args:
        accelerator: an accelerate.Accelerator. What it prepared is as it was where the
            state does not verify.
        input_dir: a signed folder.
        policy: whom to trust; as everywhere, see `weightmark.verify`.
        load_kwargs: as in Accelerator.load_state.
        load_arguments: its other arguments.
        options: for `weightmark.open_verified`, such as name.

    Raises:
        Refused, Undecided: it does not verify; nothing was loaded then.

    Example:
        >>> import accelerate, torch, weightmark.accelerate
        >>> accelerator = accelerate.Accelerator(cpu=True)
        >>> model = accelerator.prepare(torch.nn.Linear(2, 1))
        >>> output = weightmark.accelerate.save_state(accelerator, "step-100", signer=signer)
        >>> weightmark.accelerate.load_state(accelerator, "step-100", policy=policy)
    """
    def read(path: str) -> None:
        with _allowing(accelerator, path):
            accelerator.load_state(path, load_kwargs=load_kwargs, **(load_arguments or {}))

    def verified(model: VerifiedModel) -> None:
        with model.view() as view:
            read(view.path)

    load_guarded(input_dir, policy, verified, lambda: read(os.fspath(input_dir)), **options)


@contextlib.contextmanager
def _allowing(accelerator: Any, path: str) -> Iterator[None]:
    allowed = _allowed.setdefault(accelerator, set())
    allowed.add(path)
    try:
        yield
    finally:
        allowed.discard(path)


def require_verified(accelerator: Any) -> Any:
    """Makes Accelerator.load_state refuse what does not come by `load_state` here.

    It is a hook of accelerate (register_load_state_pre_hook), for programs whose states
    are loaded by code that is not theirs.

    Args:
        accelerator: an accelerate.Accelerator.

    Returns:
        accelerate's handle, whose `remove()` ends it.

    Raises (when a state is loaded otherwise):
        UsageError.

    Example:
        >>> import accelerate, weightmark.accelerate
        >>> accelerator = accelerate.Accelerator(cpu=True)
        >>> handle = weightmark.accelerate.require_verified(accelerator)
        >>> accelerator.load_state("model")
        Traceback (most recent call last):
        weightmark.errors.UsageProblem: ...
        >>> handle.remove()
    """
    def check(_: Any, input_dir: str) -> None:
        if input_dir not in _allowed.get(accelerator, ()):
            raise errors.make("usage", "is loaded without verification", input_dir,
                              "weightmark.accelerate.load_state loads it verified")

    return accelerator.register_load_state_pre_hook(check)
