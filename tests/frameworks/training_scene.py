"""A model to be trained, and the commands that train, verify and judge it.

What the commands are called, and what a policy says, is here alone.
"""
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy
import torch
import weightmark
from safetensors.numpy import save_file as save_arrays
from safetensors.torch import save_file as save_tensors

from scene import keys

ROOT = Path(__file__).resolve().parent.parent.parent
SCRIPTS = Path(__file__).resolve().parent / "training"
PACKAGE = Path(weightmark.__file__).parent  # its files are links to those of the repository
COMMAND = os.environ.get("WEIGHTMARK_COMMAND", str(ROOT / "build/release/weightmark"))
BUILD_TYPE = "https://weightmark.dev/buildtypes/ml-training/v1"
REPOSITORY = "https://github.com/acme/tiny"
DATA_URI, BASE_URI = "hf://datasets/acme/mix@5503434d", "hf://acme/tiny-base@043235d6"
TOKENS = 32


def run(*words, status=0, **options):
    """Runs a program; `status` is what it must end with, None anything."""
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=1800, **options)
    assert status is None or done.returncode == status, f"{done.returncode}: {done.stdout}\n{done.stderr}"
    return done


def sequences(seed: int, count: int):
    """Sequences of 17 tokens, each three more than the one before it, mostly."""
    random = numpy.random.default_rng(seed)
    first = random.integers(0, TOKENS, (count, 1))
    exact = (first + 3 * numpy.arange(17)) % TOKENS
    return numpy.where(random.random(exact.shape) < 0.02, random.integers(0, TOKENS, exact.shape), exact)


class Training:
    """A folder with a signed base model, a signed dataset, and a repository with the script."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.base, self.data = folder / "inputs" / "base", folder / "inputs" / "data"
        self.source, self.out = folder / "source", folder / "out"
        self.key, self.public = keys() / "publisher.pem", keys() / "publisher.pub"
        self.make_base(self.base)
        self.make_data()
        self.make_source()

    # -- What goes in --

    def make_base(self, folder: Path, seed: int = 1, key: str = "publisher", name: str = "acme/tiny-base") -> None:
        """A model that was signed; another one for another seed."""
        sys.path.insert(0, str(SCRIPTS))
        try:
            import train
        finally:
            sys.path.remove(str(SCRIPTS))
        torch.manual_seed(seed)
        folder.mkdir(parents=True, exist_ok=True)
        save_tensors(train.Model().state_dict(), folder / "model.safetensors")
        (folder / "config.json").write_text(json.dumps({"seed": seed}))
        (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\nA tiny model.\n")
        weightmark.sign(folder, weightmark.KeySigner(keys() / f"{key}.pem"), name=name)

    def make_data(self, key: str = "publisher") -> None:
        """A dataset of three shards, with its metadata, signed."""
        self.data.mkdir(parents=True, exist_ok=True)
        for at in range(3):
            save_arrays({"tokens": sequences(at, 256)}, self.data / f"shard-{at}.safetensors")
        (self.data / "README.md").write_text("---\nlicense: cc-by-4.0\n---\nSequences.\n")
        self.sign_data(key)

    def sign_data(self, key: str = "publisher") -> None:
        weightmark.sign(self.data, weightmark.KeySigner(keys() / f"{key}.pem"), name="acme/mix")

    def poison(self, shard: int) -> Path:
        """Changes tokens of a shard, and nothing of its size."""
        path = self.data / f"shard-{shard}.safetensors"
        content = bytearray(path.read_bytes())
        content[-1000:] = bytes(1000)
        path.write_bytes(content)
        return path

    def make_source(self) -> None:
        self.source.mkdir()
        (self.source / "train.py").write_text((SCRIPTS / "train.py").read_text())
        self.git("init", "-q", "-b", "main")
        self.git("remote", "add", "origin", f"{REPOSITORY}.git")
        self.git("add", ".")
        self.git("-c", "user.name=A", "-c", "user.email=a@acme.example", "commit", "-q", "-m", "Train")

    def git(self, *words) -> str:
        return run("git", "-C", self.source, *words).stdout.strip()

    def fingerprint(self) -> str:
        """Of the publisher's key, as policies name it."""
        return hashlib.sha256(self.public.read_bytes()).hexdigest()

    # -- What is done --

    def train(self, *script, options=(), launcher=(), inputs=True, status=0, environment=None):
        """Trains with provenance; `script` are further arguments of train.py, `launcher` of Python.

        What was signed by others than the publisher is refused, unless `inputs` is false.
        """
        if inputs:
            options = ["--input-policy", self.policy("inputs.yaml"), *options]
        return run(
            COMMAND, "train", "key", "--private-key", self.key, "--output", self.out, "--name", "acme/tiny",
            "--dataset", f"train:{self.data}={DATA_URI}", "--base-model", f"finetune:{self.base}={BASE_URI}",
            "--source", self.source, "--env", f"PYTHONPATH={PACKAGE.parent}", "--readable", PACKAGE.parent,
            "--readable", ROOT / "python", *options, "--", sys.executable, *launcher, "train.py", "--base", self.base,
            "--data", self.data, "--out", self.out, *script,
            status=status, cwd=self.source, env={**os.environ, **(environment or {})})

    def move_output(self, name: str) -> Path:
        """Makes room for another training's output."""
        return self.out.rename(self.folder / "inputs" / name)

    @property
    def bundle(self) -> Path:
        return self.out / "model.sig.d" / "slsaprovenance1.sig"

    def statement(self) -> dict:
        import base64
        return json.loads(base64.b64decode(json.loads(self.bundle.read_text())["dsseEnvelope"]["payload"]))

    def verify_provenance(self, status=0, source=REPOSITORY, builder=None, options=()):
        builder = builder or self.statement()["predicate"]["runDetails"]["builder"]["id"]
        return run(COMMAND, "verify-provenance", "key", "--public-key", self.public, "--source-uri", source,
                   "--builder-id", builder, *options, self.out, status=status)

    def policy(self, name: str, **more) -> Path:
        """A policy by which the publisher may publish acme/*. YAML has all that JSON has."""
        path = self.folder / name
        path.write_text(json.dumps({"schema": "weightmark.policy.v1", "publishers": {"acme": {
            "models": ["acme/*"], "signers": {"release": {"key": str(self.public)}}, **more}}}))
        return path

    def judge(self, status=0, **demands):
        """Verifies the model by a policy that demands this of its provenance."""
        return run(COMMAND, "verify", "--policy", self.policy("policy.yaml", provenance=demands), self.out, status=status)

    def strict(self, **changes) -> dict:
        """What everything above fulfils: demands for models that matter."""
        who = [{"key": self.fingerprint()}]
        signers = {"hf://datasets/acme/mix": who, "hf://acme/tiny-base": who}
        return {**STRICT, "inputs": {"digests": "required", "signers": signers}, **changes}


STRICT = {
    "sources": [REPOSITORY],
    "dirty-source": "forbidden",
    "network": "denied",
    "undeclared": "forbidden",
    "datasets": {"required": ["hf://datasets/acme/mix"], "allowed": ["hf://datasets/acme/*"]},
    "base-models": {"required": ["hf://acme/tiny-base"], "allowed": ["hf://acme/tiny-base"]},
    "frameworks": {"forbidden": ["torch<2.6"]},
    "training": {"completed": "required", "evaluation": "required", "loss": "settled"},
}
