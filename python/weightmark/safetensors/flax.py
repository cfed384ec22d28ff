"""What `safetensors.flax` has, for signed files."""
from __future__ import annotations

from typing import Any, Dict, Optional

from ..signing import SignedOutput, Signer
from ..trust import AnyPolicy, PathLike
from . import _reading, _writing

__all__ = ["load_file", "save_file"]


def load_file(filename: PathLike, *, policy: AnyPolicy = None, **options: Any) -> Dict[str, Any]:
    """Loads all tensors of a signed file as JAX arrays; see `weightmark.safetensors.load_file`.

    JAX makes 32 bits of 64 unless it is told otherwise (jax_enable_x64).

    Example:
        >>> from weightmark.safetensors.flax import load_file
        >>> load_file("model.safetensors", policy=policy)["bias"].shape
        (3,)
    """
    return _reading.load_file(filename, "flax", policy=policy, **options)


def save_file(tensors: Dict[str, Any], filename: PathLike, metadata: Optional[Dict[str, str]] = None, *,
              signer: Optional[Signer] = None, name: Optional[str] = None) -> SignedOutput:
    """Writes and signs a file of JAX arrays; see `weightmark.safetensors.save_file`.

    Example:
        >>> import jax.numpy
        >>> from weightmark.safetensors.flax import save_file
        >>> save_file({"x": jax.numpy.zeros(3)}, "new.safetensors", signer=signer).signature
        'new.safetensors.sig'
    """
    return _writing.save_file(tensors, filename, metadata, "flax", signer=signer, name=name)
