#!/usr/bin/env python3
"""The example of docs/provenance.md is what the code writes, and the page has every field.

usage: example_test.py EXAMPLE [--update]
"""
import json
import re
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
FILE = DOCS / "examples/training-provenance.json"
# Names of the caller's own.
FREE = {"environment", "hyperparameters", "weightmark_evaluation", "digest", "version"}


def fields(value, name=""):
    """The names of all members."""
    if isinstance(value, list):
        return set().union(*(fields(item, name) for item in value))
    if not isinstance(value, dict):
        return set()
    found = set() if name in FREE else set(value)
    return found.union(*(fields(member, key) for key, member in value.items()))


def main():
    made = subprocess.run([sys.argv[1]], capture_output=True, text=True, check=True).stdout
    if "--update" in sys.argv:
        FILE.write_text(made, encoding="utf-8")
    problems = [] if FILE.read_text(encoding="utf-8") == made else [f"{FILE} is not what the code writes"]
    page = (DOCS / "provenance.md").read_text(encoding="utf-8")
    written = fields(json.loads(made))
    named = {part for code in re.findall(r"`([^`]+)`", page) for part in re.split(r"[^\w]+", code)}
    problems += [f"docs/provenance.md does not name {name}" for name in sorted(written - named)]
    described = set(re.findall(r"^\| `(weightmark_\w+)`", page, re.M))
    source = (DOCS.parent / "src/attest/training.cc").read_text(encoding="utf-8")
    known = {"weightmark_" + name for name in re.findall(r'"(\w+)"', source)}
    problems += [f"docs/provenance.md has {name}, which the code does not" for name in sorted(described - known)]
    print("\n".join(problems) or f"{len(written)} fields are as the page has them")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
