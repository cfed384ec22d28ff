"""Saves what PyTorch saves and signs it; loads it from verified bytes alone.

    import weightmark.torch

    weightmark.torch.save(model.state_dict(), "model.pt", signer=weightmark.KeySigner("publisher.pem"))
    state = weightmark.torch.load("model.pt", policy=weightmark.KeyTrust("publisher.pub"))

Distributed checkpoints are in `weightmark.torch.checkpoint`.
"""
from __future__ import annotations

import os
from typing import Any, Optional

from .. import errors
from ..adapters import SigningWriter, load_guarded
from ..reading import VerifiedModel
from ..signing import SignedOutput, Signer
from ..trust import AnyPolicy, PathLike
from ._stream import remembering

__all__ = ["load", "save"]


def _torch() -> Any:
    # Not before it is needed: it takes a second, and may be missing.
    from ._required import torch
    return torch


def _path(f: PathLike) -> str:
    try:
        path = os.fspath(f)
    except TypeError:
        raise errors.make("usage", "a path is needed: what has none has no signature beside it") from None
    if path.endswith(".safetensors"):
        raise errors.make("usage", "is not a file of torch.save", path, "see weightmark.safetensors.torch")
    return path


def save(obj: object, f: PathLike, *, signer: Optional[Signer] = None, **kwargs: Any) -> SignedOutput:
    """Saves an object as torch.save does, and signs the file.

    It is hashed on the way and appears whole: after a failure the older file and its
    signature are as they were, except where signing itself failed, which leaves the new
    file without a signature.

    Args:
        obj: for torch.save: tensors of any shape in dictionaries, lists and so on.
        f: path of the file. Its signature is FILE.sig.
        signer: as `weightmark.sign` takes it.
        kwargs: for torch.save.

    Raises:
        UsageError: where `f` is no path, or ends in .safetensors.
        Refused, Undecided: as `weightmark.sign`.
        OSError: the file could not be written.
        ImportError: PyTorch is missing.

    Example:
        >>> import torch, weightmark.torch
        >>> weightmark.torch.save({"weight": torch.ones(2, 3)}, "model.pt", signer=signer).signature
        'model.pt.sig'
    """
    torch = _torch()
    with SigningWriter(_path(f), signer) as file:
        torch.save(obj, file, **kwargs)
    assert file.output is not None
    return file.output


def load(f: PathLike, map_location: Any = None, *, policy: AnyPolicy = None, mmap: bool = False,
         weights_only: bool = True, signature: Optional[PathLike] = None, name: Optional[str] = None,
         ignore_unsigned_files: bool = False, **kwargs: Any) -> Any:
    """Loads what torch.save wrote, from verified bytes alone.

    Without `mmap` each tensor is read into its own memory and verified there: no second
    copy is made. With it the whole file is verified into a sealed copy in memory, which
    the tensors then share, and which stays as long as they do.

    Args:
        f: path of a signed file, or of a file in a signed folder.
        map_location: as in torch.load.
        policy: whom to trust; where absent, the policy that WEIGHTMARK_POLICY names.
        mmap: maps the tensors instead of reading them.
        weights_only: as in torch.load. A signature says who wrote a file, not that its
            code is good: without this it runs, once it is verified.
        signature, name, ignore_unsigned_files: as in `weightmark.open_verified`.
        kwargs: for torch.load.

    Returns:
        The object, with tensors of the shapes that were saved.

    Raises:
        Refused, Undecided: the file, its model or its signature does not verify; nothing
            was loaded then.
        UsageError: where `f` is no path, or ends in .safetensors.
        pickle.UnpicklingError: what is not allowed under `weights_only`.
        ImportError: PyTorch is missing.

    Example:
        >>> import torch, weightmark.torch
        >>> output = weightmark.torch.save({"weight": torch.ones(2, 3)}, "model.pt", signer=signer)
        >>> weightmark.torch.load("model.pt", policy=policy)["weight"].shape
        torch.Size([2, 3])
    """
    torch = _torch()
    path = _path(f)

    def read(source: Any) -> Any:
        return torch.load(source, map_location, weights_only=weights_only, mmap=mmap, **kwargs)

    def verified(model: VerifiedModel) -> Any:
        if mmap:
            sealed = model.seal(model.name_of(path))
            return read(sealed.path)
        with remembering(model.open(model.name_of(path))) as file:
            return read(file)

    return load_guarded(path, policy, verified, lambda: read(path), signature=signature, name=name,
                        ignore_unsigned_files=ignore_unsigned_files)
