"""Loading, whole or piece by piece."""
from __future__ import annotations

import os
from typing import Any, Dict, List, Optional, Tuple

from ..adapters import load_guarded
from ..reading import VerifiedModel
from ..trust import AnyPolicy, PathLike
from ._arrays import Framework, find_framework
from ._header import Header, TensorInfo, read_header
from ._source import Guarded, Plain


def load_file(path: PathLike, framework: str = "np", device: Any = "cpu", *, policy: AnyPolicy = None,
              **options: Any) -> Dict[str, Any]:
    """Loads all tensors of a signed file.

    The file is read once, by all processors, into memory of this process alone, and
    verified there; the tensors are views of it. So nothing that happens to the file
    afterwards reaches them, and each of them keeps the whole of it in memory.

    Args:
        path: of a file with FILE.sig, or in a folder with model.sig.
        framework: "np", "pt" or "flax", as the `safetensors` package calls them.
        device: where PyTorch or JAX are to have the tensors.
        policy: whom to trust; where absent, the policy that WEIGHTMARK_POLICY names.
        options: for `weightmark.open_verified`.

    Returns:
        The tensors by name, in the order of the file, of its types and shapes.

    Raises:
        Refused: what does not verify; safetensors-*: it does, and is no such file.
        TypeError: the framework has no such type.
        Undecided, UsageError.

    Example:
        >>> from weightmark.safetensors import load_file
        >>> load_file("model.safetensors", policy=policy)["weight"].shape
        (2, 3)
    """
    made_by = find_framework(framework)

    def verified(model: VerifiedModel) -> Dict[str, Any]:
        name = model.name_of(path)
        return _tensors(name, model.signer, model.load(name), made_by, device)

    def plain() -> Dict[str, Any]:
        return _tensors(os.path.basename(os.fspath(path)), None, Plain(path).whole(), made_by, device)

    return load_guarded(path, policy, verified, plain, **options)


def _tensors(name: str, signer: Optional[str], loaded: Any, framework: Framework, device: Any) -> Dict[str, Any]:
    content = memoryview(loaded)

    def read(offset: int, buffer: Any) -> None:
        buffer[:] = content[offset:offset + len(buffer)]

    header = read_header(name, signer, content.nbytes, read)
    return {name: framework.place(framework.view(loaded, info.begin, info), device)
            for name, info in header.tensors.items()}


class TensorSlice:
    """A tensor of which only a part is read. `safe_open.get_slice` makes it.

    Of a leading dimension only the wanted rows are read, as far as a step allows; what is
    wanted of the others is cut out of those.

    Example:
        >>> from weightmark.safetensors import safe_open
        >>> with safe_open("model.safetensors", "np", policy=policy) as file:
        ...     part = file.get_slice("weight")
        ...     part.get_shape(), part.get_dtype(), part[1:, 0].tolist()
        ([2, 3], 'F32', [3.0])
    """

    def __init__(self, file: safe_open, info: TensorInfo) -> None:
        self._file = file
        self._info = info

    def get_shape(self) -> List[int]:
        """Returns the shape of the whole tensor."""
        return list(self._info.shape)

    def get_dtype(self) -> str:
        """Returns its type, as the format calls it."""
        return self._info.dtype

    def __getitem__(self, index: Any) -> Any:
        """Returns a part, indexed as the framework does it.

        Raises:
            IndexError: past the end of a dimension; and as `safe_open.get_tensor`.
        """
        first, *rest = index if isinstance(index, tuple) else (index,)
        if not self._info.shape or isinstance(first, bool) or not isinstance(first, (int, slice)):
            return self._file._place(self._file._read(self._info)[index])
        begin, end, first = _rows(first, self._info.shape[0])
        rows = self._file._read(_part(self._info, begin, end))
        return self._file._place(rows[(first, *rest)])


def _rows(index: Any, length: int) -> Tuple[int, int, Any]:
    """The first and the last row that an index needs, and the index within those."""
    if isinstance(index, int):
        row = index + length if index < 0 else index
        if not 0 <= row < length:
            raise IndexError(f"index {index} is out of bounds for a dimension of size {length}")
        return row, row + 1, 0
    wanted = range(length)[index]
    if not wanted:
        return 0, 0, slice(0, 0)
    # Backwards, NumPy begins at the last of them; PyTorch says that it cannot.
    return min(wanted[0], wanted[-1]), max(wanted[0], wanted[-1]) + 1, slice(None, None, wanted.step)


def _part(info: TensorInfo, begin: int, end: int) -> TensorInfo:
    row = info.nbytes // info.shape[0] if info.shape[0] else 0
    if row * info.shape[0] != info.nbytes:
        raise TypeError(f"rows of {info.dtype} do not begin at whole bytes here; get the whole tensor")
    return TensorInfo(info.dtype, (end - begin, *info.shape[1:]), info.begin + begin * row, info.begin + end * row)


class safe_open:  # as the safetensors package spells it
    """Opens a signed file for reading tensor by tensor.

    The signature is verified here; of the weights, what is asked for is read, and what of
    them is signed apart (64 MiB) is verified before any of it is handed out.

    Args:
        path: of a file with FILE.sig, or in a folder with model.sig.
        framework: "np", "pt" or "flax".
        device: where PyTorch or JAX are to have the tensors.
        policy: whom to trust; where absent, the policy that WEIGHTMARK_POLICY names.
        options: for `weightmark.open_verified`.

    Attributes:
        header: the file's Header.

    Raises:
        As `load_file`.

    Example:
        >>> from weightmark.safetensors import safe_open
        >>> with safe_open("model.safetensors", "np", policy=policy) as file:
        ...     file.keys(), file.metadata()
        ...     file.get_tensor("bias").tolist()
        (['bias', 'weight'], {'format': 'np'})
        [0.0, 0.0, 0.0]
    """

    def __init__(self, path: PathLike, framework: str, device: Any = "cpu", *, policy: AnyPolicy = None,
                 **options: Any) -> None:
        self._framework = find_framework(framework)
        self._device = device
        source = Guarded(path, policy, options)
        self.header: Header = read_header(source.name, source.signer, source.size, source.read)
        self._source: Optional[Guarded] = source

    def keys(self) -> List[str]:
        """Returns the names of the tensors, sorted."""
        return sorted(self.header.tensors)

    def offset_keys(self) -> List[str]:
        """Returns the names in the order of the file."""
        return list(self.header.tensors)

    def metadata(self) -> Optional[Dict[str, str]]:
        """Returns what the file says about itself; None where that is nothing."""
        return self.header.metadata or None

    def get_tensor(self, name: str) -> Any:
        """Returns a tensor of the file's type and shape.

        Raises:
            KeyError: there is none of that name.
            Refused: what is not as it was signed; Undecided: what cannot be read.
        """
        return self._place(self._read(self.header.tensors[name]))

    def get_slice(self, name: str) -> TensorSlice:
        """Returns a tensor of which only a part will be read. Raises KeyError."""
        return TensorSlice(self, self.header.tensors[name])

    def _place(self, tensor: Any) -> Any:
        return self._framework.place(tensor, self._device)

    def _read(self, info: TensorInfo) -> Any:
        if self._source is None:
            raise ValueError("the file is closed")
        mapped = self._source.mapped()
        if mapped is not None:
            return self._framework.view(mapped, info.begin, info)
        tensor, buffer = self._framework.empty(info)
        if info.nbytes:
            self._source.read(info.begin, buffer)
        return tensor

    def close(self) -> None:
        """Closes the file. What was got from it stays."""
        self._source = None

    def __enter__(self) -> safe_open:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()
