"""What the examples of the adapters show is what happens. tests/python does it for the rest."""
import doctest
import importlib
import inspect

import numpy
import pytest
import weightmark
from weightmark.safetensors import save_file

from scene import keys

MODULES = ["weightmark.safetensors", "weightmark.safetensors.numpy", "weightmark.safetensors.torch",
           "weightmark.safetensors.flax"]


def public(module):
    for name in module.__all__:
        value = getattr(module, name)
        yield f"{module.__name__}.{name}", value
        if inspect.isclass(value):
            yield from ((f"{module.__name__}.{name}.{key}", member) for key, member in vars(value).items()
                        if not key.startswith("_") and (inspect.isfunction(member) or isinstance(member, property)))


FOUND = [found for module in MODULES for found in public(importlib.import_module(module))]


@pytest.mark.parametrize("name, value", FOUND, ids=[name for name, _ in FOUND])
def test_examples(name, value, tmp_path, monkeypatch):
    assert inspect.getdoc(value), f"{name} is not documented"
    monkeypatch.chdir(tmp_path)
    signer = weightmark.KeySigner(keys() / "publisher.pem")
    save_file({"weight": numpy.arange(6, dtype="float32").reshape(2, 3), "bias": numpy.zeros(3, "float32")},
              "model.safetensors", {"format": "np"}, signer=signer)
    names = {"weightmark": weightmark, "signer": signer, "policy": weightmark.KeyTrust(keys() / "publisher.pub")}
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE, verbose=False)
    ran, said = 0, []
    for example in doctest.DocTestFinder(recurse=False).find(value, name, globs=names, module=False):
        result = runner.run(example, out=said.append)
        ran += result.attempted
        assert not result.failed, "".join(said)
    top_level = name.rpartition(".")[0] in MODULES
    assert ran or not top_level, f"{name} has no example"
