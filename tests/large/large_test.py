#!/usr/bin/env python3
"""Signs and verifies a model of 3 GiB and one of 20,000 files, and measures memory.

usage: large_test.py COMMAND

What the command needs must not grow with the size of files; with their number it
may, since the statement lists them. The numbers are printed.
"""
import os
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import pki  # noqa: E402

COMMAND = ""
KEYS = Path()
MIB = 1 << 20
HOLE = 3 << 30       # bytes of the large file, nearly all of it a hole
DATA = 16 * MIB      # real data at its beginning, middle and end
COUNT = 20_000       # small files
ALLOWED = 64 * MIB   # growth of the peak over that of a tiny model
# The statement of COUNT files is some 6 MB of JSON, of which parsing, writing and
# the check of the new bundle hold a few copies at once.
ALLOWED_COUNT = 192 * MIB


def measure(*arguments):
    """Runs the command; returns its exit status and its peak of resident memory."""
    begin = time.monotonic()
    process = subprocess.Popen([COMMAND, *map(str, arguments)], stderr=subprocess.PIPE)
    text = process.stderr.read().decode()
    process.stderr.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_maxrss * 1024, time.monotonic() - begin, text


class Large(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory(prefix="large-")
        cls.addClassCleanup(holder.cleanup)
        cls.folder = Path(holder.name)
        tiny = cls.folder / "tiny"
        tiny.mkdir()
        (tiny / "weights.bin").write_bytes(b"tiny")
        cls.baseline = max(cls.sign_and_verify(tiny))

    @classmethod
    def sign_and_verify(cls, model):
        """The peaks of both."""
        peaks = []
        for command in (["sign", "key", "--private-key", KEYS / "p256.pem"],
                        ["verify", "key", "--public-key", KEYS / "p256.pub"]):
            status, peak, seconds, text = measure(*command, model)
            print(f"{model.name}: {command[0]} took {seconds:.1f} s, peak {peak / MIB:.1f} MiB", flush=True)
            if status != 0:
                raise AssertionError(f"{command[0]} failed with {status}: {text}")
            peaks.append(peak)
        return peaks

    def refused(self, model, *words):
        status, _, _, text = measure("verify", "key", "--public-key", KEYS / "p256.pub", model)
        self.assertEqual(status, 1, text)
        for word in words:
            self.assertIn(word, text)

    def test_one_large_file(self):
        model = self.folder / "3GiB"
        model.mkdir()
        data = os.urandom(DATA)
        with open(model / "weights.bin", "wb") as file:
            for offset in (0, HOLE // 2, HOLE - DATA):
                file.seek(offset)
                file.write(data)
        growth = max(self.sign_and_verify(model)) - self.baseline
        print(f"3 GiB: {growth / MIB:.1f} MiB more than a tiny model")
        self.assertLess(growth, ALLOWED)
        with open(model / "weights.bin", "r+b") as file:
            file.seek(HOLE - 1)
            file.write(bytes([data[-1] ^ 1]))
        self.refused(model, "weights.bin", "[file-mismatch]")

    def test_many_small_files(self):
        model = self.folder / "20,000 files"
        for index in range(COUNT):
            path = model / f"{index % 100:02}" / f"part-{index:05}.bin"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(index.to_bytes(4, "big") * (index % 64))
        growth = max(self.sign_and_verify(model)) - self.baseline
        print(f"20,000 files: {growth / MIB:.1f} MiB more than a tiny model")
        self.assertLess(growth, ALLOWED_COUNT)
        (model / "42/part-00042.bin").write_bytes(b"")
        self.refused(model, "42/part-00042.bin", "[file-mismatch]")


if __name__ == "__main__":
    COMMAND = str(Path(sys.argv.pop(1)).resolve())
    with tempfile.TemporaryDirectory(prefix="keys-") as temporary:
        KEYS = pki.make_all(temporary)
        program = unittest.main(exit=False, verbosity=1)
    sys.exit(not program.result.wasSuccessful())
