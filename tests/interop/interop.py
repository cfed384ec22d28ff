#!/usr/bin/env python3
"""Weightmark and the Python client verify each other's signatures.

usage: interop.py WEIGHTMARK WEIGHTMARK-CONFORMANCE

Every case that the Python client itself cannot do is asserted as such, so that
docs/compatibility.md can name it and a newer client that can is noticed.
"""
import base64
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import cyclonedx_boms  # noqa: E402
import identities  # noqa: E402
import pki  # noqa: E402
import trees  # noqa: E402

try:
    from clients import Keys, Python, Weightmark, files, shards
except ImportError as problem:
    sys.exit(f"the Python client is not installed for {sys.executable}: {problem}; see requirements.txt")

METHODS = ["p256", "p384", "p521", "certificate"]


class Results:
    passed = failed = 0

    @classmethod
    def check(cls, what, holds, detail=""):
        cls.passed += bool(holds)
        cls.failed += not holds
        if not holds:
            print(f"FAILED {what}: {detail}", flush=True)

    @classmethod
    def accepts(cls, what, refusal):
        cls.check(what, refusal is None, f"refused: {refusal}")

    @classmethod
    def refuses(cls, what, refusal, *words):
        cls.check(what, refusal is not None and any(word in refusal for word in words or [""]),
                  f"wanted a refusal with {words}, got: {refusal}")


# --- What happens to a model after it was signed --------------------------------


def signed_files(signature):
    statement = json.loads(base64.b64decode(json.loads(signature.read_bytes())["dsseEnvelope"]["payload"]))
    return statement["predicate"]["resources"], statement["subject"][0]


@contextlib.contextmanager
def changed_byte(model):
    path = max((p for p in [model, *model.rglob("*")] if p.is_file() and ".git" not in p.relative_to(model).parts[:1]),
               key=lambda p: p.stat().st_size)
    data = path.read_bytes()
    with open(path, "r+b") as file:
        file.seek(len(data) // 2)
        file.write(bytes([data[len(data) // 2] ^ 1]))
    yield
    with open(path, "r+b") as file:
        file.write(data)


@contextlib.contextmanager
def added_file(model):
    path = model / "added.bin"
    path.write_bytes(b"added")
    yield
    path.unlink()


@contextlib.contextmanager
def removed_file(model):
    path = min(p for p in model.rglob("*") if p.is_file() and not p.relative_to(model).parts[0].startswith(".git"))
    data = path.read_bytes()
    path.unlink()
    yield
    path.write_bytes(data)


def tamper(model):
    """(name, change, what Weightmark calls it) for a folder; a file has only its bytes."""
    yield "one byte changed", changed_byte, "[file-mismatch]"
    if model.is_dir():
        yield "a file added", added_file, "[file-extra]"
        yield "a file removed", removed_file, "[file-missing]"


# --- The two directions -----------------------------------------------------------


class Direction:
    """Signs one model, and checks what the other client says of it, then and after changes."""

    def __init__(self, ours, python, keys, signature):
        self.ours, self.python, self.keys, self.signature = ours, python, keys, signature

    def python_reads(self, what, model, **how):
        what = f"{what}: Python verifies ours"
        Results.accepts(what, self.python.verify(model, self.signature, self.keys, **how))
        for name, change, _ in tamper(model):
            with change(model):
                Results.refuses(f"{what}, {name}", self.python.verify(model, self.signature, self.keys, **how),
                                "Signature mismatch")

    def ours_reads(self, what, model):
        what = f"{what}: ours verifies Python's"
        Results.accepts(what, self.ours.verify(model, self.signature, self.keys))
        for name, change, code in tamper(model):
            with change(model):
                Results.refuses(f"{what}, {name}", self.ours.verify(model, self.signature, self.keys), code)

    def ours_signs(self, what, model, *options):
        Results.accepts(f"{what}: ours signs", self.ours.sign(model, self.signature, self.keys, *options))

    def python_signs(self, what, model, *config):
        Results.accepts(f"{what}: Python signs", self.python.sign(model, self.signature, self.keys, *config))


def check_annotations(what, signature):
    resources, subject = signed_files(signature)
    Results.check(f"{what}: weightmarkManifestV1 is there", "weightmarkManifestV1" in subject["digest"])
    Results.check(f"{what}: every file has its tree", all(
        "weightmark_tree_v1" in resource.get("annotations", {}) for resource in resources))


def whole_files(direction, what, model):
    """The default of both clients, sha256 of whole files."""
    direction.ours_signs(what, model)
    check_annotations(what, direction.signature)
    direction.python_reads(f"{what}, as its command", model)
    Results.accepts(f"{what}: Python verifies ours, guessing", direction.python.verify(
        model, direction.signature, direction.keys, guess=True))
    direction.python_signs(what, model)
    direction.ours_reads(what, model)


def wrong_key(direction, what, model, other):
    direction.ours_signs(what, model)
    Results.refuses(f"{what}: Python refuses another key",
                    direction.python.verify(model, direction.signature, other), "Key mismatch", "ValueError")
    direction.python_signs(what, model)
    Results.refuses(f"{what}: ours refuses another key", direction.ours.verify(model, direction.signature, other),
                    "[key-mismatch]", "[key-other-curve]")


def digests_agree(direction, what, model):
    theirs = direction.python.digest(model)
    Results.check(f"{what}: the root digest in the Python client's order",
                  direction.ours.digest(model, "--compat", "python") == theirs)
    Results.check(f"{what}: the root digest in the specification's order",
                  (direction.ours.digest(model) == theirs) == (what != "order"))


def other_hashes(direction, what, model):
    """BLAKE3 and BLAKE2b of whole files."""
    direction.ours_signs(f"{what}, blake3", model, "--hash-algorithm", "blake3")
    direction.python_reads(f"{what}, blake3, guessing", model, guess=True)
    direction.ours_signs(f"{what}, blake2b", model, "--hash-algorithm", "blake2b")
    direction.python_reads(f"{what}, blake2b, told so", model, hashing_config=files("blake2"))
    for algorithm in ("blake3", "blake2"):
        direction.python_signs(f"{what}, {algorithm}", model, files(algorithm))
        direction.ours_reads(f"{what}, {algorithm}", model)


def python_shards(direction, what, model):
    """The Python client's shards, whose algorithm is "sha256-sharded-100"."""
    for algorithm in ("sha256", "blake2"):
        direction.python_signs(f"{what}, {algorithm} shards", model, shards(100, algorithm))
        direction.ours_reads(f"{what}, {algorithm} shards", model)


# --- What the Python client cannot do (docs/compatibility.md) ---------------------


def cannot_single_file(direction, model):
    direction.ours_signs("single file", model)
    Results.refuses("single file: Python wants the name '.'", direction.python.verify(
        model, direction.signature, direction.keys), "Signature mismatch")
    Results.accepts("single file: ours verifies ours",
                    direction.ours.verify(model, direction.signature, direction.keys))
    direction.ours_signs("single file, --compat python", model, "--compat", "python")
    direction.python_reads("single file, --compat python", model)
    Results.accepts("single file, --compat python: ours verifies ours",
                    direction.ours.verify(model, direction.signature, direction.keys))
    direction.python_signs("single file", model)
    direction.ours_reads("single file", model)


def cannot_guess_blake2b(direction, model):
    direction.ours_signs("blake2b", model, "--hash-algorithm", "blake2b")
    Results.refuses("blake2b: Python cannot guess ours", direction.python.verify(
        model, direction.signature, direction.keys, guess=True), "Unsupported hashing method blake2b")
    direction.python_signs("blake2b", model, files("blake2"))
    Results.refuses("blake2b: Python cannot guess its own", direction.python.verify(
        model, direction.signature, direction.keys, guess=True), "Unsupported hashing method blake2b")


def cannot_read_shards(direction, model):
    direction.ours_signs("shards", model, "--shard-size", "100")
    for guess in (False, True):
        Results.refuses(f"shards: Python cannot read the specification's{', guessing' if guess else ''}",
                        direction.python.verify(model, direction.signature, direction.keys, shards(100), guess))
    Results.accepts("shards: ours verifies ours", direction.ours.verify(model, direction.signature, direction.keys))
    direction.python_signs("shards", model, shards(100))
    Results.refuses("shards: Python cannot guess its own", direction.python.verify(
        model, direction.signature, direction.keys, guess=True), "TypeError")
    Results.accepts("shards: Python reads its own when told so", direction.python.verify(
        model, direction.signature, direction.keys, shards(100)))


def cannot_colons_in_shards(direction, model):
    direction.python_signs("colons in shards", model, shards(100))
    Results.refuses("colons in shards: Python cannot read its own", direction.python.verify(
        model, direction.signature, direction.keys, shards(100)), "expected 3 components")
    direction.ours_reads("colons in shards", model)


# --- The Python client's command ----------------------------------------------------


def run_python(*arguments):
    command = [sys.executable, "-m", "model_signing", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=120, check=False)


def python_command(direction, model):
    """A few runs of the command itself, which reads and writes what its API does."""
    keys, signature = direction.keys, direction.signature
    verify = ["verify", "key", "--public_key", keys.public_key, "--signature", signature, model]
    direction.ours_signs("command", model)
    Results.check("command: Python verifies ours", run_python(*verify).returncode == 0)
    with changed_byte(model):
        Results.check("command: Python refuses ours, changed", run_python(*verify).returncode == 1)
    direction.ours_signs("command, blake3", model, "--hash-algorithm", "blake3")
    Results.check("command: Python's has no way to verify blake3", run_python(*verify).returncode == 1)
    result = run_python("sign", "key", "--private_key", keys.private_key, "--signature", signature, model)
    Results.check("command: Python signs", result.returncode == 0, result.stderr.decode())
    direction.ours_reads("command", model)


def conformance(program):
    """The public suite once more, since the packages here can check its JSON schemas."""
    suite = HERE.parent / "conformance/oms_suite.py"
    status = subprocess.run([sys.executable, "-B", suite, program], check=False).returncode
    if status != 77:
        Results.check("OMS conformance with JSON schemas", status == 0)
    return status == 77


# --- All of it ------------------------------------------------------------------------


def run_matrix(folder, ours, python, keys):
    for build in trees.FOLDERS:
        what = build.__name__
        model = build(folder / what)
        direction = Direction(ours, python, keys["p256"], folder / "model.sig")
        digests_agree(direction, what, model)
        for name in METHODS if what != "large" else ["p256"]:
            direction.keys = keys[name]
            whole_files(direction, f"{what}, {name}", model)
        direction.keys = keys["p256"]
        other_hashes(direction, what, model)
        if what not in ("colons", "empty_files", "many", "large"):
            python_shards(direction, what, model)


def run_rest(folder, ours, python, keys):
    direction = Direction(ours, python, keys["p256"], folder / "model.sig")
    plain = trees.plain(folder / "once more")
    for name in METHODS:
        direction.keys = keys[name]
        cannot_single_file(direction, trees.single_file(folder / f"single {name}"))
    direction.keys = keys["p256"]
    wrong_key(direction, "plain", plain, keys["other"])
    cannot_guess_blake2b(direction, plain)
    cannot_read_shards(direction, plain)
    cannot_colons_in_shards(direction, trees.colons(folder / "shards"))
    inside = Direction(ours, python, keys["p256"], plain / "model.sig")
    whole_files(inside, "signature inside", plain)
    inside.signature.unlink()
    python_command(direction, plain)


def main():
    begin = time.monotonic()
    ours, python = Weightmark(sys.argv[1]), Python()
    print(f"against model-signing {python.version}")
    with tempfile.TemporaryDirectory(prefix="interop-") as holder:
        folder = Path(holder)
        pki.make_all(folder / "keys")
        keys = {name: Keys(folder / "keys", name) for name in [*METHODS, "other"]}
        run_matrix(folder, ours, python, keys)
        run_rest(folder, ours, python, keys)
        cyclonedx_boms.validate_all(folder, sys.argv[1], folder / "keys", Results)
        identities.verify_all(folder, Path(sys.argv[1]).resolve().parent, Results)
    skipped = conformance(sys.argv[2])
    print(f"took {time.monotonic() - begin:.0f} s")
    print(f"{Results.passed} passed, {Results.failed} failed, {int(skipped)} skipped")
    return 1 if Results.failed else 0


if __name__ == "__main__":
    sys.exit(main())
