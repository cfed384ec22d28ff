"""What the documentation of these adapters shows is what happens, in the scene of tests/python."""
import importlib
import sys

import pytest

from test_examples import documentation

MODULES = ["fsspec", "joblib", "skops", "onnx", "keras", "tensorflow", "orbax", "accelerate", "lightning", "diffusers",
           "mlflow", "vllm"]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("module", MODULES)
def test_examples(module, monkeypatch):
    monkeypatch.setattr(documentation, "MODULES", [f"weightmark.{module}"])
    monkeypatch.setattr(documentation, "AT_LEAST", 0)
    test = documentation.Documentation()
    test.test_every_public_name_is_documented()
    test.test_the_examples_do_what_they_show()


@pytest.mark.parametrize("module, package", [("joblib", "joblib"), ("skops", "skops"), ("onnx", "onnx"),
                                             ("keras", "keras"), ("tensorflow", "tensorflow")])
def test_the_error_where_a_framework_is_missing(module, package, monkeypatch, tmp_path):
    for name in [*sys.modules]:
        if name.partition(".")[0] == package:
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    loader = importlib.import_module(f"weightmark.{module}")
    load = next(getattr(loader, name) for name in ("load", "load_model") if hasattr(loader, name))
    with pytest.raises(ImportError, match=f"pip install {package}"):
        load(tmp_path / "absent")
