"""What adapters of frameworks have in common. docs/adapters.md is the recipe."""
from __future__ import annotations

import contextlib
import importlib
import os
import shutil
import sys
import tempfile
import warnings
import weakref
from typing import Any, Callable, Iterator, Optional, Sequence, TypeVar

from . import _hashing, errors
from ._weightmark import BackgroundHasher
from .location import SIGNATURE
from .reading import VerifiedModel, open_verified, opened
from .signing import SignedOutput, Signer, digest, sign
from .trust import AnyPolicy, PathLike, Warn, is_warning

__all__ = ["SigningPath", "SigningWriter", "UnverifiedModelWarning", "copied", "copy_verified", "guarded",
           "load_guarded", "opened", "required", "sign_written", "strict"]

_T = TypeVar("_T")


def required(module: str, package: str) -> Any:
    """Imports a module of a framework, not before it is needed.

    Args:
        module: its name.
        package: what pip calls it.

    Raises:
        ImportError: says how to install what is missing.

    Example:
        >>> from weightmark.adapters import required
        >>> required("json", "json").dumps([])
        '[]'
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != module.partition(".")[0]:
            raise
        raise ImportError(f"this needs {package}: pip install {package}", name=module) from error


class UnverifiedModelWarning(UserWarning):
    """A model was loaded although it did not verify.

    Example:
        >>> import warnings
        >>> warnings.simplefilter("error", weightmark.UnverifiedModelWarning)  # doctest: +SKIP
    """


def strict(policy: AnyPolicy) -> AnyPolicy:
    """Returns the policy that a policy of `warn` would only warn about.

    Example:
        >>> from weightmark.adapters import strict
        >>> strict(weightmark.warn(policy)) is policy
        True
    """
    if isinstance(policy, Warn):
        return policy.trust
    return None if policy == "warn" else policy


def load_guarded(path: PathLike, policy: AnyPolicy, verified: Callable[[VerifiedModel], _T],
                 plain: Callable[[], _T], **options: Any) -> _T:
    """Loads by `verified`; under `warn` what does not verify is loaded by `plain`, loudly.

    Args:
        path: of the model, or of a file in it.
        policy: as every loader takes it.
        verified: is given the VerifiedModel and makes of it what the framework wants.
        plain: loads without verification.
        options: for open_verified.

    Raises:
        As open_verified and `verified`, unless the policy only warns.

    Example:
        >>> from weightmark.adapters import load_guarded
        >>> load_guarded("model", policy, lambda model: model.read_bytes("config.json"),
        ...              lambda: open("model/config.json", "rb").read())
        b'{}'
    """
    def strictly() -> _T:
        with open_verified(path, strict(policy), **options) as model:
            return verified(model)

    return guarded(path, policy, strictly, plain)


def guarded(path: PathLike, policy: AnyPolicy, verified: Callable[[], _T], plain: Callable[[], _T]) -> _T:
    """Does the same for what reads a model in several steps, and opened it before.

    Args:
        path: of the model, for the warning.
        policy: as every loader takes it.
        verified: loads what was verified.
        plain: loads without verification.

    Raises:
        As `verified`, unless the policy only warns.

    Example:
        >>> from weightmark.adapters import guarded
        >>> model = weightmark.open_verified("model", policy)
        >>> guarded(model.path, policy, lambda: model.read_bytes("config.json"), lambda: b"plain")
        b'{}'
    """
    try:
        return verified()
    except errors.WeightmarkError as error:
        if not is_warning(policy) or isinstance(error, errors.Interrupted):
            raise
        _warn(path, error)
    return plain()


def copy_verified(model: VerifiedModel, folder: PathLike, files: Optional[Sequence[str]] = None) -> None:
    """Writes the verified bytes of a model to a folder that nobody else can write to.

    It is for what has too many files for a view, where each takes a descriptor, or wants
    files to keep. What is in the folder is only as safe as the folder is private.

    Args:
        model: whose files.
        folder: such as one of `tempfile.TemporaryDirectory`.
        files: signed names; all where absent.

    Raises:
        As VerifiedModel.load; OSError. What was written so far stays.

    Example:
        >>> import os, tempfile
        >>> from weightmark.adapters import copy_verified
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     copy_verified(weightmark.open_verified("model", policy), folder)
        ...     sorted(os.listdir(folder))
        ['config.json', 'weights.bin']
    """
    for name in model.files if files is None else files:
        place = os.path.join(folder, name)
        os.makedirs(os.path.dirname(place), mode=0o700, exist_ok=True)
        loaded = model.load(name)
        _unlink(place)
        with open(place, "xb") as file:
            file.write(memoryview(loaded))


@contextlib.contextmanager
def copied(model: VerifiedModel, files: Optional[Sequence[str]] = None) -> Iterator[str]:
    """Gives a private folder with real files for as long as the `with` lasts.

    It is for what does not take the links of a view: HDF5 asks where they lead, and finds
    no such file.

    Args:
        model, files: as in `copy_verified`.

    Raises:
        As `copy_verified`; then there is no folder.

    Example:
        >>> import os
        >>> from weightmark.adapters import copied
        >>> with copied(weightmark.open_verified("model", policy)) as folder:
        ...     sorted(os.listdir(folder))
        ['config.json', 'weights.bin']
    """
    with tempfile.TemporaryDirectory(prefix="weightmark-") as folder:
        copy_verified(model, folder, files)
        yield folder


def _warn(path: PathLike, error: errors.WeightmarkError) -> None:
    text = f"loading {os.fspath(path)} ALTHOUGH IT DOES NOT VERIFY: {error}"
    print("weightmark: WARNING:", errors._escape(text), file=sys.stderr, flush=True)
    # Filters may make an error of it, in which case nothing is loaded; or show it only once.
    warnings.warn(UnverifiedModelWarning(errors._escape(text)), stacklevel=5)


def _unlink(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


class SigningWriter:
    """A file for writing that is signed when it is closed.

    What is written goes to a temporary file beside `path` and is hashed on the way, in a
    second thread, so that signing does not read it again. `close` syncs it, renames it and
    signs it; an exception in the `with` leaves nothing, and an older file and its signature
    stay. So it is with a writer that is forgotten.

    Args:
        path: of the file. Its signature is FILE.sig.
        signer: as `sign` takes it.
        name: what the model is called; the file's name where absent.

    Attributes:
        output: the SignedOutput, once it is closed.

    Example:
        >>> from weightmark.adapters import SigningWriter
        >>> with SigningWriter("state.bin", signer) as file:
        ...     file.write(b"weights")
        7
        >>> bool(weightmark.verify("state.bin", policy))
        True
    """

    def __init__(self, path: PathLike, signer: Optional[Signer] = None, *, name: Optional[str] = None) -> None:
        self._path = os.fspath(path)
        self._signer = signer
        self._name = name
        self._hasher = BackgroundHasher(os.path.basename(self._path))
        folder = os.path.dirname(self._path) or "."
        self._file = tempfile.NamedTemporaryFile(dir=folder, prefix="." + os.path.basename(self._path) + ".",
                                                 delete=False)
        self._unlink = weakref.finalize(self, _unlink, self._file.name)
        self.output: Optional[SignedOutput] = None

    def write(self, data: Any) -> int:
        """Writes bytes. They cannot be taken back: there is no seek."""
        return _hashing.write(self._file, self._hasher, data)

    def flush(self) -> None:
        """Hands what was written to the system."""
        self._file.flush()

    def tell(self) -> int:
        """Returns how many bytes were written."""
        return self._file.tell()

    def seekable(self) -> bool:
        """It is not."""
        return False

    def writable(self) -> bool:
        """It is."""
        return True

    def close(self) -> None:
        """Makes the file appear, and signs it. A second time nothing happens."""
        if self._file.closed:
            return
        try:
            self._file.flush()
            os.fchmod(self._file.fileno(), 0o666 & ~_umask())
            os.fsync(self._file.fileno())
            self._file.close()
            self._replace()
        except BaseException:
            self.discard()
            raise

    def _replace(self) -> None:
        # An old signature beside a new file would look like tampering: it goes first.
        _unlink(self._path + ".sig")
        os.replace(self._file.name, self._path)
        self._unlink.detach()
        self.output = sign(self._path, self._signer, name=self._name, files=[self._hasher.finish()])

    def discard(self) -> None:
        """Leaves nothing of what was written."""
        self._hasher.close()
        self._file.close()
        self._unlink()

    def __enter__(self) -> SigningWriter:
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()


class SigningPath:
    """A path for a framework that writes a file by itself, which is then signed.

    It is in a private folder beside the file's place. When the `with` ends, the file is
    hashed there, synced, renamed and signed: nobody else could change it before. An
    exception leaves nothing, and an older file and its signature stay.

    Args:
        path: of the file. Its signature is FILE.sig.
        signer: as `sign` takes it.
        name: what the model is called; the file's name where absent.

    Attributes:
        path: where to write. The file's name is the same as that of `path`.
        output: the SignedOutput, once the `with` ended.

    Example:
        >>> from weightmark.adapters import SigningPath
        >>> with SigningPath("state.h5", signer) as place:
        ...     with open(place.path, "wb") as file:
        ...         file.write(b"weights")
        7
        >>> bool(weightmark.verify("state.h5", policy))
        True
    """

    def __init__(self, path: PathLike, signer: Optional[Signer] = None, *, name: Optional[str] = None) -> None:
        self._target = os.path.abspath(path)
        self._signer = signer
        self._name = name
        self._folder = ""
        self.path = ""
        self.output: Optional[SignedOutput] = None

    def __enter__(self) -> SigningPath:
        folder, name = os.path.split(self._target)
        self._folder = tempfile.mkdtemp(dir=folder, prefix="." + name + ".")
        self.path = os.path.join(self._folder, name)
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        try:
            if kind is None:
                self._sign()
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _sign(self) -> None:
        files = digest(self.path).files
        with open(self.path, "rb") as file:
            os.fsync(file.fileno())
        # An old signature beside a new file would look like tampering: it goes first.
        _unlink(self._target + ".sig")
        os.replace(self.path, self._target)
        self.output = sign(self._target, self._signer, name=self._name, files=files)


def sign_written(folder: PathLike, signer: Optional[Signer], write: Callable[[], Any], *,
                 name: Optional[str] = None) -> SignedOutput:
    """Lets a framework write a folder, and signs it.

    An older signature goes before anything is written, and the new one comes last: what
    was interrupted has none.

    Args:
        folder: that is written.
        signer: as `sign` takes it.
        write: writes it.
        name: what the model is called; the folder's name where absent.

    Raises:
        Refused, Undecided, UsageError: as `sign`.

    Example:
        >>> from weightmark.adapters import sign_written
        >>> sign_written("model", signer, lambda: open("model/more.bin", "wb").close()).manifest.name
        'model'
    """
    _unlink(os.path.join(folder, SIGNATURE))
    write()
    return sign(folder, signer, name=name)


def _umask() -> int:
    # Python has no other way to read it.
    mask = os.umask(0)
    os.umask(mask)
    return mask
