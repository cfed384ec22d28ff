"""Which model a path belongs to, and which signature decides about it."""
from __future__ import annotations

import os
from typing import List, NamedTuple, Optional

from . import errors

SIGNATURE = "model.sig"


class Location(NamedTuple):
    """A model and, where the path is one of its files, that file.

    Example:
        >>> from weightmark.location import locate
        >>> locate("model/weights.bin").name
        'weights.bin'
    """

    model: str  # path of the folder, or of the model's only file
    signature: Optional[str]  # path; None where it is looked for as usual
    name: Optional[str]  # of the file in the model's folder; None for the model itself


def _folders_above(path: str) -> List[str]:
    found = []
    folder = os.path.dirname(os.path.abspath(path))
    while True:
        found.append(folder)
        above = os.path.dirname(folder)
        if above == folder:
            return found
        folder = above


def _relative(path: str, folder: str) -> str:
    # Links stay as they are: in a cache of the Hub the file itself lies elsewhere.
    return os.path.relpath(os.path.abspath(path), folder).replace(os.sep, "/")


def _by_folder(path: str, folder: str, signature: Optional[str]) -> Location:
    return Location(folder, signature, _relative(path, folder))


def locate(path: str, signature: Optional[str] = None) -> Location:
    """Finds the model that a path is, or is a file of.

    A folder is a model. A file is one with FILE.sig beside it, or belongs to the nearest
    folder above it that has a model.sig.

    Args:
        path: of a folder or a file.
        signature: the path of the signature, where the caller named it: model.sig of a
            folder above the file, or else the signature of the file alone.

    Raises:
        UsageError: where FILE.sig and a folder's model.sig are both there.
        Refused: signature-not-found.

    Example:
        >>> from weightmark.location import locate
        >>> locate("model")
        Location(model='model', signature=None, name=None)
    """
    if os.path.isdir(path):
        return Location(path, signature, None)
    folders = _folders_above(path)
    if signature is not None:
        folder = os.path.dirname(os.path.abspath(signature))
        if os.path.basename(signature) == SIGNATURE and folder in folders:
            return _by_folder(path, folder, signature)
        return Location(path, signature, None)
    beside = path + ".sig"
    above = next((folder for folder in folders if os.path.lexists(os.path.join(folder, SIGNATURE))), None)
    if os.path.lexists(beside):
        if above is not None:
            raise errors.make("usage", f"two signatures could decide: {beside} and {os.path.join(above, SIGNATURE)}",
                              path, "name one with signature=")
        return Location(path, None, None)
    if above is None:
        raise errors.make("signature-not-found", "there is neither FILE.sig beside it nor a model.sig above it", path,
                          "ask its publisher for the signature")
    return _by_folder(path, above, None)
