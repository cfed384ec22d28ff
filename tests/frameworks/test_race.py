"""Loaders against a writer that never rests: the signed bytes, or a refusal, and nothing else.

The same test finds wrong bytes with a loader that maps what lies on the disk: it can fail.
"""
import contextlib
import subprocess
import sys
import time
from pathlib import Path

import pytest
import safetensors
import safetensors.numpy
import safetensors.torch
import torch
import weightmark
import weightmark.torch
from weightmark.safetensors import load_file, safe_open

from harness import noise, tensor_bytes
from scene import keys

LOADS = 300
AT_MOST = 60  # seconds until a load and a refusal were seen
KEPT = 8  # loads that are looked at again: later changes must not reach them either
ALL = "in-place,truncate,rename,swap"
MAPPABLE = "in-place,rename"  # where a mapped file is cut short, its reader gets a signal

SIGNER = weightmark.KeySigner(keys() / "publisher.pem")
POLICY = weightmark.KeyTrust(keys() / "publisher.pub")


def tensors(seed):
    return {"a": noise(seed, (256, 512)), "b": noise(seed + 1, (3, 5, 1 << 13)), "c": noise(seed + 2, (1,))}


def as_torch(seed):
    return {name: torch.from_numpy(array) for name, array in tensors(seed).items()}


@contextlib.contextmanager
def changing(path, kinds):
    """While it lasts, another process changes the file."""
    good, other = f"{path}.good", f"{path}.other"
    command = [sys.executable, str(Path(__file__).with_name("race_writer.py")), str(path), good, other, kinds]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        try:
            writer.stdout.readline()
            yield
            assert writer.poll() is None, "the writer ended by itself"
        finally:
            writer.kill()


def prepare(folder, save):
    """A signed file, a copy of it, and one of the same size that holds something else."""
    path = folder / "weights"
    save(1, path)
    weightmark.sign(path, SIGNER)
    (folder / "weights.good").write_bytes(path.read_bytes())
    save(100, folder / "weights.other")
    assert (folder / "weights.other").stat().st_size == path.stat().st_size
    return path


def save_safetensors(seed, path):
    safetensors.numpy.save_file(tensors(seed), path)


def save_torch(seed, path):
    # The folder in the archive is called as the file is.
    with open(path, "wb") as file:
        torch.save(as_torch(seed), file)


class Result:
    def __init__(self):
        self.exact, self.wrong, self.refused = 0, 0, {}

    def __str__(self):
        refused = ", ".join(f"{count} {code}" for code, count in sorted(self.refused.items()))
        return f"{self.exact} exact, {self.wrong} wrong, {sum(self.refused.values())} refused ({refused})"


def look(found, signed):
    return {name: tensor_bytes(tensor) for name, tensor in found.items()} == signed


def met(result):
    return result.exact and result.refused


def race(path, load, kinds, refusals, enough=met):
    signed = {name: array.tobytes() for name, array in tensors(1).items()}
    result, kept, end = Result(), [], time.monotonic() + AT_MOST
    with changing(path, kinds):
        loads = 0
        while loads < LOADS or (not enough(result) and time.monotonic() < end):
            loads += 1
            try:
                found = load(path)
            except refusals as error:
                code = getattr(error, "code", type(error).__name__)
                result.refused[code] = result.refused.get(code, 0) + 1
                continue
            kept = [*kept[-KEPT:], found]
            exact = look(found, signed) and all(look(one, signed) for one in kept)
            result.exact, result.wrong = result.exact + exact, result.wrong + (not exact)
    return result


def get_tensors(path):
    with safe_open(path, "np", policy=POLICY) as file:
        return {name: file.get_tensor(name) for name in file.keys()}


def get_slices(path):
    with safe_open(path, "pt", policy=POLICY) as file:
        parts = {name: file.get_slice(name) for name in file.keys()}
        return {name: torch.cat([part[row:row + 1] for row in range(min(4, part.get_shape()[0]))] +
                                [part[4:]]) for name, part in parts.items()}


def sealed(path):
    copy = weightmark.open_verified(path, POLICY).seal("weights")
    return safetensors.torch.load_file(copy.path)


VERIFIED = {
    "load_file": (save_safetensors, lambda path: load_file(path, policy=POLICY)),
    "load_file, PyTorch": (save_safetensors, lambda path: load_file(path, "pt", policy=POLICY)),
    "get_tensor": (save_safetensors, get_tensors),
    "get_slice": (save_safetensors, get_slices),
    "seal": (save_safetensors, sealed),
    "torch.load": (save_torch, lambda path: weightmark.torch.load(path, policy=POLICY)),
    "torch.load, mapped": (save_torch, lambda path: weightmark.torch.load(path, policy=POLICY, mmap=True)),
}


@pytest.mark.parametrize("name", VERIFIED)
def test_signed_bytes_or_a_refusal(name, tmp_path, capsys):
    save, load = VERIFIED[name]
    result = race(prepare(tmp_path, save), load, ALL, weightmark.WeightmarkError)
    with capsys.disabled():
        print(f"\nrace, {name}: {result}")
    assert not result.wrong, "bytes that nobody signed were loaded"
    assert met(result), "the writer and the loader did not meet"


def test_the_race_finds_a_loader_that_maps_the_file(tmp_path, capsys):
    path = prepare(tmp_path, save_safetensors)
    result = race(path, lambda path: safetensors.torch.load_file(path), MAPPABLE, safetensors.SafetensorError,
                  lambda result: result.wrong)
    with capsys.disabled():
        print(f"\nrace, the safetensors package alone: {result}")
    assert result.wrong, "this race finds nothing, even where there is something to find"
