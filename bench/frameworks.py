"""Measures verified loads into frameworks beside plain ones, and writes docs/performance-frameworks.json.

Needs 5 GiB of disk and 14 GiB of memory; `./dev bench frameworks` runs it, and then has the
pages written anew. PYTHONPATH has the package; the interpreter has the frameworks.
"""
import argparse
import datetime
import importlib.metadata
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True

import data  # noqa: E402
import machine  # noqa: E402
from measuring import DISK_SHARE, WARM_ATTEMPTS, Failed  # noqa: E402

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
WEIGHTMARK = ROOT / "build" / "release" / "weightmark"
TENSORS = 64
CANNOT = 3  # the status of emulated/run where it cannot be done here
# The rounds take them in this order, so that what is compared runs side by side.
WAYS = ["numpy-plain", "numpy-verified", "torch-plain", "torch-copy", "torch-private", "torch-unverified",
        "tensor-plain", "tensor-verified"]
SAVES = ["save-plain", "save-signed"]
# On a file that the kernel keeps sealed; the plain one reads that file too.
SEALED_WAYS = ["torch-plain", "torch-sealed"]
MEMORY = 3.3  # times the file: its pages, what is loaded, twice, and some more (a save: with its checkpoint)
EMULATED_MIB = 1024
EMULATED_ROUNDS = 3  # importing PyTorch takes most of a minute there


def note(text):
    print(text, file=sys.stderr, flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./dev bench frameworks", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, metavar="N", help="rounds that count (7)")
    parser.add_argument("--mib", type=int, default=4096, metavar="N", help="size of the file (4096)")
    parser.add_argument("--data", type=Path, default=ROOT / "build" / "bench-data", metavar="DIR", help="where the file is made")
    parser.add_argument("--out", type=Path, default=ROOT / "docs", metavar="DIR", help="where the numbers go")
    parser.add_argument("--keep", action="store_true", help="leave the file for another run")
    return parser.parse_args()


def write_file(path, size):
    """A safetensors file of random bytes, in equal matrices of 32-bit numbers."""
    each = size // TENSORS
    names = [f"tensor-{number}" for number in range(TENSORS)]
    header = {name: {"dtype": "F32", "shape": [each // 4096, 1024], "data_offsets": [at * each, (at + 1) * each]}
              for at, name in enumerate(names)}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    stream = subprocess.Popen(["openssl", "enc", "-aes-128-ctr", "-nosalt", "-K", "5" * 32, "-iv", "0" * 32, "-in",
                               "/dev/zero"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        with open(path, "wb") as file:
            file.write(struct.pack("<Q", len(text)) + text)
            data.copy(stream.stdout, file, each * TENSORS)
    finally:
        stream.kill()
        stream.wait()


def prepare(folder, mib):
    """The signed file and the public key. It is written where it is not there yet."""
    import weightmark
    size = mib << 20
    if shutil.disk_usage(folder).free < size + data.GIB:
        raise SystemExit(f"{folder} has no room for {mib} MiB")
    if data.available_memory() < MEMORY * size:
        raise SystemExit(f"{MEMORY * mib:.0f} MiB of memory are needed, {data.available_memory() >> 20} are there; try --mib")
    path = folder / f"weights-{mib}.safetensors"
    private, public = data.make_keys(folder / "keys")
    if not (path.exists() and Path(f"{path}.sig").exists()):
        note(f"making {path}")
        write_file(path, size)
        weightmark.sign(path, weightmark.KeySigner(private))
    return path, public


def once(*arguments):
    done = subprocess.run([sys.executable, "-B", HERE / "loads.py", *arguments], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def load(way, path, key):
    """One load by a process of its own, again where the file had to come from the disk."""
    for _ in range(WARM_ATTEMPTS):
        taken = once(way, path, key)
        if taken.pop("disk") <= DISK_SHARE * path.stat().st_size:
            return taken
        read_through(path)
    raise Failed(f"{way}: the file does not stay in the page cache")


def read_through(path):
    buffer = bytearray(128 * data.KIB)
    with open(path, "rb", buffering=0) as file:
        while file.readinto(buffer):
            pass


def check_same(samples):
    """All that made the same pass must have found the same sum."""
    for kind in ("torch", "tensor", "numpy"):
        found = {sample.pop("found") for way, taken in samples.items() if way.startswith(kind) for sample in taken}
        if len(found) > 1:
            raise Failed(f"{kind}: what was loaded differs: {found}")


def in_rounds(rounds, ways, take):
    """Runs A B C A B C …, the first turn not counted."""
    samples = {way: [] for way in ways}
    for turn in range(-1, rounds):
        for way in ways:
            taken = take(way)
            note(f"round {turn + 1}: {way}: {taken['wall']:.3f} s")
            if turn >= 0:
                samples[way].append(taken)
    return samples


def measure(path, key, rounds, ways):
    read_through(path)
    samples = in_rounds(rounds, ways, lambda way: load(way, path, key))
    check_same(samples)
    return samples


def save(way, path, key):
    """One save, to memory, since a disk would be what is measured."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        taken = once(way, path, key, folder, key.with_suffix(".pem"))
    taken.pop("found")  # nothing is
    return taken


def seal(path, key):
    """Whether this machine's kernel and file system can seal the file, which then is sealed."""
    done = subprocess.run([WEIGHTMARK, "seal", "key", "--yes", "--public-key", key, path], capture_output=True, text=True,
                          check=False)
    if done.returncode and "seal-unsupported" not in done.stderr:
        raise Failed(f"{path} cannot be sealed: {done.stderr}")
    return done.returncode == 0


def emulate(path, key, rounds):
    """The same in an emulated machine: how long each load takes there says nothing, their ratio does."""
    done = subprocess.run([HERE / "emulated" / "run", WEIGHTMARK, sys.executable, path, key, str(rounds), *SEALED_WAYS],
                          stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode == CANNOT:
        return None
    done.check_returncode()
    samples = {way: [] for way in SEALED_WAYS}
    for line in done.stdout.splitlines():
        sample = json.loads(line)
        samples[sample["way"]].append(sample["taken"])
    check_same(samples)
    return samples


def measure_sealed(path, key, arguments):
    """Of the file itself where it can be sealed, else of a smaller one in an emulated machine."""
    if seal(path, key):
        found = {"emulated": False, "bytes": path.stat().st_size,
                 "samples": measure(path, key, arguments.rounds, SEALED_WAYS)}
        path.unlink()  # another run would not measure what it says
        Path(f"{path}.sig").unlink()
        return found
    note("this kernel or file system cannot seal: in an emulated machine")
    small, key = prepare(arguments.data, min(EMULATED_MIB, arguments.mib))
    samples = emulate(small, key, min(EMULATED_ROUNDS, arguments.rounds))
    return samples and {"emulated": True, "bytes": small.stat().st_size, "samples": samples}


def versions():
    import weightmark
    found = {"weightmark": weightmark.__version__, "Python": ".".join(map(str, sys.version_info[:3]))}
    return found | {name: importlib.metadata.version(name) for name in ("numpy", "torch", "safetensors")}


def main():
    arguments = parse_arguments()
    arguments.data.mkdir(parents=True, exist_ok=True)
    path, key = prepare(arguments.data, arguments.mib)
    try:
        raw = {"schema": "weightmark.bench-frameworks.v1",
               "date": f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d}", "rounds": arguments.rounds,
               "bytes": path.stat().st_size, "tensors": TENSORS, "machine": machine.facts(), "versions": versions(),
               "samples": measure(path, key, arguments.rounds, WAYS) |
               in_rounds(arguments.rounds, SAVES, lambda way: save(way, path, key)),
               "sealed": measure_sealed(path, key, arguments)}
    finally:
        if not arguments.keep:
            for made in arguments.data.glob("weights-*.safetensors*"):
                os.unlink(made)
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "performance-frameworks.json").write_text(json.dumps(raw, indent=1) + "\n", encoding="utf-8")
    note(f"written: {arguments.out / 'performance-frameworks.json'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
