"""torch.save and torch.load, signed and verified."""
import pickle
import sys

import pytest
import torch
import weightmark
import weightmark.torch

from harness import Adapter, every_case, noise
from scene import keys


class Load(Adapter):
    framework = "torch.load"
    weights = "model.pt"

    def write(self, folder, seed):
        torch.save(state(seed), folder / self.weights)

    def load(self, folder, policy):
        return weightmark.torch.load(folder / self.weights, policy=policy)

    def plain(self, folder):
        return torch.load(folder / self.weights)


class Mapped(Load):
    framework = "torch.load, mmap"

    def load(self, folder, policy):
        return weightmark.torch.load(folder / self.weights, policy=policy, mmap=True)


class Saved(Load):
    framework = "torch.save and torch.load"
    signed = "file"

    def make(self, folder, signer, seed):
        folder.mkdir(parents=True)
        weightmark.torch.save(state(seed), folder / self.weights, signer=signer)


def state(seed):
    return {"first": torch.from_numpy(noise(seed)), "second": torch.from_numpy(noise(seed + 1, (3, 5)))}


@every_case(Load(), Mapped(), Saved())
def test_torch(run):
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


@pytest.mark.parametrize("offset", [0, 100 << 20, -1])
@pytest.mark.parametrize("mmap", [False, True])
def test_a_byte_of_any_unit_of_a_large_file(tmp_path, signer, policy, offset, mmap):
    path = tmp_path / "model.pt"
    weightmark.torch.save({"w": torch.ones(20 << 20), "v": torch.ones(20 << 20)}, path, signer=signer)
    flip(path, offset % path.stat().st_size)
    with pytest.raises(weightmark.errors.FileMismatch):
        weightmark.torch.load(path, policy=policy, mmap=mmap)


class Bomb:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_code_runs_only_when_asked_and_verified(tmp_path, signer, policy, monkeypatch):
    path, ran = tmp_path / "model.pt", tmp_path / "ran"
    weightmark.torch.save({"w": torch.ones(1 << 20), "bomb": Bomb(ran)}, path, signer=signer)
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    with pytest.raises(pickle.UnpicklingError):
        weightmark.torch.load(path, policy=policy)
    monkeypatch.delenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD")
    with pytest.raises(weightmark.errors.KeyMismatch):
        weightmark.torch.load(path, policy=weightmark.KeyTrust(keys() / "stranger.pub"), weights_only=False)
    assert not ran.exists()
    weightmark.torch.load(path, policy=policy, weights_only=False)["bomb"].close()
    assert ran.exists()
    ran.unlink()
    flip(path, path.stat().st_size // 2)
    with pytest.raises(weightmark.errors.FileMismatch):
        weightmark.torch.load(path, policy=policy, weights_only=False)
    assert not ran.exists()


def test_a_save_that_fails_leaves_the_older_file(tmp_path, signer, policy):
    path = tmp_path / "model.pt"
    weightmark.torch.save({"w": torch.ones(3)}, path, signer=signer)
    with pytest.raises(TypeError):
        weightmark.torch.save({"w": torch.zeros(3), "no": (one for one in ())}, path, signer=signer)
    assert weightmark.torch.load(path, policy=policy)["w"].sum() == 3
    assert sorted(found.name for found in tmp_path.iterdir()) == ["model.pt", "model.pt.sig"]


def test_a_save_that_cannot_sign_leaves_no_signature(tmp_path, signer, policy):
    path = tmp_path / "model.pt"
    weightmark.torch.save({"w": torch.ones(3)}, path, signer=signer)
    with pytest.raises(weightmark.WeightmarkError):
        weightmark.torch.save({"w": torch.zeros(3)}, path, signer=weightmark.KeySigner(tmp_path / "absent.pem"))
    with pytest.raises(weightmark.errors.SignatureNotFound):
        weightmark.torch.load(path, policy=policy)


def test_what_torch_takes_besides(tmp_path, signer, policy):
    path = tmp_path / "model.pt"
    weightmark.torch.save({"w": torch.ones(3)}, path, signer=signer, _use_new_zipfile_serialization=False)
    assert weightmark.torch.load(path, "cpu", policy=policy)["w"].sum() == 3
    assert weightmark.torch.load(path, policy=policy, map_location={"cpu": "meta"})["w"].device.type == "meta"
    flip(path, path.stat().st_size // 2)
    with pytest.raises(weightmark.errors.FileMismatch):
        weightmark.torch.load(path, policy=policy)


def test_mapped_tensors_outlive_the_copy_and_may_be_written_to(tmp_path, signer, policy):
    path = tmp_path / "model.pt"
    weightmark.torch.save({"w": torch.ones(1 << 20)}, path, signer=signer)
    loaded = weightmark.torch.load(path, policy=policy, mmap=True)["w"]
    path.write_bytes(b"something else")
    loaded[0] = 5
    assert loaded.sum() == (1 << 20) + 4


@pytest.mark.parametrize("f", [pytest.param(lambda: __import__("io").BytesIO(), id="stream"),
                               pytest.param(lambda: "model.safetensors", id="safetensors")])
def test_what_is_not_for_it(f, policy, signer):
    for call in (lambda: weightmark.torch.load(f(), policy=policy),
                 lambda: weightmark.torch.save({}, f(), signer=signer)):
        with pytest.raises(weightmark.UsageError):
            call()


def test_the_error_where_torch_is_missing(monkeypatch, policy):
    monkeypatch.delitem(sys.modules, "weightmark.torch._required", raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match="pip install torch"):
        weightmark.torch.load("model.pt", policy=policy)
