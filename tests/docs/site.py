#!/usr/bin/env python3
"""Makes the site of the documents: build/site, the API of Python in build/site/python.

usage: site.py ROOT

A link that leads nowhere, or a page that is in no menu, is an error. The README is the
first page. Needs the packages of requirements.txt, and build/python.
"""
import shutil
import subprocess
import sys
from pathlib import Path

PAGES = ["SECURITY.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE"]
MODULES = ["weightmark", "weightmark.adapters", "weightmark.location", "weightmark.safetensors",
           "weightmark.safetensors.numpy", "weightmark.safetensors.torch", "weightmark.safetensors.flax",
           "weightmark.torch", "weightmark.torch.checkpoint", "weightmark.huggingface", "weightmark.training",
           "weightmark.training.huggingface", "weightmark.training.lightning", "weightmark.training.keras",
           "weightmark.accelerate", "weightmark.diffusers", "weightmark.fsspec", "weightmark.joblib",
           "weightmark.keras", "weightmark.lightning", "weightmark.mlflow", "weightmark.onnx", "weightmark.orbax",
           "weightmark.skops", "weightmark.tensorflow", "weightmark.vllm"]


def collect(root: Path) -> None:
    source = root / "build" / "docs-src"
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir(parents=True)
    shutil.copytree(root / "docs", source / "docs")
    for page in PAGES:
        shutil.copy(root / page, source / page)
    shutil.copy(root / "README.md", source / "index.md")
    # The theme never breaks a cell's lines, so that wide tables are cut off.
    (source / "tables.css").write_text(".wy-table-responsive table td { white-space: normal !important; }\n")
    # Pages link to the README by its name.
    for page in source.rglob("*.md"):
        text = page.read_text(encoding="utf-8")
        page.write_text(text.replace("README.md)", "index.md)").replace("README.md#", "index.md#"), encoding="utf-8")


def importable(environment: dict) -> list:
    """The modules whose frameworks are here; what is left out is said."""
    found = []
    for module in MODULES:
        tried = subprocess.run([sys.executable, "-c", f"import {module}"], env=environment, capture_output=True, text=True)
        if tried.returncode == 0:
            found.append(module)
        else:
            print(f"left out of the site: {module}: {tried.stderr.strip().splitlines()[-1]}")
    return found


def main() -> int:
    root = Path(sys.argv[1]).resolve()
    collect(root)
    environment = {"PYTHONPATH": str(root / "build" / "python" / "python"), "PATH": "/usr/bin:/bin"}
    mkdocs = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--config-file", str(root / "mkdocs.yml")]
    pdoc = [sys.executable, "-m", "pdoc", "--docformat", "google", "--no-show-source", "--output-directory",
            str(root / "build" / "site" / "python"), *importable(environment)]
    return subprocess.run(mkdocs, cwd=root).returncode or subprocess.run(pdoc, cwd=root, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
