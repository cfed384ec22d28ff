"""ONNX models with their external data: signed, and loaded from verified bytes alone.

    import weightmark.onnx

    weightmark.onnx.save_model(model, "model/model.onnx", signer=signer, save_as_external_data=True)
    model = weightmark.onnx.load_model("model/model.onnx", policy=policy)

ONNX Runtime gets a verified model with its data in one: `view` of an open model.
"""
from __future__ import annotations

import os
import posixpath
from typing import Any, Iterator, Optional

from . import errors
from .adapters import SigningWriter, load_guarded, required, sign_written
from .reading import VerifiedModel
from .signing import SignedOutput, Signer
from .trust import AnyPolicy, PathLike

__all__ = ["load_model", "save_model"]


def save_model(proto: Any, f: PathLike, *, signer: Optional[Signer] = None, save_as_external_data: bool = False,
               name: Optional[str] = None, **kwargs: Any) -> SignedOutput:
    """Saves a model as onnx.save_model does, and signs it.

    Alone it gets a signature of its own, FILE.sig. With external data all files of its
    folder are signed, in model.sig: give the model a folder of its own.

    Args:
        proto: the model. With external data its tensors then refer to that, as with ONNX.
        f: path of the file.
        signer: as `weightmark.sign` takes it.
        save_as_external_data: writes tensors to files beside it.
        name: what the model is called.
        kwargs: for onnx.save_model, such as location and size_threshold.

    Raises:
        Refused, Undecided: as `weightmark.sign`; OSError; ImportError: onnx is missing.

    Example:
        >>> import onnx, weightmark.onnx
        >>> graph = onnx.helper.make_graph([], "empty", [], [])
        >>> weightmark.onnx.save_model(onnx.helper.make_model(graph), "model.onnx", signer=signer).signature
        'model.onnx.sig'
    """
    onnx = required("onnx", "onnx")
    if save_as_external_data:
        def write() -> None:
            onnx.save_model(proto, os.fspath(f), save_as_external_data=True, **kwargs)

        return sign_written(os.path.dirname(os.path.abspath(f)), signer, write, name=name)
    with SigningWriter(f, signer, name=name) as file:
        onnx.save_model(proto, file, **kwargs)
    assert file.output is not None
    return file.output


def load_model(f: PathLike, *, policy: AnyPolicy = None, load_external_data: bool = True, **options: Any) -> Any:
    """Loads a model and its external data.

    Of external data what the model names is read and verified, whatever it names must be
    a signed file of the same model, and none is opened by a path.

    Args:
        f: path of a signed file, or of a file in a signed folder.
        policy: whom to trust; as everywhere, see `weightmark.verify`.
        load_external_data: as in onnx.load_model.
        options: for `weightmark.open_verified`, such as name.

    Returns:
        An onnx.ModelProto.

    Raises:
        Refused, Undecided: a file does not verify, or external data was not signed
            (file-not-signed); nothing was loaded then.
        ImportError: onnx is missing.

    Example:
        >>> import onnx, weightmark.onnx
        >>> graph = onnx.helper.make_graph([], "empty", [], [])
        >>> output = weightmark.onnx.save_model(onnx.helper.make_model(graph), "model.onnx", signer=signer)
        >>> weightmark.onnx.load_model("model.onnx", policy=policy).graph.name
        'empty'
    """
    onnx = required("onnx", "onnx")

    def verified(model: VerifiedModel) -> Any:
        name = model.name_of(f)
        proto = onnx.load_model_from_string(model.read_bytes(name))
        if load_external_data:
            folder = os.path.dirname(name)
            for tensor in _external(proto):
                _fill(tensor, model, folder)
        return proto

    return load_guarded(f, policy, verified,
                        lambda: onnx.load_model(os.fspath(f), load_external_data=load_external_data), **options)


def _external(proto: Any) -> Iterator[Any]:
    data = required("onnx.external_data_helper", "onnx")
    for tensor in data._get_all_tensors(proto):
        if data.uses_external_data(tensor):
            yield tensor


def _fill(tensor: Any, model: VerifiedModel, folder: str) -> None:
    """Does what onnx.external_data_helper.load_external_data_for_tensor does, without a path."""
    data = required("onnx.external_data_helper", "onnx")
    info = data.ExternalDataInfo(tensor)
    name = posixpath.normpath(posixpath.join(folder, info.location))
    if name not in model.manifest:
        raise errors.make("file-not-signed", "was not signed", name)
    with model.open(name) as file:
        start = info.offset or 0
        length = file.size - start if info.length is None else info.length
        if start < 0 or length < 0 or start + length > file.size:
            raise errors.make("range-past-end", f"has no {length} bytes at {start}", name)
        content = bytearray(length)
        file.pread_into(start, content)
    tensor.raw_data = bytes(content)
    tensor.data_location = 0  # TensorProto.DEFAULT
    del tensor.external_data[:]
