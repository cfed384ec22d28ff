#!/usr/bin/env python3
"""Looks into real models from packages, as `verify --content` does, and expects no fact that is false.

usage: real_models.py WEIGHTMARK FOLDER

FOLDER has the packages of requirements.txt.
"""
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

SUFFIXES = {".onnx", ".pt", ".pth", ".jit", ".safetensors", ".npz", ".npy", ".gguf"}
# What the packages have, so that one that came without its models is noticed.
LEAST = {".onnx": 25, ".safetensors": 1, ".pth": 3, ".pt": 1, ".jit": 1, ".npz": 1}
# What is true of a model: a TorchScript program is code, and compressed arrays are not unpacked.
TRUE = {(".jit", "code"), (".npz", "unread")}


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, timeout=300)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def gather(packages, model):
    """The models, each under a name of its own; how many there are of each kind."""
    kinds = Counter()
    for number, path in enumerate(sorted(p for p in packages.rglob("*") if p.suffix in SUFFIXES and p.is_file())):
        shutil.copy(path, model / f"{number}-{path.name}")
        kinds[path.suffix] += 1
    return kinds


def facts(weightmark, model, folder):
    run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", folder / "key.pem")
    run("openssl", "ec", "-in", folder / "key.pem", "-pubout", "-out", folder / "key.pub")
    run(weightmark, "sign", "key", "--quiet", "--private-key", folder / "key.pem", model)
    told = run(weightmark, "verify", "key", "--json", "--content", "--public-key", folder / "key.pub", model)
    return json.loads(told)["content"]


def main():
    weightmark, packages = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    failed = 0

    def check(title, problem):
        nonlocal failed
        failed += bool(problem)
        print(f"FAILED  {title}: {problem}" if problem else f"ok      {title}")

    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model"
        model.mkdir()
        kinds = gather(packages, model)
        lacking = {kind: kinds[kind] for kind, least in LEAST.items() if kinds[kind] < least}
        check(f"{sum(kinds.values())} real models are there", lacking)
        told = facts(weightmark, model, Path(folder))
        seen = [(Path(fact["file"].partition("!")[0]).suffix, fact["kind"]) for fact in told]
        for kind, count in sorted(kinds.items()):
            false = [fact for fact, (suffix, what) in zip(told, seen) if suffix == kind and (suffix, what) not in TRUE]
            check(f"{count} {kind} have no false fact", false)
        check("a TorchScript program is told to be code", "" if (".jit", "code") in seen else "it is not")
    checks = len(kinds) + 2
    print(f"{checks - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
