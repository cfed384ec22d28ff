#!/usr/bin/env python3
"""Runs transcripts of the command line and compares what they print.

usage: transcript.py COMMAND FILE.txt... [--update]

A transcript is a text file of commands and what they print:

    ## a comment
    $ weightmark digest model
    sha256:…
    $ weightmark digest nothing
    weightmark: error: …
    exit 3

Standard output follows standard error, as programs on a pipe write them. `…`
stands for anything within a line; alone on a line, for any lines. `exit N` is
there where the status is not 0. Lines that begin with `> ` continue a command.
Each file runs in an empty folder of its own with COMMAND's folder first in PATH;
helpers.sh says what else is there. `## needs PROGRAM` skips a file where the
program is not installed. --update writes what was printed into the file.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import pki  # noqa: E402

SKIPPED = 77
ANY = "…"


class Step:
    """A command, where it stands, and the lines that are expected of it."""

    def __init__(self, number, command):
        self.number = number
        self.command = command
        self.expected = []
        self.status = 0
        self.after = []  # comments and blank lines up to the next command

    def take(self, line):
        if line.startswith("> ") and not self.expected:
            self.command += "\n" + line[2:]
        elif re.fullmatch(r"exit \d+", line):
            self.status = int(line[5:])
        elif line.startswith("##") or (self.after and not line):
            self.after.append(line)
        else:
            self.expected.append(line)

    def finish(self):
        while self.expected and not self.expected[-1]:
            self.after.insert(0, self.expected.pop())


def parse(path):
    head, steps = [], []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("$ "):
            steps.append(Step(number, line[2:]))
        elif steps:
            steps[-1].take(line)
        else:
            head.append(line)
    for step in steps:
        step.finish()
    return head, steps


def line_pattern(line):
    return ".*".join(re.escape(part) for part in line.split(ANY))


def matches(expected, actual):
    """Whether the lines are as expected; a lone … takes as many as needed."""
    if not expected:
        return not actual
    if expected[0] == ANY:
        return any(matches(expected[1:], actual[skip:]) for skip in range(len(actual) + 1))
    return bool(actual) and bool(re.fullmatch(line_pattern(expected[0]), actual[0])) and \
        matches(expected[1:], actual[1:])


def environment(command, keys, folder):
    """Nothing of the caller's but what programs need to run."""
    return {"PATH": f"{command.resolve().parent}:{os.environ['PATH']}", "HOME": str(folder), "KEYS": str(keys),
            "LC_ALL": "C.UTF-8", "TERM": "xterm", "BASH_ENV": str(HERE / "helpers.sh"), "TESTS": str(HERE),
            "DOCS": str(HERE.parents[1] / "docs"), "PYTHON": sys.executable,
            **{name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}}


def run_step(step, folder, variables):
    # In a session of its own a command has no terminal to ask on.
    result = subprocess.run(["bash", "-c", step.command], cwd=folder, env=variables, stdin=subprocess.DEVNULL,
                            capture_output=True, timeout=120, check=False, start_new_session=True)
    text = (result.stderr + result.stdout).decode("utf-8", "backslashreplace")
    return result.returncode, text.splitlines()


def report(path, step, status, lines):
    shown = lambda block: "".join(f"    {line}\n" for line in block)
    print(f"FAILED {path.name}:{step.number}: $ {step.command}\n  expected, exit {step.status}:\n"
          f"{shown(step.expected)}  printed, exit {status}:\n{shown(lines)}")


def write(path, head, steps):
    text = list(head)
    for step in steps:
        first, *rest = step.command.split("\n")
        text += [f"$ {first}", *(f"> {line}" for line in rest), *step.expected]
        text += [f"exit {step.status}"] if step.status else []
        text += step.after
    path.write_text("\n".join(text) + "\n", encoding="utf-8")


def missing_programs(head):
    wanted = [line.split()[2] for line in head if line.startswith("## needs ")]
    return [program for program in wanted if not shutil.which(program)]


def run_file(path, command, keys, update):
    """Returns the number of steps that did not come out as written."""
    head, steps = parse(path)
    failed = 0
    with tempfile.TemporaryDirectory(prefix="transcript-") as folder:
        variables = environment(command, keys, folder)
        for step in steps:
            status, lines = run_step(step, folder, variables)
            if status == step.status and matches(step.expected, lines):
                continue
            failed += 1
            if update:
                step.status, step.expected = status, lines
            else:
                report(path, step, status, lines)
    if update and failed:
        write(path, head, steps)
    return failed, len(steps)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", type=Path)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--update", action="store_true")
    arguments = parser.parse_args()
    failed = done = skipped = 0
    with tempfile.TemporaryDirectory(prefix="keys-") as folder:
        keys = pki.make_all(folder)
        for path in arguments.files:
            if missing := missing_programs(parse(path)[0]):
                print(f"skipped: {path.name} needs {', '.join(missing)}")
                skipped += 1
                continue
            wrong, steps = run_file(path, arguments.command, keys, arguments.update)
            failed, done = failed + wrong, done + steps
    print(f"{done - failed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else SKIPPED if not done else 0


if __name__ == "__main__":
    sys.exit(main())
