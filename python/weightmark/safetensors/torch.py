"""What `safetensors.torch` has, for signed files."""
from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

from ..signing import SignedOutput, Signer
from ..trust import AnyPolicy, PathLike
from . import _reading, _writing

__all__ = ["load_file", "load_model", "save_file", "save_model"]


def load_file(filename: PathLike, device: Any = "cpu", *, policy: AnyPolicy = None, **options: Any) -> Dict[str, Any]:
    """Loads all tensors of a signed file into PyTorch; see `weightmark.safetensors.load_file`.

    Example:
        >>> from weightmark.safetensors.torch import load_file
        >>> load_file("model.safetensors", policy=policy)["bias"].shape
        torch.Size([3])
    """
    return _reading.load_file(filename, "pt", device, policy=policy, **options)


def save_file(tensors: Dict[str, Any], filename: PathLike, metadata: Optional[Dict[str, str]] = None, *,
              signer: Optional[Signer] = None, name: Optional[str] = None) -> SignedOutput:
    """Writes and signs a file of PyTorch's tensors; see `weightmark.safetensors.save_file`.

    Example:
        >>> import torch
        >>> from weightmark.safetensors.torch import save_file
        >>> save_file({"x": torch.zeros(3)}, "new.safetensors", signer=signer).signature
        'new.safetensors.sig'
    """
    return _writing.save_file(tensors, filename, metadata, "pt", signer=signer, name=name)


def save_model(model: Any, filename: PathLike, metadata: Optional[Dict[str, str]] = None,
               force_contiguous: bool = True, *, signer: Optional[Signer] = None) -> SignedOutput:
    """Writes and signs a module's state. Of tensors that are one and the same, one is saved.

    Args:
        model: a torch.nn.Module.
        filename: of the file, which appears when it is whole.
        metadata: text about the file; the names that are left out are added to it.
        force_contiguous: tensors that are not contiguous are saved as if they were.
        signer: as `weightmark.sign` takes it.

    Raises:
        ValueError: tensors overlap otherwise, or are not contiguous. And as `save_file`.

    Example:
        >>> import torch
        >>> from weightmark.safetensors.torch import save_model
        >>> save_model(torch.nn.Linear(2, 3), "new.safetensors", signer=signer).signature
        'new.safetensors.sig'
    """
    kept, left_out = _without_twins(model.state_dict())
    if not force_contiguous:
        for name, tensor in kept.items():
            if not tensor.is_contiguous():
                raise ValueError(f"{name} is not contiguous")
    texts = {**(metadata or {}), **{name: twin for name, twin in left_out.items() if name not in (metadata or {})}}
    return save_file(kept, filename, texts or None, signer=signer)


def load_model(model: Any, filename: PathLike, strict: bool = True, device: Any = "cpu", *,
               policy: AnyPolicy = None, **options: Any) -> Tuple[List[str], List[str]]:
    """Loads a signed file into a module, once all of it is verified.

    Args:
        model: a torch.nn.Module.
        filename: of the file.
        strict: raises where the module and the file do not have the same names.
        device, policy, options: as in `load_file`.

    Returns:
        The names that the module has and the file has not, and those of the file that the
        module has not.

    Raises:
        RuntimeError: by `strict`; then the module is as it was. And as `load_file`.

    Example:
        >>> import torch
        >>> from weightmark.safetensors.torch import load_model, save_model
        >>> output = save_model(torch.nn.Linear(2, 3), "new.safetensors", signer=signer)
        >>> load_model(torch.nn.Linear(2, 3), "new.safetensors", policy=policy)
        ([], [])
    """
    state = load_file(filename, device, policy=policy, **options)
    own = model.state_dict()
    _, twins = _without_twins(own)
    same = {name: {name, twin, *(n for n, t in twins.items() if t == twin)} for name, twin in twins.items()}
    for name, twin in twins.items():
        same.setdefault(twin, set()).update(same[name])
    missing = [name for name in own if not state.keys() & same.get(name, {name})]
    unexpected = [name for name in state if name not in own]
    if strict and (missing or unexpected):
        raise RuntimeError(f"{filename} does not have {missing or 'nothing'} of the module, and has "
                           f"{unexpected or 'nothing'} besides")
    model.load_state_dict(state, strict=False)
    return missing, unexpected


def _without_twins(state: Dict[str, Any]) -> Tuple[Dict[str, Any], Dict[str, str]]:
    """The state with each tensor once, under the first of its names, and {other name: that name}."""
    kept: Dict[str, Any] = {}
    twins: Dict[str, str] = {}
    seen: Dict[Any, str] = {}
    for name in sorted(state):
        tensor = state[name]
        place = (str(tensor.device), tensor.data_ptr(), tuple(tensor.shape), tuple(tensor.stride()), tensor.dtype)
        if tensor.numel() and place in seen:
            twins[name] = seen[place]
        else:
            seen[place] = name
            kept[name] = tensor
    return kept, twins
