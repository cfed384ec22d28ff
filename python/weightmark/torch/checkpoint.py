# mypy: disable-error-code="import-not-found", allow-subclassing-any
"""Signs distributed checkpoints while they are written, and loads them verified.

    import torch.distributed.checkpoint as dcp
    from weightmark.torch.checkpoint import SignedFileSystemReader, SignedFileSystemWriter

    dcp.save(state, storage_writer=SignedFileSystemWriter("step-100", signer=signer))
    dcp.load(state, storage_reader=SignedFileSystemReader("step-100", policy=policy))

Each rank hashes its files while it writes them and sends the digests along with its
results. The coordinator signs once, when all else is there: a save that was interrupted
has no signature.

`.metadata` is a pickle, and so are objects that are no tensors: loading them runs what
they say. Here nothing is unpickled before it is verified; still, trust those who sign.
"""
from __future__ import annotations

import contextlib
import io
import os
import re
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple, TypeVar

from ._required import torch  # isort: skip
from torch.distributed.checkpoint import state_dict_loader, state_dict_saver
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.filesystem import FileSystem, FileSystemReader, FileSystemWriter
from torch.distributed.checkpoint.metadata import Metadata, MetadataIndex
from torch.distributed.checkpoint.planner import LoadPlan, LoadPlanner, ReadItem, SavePlan, SavePlanner
from torch.distributed.checkpoint.storage import WriteResult
from torch.futures import Future

from .. import _hashing, errors
from .._weightmark import BackgroundHasher, FileEntry, FileHasher
from ..adapters import guarded, strict
from ..location import SIGNATURE
from ..reading import VerifiedModel, open_verified
from ..signing import SignedOutput, Signer, sign
from ..trust import AnyPolicy, PathLike
from ._stream import remembering

__all__ = ["SignedFileSystemReader", "SignedFileSystemWriter", "load", "reason", "save"]

_T = TypeVar("_T")
_METADATA = ".metadata"
_DATA = re.compile(r"__\d+_\d+\.distcp")  # as DCP names the files of ranks


# --- Writing


class _HashingStream(io.RawIOBase):
    """Hashes what is written, in a second thread."""

    def __init__(self, file: Any, hasher: BackgroundHasher) -> None:
        super().__init__()
        self._file = file
        self._hasher = hasher
        self.in_order = True

    def write(self, data: Any) -> int:
        return _hashing.write(self._file, self._hasher, data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        before = self._file.tell()
        after = int(self._file.seek(offset, whence))
        self.in_order = self.in_order and after == before
        return after

    def truncate(self, size: Optional[int] = None) -> int:
        self.in_order = False
        return int(self._file.truncate(size))

    def tell(self) -> int:
        return int(self._file.tell())

    def flush(self) -> None:
        if not self._file.closed:
            self._file.flush()

    def fileno(self) -> int:
        return int(self._file.fileno())

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return bool(self._file.seekable())

    def close(self) -> None:
        self._file.close()
        super().close()


def _hash_again(path: str, name: str) -> FileEntry:
    hasher = FileHasher(name)
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            hasher.update(piece)
    return hasher.finish()


class _HashingFileSystem(FileSystem):
    """Keeps the digest of each file that was written through it."""

    def __init__(self) -> None:
        self.digests: Dict[str, FileEntry] = {}
        self._root: PathLike = ""

    def init_path(self, path: PathLike) -> Any:
        self._root = super().init_path(path)
        return self._root

    @contextlib.contextmanager
    def create_stream(self, path: PathLike, mode: str) -> Iterator[Any]:
        if mode != "wb":
            with super().create_stream(path, mode) as stream:
                yield stream
            return
        # .metadata gets its name when it is complete.
        name = re.sub(r"\.tmp$", "", os.path.relpath(path, self._root)).replace(os.sep, "/")
        with contextlib.closing(BackgroundHasher(name)) as hasher:
            with super().create_stream(path, mode) as file:
                stream = _HashingStream(file, hasher)
                yield stream
            entry = hasher.finish()
        if not stream.in_order or entry.size != os.stat(path).st_size:
            entry = _hash_again(os.fspath(path), name)
        self.digests[name] = entry


class _Digests(NamedTuple):
    """What a rank sends to the coordinator in place of where a tensor lies."""

    files: List[FileEntry]


class SignedFileSystemWriter(FileSystemWriter):
    """Writes a distributed checkpoint that is signed when it is complete.

    It is a FileSystemWriter for dcp.save and dcp.async_save, with processes or without.
    The checkpoint has one signature, model.sig, which covers every file of it and which
    the coordinator writes last. What lies in the folder besides, and is to be loaded with
    it, is not covered: sign the folder by `weightmark.sign` when all is there instead.

    Overwriting a checkpoint removes its signature before anything else is touched, and
    the data files of ranks that there are no more.

    Args:
        path: of the folder.
        signer: as `weightmark.sign` takes it. It travels to the process of an async save,
            where passwords and tokens do not: use functions or the environment there.
        name: what the model is called; the folder's name where absent.
        settings: for FileSystemWriter: single_file_per_rank, sync_files, thread_count,
            per_thread_copy_ahead, overwrite and others. thread_count above 1 also hashes
            in as many threads.

    Attributes:
        output: the SignedOutput of the last save, where this is the coordinator and no
            other process saved.

    Raises:
        UsageError: from dcp.save with use_collectives=False, which has no coordinator.
        CheckpointException: from dcp.save, with what failed on which rank, such as a
            WeightmarkError of signing (`reason` finds it).

    Example:
        >>> import torch, torch.distributed.checkpoint as dcp
        >>> from weightmark.torch.checkpoint import SignedFileSystemWriter
        >>> writer = SignedFileSystemWriter("step-100", signer=signer)
        >>> metadata = dcp.save({"weight": torch.ones(2, 3)}, storage_writer=writer, no_dist=True)
        >>> [file.name for file in weightmark.verify("step-100", policy).manifest.files]
        ['.metadata', '__0_0.distcp']
    """

    def __init__(self, path: PathLike, *, signer: Optional[Signer] = None, name: Optional[str] = None,
                 **settings: Any) -> None:
        super().__init__(path, **settings)
        self.fs: _HashingFileSystem = _HashingFileSystem()
        self.path = self.fs.init_path(path)
        self.output: Optional[SignedOutput] = None
        self._signer = signer
        self._name = name
        self._signs = False

    def __getstate__(self) -> Dict[str, Any]:
        return {**self.__dict__, "output": None}

    def set_up_storage_writer(self, is_coordinator: bool, *args: Any, **kwargs: Any) -> None:
        """Is called by PyTorch."""
        super().set_up_storage_writer(is_coordinator, *args, **kwargs)
        if not self.use_collectives:
            raise errors.make("usage", "without a coordinator nobody signs the whole", os.fspath(self.path),
                              "save by FileSystemWriter and sign the folder afterwards")
        self._signs = is_coordinator

    def prepare_local_plan(self, plan: SavePlan) -> SavePlan:
        """Is called by PyTorch. No rank writes before the coordinator has done this."""
        plan = super().prepare_local_plan(plan)
        if self._signs:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(self.path, SIGNATURE))
        return plan

    def write_data(self, plan: SavePlan, planner: SavePlanner) -> Future[List[WriteResult]]:
        """Is called by PyTorch. Adds to the results one with the digests of this rank's files."""
        self.fs.digests.clear()
        written = super().write_data(plan, planner)

        def with_digests(done: Future[List[WriteResult]]) -> List[WriteResult]:
            digests = _Digests(list(self.fs.digests.values()))
            return [*done.value(), WriteResult(MetadataIndex("weightmark"), 0, digests)]

        return written.then(with_digests)

    def finish(self, metadata: Metadata, results: List[List[WriteResult]]) -> None:
        """Is called by PyTorch on the coordinator. Signs, when all else is there."""
        files: Dict[str, FileEntry] = {}
        for result in (result for of_rank in results for result in of_rank):
            if isinstance(result.storage_data, _Digests):
                files.update((file.name, file) for file in result.storage_data.files)
        super().finish(metadata, [[result for result in of_rank if not isinstance(result.storage_data, _Digests)]
                                  for of_rank in results])
        files[_METADATA] = self.fs.digests[_METADATA]
        self._remove_older(files)
        self.output = sign(self.path, self._signer, name=self._name, files=list(files.values()))

    def _remove_older(self, files: Dict[str, FileEntry]) -> None:
        for name in os.listdir(self.path):
            if _DATA.fullmatch(name) and name not in files:
                os.unlink(os.path.join(self.path, name))


# --- Reading


class _VerifyingFileSystem(FileSystem):
    """Opens files of a verified model. Others do not exist."""

    def __init__(self, model: VerifiedModel) -> None:
        self._model = model
        self._held: Dict[str, bytes] = {}

    def hold(self, name: str) -> bytes:
        """Verifies a file once and whole, in memory of this process."""
        if name not in self._held:
            self._held[name] = self._model.read_bytes(name)
        return self._held[name]

    @contextlib.contextmanager
    def create_stream(self, path: PathLike, mode: str) -> Iterator[Any]:
        if mode != "rb":
            raise io.UnsupportedOperation("for reading only")
        name = self._model.name_of(path)
        if name.endswith(_METADATA):
            # All of it, before the first byte is unpickled.
            yield io.BytesIO(self.hold(name))
            return
        with remembering(self._model.open(name)) as stream:
            yield stream

    def exists(self, path: PathLike) -> bool:
        with contextlib.suppress(errors.Refused):
            return bool(self._model.name_of(path))
        return False


class _Target:
    """Stands for a tensor that is to be filled once all is verified."""

    def __init__(self, tensor: torch.Tensor) -> None:
        self._tensor = tensor
        self.found: Optional[torch.Tensor] = None

    def detach(self) -> _Target:
        return self

    def size(self) -> torch.Size:
        return self._tensor.size()

    def copy_(self, found: torch.Tensor) -> _Target:
        self.found = found
        return self


class _Staging:
    """A planner that keeps what was read, so that it is loaded either all or not at all."""

    def __init__(self, planner: LoadPlanner) -> None:
        self._planner = planner
        self._steps: List[Callable[[], None]] = []

    def load_bytes(self, item: ReadItem, value: io.BytesIO) -> None:
        self._steps.append(lambda: self._planner.load_bytes(item, value))

    def resolve_tensor(self, item: ReadItem) -> Any:
        return _Target(self._planner.resolve_tensor(item))

    def commit_tensor(self, item: ReadItem, target: Any) -> None:
        self._steps.append(lambda: self._fill(item, target.found))

    def _fill(self, item: ReadItem, found: torch.Tensor) -> None:
        tensor = self._planner.resolve_tensor(item).detach()
        tensor.copy_(found)
        self._planner.commit_tensor(item, tensor)

    def commit(self) -> None:
        while self._steps:
            # What was copied need not wait for the rest.
            self._steps.pop(0)()


class SignedFileSystemReader(FileSystemReader):
    """Reads a signed distributed checkpoint, from verified bytes alone.

    It is a FileSystemReader for dcp.load, with processes or without, as many as saved or
    others. Making it verifies the signature, the names and sizes of the files, and
    `.metadata`: do so on every rank. Of the data each rank verifies what it reads, in
    units of 64 MiB, which is not all where the checkpoint is resharded.

    What a rank reads is kept until all of it has been verified, and only then copied into
    its tensors: they are filled or left as they were, for which the memory is needed
    twice.

    Args:
        path: of the folder.
        policy: whom to trust; where absent, the policy that WEIGHTMARK_POLICY names.
        in_place: reads straight into the tensors, with no more memory than FileSystemReader
            needs; after an error some of them are filled, with verified bytes.
        settings: for FileSystemReader.
        options: for `weightmark.open_verified`: signature, name, ignore_unsigned_files and
            others.

    Attributes:
        model: the VerifiedModel; None where a policy that only warns let through what did
            not verify.

    Raises:
        Refused, Undecided, UsageError: as `weightmark.open_verified`, when it is made.
        CheckpointException: from dcp.load, with what failed on which rank, such as
            file-mismatch of data (`reason` finds it).

    Example:
        >>> import torch, torch.distributed.checkpoint as dcp
        >>> from weightmark.torch.checkpoint import SignedFileSystemReader, save
        >>> output = save({"weight": torch.ones(2, 3)}, "step-100", signer=signer, no_dist=True)
        >>> state = {"weight": torch.zeros(2, 3)}
        >>> dcp.load(state, storage_reader=SignedFileSystemReader("step-100", policy=policy), no_dist=True)
        >>> state["weight"].sum()
        tensor(6.)
    """

    def __init__(self, path: PathLike, *, policy: AnyPolicy = None, in_place: bool = False,
                 settings: Optional[Dict[str, Any]] = None, **options: Any) -> None:
        super().__init__(path, **(settings or {}))
        self._policy = policy
        self._in_place = in_place
        self._options = options
        self._open()

    def reset(self, checkpoint_id: Optional[PathLike] = None) -> None:
        """Is called by PyTorch. Another checkpoint is verified as the first was."""
        super().reset(checkpoint_id)
        self._open()

    def _open(self) -> None:
        nothing: Tuple[Optional[VerifiedModel], FileSystem] = (None, FileSystem())
        self.model, self.fs = guarded(self.path, self._policy, self._verify, lambda: nothing)

    def _verify(self) -> Tuple[Optional[VerifiedModel], FileSystem]:
        model = open_verified(self.path, strict(self._policy), **self._options)
        fs = _VerifyingFileSystem(model)
        if _METADATA in model.manifest:
            fs.hold(_METADATA)
        return model, fs

    def read_metadata(self, *args: Any, **kwargs: Any) -> Metadata:
        """Is called by PyTorch. What it unpickles was verified.

        Raises:
            Refused: file-not-signed, file-mismatch.
        """
        read = super().read_metadata
        metadata: Metadata = self._guarded(lambda: read(*args, **kwargs), lambda: read(*args, **kwargs))
        return metadata

    def read_data(self, plan: LoadPlan, planner: LoadPlanner) -> Future[None]:
        """Is called by PyTorch. Verifies what the plan needs, and then fills its tensors.

        Raises:
            Refused: file-mismatch and others of reading.
        """
        read: Callable[[LoadPlan, Any], Future[None]] = super().read_data

        def verified() -> Future[None]:
            if self._in_place:
                return read(plan, planner)
            staging = _Staging(planner)
            done = read(plan, staging)
            staging.commit()
            return done

        return self._guarded(verified, lambda: read(plan, planner))

    def _guarded(self, verified: Callable[[], _T], plain: Callable[[], _T]) -> _T:
        def without_verification() -> _T:
            fs, self.fs = self.fs, FileSystem()
            try:
                return plain()
            finally:
                self.fs = fs

        return guarded(self.path, self._policy, verified, without_verification)


# --- Both in one call


def reason(error: BaseException) -> Optional[errors.WeightmarkError]:
    """Finds what did not verify, or could not be signed, in an error of dcp.save or dcp.load.

    They raise CheckpointException on every rank, with the errors of all ranks in it.

    Returns:
        The error of the lowest rank that has one; None where Weightmark is not the reason.

    Example:
        >>> from torch.distributed.checkpoint.api import CheckpointException
        >>> from weightmark.torch.checkpoint import reason
        >>> missing = weightmark.errors.make("file-missing", "was signed but is not there", "__1_0.distcp")
        >>> reason(CheckpointException("read", {1: (missing, None)})).code
        'file-missing'
    """
    if isinstance(error, errors.WeightmarkError):
        return error
    if isinstance(error, CheckpointException):
        for _, (inner, _) in sorted(error.failures.items(), key=lambda item: item[0]):
            if found := reason(inner):
                return found
    return None


@contextlib.contextmanager
def _plainly() -> Iterator[None]:
    try:
        yield
    except CheckpointException as error:
        found = reason(error)
        if found is None:
            raise
        raise found from error


def save(state_dict: Dict[str, Any], path: PathLike, *, signer: Optional[Signer] = None, planner: Any = None,
         process_group: Any = None, no_dist: bool = False, **settings: Any) -> Optional[SignedOutput]:
    """Does dcp.save with a SignedFileSystemWriter, and raises what failed as it is.

    Args:
        state_dict: tensors of any shape, sharded or not, and objects, by name.
        path: of the folder.
        signer: as `weightmark.sign` takes it.
        planner, process_group, no_dist: as in dcp.save.
        settings: for SignedFileSystemWriter.

    Returns:
        The SignedOutput on the coordinator, None on the other ranks.

    Raises:
        Refused, Undecided, UsageError: as `weightmark.sign`, on every rank.
        CheckpointException: for other reasons.

    Example:
        >>> import torch
        >>> from weightmark.torch.checkpoint import save
        >>> save({"weight": torch.ones(2, 3)}, "step-100", signer=signer, no_dist=True).signature
        'step-100/model.sig'
    """
    writer = SignedFileSystemWriter(path, signer=signer, **settings)
    with _plainly():
        state_dict_saver.save(state_dict, storage_writer=writer, planner=planner, process_group=process_group,
                              no_dist=no_dist)
    return writer.output


def load(state_dict: Dict[str, Any], path: PathLike, *, policy: AnyPolicy = None, planner: Any = None,
         process_group: Any = None, no_dist: bool = False, **options: Any) -> None:
    """Does dcp.load with a SignedFileSystemReader, and raises what failed as it is.

    Args:
        state_dict: whose tensors are filled, and whose objects are replaced. Shapes are
            those that were saved, however they were sharded.
        path: of the folder.
        policy: whom to trust; where absent, the policy that WEIGHTMARK_POLICY names.
        planner, process_group, no_dist: as in dcp.load.
        options: for SignedFileSystemReader.

    Raises:
        Refused, Undecided, UsageError: what does not verify, on every rank that reads it
            or waits for one that does.
        CheckpointException: for other reasons.

    Example:
        >>> import torch
        >>> from weightmark.torch.checkpoint import load, save
        >>> output = save({"weight": torch.ones(2, 3)}, "step-100", signer=signer, no_dist=True)
        >>> state = {"weight": torch.zeros(2, 3)}
        >>> load(state, "step-100", policy=policy, no_dist=True)
        >>> state["weight"].sum()
        tensor(6.)
    """
    reader = SignedFileSystemReader(path, policy=policy, **options)
    with _plainly():
        state_dict_loader.load(state_dict, storage_reader=reader, planner=planner, process_group=process_group,
                               no_dist=no_dist)
