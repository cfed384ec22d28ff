# mypy: disable-error-code="import-not-found, import-untyped", allow-subclassing-any
"""A file system for fsspec that hands out verified bytes and nothing else.

    import fsspec

    with fsspec.open("verified::s3://bucket/model/weights.npy", verified={"policy": policy}) as file:
        weights = numpy.load(file)

`verified::` goes before any other URL of fsspec. The file system behind it is not trusted:
not for the bytes, nor for which files there are. Without `policy` that of
WEIGHTMARK_POLICY decides, so that programs which only take URLs need no change.
"""
from __future__ import annotations

import io
import os
import shutil
import tempfile
import threading
import weakref
from typing import Any, Dict, Iterator, List, Optional, Set, Tuple

from . import errors
from .adapters import guarded, required, strict
from .location import SIGNATURE
from .reading import VerifiedModel, open_verified
from .trust import AnyPolicy, is_warning

_fsspec = required("fsspec", "fsspec")
from fsspec.implementations.chained import ChainedFileSystem  # noqa: E402
from fsspec.implementations.local import LocalFileSystem  # noqa: E402

__all__ = ["VerifiedFileSystem"]

_BUFFER = 1 << 20  # bytes


def _parents(path: str) -> Iterator[str]:
    while "/" in path.strip("/"):
        path = path.rpartition("/")[0]
        yield path


class _Local:
    """A model on this machine: its files are verified where they lie."""

    def __init__(self, model: VerifiedModel) -> None:
        self.model = model
        self.root = os.path.abspath(model.path)

    def open(self, name: str) -> Any:
        return self.model.open(name)


class _Fetched:
    """A model elsewhere: each file is fetched into a private folder when it is first opened.

    Before that the folder has empty files of the names and sizes that are said to be
    there, so that they are compared with the signed ones at once.
    """

    def __init__(self, fs: Any, root: str, signature: str, policy: AnyPolicy, options: Dict[str, Any]) -> None:
        self.root = root
        self._fs = fs
        self._lock = threading.Lock()
        self._here: Set[str] = set()
        self._folder = tempfile.mkdtemp(prefix="weightmark-")
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._one_file = signature != f"{root}/{SIGNATURE}"
        self._place = os.path.join(self._folder, os.path.basename(root))
        for name, size in [("", int(fs.size(root)))] if self._one_file else self._listing():
            self._make(name, size)
        fs.get_file(signature, self._place + ".sig" if self._one_file else os.path.join(self._place, SIGNATURE))
        self.model = open_verified(self._place, policy, **options)

    def _listing(self) -> Iterator[Tuple[str, int]]:
        for path, info in self._fs.find(self.root, detail=True).items():
            name = path[len(self.root):].strip("/")
            if not path.startswith(self.root + "/") or {"", ".", ".."} & set(name.split("/")):
                raise errors.make("file-extra", "is no name of a file in a model", path)
            yield name, int(info["size"])

    def _local(self, name: str) -> str:
        return self._place if self._one_file else os.path.join(self._place, *filter(None, name.split("/")))

    def _make(self, name: str, size: int) -> None:
        place = self._local(name)
        os.makedirs(os.path.dirname(place), mode=0o700, exist_ok=True)
        with open(place, "xb") as file:
            file.truncate(size)

    def open(self, name: str) -> Any:
        with self._lock:
            if name in self.model.manifest and name not in self._here:
                self._fs.get_file(self.root if self._one_file else f"{self.root}/{name}", self._local(name))
                self._here.add(name)
            return self.model.open(name)


class VerifiedFileSystem(ChainedFileSystem):
    """The file system `verified`, for reading.

    On this machine ranges are verified as they are read. From elsewhere a file is fetched
    whole when it is first opened, into a private folder that stays as long as this object,
    and its ranges are verified there. A model is the nearest folder above a file that has
    model.sig, or a file with its own FILE.sig. Only signed files are listed.

    Args:
        target_protocol, target_options, fo: what `verified::` is before, as fsspec says it.
        fs: or that file system itself.
        policy: whom to trust; as everywhere, see `weightmark.verify`. Under `warn` a file
            is verified whole when it is opened.
        options: for `weightmark.open_verified`, such as name and digest.

    Raises:
        Refused, Undecided, UsageError: as `open_verified` when a model is first looked at;
            file-mismatch and others when its files are read.

    Example:
        >>> from weightmark.fsspec import VerifiedFileSystem
        >>> from fsspec.implementations.local import LocalFileSystem
        >>> files = VerifiedFileSystem(fs=LocalFileSystem(), policy=policy)
        >>> files.cat_file("model/config.json")
        b'{}'
        >>> sorted(name.rpartition("/")[2] for name in files.find("model"))
        ['config.json', 'weights.bin']
    """

    protocol = "verified"
    cachable = False  # whoever opens a model again wants it verified again

    def __init__(self, target_protocol: Optional[str] = None, target_options: Optional[Dict[str, Any]] = None,
                 fo: str = "", fs: Any = None, policy: AnyPolicy = None, **options: Any) -> None:
        super().__init__()
        if fs is None and target_protocol is None:
            raise errors.make("usage", "verified:: goes before another URL", fo)
        self.fs = fs or _fsspec.filesystem(target_protocol, **(target_options or {}))
        self._policy = policy
        self._options = options
        self._fetched: Dict[str, _Fetched] = {}

    def _strip(self, path: Any) -> str:
        return str(self.fs._strip_protocol(path.removeprefix("verified://"))).rstrip("/")

    def _signature(self, path: str) -> Tuple[str, str]:
        """The model of a path and its signature, as `weightmark.location.locate` finds them here."""
        beside = self.fs.exists(path + ".sig")
        above = next((folder for folder in [path, *_parents(path)] if self.fs.exists(f"{folder}/{SIGNATURE}")), None)
        if beside and above is not None and above != path:
            raise errors.make("usage", f"two signatures could decide: {path}.sig and {above}/{SIGNATURE}", path)
        if above is not None:
            return above, f"{above}/{SIGNATURE}"
        if beside:
            return path, path + ".sig"
        raise errors.make("signature-not-found", "there is neither FILE.sig beside it nor a model.sig above it", path,
                          "ask its publisher for the signature")

    def _model(self, path: str) -> Any:
        policy = strict(self._policy)
        root, signature = self._signature(path)
        if isinstance(self.fs, LocalFileSystem):
            return _Local(open_verified(root, policy, signature=signature, **self._options))
        if root not in self._fetched:
            self._fetched[root] = _Fetched(self.fs, root, signature, policy, self._options)
        return self._fetched[root]

    def _find(self, path: str) -> Tuple[Any, str]:
        """The model of a path, and the path's signed name; "" for a folder that is the model."""
        model = self._model(path)
        if path == model.root:
            return model, "" if os.path.isdir(model.model.path) else model.model.files[0]
        return model, path[len(model.root):].strip("/")

    def _entries(self, path: str) -> List[Dict[str, Any]]:
        """What is at a path: the file, or what the folder has."""
        model, name = self._find(path)
        if name in model.model.manifest:
            return [self._entry(path, model, name)]
        below = [one for one in model.model.files if not name or one.startswith(name + "/")]
        found: Dict[str, Dict[str, Any]] = {}
        for one in below:
            first, _, rest = one[len(name):].lstrip("/").partition("/")
            place = f"{path}/{first}"
            found[place] = ({"name": place, "size": 0, "type": "directory"} if rest
                            else self._entry(place, model, one))
        if not found:
            raise FileNotFoundError(path)
        return list(found.values())

    def _entry(self, path: str, model: Any, name: str) -> Dict[str, Any]:
        size = next(file.size for file in model.model.manifest.files if file.name == name)
        return {"name": path, "size": self.fs.size(path) if size is None else size, "type": "file"}

    def ls(self, path: str, detail: bool = True, **_: Any) -> Any:
        """Lists the signed files of a folder, as fsspec's `ls`. Raises as `open_verified`."""
        path = self._strip(path)
        found = guarded(path, self._policy, lambda: self._entries(path), lambda: self.fs.ls(path, detail=True))
        return found if detail else [entry["name"] for entry in found]

    def info(self, path: str, **_: Any) -> Dict[str, Any]:
        """Returns name, size and type of what is signed, as fsspec's `info`. Raises as `open_verified`."""
        path = self._strip(path)
        found: List[Dict[str, Any]] = self.ls(path)
        if len(found) == 1 and found[0]["name"] == path:
            return found[0]
        return {"name": path, "size": 0, "type": "directory"}

    def _open(self, path: str, mode: str = "rb", **_: Any) -> Any:
        if mode != "rb":
            raise errors.make("usage", "verified:: is for reading", path)
        path = self._strip(path)
        return guarded(path, self._policy, lambda: self._verified(path), lambda: self.fs.open(path, "rb"))

    def _verified(self, path: str) -> Any:
        model, name = self._find(path)
        if not is_warning(self._policy):
            return io.BufferedReader(model.open(name), _BUFFER)
        with model.open(name) as file:  # what does not verify has to show now
            return io.BytesIO(file.readall())
