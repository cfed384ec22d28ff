#!/usr/bin/env python3
"""Makes keys, certificates and a model that a Sigstore signed, and runs the C tests on them.

usage: run.py CAPI_C_TEST SIGSTORE_LAB
"""
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import pki  # noqa: E402


def main(test, lab):
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        pki.make_all(folder / "keys")
        model = folder / "sigstore" / "model"
        model.mkdir(parents=True)
        (model / "weights.bin").write_bytes(bytes(range(256)))
        subprocess.run([lab, model, folder / "sigstore" / "root.json"], check=True)
        return subprocess.run([test, folder], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
