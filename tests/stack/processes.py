"""Servers as processes that outlive who started them."""
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
LINES = 30     # of a log are shown

# Whatever proxy the environment names: these servers are on this machine.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Failure(Exception):
    """Something to tell the user, without a traceback."""


class Process:
    """One that was started, as its file in the state tells of it."""

    def __init__(self, name):
        self.file = STATE / "pid" / name

    def write(self, pid, command):
        self.file.parent.mkdir(parents=True, exist_ok=True)
        record = {"pid": pid, "started": start_time(pid), "command": command}
        self.file.write_text(json.dumps(record), encoding="utf-8")

    def running(self):
        """Its number and command; none where it ended, also where the number is now another's."""
        try:
            record = json.loads(self.file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None, None
        pid, command = record["pid"], record["command"]
        ours = record["started"] == start_time(pid) and command == command_of(pid)
        return (pid, command) if ours else (None, None)

    def stop(self):
        """True where it was running."""
        pid, _ = self.running()
        if pid:
            self.end(pid)
        self.file.unlink(missing_ok=True)
        return pid is not None

    def end(self, pid):
        """Asks it to end; after some seconds makes it."""
        os.kill(pid, signal.SIGTERM)
        limit = time.monotonic() + 10
        while self.running()[0] == pid:
            if time.monotonic() > limit:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)


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
    needs: list = field(default_factory=list)    # servers that must be up before it
    stale: list = field(default_factory=list)    # files of an earlier run that it must not find

    def __post_init__(self):
        self.command = [str(part) for part in self.command]
        self.process = Process(self.name)
        self.log = STATE / "log" / f"{self.name}.log"

    @property
    def address(self):
        return f"http://127.0.0.1:{self.ports[0]}"

    def runs(self):
        """Whether it runs as it should now: not by an earlier version's command."""
        return self.process.running()[1] == self.command

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
        self.process.write(process.pid, self.command)
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
