"""What an adapter of a framework is tested with, and how.

Describe the adapter, and every case of cases.py is run for it:

    from harness import Adapter, every_case

    class LoadFile(Adapter):
        framework = "safetensors, NumPy"     # its row in docs/frameworks-table.md
        weights = "model.safetensors"        # whose bytes become tensors

        def write(self, folder, seed):       # the model's files, other bytes for another seed
            save_file({"w": noise(seed, (1024, 512))}, folder / self.weights)

        def load(self, folder, policy):      # everything that the framework makes of it
            return weightmark.safetensors.load_file(folder / self.weights, policy=policy)

        def plain(self, folder):             # the same by the framework's own loader
            return safetensors.numpy.load_file(folder / self.weights)

    @every_case(LoadFile())
    def test_safetensors(run):
        run()

Besides, where the defaults do not fit:

- `signed`: "folder" (a folder with model.sig) or "file" (`weights` with its own FILE.sig).
- `sign(folder, signer)`: where the framework's own saving signs, let it do so here, or
  in `write`, and let `sign` do nothing.
- `other`: another signed file of a folder, whose removal is to be noticed.
- `contents(loaded)`: a name -> bytes dictionary of what was loaded, which is compared
  with what was signed; `tensor_bytes` does it for NumPy, PyTorch and JAX.
- `spot(folder)`: the offset of a byte of `weights` that is in a tensor; its middle.
- `types`: the classes of which no object may be left after a refusal.
- `omits`: {case: why it means nothing here}; `expects`: {case: another code}, None of a
  change that comes too late to change what is loaded. Both are exceptions that the table
  shows: say why in a comment.

Each result is a line of JSON in the file that WEIGHTMARK_TABLE names:
{"framework": "safetensors, NumPy", "case": "tampered", "code": "file-mismatch", "loaded": false}
"code" is null where nothing was refused; a case that is left out has "omitted": why.
What is tested elsewhere (native programs) appends lines of the same form.
"""
import atexit
import functools
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, Dict

import numpy
import pytest
import weightmark

import cases
from scene import Scene


def noise(seed, shape=(1024, 1024), dtype="float32"):
    """An array of random numbers, the same for the same seed."""
    return numpy.random.default_rng(seed).standard_normal(shape).astype(dtype)


def tensor_bytes(tensor) -> bytes:
    """The bytes of a tensor of NumPy, PyTorch or JAX."""
    if hasattr(tensor, "untyped_storage"):
        import torch
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        return flat.view(torch.uint8).numpy().tobytes()
    return numpy.ascontiguousarray(tensor).tobytes()


class Adapter:
    """One way to load a signed model. The top of this file says what to give."""

    framework = ""
    weights = "model.safetensors"
    signed = "folder"
    other = "config.json"
    omits: Dict[str, str] = {}
    expects: Dict[str, str] = {}

    def write(self, folder: Path, seed: int) -> None:
        raise NotImplementedError

    def load(self, folder: Path, policy: Any) -> Any:
        raise NotImplementedError

    def plain(self, folder: Path) -> Any:
        raise NotImplementedError

    def sign(self, folder: Path, signer: Any) -> None:
        weightmark.sign(folder if self.signed == "folder" else folder / self.weights, signer)

    def make(self, folder: Path, signer: Any, seed: int) -> None:
        folder.mkdir(parents=True)
        if self.signed == "folder" and self.other:
            (folder / self.other).parent.mkdir(parents=True, exist_ok=True)
            (folder / self.other).write_text(json.dumps({"seed": seed}), encoding="utf-8")
        self.write(folder, seed)
        self.sign(folder, signer)

    def signature(self, folder: Path) -> Path:
        return folder / ("model.sig" if self.signed == "folder" else self.weights + ".sig")

    def contents(self, loaded: Any) -> Dict[str, bytes]:
        return {name: tensor_bytes(tensor) for name, tensor in loaded.items()}

    def spot(self, folder: Path) -> int:
        return (folder / self.weights).stat().st_size // 2

    @property
    def types(self) -> tuple:
        """PyTorch's tensors where it is loaded: importing it for others costs seconds."""
        import sys
        found = [getattr(sys.modules.get(module), name, None) for module, name in
                 (("torch", "Tensor"), ("jax", "Array"))]
        return tuple(kind for kind in found if kind is not None)


def made_once(kind):
    """A class decorator, for what takes long to write: each model is made once, and copied for every case."""
    kept = Path(tempfile.mkdtemp(prefix="weightmark-made-"))
    atexit.register(shutil.rmtree, kept, ignore_errors=True)
    make = kind.make

    def copy_of_made(self, folder, signer, seed):
        original = kept / type(self).__name__ / str(seed) / folder.name  # the signed name is the folder's
        if not original.exists():
            original.parent.mkdir(parents=True, exist_ok=True)
            make(self, original, signer, seed)
        shutil.copytree(original, folder)

    kind.make = copy_of_made
    return kind


def record(adapter: Adapter, case: str, **result: Any) -> None:
    """Appends a line to the table of results."""
    place = os.environ.get("WEIGHTMARK_TABLE")
    if not place:
        return
    line = json.dumps({"framework": adapter.framework, "case": case, **result})
    with open(place, "a", encoding="utf-8") as table:
        table.write(line + "\n")


def perform(adapter: Adapter, case: "cases.Case", tmp_path: Path) -> None:
    if why := adapter.omits.get(case.name) or case.omitted(adapter):
        record(adapter, case.name, omitted=why)
        return
    with Scene(adapter, tmp_path) as scene:
        code = case.perform(scene)
    record(adapter, case.name, code=code, loaded=code is None)


def every_case(*adapters: Adapter):
    """A decorator that gives a test function every case of every adapter as `run`."""
    found = [pytest.param((adapter, case), id=f"{adapter.framework}: {case.name}")
             for adapter in adapters for case in cases.CASES]

    def decorate(test):
        @pytest.mark.parametrize("adapter_and_case", found)
        def run_case(adapter_and_case, tmp_path):
            test(functools.partial(perform, *adapter_and_case, tmp_path))
        run_case.__name__ = test.__name__
        run_case.__doc__ = test.__doc__
        return run_case
    return decorate
