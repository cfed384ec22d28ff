# mypy: disable-error-code="import-not-found, import-untyped", allow-subclassing-any
"""Lightning: checkpoints that are signed when they are saved, and verified before they are loaded.

    from weightmark.lightning import SignedCheckpointIO, load_from_checkpoint

    trainer = Trainer(plugins=[SignedCheckpointIO(signer, policy)])
    model = load_from_checkpoint(Model, "last.ckpt", policy=policy)

A checkpoint is a pickle: here nothing of it is unpickled before it is verified. Strategies
that shard a checkpoint into a folder use PyTorch's distributed checkpoints instead:
`weightmark.torch.checkpoint`.
"""
from __future__ import annotations

import contextlib
import os
from typing import Any, Optional, Type, TypeVar

from . import errors
from . import torch as signed_torch
from .adapters import load_guarded, required
from .reading import VerifiedModel
from .signing import Signer
from .torch._stream import remembering
from .trust import AnyPolicy, PathLike

required("lightning", "lightning")
from lightning.pytorch.plugins.io import TorchCheckpointIO  # noqa: E402

__all__ = ["SignedCheckpointIO", "load_from_checkpoint"]

_Module = TypeVar("_Module")


class SignedCheckpointIO(TorchCheckpointIO):
    """A CheckpointIO for `Trainer(plugins=[…])`: ModelCheckpoint and resuming go through it.

    Each checkpoint FILE has its signature FILE.sig, which goes with it.

    Args:
        signer: as `weightmark.sign` takes it.
        policy: whom to trust; as everywhere, see `weightmark.verify`.
        weights_only: where the Trainer does not say it. A signature says who wrote a file,
            not that its code is good: without this it runs, once it is verified.

    Raises (when a checkpoint is saved or loaded):
        Refused, Undecided: as `weightmark.sign` and `weightmark.open_verified`.

    Example:
        >>> import torch
        >>> from weightmark.lightning import SignedCheckpointIO
        >>> files = SignedCheckpointIO(signer, policy)
        >>> files.save_checkpoint({"weight": torch.ones(2)}, "last.ckpt")
        >>> files.load_checkpoint("last.ckpt")["weight"].tolist()
        [1.0, 1.0]
    """

    def __init__(self, signer: Optional[Signer] = None, policy: AnyPolicy = None, *, weights_only: bool = True) -> None:
        super().__init__()
        self._signer = signer
        self._policy = policy
        self._weights_only = weights_only

    def save_checkpoint(self, checkpoint: dict[str, Any], path: PathLike, storage_options: Any = None) -> None:
        """Saves and signs a checkpoint. Raises as `weightmark.torch.save`."""
        if storage_options is not None:
            raise errors.make("usage", "storage_options mean nothing here", os.fspath(path))
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        signed_torch.save(checkpoint, path, signer=self._signer)

    def load_checkpoint(self, path: PathLike, map_location: Any = None,
                        weights_only: Optional[bool] = None) -> dict[str, Any]:
        """Loads a verified checkpoint, to the processor by default. Raises as `weightmark.torch.load`."""
        only = self._weights_only if weights_only is None else weights_only
        loaded: dict[str, Any] = signed_torch.load(path, map_location or "cpu", policy=self._policy, weights_only=only)
        return loaded

    def remove_checkpoint(self, path: PathLike) -> None:
        """Removes a checkpoint and its signature."""
        super().remove_checkpoint(path)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.fspath(path) + ".sig")


def load_from_checkpoint(module: Type[_Module], checkpoint_path: PathLike, *, policy: AnyPolicy = None,
                         map_location: Any = None, weights_only: bool = True,
                         verify_options: Optional[dict[str, Any]] = None, **kwargs: Any) -> _Module:
    """Makes a module from a checkpoint, as LightningModule.load_from_checkpoint does.

    Args:
        module: a class: a LightningModule or a LightningDataModule.
        checkpoint_path: path of a signed file, or of a file in a signed folder.
        policy: whom to trust; as everywhere, see `weightmark.verify`.
        map_location: as there.
        weights_only: as in SignedCheckpointIO.
        verify_options: for `weightmark.open_verified`, such as name.
        kwargs: further arguments of load_from_checkpoint.

    Raises:
        Refused, Undecided: it does not verify; nothing was loaded then.
        pickle.UnpicklingError: what is not allowed under `weights_only`.

    Example:
        >>> from weightmark.lightning import load_from_checkpoint
        >>> model = load_from_checkpoint(Model, "last.ckpt", policy=policy)  # doctest: +SKIP
    """
    def read(source: Any) -> _Module:
        loaded: _Module = module.load_from_checkpoint(  # type: ignore[attr-defined]
            source, map_location=map_location, weights_only=weights_only, **kwargs)
        return loaded

    def verified(model: VerifiedModel) -> _Module:
        with remembering(model.open(model.name_of(checkpoint_path))) as file:
            return read(file)

    return load_guarded(checkpoint_path, policy, verified, lambda: read(os.fspath(checkpoint_path)),
                        **(verify_options or {}))
