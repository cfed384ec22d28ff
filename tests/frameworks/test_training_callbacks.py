"""What the callbacks of frameworks report, each by its real trainer."""
import json
import math

import pytest
import torch
import weightmark

import ranks

pytestmark = pytest.mark.filterwarnings("ignore")
X, Y = torch.arange(64.0).reshape(16, 4) / 64, torch.ones(16, 2)


class Reports:
    """The events of a folder."""

    def __init__(self, folder):
        self.folder = folder

    def files(self):
        return sorted(path.name for path in self.folder.glob("*.jsonl"))

    def all(self, name):
        lines = [json.loads(line) for file in self.files() for line in (self.folder / file).read_text().splitlines()]
        return [line for line in lines if line["event"] == name]

    def one(self, name):
        found = self.all(name)
        assert len(found) == 1, found
        return found[0]

    def values(self):
        return {key: value for event in self.all("hyperparameters") for key, value in event["values"].items()}

    def distributions(self):
        return {key: value for event in self.all("modules") for key, value in event["distributions"].items()}

    def steps(self):
        return sorted({event["step"] for event in self.all("progress")})


@pytest.fixture(name="reports")
def _reports(tmp_path, monkeypatch):
    folder = tmp_path / "reports"
    folder.mkdir()
    monkeypatch.setenv("WEIGHTMARK_TRAINING_REPORT", str(folder))
    return Reports(folder)


# --- A loop of PyTorch's own ----------------------------------------------------------


def loop(steps=3):
    model = torch.nn.Linear(4, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with weightmark.training_run(hyperparameters={"dtype": torch.float32, "lr": torch.tensor(0.5)}, steps=steps) as run:
        run.model(model)
        for _ in range(steps):
            loss = torch.nn.functional.mse_loss(model(X), Y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            run.step(loss=loss, tokens=X.numel())
    return loss.item()


@pytest.mark.filterwarnings("error")
def test_a_loop(reports):
    last = loop()
    assert float(reports.one("end")["finalTrainLoss"]) == last
    assert reports.one("end")["tokens"] == 3 * X.numel()
    assert reports.one("model") == {"event": "model", "parameters": 10, "framework": "torch"}
    assert reports.values() == {"dtype": "torch.float32", "lr": "0.5"}
    assert reports.distributions()["torch"] == torch.__version__.partition("+")[0]
    assert not reports.all("hardware"), "no accelerator was used"


def test_a_loop_with_workers_that_load_data(reports):
    class Data(torch.utils.data.Dataset):
        def __len__(self):
            return 8

        def __getitem__(self, at):
            return X[at]

    with weightmark.training_run() as run:
        for batch in torch.utils.data.DataLoader(Data(), batch_size=2, num_workers=2):
            run.step(loss=batch.mean())
    assert len(reports.files()) == 1
    assert reports.one("end")["steps"] == 4


def test_losses_on_a_device(reports):
    """The meta device has no values to fetch, which must not end a training."""
    with weightmark.training_run() as run:
        for _ in range(40):
            run.step(loss=torch.zeros((), device="meta"))
        run.step(loss=1.0)
    assert reports.one("end")["steps"] == 41


# --- transformers ---------------------------------------------------------------------


def trainer(folder, callback, **arguments):
    transformers = pytest.importorskip("transformers")

    class Tiny(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(4, 2)

        def forward(self, x, labels):
            out = self.layer(x)
            return {"loss": torch.nn.functional.mse_loss(out, labels), "logits": out}

    data = [{"x": x, "labels": y} for x, y in zip(X, Y)]
    arguments = {"max_steps": 4, "logging_steps": 2, "eval_strategy": "steps", "eval_steps": 2, "save_steps": 4, **arguments}
    settings = transformers.TrainingArguments(output_dir=str(folder), per_device_train_batch_size=4, report_to=[],
                                              use_cpu=True, disable_tqdm=True, hub_token="hf_planted", **arguments)
    return transformers.Trainer(Tiny(), settings, train_dataset=data, eval_dataset=data[:4], callbacks=[callback])


def test_transformers(reports, tmp_path):
    from weightmark.training.huggingface import TrainingCallback
    one = trainer(tmp_path / "out", TrainingCallback(), learning_rate=0.25, seed=11)
    one.train()
    values = reports.values()
    assert (values["learning_rate"], values["seed"], values["max_steps"]) == ("0.25", 11, 4)
    assert values["lr_scheduler_type"] == "linear"
    assert reports.one("plan")["steps"] == 4
    assert reports.one("model")["parameters"] == 10
    assert reports.steps() == [1, 2, 3, 4]
    assert [event["step"] for event in reports.all("evaluation")] == [2, 4]
    assert set(reports.all("evaluation")[0]["metrics"]) == {"loss"}
    assert reports.one("checkpoint") == {"event": "checkpoint", "step": 4, "path": str(tmp_path / "out/checkpoint-4")}
    end = reports.one("end")
    logged = [entry["loss"] for entry in one.state.log_history if "loss" in entry]
    assert (end["stopReason"], end["steps"], float(end["finalTrainLoss"])) == ("max_steps", 4, logged[-1])
    assert end["finalEvalLoss"] == reports.all("evaluation")[-1]["metrics"]["loss"]
    assert {"torch", "transformers", "accelerate"} <= set(reports.distributions())
    assert "planted" not in (reports.folder / reports.files()[0]).read_text()


def test_transformers_resumes(reports, tmp_path):
    from weightmark.training.huggingface import TrainingCallback
    trainer(tmp_path / "out", TrainingCallback()).train()
    checkpoint = str(tmp_path / "out/checkpoint-4")
    again = trainer(tmp_path / "out", TrainingCallback(), max_steps=6, resume_from_checkpoint=checkpoint)
    again.train(resume_from_checkpoint=checkpoint)
    resumed = [event for event in reports.all("input") if event.get("relation") == "resume"]
    assert [event["path"] for event in resumed] == [checkpoint]
    assert sorted(event["steps"] for event in reports.all("end")) == [4, 6]


def test_transformers_stops_early(reports, tmp_path):
    transformers = pytest.importorskip("transformers")
    from weightmark.training.huggingface import TrainingCallback

    class Stop(transformers.TrainerCallback):
        def on_step_end(self, args, state, control, **_):
            control.should_training_stop = state.global_step == 2

    one = trainer(tmp_path / "out", TrainingCallback())
    one.add_callback(Stop())
    one.train()
    assert (reports.one("end")["stopReason"], reports.one("end")["steps"]) == ("early_stop", 2)


def test_transformers_breaks_off(reports, tmp_path):
    from weightmark.training.huggingface import TrainingCallback
    with pytest.raises(ZeroDivisionError):
        with weightmark.training_run() as run:
            one = trainer(tmp_path / "out", TrainingCallback(run))
            one.compute_loss = lambda *_, **__: 1 / 0
            one.train()
    assert reports.one("end")["stopReason"] == "error"


def test_transformers_tells_of_the_base_model(reports, tmp_path):
    transformers = pytest.importorskip("transformers")
    from weightmark.training.huggingface import TrainingCallback
    config = transformers.BertConfig(vocab_size=32, hidden_size=8, num_hidden_layers=1, num_attention_heads=1,
                                     intermediate_size=8, num_labels=2)
    transformers.BertForSequenceClassification(config).save_pretrained(tmp_path / "base")
    model = transformers.BertForSequenceClassification.from_pretrained(tmp_path / "base")
    data = [{"input_ids": torch.arange(4), "labels": torch.tensor(1)} for _ in range(4)]
    settings = transformers.TrainingArguments(output_dir=str(tmp_path / "out"), max_steps=1, report_to=[], use_cpu=True,
                                              disable_tqdm=True, save_strategy="no")
    transformers.Trainer(model, settings, train_dataset=data, callbacks=[TrainingCallback()]).train()
    assert reports.one("input") == {"event": "input", "kind": "model", "relation": "finetune",
                                    "path": str(tmp_path / "base")}


# --- Lightning ------------------------------------------------------------------------


def fit(folder, callback, model=None, **options):
    pl = pytest.importorskip("pytorch_lightning")

    class Module(pl.LightningModule):
        def __init__(self, rate=0.5, api_key="hf_planted"):
            super().__init__()
            self.save_hyperparameters()
            self.layer = torch.nn.Linear(4, 2)

        def loss(self, batch):
            return torch.nn.functional.mse_loss(self.layer(batch[0]), batch[1])

        def training_step(self, batch, at):
            return self.loss(batch)

        def validation_step(self, batch, at):
            self.log("val_loss", self.loss(batch))

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=self.hparams.rate)

    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X, Y), batch_size=4)
    options = {"max_epochs": 2, "accelerator": "cpu", "logger": False, "enable_progress_bar": False,
               "enable_model_summary": False, "default_root_dir": folder, **options}
    one = pl.Trainer(callbacks=[callback], **options)
    one.fit((model or Module)(), loader, loader)
    return one, Module


def test_lightning(reports, tmp_path):
    pytest.importorskip("pytorch_lightning")
    from weightmark.training.lightning import TrainingCallback
    one, _ = fit(tmp_path, TrainingCallback())
    assert reports.values() == {"rate": "0.5"}, "without the secret"
    assert reports.one("plan") == {"event": "plan", "steps": 8, "epochs": "2.0"}
    assert reports.one("model") == {"event": "model", "parameters": 10, "framework": "torch"}
    assert reports.steps() == list(range(1, 9))
    assert [event["step"] for event in reports.all("evaluation")] == [4, 8], "not the trial before the training"
    assert set(reports.all("evaluation")[0]["metrics"]) == {"loss"}
    assert reports.one("checkpoint")["path"] == one.checkpoint_callback.best_model_path
    end = reports.one("end")
    assert (end["stopReason"], end["steps"], end["epochs"]) == ("max_steps", 8, "2.0")
    assert float(end["finalEvalLoss"]) == pytest.approx(float(one.callback_metrics["val_loss"]))
    assert math.isfinite(float(end["finalTrainLoss"]))
    assert "pytorch-lightning" in reports.distributions()


def test_lightning_counts_steps_of_the_optimizer(reports, tmp_path):
    pytest.importorskip("pytorch_lightning")
    from weightmark.training.lightning import TrainingCallback
    fit(tmp_path, TrainingCallback(), accumulate_grad_batches=2)
    assert reports.steps() == [1, 2, 3, 4]
    assert reports.one("end")["steps"] == reports.one("plan")["steps"] == 4


def test_lightning_resumes_and_stops(reports, tmp_path):
    pl = pytest.importorskip("pytorch_lightning")
    from weightmark.training.lightning import TrainingCallback
    one, module = fit(tmp_path, pl.Callback())

    class Stop(pl.Callback):
        def on_train_batch_end(self, trainer, *_):
            trainer.should_stop = trainer.global_step == 9

    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X, Y), batch_size=4)
    again = pl.Trainer(callbacks=[TrainingCallback(), Stop()], max_epochs=9, accelerator="cpu", logger=False,
                       enable_progress_bar=False, enable_model_summary=False, default_root_dir=tmp_path)
    checkpoint = one.checkpoint_callback.best_model_path
    again.fit(module(), loader, loader, ckpt_path=checkpoint, weights_only=False)
    assert reports.one("input") == {"event": "input", "kind": "model", "relation": "resume", "path": checkpoint}
    assert (reports.one("end")["stopReason"], reports.one("end")["steps"]) == ("early_stop", 9)


@pytest.mark.parametrize("error, reason", [(ZeroDivisionError, "error"), (KeyboardInterrupt, "interrupted")])
def test_lightning_breaks_off(reports, tmp_path, error, reason):
    pl = pytest.importorskip("pytorch_lightning")
    from weightmark.training.lightning import TrainingCallback

    class Broken(pl.LightningModule):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(4, 2)

        def training_step(self, batch, at):
            raise error

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.1)

    with pytest.raises((error, SystemExit)):
        fit(tmp_path, TrainingCallback(), Broken, num_sanity_val_steps=0, limit_val_batches=0)
    assert reports.one("end")["stopReason"] == reason


# --- Keras ----------------------------------------------------------------------------


@pytest.fixture(name="model")
def _model(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras")
    model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(2)])
    model.compile(keras.optimizers.SGD(learning_rate=0.125), "mse", metrics=["mae"])
    return model


def test_keras(reports, model):
    from weightmark.training.keras import TrainingCallback
    history = model.fit(X.numpy(), Y.numpy(), batch_size=4, epochs=3, verbose=0, callbacks=[TrainingCallback()],
                        validation_data=(X.numpy(), Y.numpy()))
    assert reports.values()["optimizer.learning_rate"] == "0.125"
    assert reports.one("plan") == {"event": "plan", "steps": 12, "epochs": "3.0"}
    assert reports.one("model") == {"event": "model", "parameters": 10, "framework": "keras"}
    assert reports.steps() == list(range(1, 13))
    assert [event["step"] for event in reports.all("evaluation")] == [4, 8, 12]
    assert set(reports.all("evaluation")[0]["metrics"]) == {"loss", "mae"}
    end = reports.one("end")
    assert (end["stopReason"], end["steps"], end["epochs"]) == ("max_steps", 12, "3.0")
    assert float(end["finalEvalLoss"]) == pytest.approx(history.history["val_loss"][-1])
    assert float(end["finalTrainLoss"]) == pytest.approx(history.history["loss"][-1])
    assert "keras" in reports.distributions()


def test_keras_stops_early(reports, model):
    from weightmark.training.keras import TrainingCallback
    keras = pytest.importorskip("keras")
    stop = keras.callbacks.EarlyStopping("loss", patience=0, min_delta=1e9)
    model.fit(X.numpy(), Y.numpy(), batch_size=4, epochs=9, verbose=0, callbacks=[TrainingCallback(), stop])
    end = reports.one("end")
    assert end["stopReason"] == "early_stop" and end["steps"] < 36


def test_keras_breaks_off(reports, model):
    from weightmark.training.keras import TrainingCallback
    keras = pytest.importorskip("keras")

    class Broken(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        with weightmark.training_run() as run:
            model.fit(X.numpy(), Y.numpy(), verbose=0, callbacks=[TrainingCallback(run), Broken()])
    assert reports.one("end")["stopReason"] == "error"


# --- Several ranks --------------------------------------------------------------------


def test_ranks(reports):
    """The process group tells who is which, where the environment does not."""
    ranks.run(2, "train_on_ranks")
    assert len(reports.files()) == 2
    worlds = sorted((event["nodes"], event["ranks"], event["rank"]) for event in reports.all("world"))
    assert worlds == [(1, 2, 0), (1, 2, 1)]
    assert [event["steps"] for event in reports.all("end")] == [3, 3]


def test_torchrun(reports, tmp_path):
    """A real launch: what it puts into the environment is what is read."""
    import subprocess
    import sys
    script = tmp_path / "train.py"
    script.write_text("import sys; sys.path.insert(0, sys.argv[1])\nimport weightmark, torch.distributed as dist\n"
                      "dist.init_process_group('gloo')\nwith weightmark.training_run(steps=1) as run:\n"
                      "    run.step(loss=1.0)\ndist.destroy_process_group()\n")
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2", "--standalone", script, tmp_path]
    done = subprocess.run(list(map(str, launcher)), capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
    assert [name.partition("-")[0] for name in reports.files()] == ["rank0", "rank1"]
    assert sorted((event["nodes"], event["ranks"], event["rank"]) for event in reports.all("world")) == \
        [(1, 2, 0), (1, 2, 1)]
