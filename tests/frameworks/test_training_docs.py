"""What the documentation shows of reporting a training is what happens, with real trainers."""
import doctest
import importlib
import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import weightmark

import test_training_callbacks as real
from test_training_callbacks import X, Y, _reports  # noqa: F401, a fixture

pytestmark = pytest.mark.filterwarnings("ignore")
DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
FRAMEWORKS = ["huggingface", "lightning", "keras"]


def blocks(page):
    return re.findall(r"^```python\n(.*?)^```", (DOCS / page).read_text(encoding="utf-8"), re.M | re.S)


def block(page, text):
    found, = [one for one in blocks(page) if text in one]
    return found


def scene(framework, folder, monkeypatch):
    """What the examples of a framework take for granted."""
    names = {"weightmark": weightmark}
    if framework == "huggingface":
        transformers = pytest.importorskip("transformers")
        ready = real.trainer(folder / "out", transformers.TrainerCallback())
        names |= {"trainer": ready, "model": ready.model, "arguments": ready.args, "data": ready.train_dataset,
                  "transformers": transformers}
        ready.remove_callback(transformers.PrinterCallback)
        ready.args.eval_strategy = "no"
    if framework == "lightning":
        pl = pytest.importorskip("pytorch_lightning")
        ready, module = real.fit(folder, pl.Callback(), max_epochs=1)
        loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X, Y), batch_size=4)
        quiet = {"accelerator": "cpu", "logger": False, "enable_progress_bar": False, "enable_model_summary": False,
                 "default_root_dir": folder}

        def trainer(**options):
            return pl.Trainer(**options, **quiet)
        names |= {"lightning": SimpleNamespace(Trainer=trainer), "Trainer": trainer, "module": module(), "loader": loader,
                  "model": module(), "data": loader}
    if framework == "keras":
        monkeypatch.setenv("KERAS_BACKEND", "torch")
        keras = pytest.importorskip("keras")
        model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(2)])
        model.compile("sgd", "mse")
        names |= {"model": model, "x": X.numpy(), "y": Y.numpy()}
    return names


def reported(reports):
    assert reports.steps(), "no step was reported"
    assert reports.one("end")["stopReason"] == "max_steps"


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_example_of_a_callback(framework, reports, tmp_path, monkeypatch):
    module = importlib.import_module(f"weightmark.training.{framework}")
    names = scene(framework, tmp_path, monkeypatch)
    runner, said = doctest.DocTestRunner(verbose=False), []
    example, = doctest.DocTestFinder(recurse=False).find(module.TrainingCallback, framework, globs=names, module=False)
    result = runner.run(example, out=said.append)
    assert result.attempted > 1 and not result.failed, "".join(said)
    assert "SKIP" not in example.docstring
    reported(reports)
    assert reports.all("input")[0]["path"].endswith("data.jsonl")


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_page(framework, reports, tmp_path, monkeypatch):
    code = block("training-python.md", f"weightmark.training.{framework}")
    exec(compile(code, "training-python.md", "exec"), scene(framework, tmp_path, monkeypatch))
    reported(reports)


@pytest.mark.parametrize("page, text", [("training-python.md", "run.uses_model("), ("python.md", "training_run(")])
def test_the_loop(page, text, reports):
    names = {"weightmark": weightmark, "load": Path, "train": lambda *_: torch.tensor(0.5), "evaluate": lambda _: 0.25,
             "batches": [torch.ones(3)] * 1000}
    exec(compile(block(page, text), page, "exec"), names)
    reported(reports)
    assert json.loads((reports.folder / reports.files()[0]).read_text().splitlines()[-1])["steps"] in (100, 1000)


def test_the_head_of_each_module(reports, tmp_path, monkeypatch):
    for framework in FRAMEWORKS:
        module = importlib.import_module(f"weightmark.training.{framework}")
        code = "".join(line[4:] + "\n" for line in module.__doc__.splitlines() if line.startswith("    "))
        exec(compile(code, module.__name__, "exec"), scene(framework, tmp_path, monkeypatch))
    assert [end["stopReason"] for end in reports.all("end")] == ["max_steps"] * 3
