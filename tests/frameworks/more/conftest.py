"""What the tests of this folder share."""
import sys
import tomllib
from pathlib import Path

import pytest
import weightmark

from scene import keys


@pytest.fixture(name="signer")
def _signer():
    return weightmark.KeySigner(keys() / "publisher.pem")


@pytest.fixture(name="policy")
def _policy():
    return weightmark.KeyTrust(keys() / "publisher.pub")


@pytest.fixture(name="flip")
def _flip():
    """Changes a byte in the middle of a file."""
    def flip(path):
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 0xFF
        path.write_bytes(data)
    return flip


@pytest.fixture(name="installed")
def _installed(tmp_path, monkeypatch):
    """A folder that makes Python see the entry points of pyproject.toml, as if the package were installed."""
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    folder = tmp_path / "installed" / "weightmark-0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: weightmark\nVersion: 0\n")
    (folder / "entry_points.txt").write_text("".join(
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in points.items())
        for group, points in project["entry-points"].items()))
    monkeypatch.syspath_prepend(str(folder.parent))
    monkeypatch.setenv("PYTHONPATH", ":".join([str(folder.parent), *filter(None, sys.path)]))
    return folder.parent


@pytest.fixture(name="policy_file")
def _policy_file(tmp_path):
    """A policy that trusts the publisher for every model."""
    path = tmp_path / "policy.yaml"
    (tmp_path / "publisher.pub").write_bytes((keys() / "publisher.pub").read_bytes())
    path.write_text("schema: weightmark.policy.v1\npublishers:\n  us:\n    models: [\"*\"]\n"
                    "    signers:\n      release: {key: publisher.pub}\n")
    return path
