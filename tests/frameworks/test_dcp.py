"""Distributed checkpoints: by one process, by several, resharded, asynchronous."""
import os
import pickle
import warnings

import pytest
import torch
import torch.distributed
import torch.distributed.checkpoint as dcp
import weightmark
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.filesystem import FileSystem
from torch.distributed.checkpoint.state_dict_saver import AsyncCheckpointerType
from torch.distributed.tensor import Shard, distribute_tensor, init_device_mesh
from weightmark.torch import checkpoint

from harness import Adapter, every_case, noise
from ranks import rank_function, run
from scene import keys

pytestmark = pytest.mark.filterwarnings("ignore")
MIB = 1 << 20


class OneProcess(Adapter):
    framework = "DCP, one process"
    weights = "__0_0.distcp"
    other = "__0_1.distcp"

    def make(self, folder, signer, seed):
        warnings.simplefilter("ignore")
        folder.mkdir(parents=True)
        checkpoint.save(state(seed), folder, signer=signer, no_dist=True, thread_count=2)

    def load(self, folder, policy):
        target = empty()
        try:
            checkpoint.load(target, folder, policy=policy, no_dist=True)
        except weightmark.WeightmarkError:
            assert all(tensor.count_nonzero() == 0 for tensor in target.values()), "it was partly loaded"
            raise
        return target

    def plain(self, folder):
        target = empty()
        dcp.load(target, checkpoint_id=folder, no_dist=True)
        return target


class InPlace(OneProcess):
    framework = "DCP, in place"

    def load(self, folder, policy):
        target = empty()
        checkpoint.load(target, folder, policy=policy, no_dist=True, in_place=True)
        return target


class Metadata(OneProcess):
    """What happens to .metadata, which is a pickle."""

    framework = "DCP, .metadata"
    weights = ".metadata"
    other = "__0_0.distcp"
    omits = {"warn": "PyTorch itself cannot unpickle what was changed"}


def state(seed):
    return {"first": torch.from_numpy(noise(seed)), "second": torch.from_numpy(noise(seed + 1, (3, 5))),
            "third": torch.from_numpy(noise(seed + 2))}


def empty():
    return {name: torch.zeros_like(tensor) for name, tensor in state(0).items()}


@every_case(OneProcess(), InPlace(), Metadata())
def test_dcp(run):
    run()


@pytest.fixture(name="signer")
def _signer():
    return weightmark.KeySigner(keys() / "publisher.pem")


@pytest.fixture(name="policy")
def _policy():
    return weightmark.KeyTrust(keys() / "publisher.pub")


def flip(path, offset):
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 1]))


def read_bytes():
    """How many this process has read from files."""
    with open("/proc/self/io", encoding="ascii") as file:
        return int(file.readline().split()[1])


# --- One process --------------------------------------------------------------------------


class Bomb:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_metadata_is_verified_before_it_is_unpickled(tmp_path, signer, policy):
    path, ran = tmp_path / "step", tmp_path / "ran"
    checkpoint.save({"w": torch.ones(3)}, path, signer=signer, no_dist=True)
    (path / ".metadata").write_bytes(pickle.dumps(Bomb(ran)).ljust((path / ".metadata").stat().st_size, b"."))
    with pytest.raises(weightmark.errors.FileMismatch):
        checkpoint.SignedFileSystemReader(path, policy=policy)
    assert not ran.exists()


def test_metadata_that_changes_once_it_was_verified(tmp_path, signer, policy):
    path, ran = tmp_path / "step", tmp_path / "ran"
    checkpoint.save({"w": torch.ones(3)}, path, signer=signer, no_dist=True)
    reader = checkpoint.SignedFileSystemReader(path, policy=policy)
    (path / ".metadata").write_bytes(pickle.dumps(Bomb(ran)).ljust((path / ".metadata").stat().st_size, b"."))
    target = {"w": torch.zeros(3)}
    dcp.load(target, storage_reader=reader, no_dist=True)
    assert target["w"].sum() == 3 and not ran.exists()


def test_metadata_of_another_checkpoint_of_the_same_publisher(tmp_path, signer, policy):
    for name in ("one", "two"):
        checkpoint.save({"w": torch.ones(3)}, tmp_path / name, signer=signer, no_dist=True)
    # They differ in their time-based identifiers alone.
    os.replace(tmp_path / "two" / ".metadata", tmp_path / "one" / ".metadata")
    with pytest.raises(weightmark.errors.FileMismatch):
        checkpoint.load({"w": torch.zeros(3)}, tmp_path / "one", policy=policy, no_dist=True)


def test_objects_are_unpickled_only_when_all_is_verified(tmp_path, signer, policy):
    path, ran = tmp_path / "step", tmp_path / "ran"
    checkpoint.save({"w": torch.ones(70 * MIB // 4), "bomb": Bomb(ran)}, path, signer=signer, no_dist=True)
    data = path / "__0_0.distcp"
    flip(data, data.stat().st_size - 2 * MIB)
    target = {"w": torch.zeros(70 * MIB // 4), "bomb": None}
    with pytest.raises(weightmark.errors.FileMismatch):
        checkpoint.load(target, path, policy=policy, no_dist=True)
    assert not ran.exists() and target["bomb"] is None
    flip(data, data.stat().st_size - 2 * MIB)
    checkpoint.load(target, path, policy=policy, no_dist=True)
    assert ran.exists() and target["w"].sum() == 70 * MIB // 4
    target["bomb"].close()


def test_by_the_hooks_of_dcp(tmp_path, signer, policy):
    path = tmp_path / "step"
    writer = checkpoint.SignedFileSystemWriter(path, signer=signer, single_file_per_rank=False, name="llm")
    dcp.save({"a": torch.ones(3), "b": {"c": torch.ones(4)}}, storage_writer=writer, no_dist=True)
    assert writer.output.manifest.name == "llm"
    assert weightmark.verify(path, policy)
    target = {"a": torch.zeros(3), "b": {"c": torch.zeros(4)}}
    dcp.load(target, storage_reader=checkpoint.SignedFileSystemReader(path, policy=policy), no_dist=True)
    assert target["b"]["c"].sum() == 4
    # Plain readers read it as any other.
    dcp.load(target, checkpoint_id=path, no_dist=True)
    # Another folder for the same reader and writer.
    dcp.save({"a": torch.full((3,), 2.)}, checkpoint_id=tmp_path / "other", storage_writer=writer, no_dist=True)
    reader = checkpoint.SignedFileSystemReader(path, policy=policy)
    target = {"a": torch.zeros(3)}
    dcp.load(target, checkpoint_id=tmp_path / "other", storage_reader=reader, no_dist=True)
    assert target["a"].sum() == 6
    flip(path / "__0_0.distcp", 100)
    with pytest.raises(CheckpointException) as raised:
        dcp.load({"a": torch.zeros(3)}, checkpoint_id=path, storage_reader=reader, no_dist=True)
    assert checkpoint.reason(raised.value).code == "file-mismatch"
    assert "EC P-256" in str(raised.value)


def test_safetensors_inside(tmp_path, signer, policy):
    from torch.distributed.checkpoint.filesystem import SerializationFormat
    checkpoint.save({"a": torch.ones(3)}, tmp_path / "step", signer=signer, no_dist=True,
                    serialization_format=SerializationFormat.SAFETENSORS)
    assert weightmark.verify(tmp_path / "step", policy)


def test_only_what_is_needed_is_read(tmp_path, signer, policy):
    path = tmp_path / "step"
    big = {f"w{i}": torch.full((64 * MIB // 4,), float(i)) for i in range(6)}
    checkpoint.save(big, path, signer=signer, no_dist=True)
    before = read_bytes()
    target = {"w3": torch.zeros(64 * MIB // 4)}
    checkpoint.load(target, path, policy=policy, no_dist=True)
    read = read_bytes() - before
    assert target["w3"][7] == 3
    # It lies in two units, and the archive's end in the first bytes of a third.
    assert 64 * MIB <= read <= 4 * 64 * MIB, read / MIB
    # What was not needed was not looked at.
    flip(path / "__0_0.distcp", 5)
    checkpoint.load(target, path, policy=policy, no_dist=True)
    with pytest.raises(weightmark.errors.FileMismatch):
        checkpoint.load({"w0": torch.zeros(64 * MIB // 4)}, path, policy=policy, no_dist=True)


def test_a_writer_that_seeks_is_hashed_again(tmp_path):
    files = checkpoint._HashingFileSystem()
    root = files.init_path(tmp_path)
    with files.create_stream(root / "a", "wb") as stream:
        stream.write(b"0" * MIB)
        stream.seek(5)
        stream.write(b"1")
    with files.create_stream(root / "b", "wb") as stream:
        stream.write(b"2" * MIB)
        os.ftruncate(stream.fileno(), 10)
    with files.create_stream(root / "c.tmp", "wb") as stream:
        stream.write(bytearray(3 * MIB))
        stream.write(memoryview(b"x"))
    files.rename(root / "c.tmp", root / "c")
    expected = weightmark.digest(tmp_path)
    assert {name: entry.digest for name, entry in files.digests.items()} == \
        {file.name: file.digest for file in expected.files}


def test_overwriting(tmp_path, signer, policy):
    path = tmp_path / "step"
    checkpoint.save({"a": torch.ones(3), "b": torch.ones(2)}, path, signer=signer, no_dist=True, thread_count=2)
    checkpoint.save({"a": torch.zeros(3)}, path, signer=signer, no_dist=True)
    # The second file of the older one would be unsigned.
    assert sorted(os.listdir(path)) == [".metadata", "__0_0.distcp", "model.sig"]
    with pytest.raises(CheckpointException, match="already exists"):
        checkpoint.save({"a": torch.ones(3)}, path, signer=signer, no_dist=True, overwrite=False)
    assert weightmark.verify(path, policy)


@pytest.mark.parametrize("moment", ["create_stream", "rename", "sign"])
def test_a_save_that_fails_has_no_signature(tmp_path, signer, policy, monkeypatch, moment):
    path = tmp_path / "step"
    checkpoint.save({"a": torch.ones(3)}, path, signer=signer, no_dist=True)

    def fail(*_, **__):
        raise OSError("no space")

    with monkeypatch.context() as patch:
        patch.setattr(*((checkpoint, "sign") if moment == "sign" else (FileSystem, moment)), fail)
        with pytest.raises(CheckpointException, match="no space"):
            checkpoint.save({"a": torch.zeros(3)}, path, signer=signer, no_dist=True)
    assert not (path / "model.sig").exists()
    with pytest.raises(weightmark.errors.SignatureNotFound):
        checkpoint.load({"a": torch.zeros(3)}, path, policy=policy, no_dist=True)


def test_a_signer_that_cannot(tmp_path):
    with pytest.raises(weightmark.WeightmarkError) as raised:
        checkpoint.save({"a": torch.ones(3)}, tmp_path / "step", no_dist=True,
                        signer=weightmark.KeySigner(tmp_path / "absent.pem"))
    assert "absent.pem" in str(raised.value)


def test_without_a_coordinator(tmp_path, signer):
    writer = checkpoint.SignedFileSystemWriter(tmp_path / "step", signer=signer)
    with pytest.raises(weightmark.UsageError):
        dcp.save({"a": torch.ones(3)}, storage_writer=writer, no_dist=True, use_collectives=False)
    assert not (tmp_path / "step").exists()


def test_paths_that_lead_out(tmp_path, signer, policy):
    """A name in .metadata is only ever that of a signed file."""
    path = tmp_path / "step"
    checkpoint.save({"w": torch.ones(3)}, path, signer=signer, no_dist=True)
    checkpoint.save({"w": torch.zeros(3)}, tmp_path / "other", signer=signer, no_dist=True)
    with open(path / ".metadata", "rb") as file:
        metadata = pickle.load(file)
    for place in metadata.storage_data.values():
        place.relative_path = "../other/__0_0.distcp"
    (path / ".metadata").write_bytes(pickle.dumps(metadata))
    weightmark.sign(path, signer)
    with pytest.raises(weightmark.errors.FileNotSigned):
        checkpoint.load({"w": torch.zeros(3)}, path, policy=policy, no_dist=True)


def test_warn_where_metadata_does_not_verify(tmp_path, signer, policy):
    path = tmp_path / "step"
    checkpoint.save({"w": torch.ones(3)}, path, signer=signer, no_dist=True)
    flip(path / "model.sig", 5)
    target = {"w": torch.zeros(3)}
    with pytest.warns(weightmark.UnverifiedModelWarning):
        checkpoint.load(target, path, policy=weightmark.warn(policy), no_dist=True)
    assert target["w"].sum() == 3


# --- Several ---------------------------------------------------------------------------


ROWS = 8


def sharded(value, width=MIB):
    mesh = init_device_mesh("cpu", (torch.distributed.get_world_size(),))
    rows = torch.arange(float(ROWS)).reshape(-1, 1).expand(ROWS, width) + value
    return distribute_tensor(rows.contiguous(), mesh, [Shard(0)])


def private(key):
    return weightmark.KeySigner(key)


def codes(call):
    """The code of what Weightmark refused, in an error of any rank."""
    try:
        call()
    except weightmark.WeightmarkError as error:
        return error.code
    except BaseException as error:  # noqa: B036, CheckpointException is one
        return f"{type(error).__name__}: {error}"
    return None


@rank_function
def save_in_all_ways(folder, key):
    rank = torch.distributed.get_rank()
    found = checkpoint.save({"w": sharded(1), "mine": {"rank": rank}}, f"{folder}/plain", signer=private(key))
    for kind in (AsyncCheckpointerType.THREAD, AsyncCheckpointerType.PROCESS):
        writer = checkpoint.SignedFileSystemWriter(f"{folder}/{kind.value}", signer=private(key))
        for value in (3, 2):  # the second overwrites the first
            dcp.async_save({"w": sharded(value)}, storage_writer=writer, async_checkpointer_type=kind).result()
    return found is not None


@rank_function
def load_resharded(folder, public):
    policy = weightmark.KeyTrust(public)
    sums = []
    for name in ("plain", "thread", "process"):
        target = {"w": sharded(-100)}
        checkpoint.load(target, f"{folder}/{name}", policy=policy)
        sums.append([float(row) for row in target["w"].to_local()[:, 0]])
    return sums


@rank_function
def load_what_is_tampered(folder, public):
    target = {"w": sharded(-100)}
    code = codes(lambda: checkpoint.load(target, f"{folder}/plain", policy=weightmark.KeyTrust(public)))
    return [code, float(target["w"].to_local()[0, 0])]


def test_two_ranks_save_and_one_or_two_load(tmp_path, policy):
    key, public = keys() / "publisher.pem", keys() / "publisher.pub"
    assert run(2, "save_in_all_ways", tmp_path, key) == [True, False]
    for name in ("plain", "thread", "process"):
        assert sorted(os.listdir(tmp_path / name)) == [".metadata", "__0_0.distcp", "__1_0.distcp", "model.sig"]
        assert weightmark.verify(tmp_path / name, policy)
    wanted = [[float(row + value) for row in range(ROWS)] for value in (1, 2, 2)]
    halves = run(2, "load_resharded", tmp_path, public)
    assert [first + second for first, second in zip(*halves)] == wanted
    assert run(1, "load_resharded", tmp_path, public) == [wanted]

    # Half of the rows are in the other rank's file, which need not even be what it was.
    target = {"w": torch.zeros(ROWS, MIB)}
    checkpoint.load(target, tmp_path / "plain", policy=policy, no_dist=True)
    assert target["w"][ROWS - 1, 5] == ROWS
    flip(tmp_path / "plain" / "__1_0.distcp", 9 * MIB)
    with pytest.raises(weightmark.errors.FileMismatch):
        checkpoint.load({"w": torch.zeros(ROWS, MIB)}, tmp_path / "plain", policy=policy, no_dist=True)
    # One rank's half is as it was signed, but all of them are told.
    assert [code for code, _ in run(2, "load_what_is_tampered", tmp_path, public)] == ["file-mismatch"] * 2


@rank_function
def read_own_half(folder, public):
    target = {"w": sharded(-100, 16 * MIB)}
    before = read_bytes()
    checkpoint.load(target, folder, policy=weightmark.KeyTrust(public), in_place=True)
    return read_bytes() - before


@rank_function
def save_wide(folder, key):
    checkpoint.save({"w": sharded(1, 16 * MIB)}, folder, signer=private(key))


def test_a_rank_reads_no_more_than_its_part(tmp_path):
    run(2, "save_wide", tmp_path / "step", keys() / "publisher.pem")
    half = ROWS // 2 * 16 * MIB * 4
    for read in run(2, "read_own_half", tmp_path / "step", keys() / "publisher.pub"):
        # The units of the archive's first and last bytes are looked at before the rest is read.
        assert half <= read <= half + 2 * 64 * MIB + 2 * MIB, read / MIB


class Breaking(dcp.DefaultSavePlanner):
    """Fails, or ends the process, on rank 1 when half was written."""

    def __init__(self, how):
        super().__init__()
        self.how = how

    def resolve_data(self, write_item):
        if torch.distributed.get_rank() == 1 and write_item.index.fqn == "w2":
            if self.how == "die":
                os._exit(9)
            raise RuntimeError("broken here")
        return super().resolve_data(write_item)


@rank_function
def save_and_break(folder, key, how):
    state_dict = {f"w{i}": sharded(i, MIB) for i in range(4)}
    checkpoint.save(state_dict, folder, signer=private(key))
    return codes(lambda: checkpoint.save(state_dict, folder, signer=private(key), planner=Breaking(how)))


@pytest.mark.parametrize("how", ["raise", "die"])
def test_a_rank_that_breaks_leaves_no_signature(tmp_path, policy, how):
    path = tmp_path / "step"
    said = run(2, "save_and_break", path, keys() / "publisher.pem", how, statuses=[None, 9] if how == "die" else None)
    if how == "raise":
        assert all("broken here" in text for text in said)
    assert (path / "__0_0.distcp").exists() and not (path / "model.sig").exists()
    with pytest.raises(weightmark.errors.SignatureNotFound):
        checkpoint.load({"w0": torch.zeros(ROWS, MIB)}, path, policy=policy, no_dist=True)


@rank_function
def sign_without_a_key(folder):
    return codes(lambda: checkpoint.save({"w": sharded(1, 10)}, folder, signer=private(f"{folder}/absent.pem")))


def test_every_rank_hears_of_a_signature_that_failed(tmp_path):
    first, second = run(2, "sign_without_a_key", tmp_path / "step")
    assert first == second and first in weightmark.errors.CODES
