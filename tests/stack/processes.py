"""Servers as processes that outlive who started them."""
import contextlib
import hashlib
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from places import STATE

PATIENCE = 60  # seconds until a server answers; on a busy machine some take ten
GRACE = 10     # seconds until one that was asked to end is made to
LINES = 30     # of a log are shown

# Whatever proxy the environment names: these servers are on this machine.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Failure(Exception):
    """Something to tell the user, without a traceback."""


class Process:
    """One that was started, as its file in the state tells of it."""

    def __init__(self, name):
        self.file = STATE / "pid" / name

    def write(self, pid, command, configured):
        self.file.parent.mkdir(parents=True, exist_ok=True)
        record = {"pid": pid, "started": start_time(pid), "command": command, "configured": configured}
        self.file.write_text(json.dumps(record), encoding="utf-8")

    def running(self):
        """What was written of it; none where it ended, also where its number is now another's."""
        try:
            record = json.loads(self.file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        ours = record["started"] == start_time(record["pid"]) and record["command"] == command_of(record["pid"])
        return record if ours else None

    def stop(self):
        """Asks it to end, and after some seconds makes it. True where it was running."""
        record = self.running()
        limit = time.monotonic() + GRACE
        with contextlib.suppress(ProcessLookupError):
            if record:
                os.kill(record["pid"], signal.SIGTERM)
            while self.running():
                if time.monotonic() > limit:
                    os.kill(record["pid"], signal.SIGKILL)
                time.sleep(0.02)
        self.file.unlink(missing_ok=True)
        return record is not None


def start_time(pid):
    """When a process began, in the kernel's ticks: with its number it names one process only."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    fields = status.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]


def command_of(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")[:-1]
    except OSError:
        return None


@dataclass
class Server:
    name: str
    what: str
    command: list
    ports: list                                  # that it listens on, its address first
    health: str = ""                             # a URL that answers 200, or a file that it writes
    reads: list = field(default_factory=list)    # files that it reads when it starts
    stale: list = field(default_factory=list)    # files of an earlier run that it must not find

    def __post_init__(self):
        self.command = [str(part) for part in self.command]
        self.process = Process(self.name)
        self.log = STATE / "log" / f"{self.name}.log"

    @property
    def address(self):
        return f"http://127.0.0.1:{self.ports[0]}"

    def runs(self):
        """Whether it runs as it should now: not by an earlier command or configuration."""
        record = self.process.running()
        return record is not None and (record["command"], record.get("configured")) == (self.command, self.configured())

    def configured(self):
        """A digest of what it reads."""
        return hashlib.sha256(b"".join(Path(file).read_bytes() for file in self.reads)).hexdigest()

    def answers(self):
        if not self.health.startswith("http"):
            return Path(self.health).is_file()
        try:
            with DIRECT.open(self.health, timeout=5) as answer:
                return answer.status == 200
        except (OSError, urllib.error.URLError):
            return False

    def start(self):
        for port in self.ports:
            self.require_free(port)
        for file in self.stale:
            Path(file).unlink(missing_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "wb") as log:
            # In the folder of the state, so that paths stay short: a socket's may have 107 bytes.
            process = subprocess.Popen(self.command, cwd=STATE, stdin=subprocess.DEVNULL, stdout=log,
                                       stderr=subprocess.STDOUT, start_new_session=True)
        self.process.write(process.pid, self.command, self.configured())
        self.wait(process)

    def require_free(self, port):
        # As the servers do, without waiting for connections that were closed just now.
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                raise Failure(f"port {port}, which {self.name} needs, is taken by another program; "
                              "docs/stack.md tells how to choose other ports") from None

    def wait(self, process):
        end = time.monotonic() + PATIENCE
        while not self.answers():
            if process.poll() is not None:
                raise Failure(f"{self.name} ended with status {process.returncode}:\n{self.last_lines()}")
            if time.monotonic() > end:
                raise Failure(f"{self.name} does not answer after {PATIENCE} seconds:\n{self.last_lines()}")
            time.sleep(0.05)

    def last_lines(self):
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join([*lines[-LINES:], f"(all of it in {self.log})"])
