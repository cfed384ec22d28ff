"""Every public name is documented, and what its examples show is what happens."""
import doctest
import importlib
import inspect
import os
import shutil
import tempfile
import unittest
from pathlib import Path

import weightmark
from support import keys

# Those of frameworks are tested where the frameworks are.
MODULES = ["weightmark", "weightmark.adapters", "weightmark.errors", "weightmark.location",
           "weightmark.training"]
AT_LEAST = 20  # examples


def public(module):
    names = getattr(module, "__all__", None) or [name for name in vars(module) if not name.startswith("_")]
    for name in names:
        value = getattr(module, name)
        if inspect.isclass(value) or inspect.isfunction(value):
            if getattr(value, "__module__", "").startswith("weightmark"):
                yield f"{module.__name__}.{name}", value


def make_scene() -> Path:
    """A folder like the one that the examples are in."""
    scene = Path(tempfile.mkdtemp(prefix="weightmark-docs-"))
    for name in ("publisher.pem", "publisher.pub", "root.pem", "authority.pem"):
        shutil.copy(keys() / name, scene)
    (scene / "policy.yaml").write_text("schema: weightmark.policy.v1\npublishers:\n  us:\n    models: [\"*\"]\n"
                                       "    signers:\n      release: {key: publisher.pub}\n")
    (scene / "model").mkdir()
    (scene / "model" / "config.json").write_text("{}")
    (scene / "model" / "weights.bin").write_bytes(bytes(1000))
    weightmark.sign(scene / "model", weightmark.KeySigner(scene / "publisher.pem"))
    return scene


class Documentation(unittest.TestCase):
    def test_every_public_name_is_documented(self):
        for module in map(importlib.import_module, MODULES):
            for name, value in public(module):
                with self.subTest(name):
                    self.assertTrue(inspect.getdoc(value))
                    if inspect.isclass(value):
                        self.check_members(value)

    def check_members(self, found):
        for name, value in vars(found).items():
            if not name.startswith("_") and (inspect.isfunction(value) or isinstance(value, property)):
                self.assertTrue(inspect.getdoc(value), f"{found.__name__}.{name}")

    def test_the_examples_do_what_they_show(self):
        here = os.getcwd()
        ran = 0
        for module in map(importlib.import_module, MODULES):
            for name, value in public(module):
                if issubclass(value, weightmark.WeightmarkError) if inspect.isclass(value) else False:
                    continue
                scene = make_scene()
                os.chdir(scene)
                try:
                    count = self.run_examples(name, value)
                    self.assertGreater(count, 0, f"{name} has no example")
                    ran += count
                finally:
                    os.chdir(here)
                    shutil.rmtree(scene)
        self.assertGreater(ran, AT_LEAST)

    def run_examples(self, name, value):
        names = {"weightmark": weightmark, "policy": weightmark.KeyTrust("publisher.pub"),
                 "signer": weightmark.KeySigner("publisher.pem")}
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE, verbose=False)
        ran = 0
        for example in doctest.DocTestFinder(recurse=False).find(value, name, globs=names, module=False):
            said = []
            result = runner.run(example, out=said.append)
            ran += result.attempted
            self.assertEqual(result.failed, 0, "".join(said))
        return ran


if __name__ == "__main__":
    unittest.main()
