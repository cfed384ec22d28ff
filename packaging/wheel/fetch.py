#!/usr/bin/env python3
"""Brings the sources of a list into a folder.

usage: fetch.py LIST FOLDER

Where from: the mirrors that apt is configured with, or the folder of an archive, with
pool/ in it, that WEIGHTMARK_DEBIAN_MIRROR names. Which mirror does not matter: a file
counts by its SHA-256.
"""
import hashlib
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path


def mirrors():
    """The folders that may have a pool/, in the order to ask them."""
    named = os.environ.get("WEIGHTMARK_DEBIAN_MIRROR")
    if named:
        return [named.rstrip("/")]
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    except (OSError, subprocess.CalledProcessError):
        sys.exit("there is no apt here: name a mirror of Debian's archive in WEIGHTMARK_DEBIAN_MIRROR")
    return list(dict.fromkeys(address.rstrip("/") for address in found))


def is_it(content, digest):
    return hashlib.sha256(content).hexdigest() == digest


def download(place, digest):
    """The content of the first mirror that has it."""
    problems = []
    for mirror in mirrors():
        address = f"{mirror}/pool/{place}"
        try:
            with urllib.request.urlopen(address, timeout=60) as answer:
                content = answer.read()
        except (OSError, urllib.error.URLError) as error:
            problems.append(f"{address}: {error}")
            continue
        if is_it(content, digest):
            return content
        problems.append(f"{address}: not the file that is pinned")
    sys.exit("\n".join(problems))


def fetch(place, digest, folder):
    target = folder / Path(place).name
    if target.exists() and is_it(target.read_bytes(), digest):
        return
    print(f"fetching {target.name}", flush=True)
    partial = target.with_name(f"{target.name}.{os.getpid()}")
    partial.write_bytes(download(place, digest))
    partial.replace(target)


def main():
    sources, folder = Path(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for line in sources.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            digest, place = line.split()
            fetch(place, digest, folder)


if __name__ == "__main__":
    main()
