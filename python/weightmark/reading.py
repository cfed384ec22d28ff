"""Models whose files are verified as they are read."""
from __future__ import annotations

import contextlib
import functools
import io
import os
import shutil
import tempfile
from typing import Any, Callable, Iterator, List, Optional, Sequence, TypeVar

from . import _weightmark, errors
from ._weightmark import ContentFact, LoadedFile, Manifest, SealedCopy
from .location import Location, locate
from .trust import AnyPolicy, PathLike
from .verification import settings_of

_Method = TypeVar("_Method", bound=Callable[..., Any])


def _naming_signer(method: _Method) -> _Method:
    """Adds to an error whose signature it is about."""
    @functools.wraps(method)
    def wrapped(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except errors.WeightmarkError as error:
            error.signer = error.signer or self.signer
            raise
    return wrapped  # type: ignore[return-value]


class VerifiedFile(io.RawIOBase):
    """One opened file, whose bytes are handed out only verified.

    It is a binary file for reading. Threads may use `pread_into` at once.

    Attributes:
        name: the file's signed name.
        size: bytes, as signed.
        coverage: "tree", "whole", or "kernel" where the kernel checks each page.
        signer: who signed it.

    Example:
        >>> with weightmark.open_verified("model", policy).open("weights.bin") as file:
        ...     file.seek(900)
        ...     len(file.read())
        900
        100
    """

    def __init__(self, file: _weightmark.File, signer: str) -> None:
        super().__init__()
        self._file = file
        self._at = 0
        self.name = file.name
        self.size = file.size
        self.coverage = file.coverage
        self.signer = signer

    @_naming_signer
    def pread_into(self, offset: int, buffer: Any) -> None:
        """Fills a writable buffer with the verified bytes from an offset.

        After an error the buffer is all zeros; until this returns, it may hold bytes that
        are not verified.

        Raises:
            Refused: file-mismatch, file-changed, file-shrank, file-grew, range-past-end.
            Undecided: read-failed.
        """
        self._file.pread_into(offset, buffer)

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Returns the position in bytes."""
        self._check_open()
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Moves to a position, as io.IOBase.seek, and returns it."""
        self._check_open()
        start: int = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        if start + offset < 0:
            raise ValueError("negative position")
        self._at = start + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Reads verified bytes into a buffer, and returns how many. Raises as pread_into."""
        self._check_open()
        view = memoryview(buffer).cast("B")
        count = max(0, min(len(view), self.size - self._at))
        if count:
            self.pread_into(self._at, view[:count])
        self._at += count
        return count

    def readall(self) -> bytes:
        """Returns the verified bytes up to the end. Raises as pread_into."""
        out = bytearray(max(0, self.size - self._at))
        self.readinto(out)
        return bytes(out)

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("I/O operation on closed file")


class SealedView:
    """A private folder in which libraries that want paths find verified files.

    Its files are links to sealed copies, under their signed names; unsigned files are not
    in it. Nobody else can enter the folder, and nothing can change the copies. It is gone
    when the `with` ends.

    Attributes:
        path: of the folder.
        copies: the sealed copies, which stay valid while one holds them.

    Example:
        >>> import os
        >>> with weightmark.open_verified("model", policy).view() as view:
        ...     sorted(os.listdir(view.path))
        ['config.json', 'weights.bin']
    """

    def __init__(self, copies: Sequence[SealedCopy]) -> None:
        self.copies = list(copies)
        self.path = tempfile.mkdtemp(prefix="weightmark-")
        try:
            for copy in self.copies:
                self._link(copy)
        except BaseException:
            self.close()
            raise

    def _link(self, copy: SealedCopy) -> None:
        place = os.path.join(self.path, copy.name)
        os.makedirs(os.path.dirname(place), mode=0o700, exist_ok=True)
        # Not /proc/self: children and servers of this process find the same file.
        os.symlink(f"/proc/{os.getpid()}/fd/{copy.fd}", place)

    def close(self) -> None:
        """Removes the folder. The copies go with whoever holds them last."""
        shutil.rmtree(self.path, ignore_errors=True)
        self.copies = []

    def __enter__(self) -> SealedView:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __fspath__(self) -> str:
        return self.path


class VerifiedModel:
    """A model whose signature holds, and whose files are verified as they are read.

    Make it by `open_verified`. Threads may share it.

    Attributes:
        path: of the model.
        manifest: which files were signed.
        signer: who signed.

    Example:
        >>> model = weightmark.open_verified("model", policy)
        >>> model.files
        ['config.json', 'weights.bin']
        >>> model.read_bytes("config.json")
        b'{}'
    """

    def __init__(self, model: _weightmark.Model, location: Location) -> None:
        self._model = model
        self._location = location
        self.path = location.model
        self.manifest: Manifest = model.manifest
        self.signer: str = model.signer

    @property
    def files(self) -> List[str]:
        """The names of the signed files."""
        return [file.name for file in self.manifest.files]

    def name_of(self, path: PathLike) -> str:
        """Returns the signed name of a path in this model.

        Raises:
            Refused: file-not-signed.
        """
        if not os.path.isdir(self.path):
            return self.files[0]
        name = os.path.relpath(os.path.abspath(path), os.path.abspath(self.path)).replace(os.sep, "/")
        if name not in self.manifest:
            raise errors.make("file-not-signed", "was not signed", name)
        return name

    @_naming_signer
    def check_files(self) -> None:
        """Compares the names and sizes of the files that are there with the signed ones.

        `open_verified` did so already; this does it again.

        Raises:
            Refused: file-missing, file-extra, file-mismatch of a size, symlink-refused.
        """
        self._model.check_files()

    @_naming_signer
    def content_facts(self) -> list[ContentFact]:
        """What the files are, as far as their formats tell: code, disguises, broken rules, paths that lead out.

        Reads and verifies the parts of the files that say so. No fact is no promise: nothing here
        calls a model safe.

        Raises:
            Refused: file-mismatch, file-missing.
        """
        return self._model.content_facts()

    @_naming_signer
    def open(self, name: str) -> VerifiedFile:
        """Opens a signed file, each range of which is verified when it is read.

        Raises:
            Refused: file-not-signed, file-missing, file-mismatch where its size is not as signed.
        """
        return VerifiedFile(self._model.open(name), self.signer)

    @_naming_signer
    def load(self, name: str) -> LoadedFile:
        """Reads and verifies a file in one pass on all processors, into private memory.

        Raises:
            Refused: as `open`, and file-mismatch, file-changed; Undecided: out-of-memory.
        """
        return self._model.load(name)

    @_naming_signer
    def seal(self, name: str) -> SealedCopy:
        """Does the same for libraries that want a file.

        Raises:
            As `load`.
        """
        return self._model.seal(name)

    def read_bytes(self, name: str) -> bytes:
        """Returns a whole verified file. Raises as `load`."""
        return bytes(memoryview(self.load(name)))

    def view(self, files: Optional[Sequence[str]] = None) -> SealedView:
        """Verifies files whole and makes a folder of them for libraries that want paths.

        Args:
            files: signed names; all where absent.

        Raises:
            As `load`; then there is no folder.
        """
        return SealedView([self.seal(name) for name in (self.files if files is None else files)])

    def __enter__(self) -> VerifiedModel:
        return self

    def __exit__(self, *_: Any) -> None:
        pass

    def __repr__(self) -> str:
        return f"<verified model {self.path!r}, {len(self.files)} files, signed by {self.signer}>"


def open_verified(model: PathLike, policy: AnyPolicy = None, *, signature: Optional[PathLike] = None,
                  name: Optional[str] = None, digest: Optional[str] = None, lock: Optional[PathLike] = None,
                  ignore_paths: Sequence[str] = (), ignore_git_paths: bool = True,
                  ignore_unsigned_files: bool = False, evidence: str = "trees", allow_symlinks: bool = False,
                  threads: int = 0) -> VerifiedModel:
    """Verifies a model's signature, and opens it for verified reading.

    The names and sizes of the files that are there are compared with the signed ones;
    their bytes are verified when they are read, so this is quick for any model.

    Args:
        model: a folder, a signed file, or a file of a signed folder (`weightmark.location`).
        policy: whom to trust; where absent, the policy that WEIGHTMARK_POLICY names.
        signature, name, digest, lock, ignore_paths, ignore_git_paths, evidence,
        allow_symlinks, threads: as in `verify`.
        ignore_unsigned_files: files that are there unsigned are no error. They can be read
            in no case.

    Raises:
        Refused: the signature, or what it demands, does not hold; file-missing, file-extra,
            file-mismatch of a size.
        Undecided, UsageError.

    Example:
        >>> with weightmark.open_verified("model", weightmark.KeyTrust("publisher.pub")) as model:
        ...     weights = model.load("weights.bin")
        >>> weights.nbytes
        1000
    """
    found = locate(os.fspath(model), os.fspath(signature) if signature is not None else None)
    settings = settings_of(
        found.model, policy, signature=found.signature, name=name, digest=digest, lock=lock,
        ignore_paths=ignore_paths, ignore_git_paths=ignore_git_paths, ignore_unsigned_files=ignore_unsigned_files,
        evidence=evidence, allow_symlinks=allow_symlinks, threads=threads)
    opened_model = VerifiedModel(_weightmark.open_model(settings), found)
    opened_model.check_files()
    return opened_model


@contextlib.contextmanager
def opened(path: PathLike, policy: AnyPolicy, **options: Any) -> Iterator[tuple[VerifiedModel, str]]:
    """Opens the model of a file, and gives it with the file's signed name.

    Raises:
        As `open_verified`; file-not-signed.

    Example:
        >>> from weightmark.adapters import opened
        >>> with opened("model/weights.bin", policy) as (model, name):
        ...     len(model.read_bytes(name))
        1000
    """
    with open_verified(path, policy, **options) as model:
        yield model, model.name_of(path)
