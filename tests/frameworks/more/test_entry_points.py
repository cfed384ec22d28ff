"""What pyproject.toml promises is there, and fsspec finds it by itself."""
import importlib
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import weightmark

PROJECT = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
VALUES = sorted({value for points in PROJECT["entry-points"].values() for value in points.values()})


@pytest.mark.parametrize("value", VALUES)
def test_each_exists(value):
    module, _, name = value.partition(":")
    assert callable(getattr(importlib.import_module(module), name))


READ = """
import fsspec, sys
with fsspec.open(sys.argv[1]) as file:
    print(file.read().decode())
"""


def test_fsspec_finds_it_by_itself(tmp_path, signer, policy_file, installed):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("verified")
    weightmark.sign(tmp_path / "model", signer)
    done = subprocess.run([sys.executable, "-c", READ, f"verified::file://{tmp_path}/model/config.json"], check=True,
                          capture_output=True, text=True, env={**os.environ, "WEIGHTMARK_POLICY": str(policy_file)})
    assert done.stdout.strip() == "verified"
