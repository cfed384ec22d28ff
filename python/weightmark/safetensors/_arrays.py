"""Tensors of each framework, made of bytes. A framework is imported when it is asked for."""
from __future__ import annotations

import contextlib
import ctypes
import importlib
import mmap
from typing import Any, Callable, Dict, NamedTuple, Tuple

from .. import errors
from ._header import TensorInfo

# The type of the format, in NumPy and in PyTorch. Those that NumPy lacks are of ml_dtypes.
_NUMPY = {"BOOL": "bool", "U8": "uint8", "I8": "int8", "U16": "uint16", "I16": "int16", "F16": "float16",
          "U32": "uint32", "I32": "int32", "F32": "float32", "U64": "uint64", "I64": "int64", "F64": "float64",
          "C64": "complex64"}
_ML_DTYPES = {"BF16": "bfloat16", "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2", "F8_E8M0": "float8_e8m0fnu",
              "F8_E4M3FNUZ": "float8_e4m3fnuz", "F8_E5M2FNUZ": "float8_e5m2fnuz"}
_TORCH = {**_NUMPY, **_ML_DTYPES, "F4": "float4_e2m1fn_x2"}


class Framework(NamedTuple):
    """How tensors of a framework are made, and taken apart."""

    name: str
    # A tensor over the bytes at an offset of a buffer, without a copy where it can be.
    view: Callable[[Any, int, TensorInfo], Any]
    # A new tensor, and the writable buffer that it is.
    empty: Callable[[TensorInfo], Tuple[Any, Any]]
    # What the caller gets: on its device, perhaps of another framework than the bytes.
    place: Callable[[Any, Any], Any]
    # A tensor's type and shape in the format's terms, and its bytes.
    describe: Callable[[str, Any], Tuple[str, Tuple[int, ...], Any]]


def element_bytes(info: TensorInfo) -> int:
    """Bytes of an element; 1 where several share a byte, or where there is none."""
    count = 1
    for length in info.shape:
        count *= length
    return max(1, info.nbytes // count) if count else 1


def _aligned(offset: int, info: TensorInfo) -> bool:
    return offset % element_bytes(info) == 0


# --- NumPy ----------------------------------------------------------------------------


def _numpy_dtype(info: TensorInfo) -> Any:
    numpy = importlib.import_module("numpy")
    if info.dtype in _NUMPY:
        return numpy.dtype(_NUMPY[info.dtype])
    if info.dtype not in _ML_DTYPES:
        raise TypeError(f"NumPy has no type for {info.dtype}")
    try:
        return numpy.dtype(getattr(importlib.import_module("ml_dtypes"), _ML_DTYPES[info.dtype]))
    except (ImportError, AttributeError):
        raise TypeError(f"NumPy has {info.dtype} only with the package ml_dtypes (its {_ML_DTYPES[info.dtype]}); "
                        f"install it, or load with framework=\"pt\"") from None


def _numpy_view(buffer: Any, offset: int, info: TensorInfo) -> Any:
    numpy, dtype = importlib.import_module("numpy"), _numpy_dtype(info)
    if not info.nbytes:
        return numpy.empty(info.shape, dtype)
    found = numpy.frombuffer(buffer, dtype, info.nbytes // dtype.itemsize, offset).reshape(info.shape)
    return found if _aligned(offset, info) else found.copy()


def _numpy_empty(info: TensorInfo) -> Tuple[Any, Any]:
    numpy = importlib.import_module("numpy")
    made = numpy.empty(info.shape, _numpy_dtype(info))
    # What ml_dtypes adds has no buffer of its own.
    return made, made.reshape(-1).view(numpy.uint8)


def _numpy_place(array: Any, device: Any) -> Any:
    if device not in (None, "cpu"):
        raise errors.make("usage", "NumPy's arrays are in memory only", str(device))
    return array


def _numpy_describe(name: str, array: Any) -> Tuple[str, Tuple[int, ...], Any]:
    numpy = importlib.import_module("numpy")
    array = numpy.asarray(array)
    shape = array.shape  # ascontiguousarray makes one dimension of none
    names = {**_inverse(_NUMPY), **_inverse(_ML_DTYPES)}
    if array.dtype.name not in names:
        raise TypeError(f"{name}: safetensors has no type for {array.dtype}")
    if array.dtype.byteorder == ">":
        array = array.astype(array.dtype.newbyteorder("<"))
    return names[array.dtype.name], shape, numpy.ascontiguousarray(array).reshape(-1).view(numpy.uint8)


def _inverse(names: Dict[str, str]) -> Dict[str, str]:
    return {value: key for key, value in names.items()}


# --- PyTorch ---------------------------------------------------------------------------


def _torch_dtype(info: TensorInfo) -> Any:
    torch = importlib.import_module("torch")
    dtype = getattr(torch, _TORCH.get(info.dtype, ""), None)
    if dtype is None:
        raise TypeError(f"this PyTorch has no type for {info.dtype}")
    return dtype


def _torch_shape(info: TensorInfo) -> Tuple[int, ...]:
    if info.dtype != "F4":
        return info.shape
    # Two elements make one of PyTorch's.
    if not info.shape or info.shape[-1] % 2:
        raise TypeError(f"PyTorch has F4 only in pairs, which the shape {info.shape} does not have")
    return (*info.shape[:-1], info.shape[-1] // 2)


def _torch_view(buffer: Any, offset: int, info: TensorInfo) -> Any:
    torch = importlib.import_module("torch")
    dtype, shape = _torch_dtype(info), _torch_shape(info)
    if not info.nbytes:
        return torch.empty(shape, dtype=dtype)
    if not _aligned(offset, info):
        piece = torch.frombuffer(buffer, dtype=torch.uint8, count=info.nbytes, offset=offset)
        return piece.clone().view(dtype).reshape(shape)
    count = info.nbytes // element_bytes(info)
    return torch.frombuffer(buffer, dtype=dtype, count=count, offset=offset).reshape(shape)


# From here on a tensor gets memory in large pages: to have it page by page takes as long as to hash
# what goes there. NumPy does so by itself.
_LARGE = 4 << 20


def _large_pages(size: int) -> mmap.mmap:
    memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with contextlib.suppress(OSError):  # a system may have none
        memory.madvise(mmap.MADV_HUGEPAGE)
    return memory


def _torch_empty(info: TensorInfo) -> Tuple[Any, Any]:
    torch = importlib.import_module("torch")
    if info.nbytes >= _LARGE:
        memory = _large_pages(info.nbytes)
        return _torch_view(memory, 0, info), memory
    made = torch.empty(_torch_shape(info), dtype=_torch_dtype(info))
    return made, _memory(made, info.nbytes)


def _memory(tensor: Any, size: int) -> Any:
    """A tensor's bytes as a buffer, without NumPy, which not everybody has beside PyTorch."""
    buffer = (ctypes.c_uint8 * size).from_address(tensor.data_ptr())
    buffer.tensor = tensor  # type: ignore[attr-defined]  # keeps the memory
    return buffer


def _torch_place(tensor: Any, device: Any) -> Any:
    return tensor if device in (None, "cpu") else tensor.to(device)


def _torch_describe(name: str, tensor: Any) -> Tuple[str, Tuple[int, ...], Any]:
    torch = importlib.import_module("torch")
    if tensor.layout != torch.strided:
        raise ValueError(f"{name}: is {tensor.layout}, and safetensors has only dense tensors")
    names = _inverse(_TORCH)
    spelled = str(tensor.dtype).rpartition(".")[2]
    if spelled not in names:
        raise TypeError(f"{name}: safetensors has no type for {tensor.dtype}")
    shape = tuple(tensor.shape)
    if names[spelled] == "F4":
        shape = (*shape[:-1], shape[-1] * 2)
    tensor = tensor.detach().cpu().contiguous()
    size = tensor.numel() * tensor.element_size()
    return names[spelled], shape, _memory(tensor, size) if size else bytearray()


# --- JAX -------------------------------------------------------------------------------


def _jax_place(array: Any, device: Any) -> Any:
    jax = importlib.import_module("jax")
    # A copy: JAX takes its arrays for immutable, and this one's memory is the caller's to free.
    placed = jax.numpy.array(array)
    return placed if device in (None, "cpu") else jax.device_put(placed, device)


_FRAMEWORKS = {
    "np": Framework("np", _numpy_view, _numpy_empty, _numpy_place, _numpy_describe),
    "pt": Framework("pt", _torch_view, _torch_empty, _torch_place, _torch_describe),
    "flax": Framework("flax", _numpy_view, _numpy_empty, _jax_place, _numpy_describe),
}
_ALIASES = {"numpy": "np", "torch": "pt", "pytorch": "pt", "jax": "flax"}


def find_framework(name: str) -> Framework:
    """Returns a framework by its name in the `safetensors` package.

    Raises:
        UsageError: where there is none of that name.
    """
    found = _FRAMEWORKS.get(_ALIASES.get(name, name))
    if found is None:
        raise errors.make("usage", "no such framework", str(name), "np, pt or flax")
    return found
