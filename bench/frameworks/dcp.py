#!/usr/bin/env python3
"""Measures a distributed checkpoint with its signature against one without, in turns.

One process saves (and loads) some tensors of the same size, with PyTorch's own settings,
which sync each file to the disk. The last line is JSON: medians in seconds, and their
ratio. Needs the package and PyTorch, and GIB of disk and twice that of memory.
"""
import argparse
import json
import logging
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import torch
import torch.distributed.checkpoint as dcp
import weightmark
from weightmark.torch.checkpoint import SignedFileSystemReader, SignedFileSystemWriter


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gib", type=float, default=1)
    parser.add_argument("--tensors", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", default=".", help="on the disk to write to")
    return parser.parse_args()


def make_keys(folder):
    key, public = folder / "key.pem", folder / "key.pub"
    subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key],
                   check=True, capture_output=True)
    subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-out", public], check=True, capture_output=True)
    return weightmark.KeySigner(key), weightmark.KeyTrust(public)


def timed(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


class Bench:
    def __init__(self, folder, options):
        self.path = folder / "step"
        self.signer, self.policy = make_keys(folder)
        elements = int(options.gib * (1 << 30)) // options.tensors // 4
        self.state = {f"w{i}": torch.rand(elements) for i in range(options.tensors)}
        self.target = {name: torch.zeros(elements) for name in self.state}

    def round(self):
        """{what: seconds}; what is written is gone and on the disk before the next begins."""
        found = {}
        for kind in ("plain", "signed"):
            writer = dcp.FileSystemWriter(self.path) if kind == "plain" else \
                SignedFileSystemWriter(self.path, signer=self.signer)
            found[f"save {kind}"] = timed(lambda: dcp.save(self.state, storage_writer=writer, no_dist=True))
            found[f"load {kind}"] = timed(lambda: dcp.load(self.target, storage_reader=self.reader(kind), no_dist=True))
            shutil.rmtree(self.path)
            os.sync()
        return found

    def reader(self, kind):
        if kind == "plain":
            return dcp.FileSystemReader(self.path)
        return SignedFileSystemReader(self.path, policy=self.policy)


def main():
    options = parse_arguments()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        bench = Bench(Path(folder), options)
        bench.round()  # the first pays for what is loaded late
        rounds = [bench.round() for _ in range(options.rounds)]
    for what in rounds[0]:
        print(what, *(f"{found[what]:.2f}" for found in rounds), file=sys.stderr)
    medians = {what: statistics.median(found[what] for found in rounds) for what in rounds[0]}
    ratios = {what: statistics.median(found[f"{what} signed"] / found[f"{what} plain"] for found in rounds)
              for what in ("save", "load")}
    print(json.dumps({"gib": options.gib, "rounds": options.rounds, "seconds": medians,
                      "ratio of medians": {what: medians[f"{what} signed"] / medians[f"{what} plain"]
                                           for what in ratios},
                      "median of ratios": ratios}))


if __name__ == "__main__":
    main()
