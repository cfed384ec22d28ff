#!/usr/bin/env python3
"""Gets ONNX Runtime's C headers from a module of Go's that carries them.

usage: fetch_headers.py FOLDER
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "stack"))
import install  # noqa: E402

MODULE = "github.com/yalue/onnxruntime_go@v1.27.0"  # ONNX Runtime 1.24
SUM = "h1:c1YSgDNtpf0WGtxj3YeRIb8VC5LmM1J+Ve3uHdteC1U="
HEADERS = ["onnxruntime_c_api.h", "onnxruntime_ep_c_api.h"]


def main(folder):
    with tempfile.TemporaryDirectory() as scratch:
        environment = {**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": "-modcacherw", "GOMODCACHE": f"{scratch}/modules"}
        result = subprocess.run([install.go_program(), "mod", "download", "-json", MODULE], cwd=scratch,
                                env=environment, check=True, capture_output=True, text=True)
        module = json.loads(result.stdout)
        if module["Sum"] != SUM:
            raise SystemExit(f"{MODULE} is {module['Sum']}, not {SUM}")
        Path(folder).mkdir(parents=True, exist_ok=True)
        for name in HEADERS:
            shutil.copyfile(Path(module["Dir"]) / name, Path(folder) / name)


if __name__ == "__main__":
    main(*sys.argv[1:])
