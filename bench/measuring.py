"""Running commands in turns, and what they took."""
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from tools import CLEAN

DROP_CACHES = Path("/proc/sys/vm/drop_caches")
WARM_ATTEMPTS = 4
DISK_SHARE = 0.01  # of a model's bytes; a warm run may read no more from the disk


class Failed(Exception):
    """A command that is measured must succeed, or its time means nothing."""


@dataclass
class Warm:
    """A model that is to be in the page cache."""

    bytes: int
    read_again: Callable[[], None]


def can_drop_caches():
    return os.access(DROP_CACHES, os.W_OK)


def drop_caches():
    subprocess.run(["sync"], check=True)
    DROP_CACHES.write_text("3\n", encoding="ascii")


def processor_times():
    """Seconds that all processors were busy and stolen since the start (proc(5))."""
    with open("/proc/stat", encoding="ascii") as file:
        user, nice, system, _, _, irq, softirq, steal = (int(n) for n in file.readline().split()[1:9])
    tick = os.sysconf("SC_CLK_TCK")
    return (user + nice + system + irq + softirq) / tick, steal / tick


class Meter:
    """Measures single runs with weightmark_measure."""

    def __init__(self, program):
        self.program = program

    def run(self, command, sample=False):
        with tempfile.TemporaryDirectory() as scratch:
            result, errors = Path(scratch) / "result", Path(scratch) / "errors"
            arguments = [self.program, result, *(["--sample"] if sample else []), *command.arguments]
            busy, stolen = processor_times()
            with open(errors, "wb") as stderr:
                subprocess.run([str(a) for a in arguments], cwd=command.folder, env=CLEAN | command.environment,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr, check=True)
            busy_after, stolen_after = processor_times()
            taken = json.loads(result.read_text())
            if taken.pop("status"):
                raise Failed(f"{command.title}: {errors.read_text(errors='replace')[-2000:]}")
        taken["others"] = max(0.0, busy_after - busy - taken["user"] - taken["sys"])
        taken["stolen"] = stolen_after - stolen
        return taken

    def warm_program(self, command):
        """Loads the program and its libraries, so that cold means the model alone."""
        if command.warm_up:
            subprocess.run([str(a) for a in command.warm_up], env=CLEAN, stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)

    def run_warm(self, command, warm):
        """Repeats a run that had to read the model from the disk: the kernel may reclaim the page cache at any time."""
        for _ in range(WARM_ATTEMPTS):
            taken = self.run(command)
            if taken["disk_bytes"] <= DISK_SHARE * warm.bytes:
                return taken
            warm.read_again()
        raise Failed(f"{command.title}: the model does not stay in the page cache")

    def run_cold(self, command):
        drop_caches()
        self.warm_program(command)
        return self.run(command)

    def rounds(self, commands, count, warm=None, progress=None, after_round=None):
        """Runs A B C A B C …; the first turn of a warm measurement is not counted. Without `warm`, all are cold."""
        samples = {command.name: [] for command in commands}
        for turn in range(-1 if warm else 0, count):
            for command in commands:
                if progress:
                    progress(turn, command)
                taken = self.run_warm(command, warm) if warm else self.run_cold(command)
                if turn >= 0:
                    samples[command.name].append(taken)
            if turn >= 0 and after_round:
                after_round()
        return samples

    def memory(self, command):
        """Peaks of one run that is not timed."""
        taken = self.run(command, sample=True)
        return {key: taken[key] for key in ("anonymous_kib", "mapped_kib")}


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def summary(samples):
    """Wall and CPU seconds and peak memory of one command's runs."""
    return {
        "wall": spread([s["wall"] for s in samples]),
        "cpu": spread([s["user"] + s["sys"] for s in samples]),
        "peak_kib": max(s["peak_kib"] for s in samples),
    }


def progress_line(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def ceilings(program, rounds, slice_ms, buffer_mib, file=None, only=None, environment=None):
    """The machine's ceilings, as weightmark_bench measures them."""
    arguments = [program, "--rounds", str(rounds), "--slice", str(slice_ms), "--buffer", str(buffer_mib)]
    arguments += ["--file", file] if file else []
    arguments += ["--only", only] if only else []
    done = subprocess.run([str(a) for a in arguments], env=CLEAN | (environment or {}), check=True,
                          stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)
