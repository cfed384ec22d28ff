"""The harness itself: loaders that do what none may do are caught."""
import os
import tempfile
import warnings

import pytest
import weightmark

import cases
from harness import perform
from test_core import Load

CASE = {case.name: case for case in cases.CASES}
REFUSALS = ["tampered", "swapped", "added", "removed", "wrong-signer", "unsigned", "unsigned-code",
            "changed-before-reading", "replaced-before-reading", "changed-after-opening"]
HELD = []


@pytest.fixture(autouse=True)
def no_table(monkeypatch):
    monkeypatch.delenv("WEIGHTMARK_TABLE", raising=False)


def caught(adapter, case, tmp_path, text):
    with pytest.raises(AssertionError, match=text):
        perform(adapter, CASE[case], tmp_path)


class Bad(Load):
    framework = "bad"
    omits = {}

    def read(self, model, name):
        loaded = super().read(model, name)
        self.after(model, name)
        return loaded

    def load(self, folder, policy):
        try:
            return super().load(folder, policy)
        except weightmark.WeightmarkError:
            self.at_refusal(folder)
            raise

    def after(self, model, name):
        pass

    def at_refusal(self, folder):
        pass


@pytest.mark.parametrize("case", REFUSALS[:-1])
def test_a_loader_that_verifies_nothing(case, tmp_path):
    class Plain(Bad):
        def load(self, folder, policy):
            return self.plain(folder)
    caught(Plain(), case, tmp_path, "it was loaded|used none of")


def test_a_loader_that_verifies_first_and_reads_then(tmp_path):
    class Naive(Bad):
        def load(self, folder, policy):
            weightmark.verify(folder, policy)
            weightmark.open_verified(folder, policy)
            return self.plain(folder)
    caught(Naive(), "changed-before-reading", tmp_path, "it was loaded")


def test_a_loader_that_maps_what_it_verified(tmp_path):
    class Mapped(Bad):
        def after(self, model, name):
            self.path = f"{model.path}/{name}"

        def contents(self, loaded):
            with open(getattr(self, "path", None) or os.devnull, "rb") as file:
                return {self.weights: file.read() or bytes(loaded)}
    caught(Mapped(), "changed-after-opening", tmp_path, "other bytes")


def test_a_loader_that_leaves_a_descriptor(tmp_path):
    class Leaky(Bad):
        def at_refusal(self, folder):
            HELD.append(open(folder / self.weights, "rb"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        caught(Leaky(), "tampered", tmp_path, "descriptors are left open")
    HELD.pop().close()


def test_a_loader_that_leaves_a_folder(tmp_path):
    class Untidy(Bad):
        def at_refusal(self, folder):
            tempfile.mkdtemp()
    caught(Untidy(), "tampered", tmp_path, "temporary files are left")


def test_a_loader_that_keeps_the_weights(tmp_path):
    class Hoarding(Bad):
        def at_refusal(self, folder):
            HELD.append(self.plain(folder))
    caught(Hoarding(), "tampered", tmp_path, "bytes of memory are left")
    HELD.clear()


def test_a_loader_that_keeps_a_tensor(tmp_path):
    torch = pytest.importorskip("torch")

    class Keeping(Bad):
        def at_refusal(self, folder):
            HELD.append(torch.ones(3))
    caught(Keeping(), "tampered", tmp_path, "objects of the framework are left")
    HELD.clear()


def test_a_refusal_with_another_code(tmp_path):
    class Other(Bad):
        expects = {"tampered": "file-missing"}
    caught(Other(), "tampered", tmp_path, "file-mismatch")


def test_a_silent_warning(tmp_path):
    class Silent(Bad):
        def load(self, folder, policy):
            try:
                return super().load(folder, None if policy == "warn" else getattr(policy, "trust", policy))
            except weightmark.WeightmarkError:
                return self.plain(folder)
    caught(Silent(), "warn", tmp_path, "nothing was warned about")
