"""What the documentation of the adapters shows is what happens, in the scene of tests/python."""
import importlib.util
import sys
from pathlib import Path

import pytest

PYTHON_TESTS = Path(__file__).parent.parent / "python"
sys.path.append(str(PYTHON_TESTS))


def load(name):
    """A module of tests/python under another name: this folder has a test_docs, too."""
    spec = importlib.util.spec_from_file_location(f"python_{name}", PYTHON_TESTS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


documentation = load("test_docs")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("module", ["weightmark.torch", "weightmark.torch.checkpoint", "weightmark.huggingface"])
def test_examples(module, monkeypatch):
    monkeypatch.setattr(documentation, "MODULES", [module])
    monkeypatch.setattr(documentation, "AT_LEAST", 1)
    test = documentation.Documentation()
    test.test_every_public_name_is_documented()
    test.test_the_examples_do_what_they_show()
