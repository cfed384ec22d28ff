"""Where the stack keeps its things, and where its servers listen."""
import os
from pathlib import Path

SOURCE = Path(__file__).resolve().parent
ROOT = SOURCE.parent.parent

# What is installed; every checkout shares it.
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "weightmark" / "stack"

# What belongs to this checkout's stack: keys, logs, what runs.
STATE = ROOT / "build" / "stack"
KEYS = STATE / "keys"
TRUST = STATE / "trust"
TUF = STATE / "tuf"
REKOR2 = STATE / "rekor2"
NODE = STATE / "node"

# Each server's ports, counted from FIRST_PORT.
OFFSETS = {"issuer": 0, "ci-issuer": 1, "fulcio": 2, "fulcio-grpc": 3, "fulcio-metrics": 4, "memory-log": 5,
           "ctlog": 6, "rekor1": 7, "rekor2": 8, "rekor2-grpc": 9, "rekor2-metrics": 10, "rekor2-tiles": 11,
           "tsa": 12, "tuf": 13}
FIRST_PORT = 19400


def first_port():
    """The addresses are in the certificates and the trusted root: as the state was made, so it stays."""
    made = STATE / "port"
    if made.is_file():
        return int(made.read_text(encoding="ascii"))
    return int(os.environ.get("WEIGHTMARK_STACK_PORT") or FIRST_PORT)


def port(name):
    return first_port() + OFFSETS[name]


def url(name, path=""):
    return f"http://127.0.0.1:{port(name)}{path}"


def write_private(path, data):
    """Writes a file that only its owner reads."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
