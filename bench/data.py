"""The models that are measured: their files, made once and kept."""
import json
import os
import shutil
import subprocess
from dataclasses import dataclass

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
STAMP = "made.json"
BATCH = 1 << 20
MARGIN = 2 * GIB  # of disk and of memory, for everything else


@dataclass(frozen=True)
class Case:
    name: str  # on the command line and in performance.json
    title: str  # in texts
    sizes: tuple  # of its files, in bytes
    repeat: int = 1  # measurements a round: short ones need more

    @property
    def bytes(self):
        return sum(self.sizes)


def cases(quick):
    """The cases of performance.md; --quick has files of a sixteenth the size, or a sixteenth of the files."""
    part = 16 if quick else 1
    sixteen = f"163 x {16 // part} MiB"
    return [
        Case("4x1GiB", "4 x 64 MiB" if quick else "4 x 1 GiB", (GIB // part,) * 4),
        Case("1x4GiB", "1 x 256 MiB" if quick else "1 x 4 GiB", (4 * GIB // part,)),
        Case("163x16MiB", sixteen, (16 * MIB // part,) * 163),
        Case("20000x4KiB", f"{20000 // part:,} x 4 KiB", (4 * KIB,) * (20000 // part)),
        Case("tiny", "tiny (3 files, 70 KiB)", (65 * KIB, 4 * KIB, KIB), repeat=4),
    ]


def scaling_cases(quick):
    part, unit = (16, MIB) if quick else (1, GIB)
    found = []
    for gib in (1, 2, 4, 8):
        size = gib * GIB // part
        found.append(Case(f"scale-{gib}", f"{size // unit} {'MiB' if quick else 'GiB'}", (size,)))
    return found


def available_memory():
    with open("/proc/meminfo", encoding="ascii") as lines:
        for line in lines:
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * KIB
    return 0


def fits_in_memory(case):
    """Whether the page cache can hold the case, so that it can be warm."""
    return available_memory() > case.bytes + MARGIN


class Store:
    """The folder that holds the models."""

    def __init__(self, folder):
        self.folder = folder

    def path(self, case):
        return self.folder / "models" / case.name

    def has(self, case):
        try:
            return json.loads((self.folder / f"{case.name}.{STAMP}").read_text()) == list(case.sizes)
        except (OSError, ValueError):
            return False

    def make(self, case):
        """Makes the case's files if they are not there. False where the disk has no room."""
        if self.has(case):
            return True
        self.folder.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(self.folder).free < case.bytes + len(case.sizes) * 4 * KIB + MARGIN:
            return False
        folder = self.path(case)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        fill(folder, case)
        (self.folder / f"{case.name}.{STAMP}").write_text(json.dumps(case.sizes))
        return True


def fill(folder, case):
    """Writes one random stream, cut into the case's files."""
    key = case.name.encode().hex().ljust(32, "0")[:32]
    zeros = subprocess.Popen(["head", "-c", str(case.bytes), "/dev/zero"], stdout=subprocess.PIPE)
    cipher = ["openssl", "enc", "-aes-128-ctr", "-nosalt", "-K", key, "-iv", "0" * 32]
    stream = subprocess.Popen(cipher, stdin=zeros.stdout, stdout=subprocess.PIPE)
    for number, size in enumerate(case.sizes, 1):
        with open(folder / f"model-{number:05}-of-{len(case.sizes):05}.bin", "wb") as file:
            copy(stream.stdout, file, size)
    stream.stdout.close()
    if stream.wait() or zeros.wait():
        raise RuntimeError("openssl enc could not make the data")
    subprocess.run(["sync", "-f", folder], check=True)


def copy(source, target, size):
    while size > 0:
        piece = source.read(min(size, BATCH))
        if not piece:
            raise RuntimeError("the stream of random bytes ended early")
        target.write(piece)
        size -= len(piece)


def make_keys(folder):
    """A P-256 key pair, which both clients read."""
    folder.mkdir(parents=True, exist_ok=True)
    private, public = folder / "key.pem", folder / "key.pub"
    if not public.exists():
        subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-out", private], check=True, stderr=subprocess.DEVNULL)
        subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True)
    return private, public


def read_through(folder):
    """Brings a model into the page cache, by pieces as most programs read: larger ones leave it in smaller pages."""
    buffer = bytearray(128 * KIB)
    for entry in os.scandir(folder):
        with open(entry.path, "rb", buffering=0) as file:
            while file.readinto(buffer):
                pass
