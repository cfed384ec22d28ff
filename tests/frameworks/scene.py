"""Where a case takes place: keys, a signed model, a moment at which it changes."""
import atexit
import contextlib
import ctypes
import functools
import gc
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from unittest import mock

import weightmark
from weightmark.reading import VerifiedModel

SLACK = 3 << 20  # bytes that a refusal may leave behind: caches and the like, but no weights


@functools.lru_cache(maxsize=None)
def keys() -> Path:
    """A folder with the key pairs publisher.pem, .pub and stranger.pem, .pub."""
    folder = Path(tempfile.mkdtemp(prefix="weightmark-keys-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in ("publisher", "stranger"):
        private = folder / f"{name}.pem"
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", private)
        openssl("pkey", "-in", private, "-pubout", "-out", folder / f"{name}.pub")
    return folder


def openssl(*words) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


class Scene:
    """A model that its publisher signed, in `model`, and what there was before a load."""

    def __init__(self, adapter, folder: Path) -> None:
        self.adapter = adapter
        self.folder = folder
        self.model = folder / "model"
        self.temporary = folder / "temporary"
        self.signer = weightmark.KeySigner(keys() / "publisher.pem")
        self.policy = weightmark.KeyTrust(keys() / "publisher.pub")
        self.stranger = weightmark.KeyTrust(keys() / "stranger.pub")

    def __enter__(self) -> "Scene":
        self.temporary.mkdir()
        self.adapter.make(self.model, self.signer, seed=1)
        self.signed = self.adapter.contents(self.adapter.plain(self.model))
        self._patches = contextlib.ExitStack()
        self._patches.enter_context(mock.patch("tempfile.tempdir", str(self.temporary)))
        self._patches.enter_context(mock.patch.dict(os.environ))
        os.environ.pop("WEIGHTMARK_POLICY", None)
        self.load()  # what is imported and cached by a first load is no leftover of a second
        return self

    def __exit__(self, *_) -> None:
        self._patches.close()

    def load(self, policy=None):
        return self.adapter.load(self.model, policy or self.policy)

    def contents(self, policy=None):
        return self.adapter.contents(self.load(policy))

    @property
    def weights(self) -> Path:
        return self.model / self.adapter.weights

    def sibling(self) -> Path:
        """Another model of the same publisher, with files of the same names."""
        folder = self.folder / "sibling"
        if not folder.exists():
            self.adapter.make(folder, self.signer, seed=2)
        return folder

    def flip(self) -> None:
        """Changes one byte of a tensor in place."""
        time.sleep(0.02)  # older kernels tell times in steps of some milliseconds
        at = self.adapter.spot(self.model)
        with open(self.weights, "r+b") as file:
            file.seek(at)
            old = file.read(1)[0]
            file.seek(at)
            file.write(bytes([old ^ 0xFF]))

    def replace(self) -> None:
        """Renames the sibling's weights over the model's: its size is the same, its signature holds."""
        os.replace(self.sibling() / self.adapter.weights, self.weights)


# --- Moments ------------------------------------------------------------------------


@contextlib.contextmanager
def once_after(names, change):
    """Calls `change` once, right after the first of these methods of VerifiedModel returned."""
    done = []

    def wrap(method):
        @functools.wraps(method)
        def wrapped(self, *args, **kwargs):
            result = method(self, *args, **kwargs)
            if not done:
                done.append(True)
                change()
            return result
        return wrapped

    with contextlib.ExitStack() as stack:
        for name in names:
            stack.enter_context(mock.patch.object(VerifiedModel, name, wrap(getattr(VerifiedModel, name))))
        yield
    assert done, f"the loader used none of {', '.join(names)}: nothing was changed meanwhile"


def once_verified(change):
    """Between the verification of the signature and the opening of the files."""
    return once_after(["check_files"], change)


def once_opened(change):
    """Between the opening of a file and what the framework does with it."""
    return once_after(["open", "load", "seal"], change)


# --- Leftovers ----------------------------------------------------------------------


class Leftovers:
    """What this process holds; compares after a refusal with before."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        gc.collect()
        self.descriptors = descriptors()
        self.objects = objects(scene.adapter.types)
        self.memory = private_memory()

    def check(self) -> None:
        gc.collect()
        new = {fd: target for fd, target in descriptors().items() if self.descriptors.get(fd) != target}
        assert not new, f"descriptors are left open: {new}"
        left = sorted(path.name for path in self.scene.temporary.iterdir())
        assert not left, f"temporary files are left: {left}"
        made = [kind for name, kind in objects(self.scene.adapter.types).items() if name not in self.objects]
        assert not made, f"objects of the framework are left: {made}"
        mapped = [line for line in Path("/proc/self/maps").read_text().splitlines()
                  if str(self.scene.folder) in line or "memfd:weightmark" in line]
        assert not mapped, f"files are left mapped: {mapped}"
        # All weights of these tests are larger than the slack.
        grown = private_memory() - self.memory
        assert grown < SLACK, f"{grown} bytes of memory are left"


def descriptors():
    found = {}
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # the one of this listing itself
            found[name] = os.readlink(f"/proc/self/fd/{name}")
    return found


def objects(kinds):
    """{address: class} of what is alive."""
    return {id(thing): type(thing) for thing in gc.get_objects()
            if kinds and issubclass(type(thing), kinds)}


def private_memory() -> int:
    """Resident bytes that no file backs, once the allocator returned what is free."""
    ctypes.CDLL(None).malloc_trim(0)
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no RssAnon in /proc/self/status")
