#!/usr/bin/env python3
"""Spoils signed models in every way, and looks at what the examples in C make of them.

usage: cases.py EXAMPLES WEIGHTMARK

EXAMPLES has load_gguf, run_onnx and meddle.so. The cases have the names of those of
tests/frameworks. For each a line is appended to the file $WEIGHTMARK_TABLE, if that is set.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Optional

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
import models  # noqa: E402
import pki  # noqa: E402


@dataclass
class Runtime:
    name: str  # in the table
    program: str
    model: str  # the file that it is asked for
    weights: str
    write: Callable[[Path, int], None]


RUNTIMES = [
    Runtime("GGUF, llama.cpp", "load_gguf", "model.gguf", "model.gguf", models.write_gguf),
    Runtime("ONNX, ONNX Runtime", "run_onnx", "model.onnx", "weights.bin", models.write_onnx),
]


@dataclass
class Outcome:
    code: Optional[str]
    loaded: bool
    said: str
    complained: str


class Scene:
    """Fresh copies of a signed model and of another by the same publisher."""

    def __init__(self, runtime, examples, weightmark, folder):
        self.runtime, self.examples, self.weightmark, self.folder = runtime, examples, weightmark, folder
        for name, seed in (("model", 1), ("sibling", 2)):
            self.make(name, seed)
        self.model, self.weights = folder / "model", folder / "model" / runtime.weights
        self.key = folder.parent / "publisher.pub"
        self.environment = {}

    def make(self, name, seed):
        model = self.folder / name
        model.mkdir()
        self.runtime.write(model, seed)
        (model / "README.md").write_text("# A model\n", encoding="utf-8")
        subprocess.run([self.weightmark, "sign", "key", "--quiet", "--private-key",
                        self.folder.parent / "publisher.pem", model], check=True)

    def flip(self):
        data = bytearray(self.weights.read_bytes())
        data[-2] ^= 0x40
        self.weights.write_bytes(data)

    def run(self, model="model"):
        seen = self.folder / "seen"
        seen.unlink(missing_ok=True)
        environment = {**os.environ, **self.environment, "LD_PRELOAD": str(self.examples / "meddle.so"),
                       "MEDDLE_SEEN": str(seen)}
        result = subprocess.run([self.examples / self.runtime.program, self.key, self.folder / model,
                                 self.runtime.model], capture_output=True, text=True, check=False, env=environment)
        return self.outcome(result, seen.exists())

    @staticmethod
    def outcome(result, seen):
        said, complained = result.stdout, result.stderr.strip()
        code = complained.rpartition("[")[2].rstrip("]") if result.returncode and complained.endswith("]") else None
        good = result.returncode == 0 and said.startswith("loaded")
        assert good != bool(code), f"status {result.returncode}: {said}{complained}"
        assert seen or not good, "the runtime loaded something, and nobody saw that"
        return Outcome(code, seen or bool(said), said, complained)


# --- The cases: each spoils a scene and says which code must come of it ------------------------


def good(scene):
    pass


def tampered(scene):
    scene.flip()
    return "file-mismatch"


def swapped(scene):
    shutil.copyfile(scene.folder / "sibling" / scene.runtime.weights, scene.weights)
    return "file-mismatch"


def added(scene):
    (scene.model / "added.json").write_text("{}", encoding="utf-8")
    return "file-extra"


def removed(scene):
    (scene.model / "README.md").unlink()
    return "file-missing"


def wrong_signer(scene):
    scene.key = scene.folder.parent / "stranger.pub"
    return "key-mismatch"


def unsigned(scene):
    (scene.model / "model.sig").unlink()
    return "signature-not-found"


def unsigned_code(scene):
    for name in ("modeling_extra.py", "__init__.py"):
        (scene.model / name).write_text("raise SystemExit('ran')\n", encoding="utf-8")
    return "file-extra"


def meddle(scene, when, replace):
    """The same with a file that was changed, in place or by another of its name."""
    whole = scene.weights.read_bytes()
    scene.flip()
    spoilt = scene.folder / "spoilt"
    shutil.copyfile(scene.weights, spoilt)
    scene.weights.write_bytes(whole)
    command = "mv" if replace else "cp"
    scene.environment[when] = f"{command} '{spoilt}' '{scene.weights}'"


def changed_before_reading(scene):
    meddle(scene, "MEDDLE_BEFORE", replace=False)
    return "file-mismatch"


def replaced_before_reading(scene):
    meddle(scene, "MEDDLE_BEFORE", replace=True)
    return "file-mismatch"


def changed_after_opening(scene):
    meddle(scene, "MEDDLE_AFTER", replace=False)


def replaced_after_opening(scene):
    meddle(scene, "MEDDLE_AFTER", replace=True)


CASES = [good, tampered, swapped, added, removed, wrong_signer, unsigned, unsigned_code, changed_before_reading,
         replaced_before_reading, changed_after_opening, replaced_after_opening]


# --- Going through them -------------------------------------------------------------------------


def check(scene, outcome, code, signed):
    assert outcome.code == code, f"{outcome.code}: {outcome.complained}"
    assert outcome.loaded == (code is None), f"loaded {outcome.loaded}"
    if code is None:
        assert outcome.said == signed, f"not what was signed: {outcome.said}"
    if "MEDDLE_AFTER" in scene.environment:
        assert not (scene.folder / "spoilt").exists() or scene.weights.read_bytes() == \
            (scene.folder / "spoilt").read_bytes(), "the file was not changed"


def tell(runtime, name, **result):
    path = os.environ.get("WEIGHTMARK_TABLE")
    if path:
        with open(path, "a", encoding="utf-8") as table:
            table.write(json.dumps({"framework": runtime.name, "case": name, **result}) + "\n")


def go_through(runtime, case, keys, options):
    """What went wrong, or None."""
    name = case.__name__.replace("_", "-")
    with tempfile.TemporaryDirectory(dir=keys) as folder:
        scene = Scene(runtime, *options, Path(folder))
        signed, other = scene.run().said, scene.run("sibling").said
        try:
            assert signed != other, "another model says the same: nothing would be compared"
            code = case(scene)
            outcome = scene.run()
            check(scene, outcome, code, signed)
        except AssertionError as error:
            print(f"FAIL {runtime.name}: {name}: {error}", flush=True)
            return False
    tell(runtime, name, code=outcome.code, loaded=outcome.loaded)
    print(f"ok   {runtime.name}: {name}: {outcome.code or 'loaded as signed'}", flush=True)
    return True


def main(examples, weightmark):
    with tempfile.TemporaryDirectory() as keys:
        keys = Path(keys)
        for name in ("publisher", "stranger"):
            pki.make_ec(keys, name)
        options = Path(examples).resolve(), Path(weightmark).resolve()
        for runtime in RUNTIMES:
            tell(runtime, "warn", omitted="the C interface hands out nothing that is not verified")
        results = [go_through(runtime, case, keys, options) for runtime in RUNTIMES for case in CASES]
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
