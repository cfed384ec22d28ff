"""What `safetensors.numpy` has, for signed files."""
from __future__ import annotations

from typing import Any, Dict, Optional

from ..signing import SignedOutput, Signer
from ..trust import AnyPolicy, PathLike
from . import _reading, _writing

__all__ = ["load_file", "save_file"]


def load_file(filename: PathLike, *, policy: AnyPolicy = None, **options: Any) -> Dict[str, Any]:
    """Loads all tensors of a signed file as NumPy arrays; see `weightmark.safetensors.load_file`.

    Example:
        >>> from weightmark.safetensors.numpy import load_file
        >>> load_file("model.safetensors", policy=policy)["bias"].dtype
        dtype('float32')
    """
    return _reading.load_file(filename, "np", policy=policy, **options)


def save_file(tensor_dict: Dict[str, Any], filename: PathLike, metadata: Optional[Dict[str, str]] = None, *,
              signer: Optional[Signer] = None, name: Optional[str] = None) -> SignedOutput:
    """Writes and signs a file of NumPy arrays; see `weightmark.safetensors.save_file`.

    Example:
        >>> import numpy
        >>> from weightmark.safetensors.numpy import save_file
        >>> save_file({"x": numpy.zeros(3)}, "new.safetensors", signer=signer).signature
        'new.safetensors.sig'
    """
    return _writing.save_file(tensor_dict, filename, metadata, "np", signer=signer, name=name)
