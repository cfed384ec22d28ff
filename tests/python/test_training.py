"""What a training reports of itself: the lines, their bounds, and that it never harms the training."""
import argparse
import contextlib
import dataclasses
import io
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import unittest
from pathlib import Path
from unittest import mock

import numpy  # noqa: F401, so that a distribution is loaded
import weightmark
from weightmark.training import _facts, _file, _steps, _values

LIMIT, LINE = 16 << 20, 64 << 10  # bytes of a file, of a line: what readers accept


class ReportTest(unittest.TestCase):
    """Has self.folder, to report to."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="weightmark-report-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.enterContext(mock.patch.dict(os.environ))
        for name in (_file.FOLDER, "RANK", "WORLD_SIZE", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK"):
            os.environ.pop(name, None)
        _file._told.clear()

    # Python 3.10 has no enterContext.
    def enterContext(self, manager):  # noqa: N802
        value = manager.__enter__()
        self.addCleanup(manager.__exit__, None, None, None)
        return value

    def run_of(self, **options):
        return weightmark.training_run(folder=self.folder, **options)

    def files(self):
        return sorted(path.name for path in self.folder.iterdir())

    def events(self, name=None):
        """All lines of all files, or those of one event."""
        found = []
        for path in sorted(self.folder.iterdir()):
            self.assertTrue(path.name.endswith(".jsonl"), path)
            content = path.read_bytes()
            self.assertTrue(content.endswith(b"\n"))
            self.assertLessEqual(len(content), LIMIT)
            for line in content.splitlines():
                self.assertLess(len(line), LINE)
                found.append(json.loads(line, parse_float=self.fail, parse_constant=self.fail))
        return [event for event in found if name in (None, event["event"])]

    def event(self, name):
        found = self.events(name)
        self.assertEqual(len(found), 1, found)
        return {key: value for key, value in found[0].items() if key != "event"}

    @contextlib.contextmanager
    def said(self):
        with contextlib.redirect_stderr(io.StringIO()) as output:
            yield output

    def script(self, text, status=0, **environment):
        """Runs a program that reports to the folder; `status` is what it must end with."""
        environment = {**os.environ, _file.FOLDER: str(self.folder), **environment}
        done = subprocess.run([sys.executable, "-c", textwrap.dedent(text)], env=environment, capture_output=True,
                              text=True, timeout=60)
        self.assertEqual(done.returncode, status, done.stderr)
        return done


class Lines(ReportTest):
    def test_a_whole_training(self):
        with self.run_of(hyperparameters={"lr": 2e-5, "seed": 7}, steps=3, epochs=1.5) as run:
            run.model(parameters=1234, framework="none", name="acme/tiny")
            for loss in (3, 2.5, 2.25):
                run.step(loss=loss, tokens=100, epoch=0.5)
            run.evaluation(loss=1.5, accuracy=0.75)
            run.checkpoint("out/checkpoint-3")
        self.assertEqual(self.event("hyperparameters"), {"values": {"lr": "2e-05", "seed": 7}})
        self.assertEqual(self.event("plan"), {"steps": 3, "epochs": "1.5"})
        self.assertEqual(self.event("model"), {"parameters": 1234, "framework": "none", "name": "acme/tiny"})
        self.assertEqual(self.event("world"), {"nodes": 1, "ranks": 1, "rank": 0})
        progress = self.events("progress")
        self.assertEqual([(one["step"], one["tokens"], one["loss"], one["epoch"]) for one in progress],
                         [(1, 100, "3.0", "0.5"), (2, 200, "2.5", "0.5"), (3, 300, "2.25", "0.5")])
        self.assertRegex(progress[0]["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(self.event("evaluation"),
                         {"step": 3, "name": "eval", "metrics": {"loss": "1.5", "accuracy": "0.75"}})
        self.assertEqual(self.event("checkpoint"), {"step": 3, "path": os.path.abspath("out/checkpoint-3")})
        self.assertEqual(self.event("end"),
                         {"stopReason": "max_steps", "steps": 3, "epochs": "0.5", "tokens": 300, "finalTrainLoss": "2.25",
                          "finalEvalLoss": "1.5", "bestEvalLoss": "1.5", "bestEvalStep": 3, "nanSteps": 0})
        self.assertEqual(self.events()[-1]["event"], "end")
        self.assertIn("numpy", self.modules())
        self.assertEqual(self.files(), [f"rank0-{os.getpid()}.jsonl"])

    def modules(self):
        return {name: version for event in self.events("modules") for name, version in event["distributions"].items()}

    def test_inputs(self):
        with self.run_of() as run:
            self.assertEqual(run.uses_dataset("data/train"), "data/train")
            run.uses_dataset(Path("held-out"), role="eval", uri="hf://datasets/acme/eval@0123abc")
            run.uses_dataset("hf://datasets/acme/mix@refs/tags/1")
            run.uses_model("base", relation="adapter")
            run.uses_model("pkg:huggingface/acme/base@0123abc", relation="merge")
            run.uses_tokenizer("tokenizer.json")
            run.uses_judge("judge", role="reward")
            run.resumed_from("out/checkpoint-1")
        here = os.getcwd()
        self.assertEqual([{**one, "event": None} for one in self.events("input")], [{"event": None, **one} for one in [
            {"kind": "dataset", "role": "train", "path": f"{here}/data/train"},
            {"kind": "dataset", "role": "eval", "uri": "hf://datasets/acme/eval@0123abc", "path": f"{here}/held-out"},
            {"kind": "dataset", "role": "train", "uri": "hf://datasets/acme/mix@refs/tags/1"},
            {"kind": "model", "relation": "adapter", "path": f"{here}/base"},
            {"kind": "model", "relation": "merge", "uri": "pkg:huggingface/acme/base@0123abc"},
            {"kind": "tokenizer", "path": f"{here}/tokenizer.json"},
            {"kind": "judge-model", "role": "reward", "path": f"{here}/judge"},
            {"kind": "model", "relation": "resume", "path": f"{here}/out/checkpoint-1"}]])

    def test_values_of_every_kind(self):
        @dataclasses.dataclass
        class Optimizer:
            name: str = "adamw"
            betas: tuple = (0.9, 0.999)

        given = {"optimizer": Optimizer(), "nested": {"a": {"b": True}}, "none": None, "object": object(), "path": Path("x"),
                 "large": 1 << 70, "nan": math.nan, "inf": -math.inf, "callable": print, "data": list(range(1000))}
        with self.run_of(hyperparameters=given) as run:
            run.hyperparameters(argparse.Namespace(batch=32))
            run.hyperparameters(batch=64)
        values = {}
        for event in self.events("hyperparameters"):
            values.update(event["values"])
        self.assertEqual(values, {"optimizer.name": "adamw", "optimizer.betas": '["0.9", "0.999"]', "nested.a.b": True,
                                  "path": "x", "large": str(1 << 70), "nan": "nan", "inf": "-inf", "batch": 64})

    def test_secrets_are_left_out(self):
        secrets = {"hub_token": "plain", "api.key": 1, "api_key": "plain", "password": "plain", "wandb.secret": "plain",
                   "note": "hf_AbCdEf", "other": "ghp_1234", "key": "-----BEGIN PRIVATE KEY-----", "jwt": "eyJh.eyJz.x"}
        fine = {"eos_token": "</s>", "max_tokens": 5, "tokenizer": "bpe", "key_heads": 4, "hidden": "sketch"}
        with self.said() as output, self.run_of(hyperparameters={**secrets, **fine}) as run:
            run.uses_dataset("https://me:plain@host/data?X-Amz-Signature=plain&a=1")
            run.uses_dataset("data", uri="https://plain@host/x?sig=plain#part")
            run.hyperparameters(source="git+https://plain:plain@host/repository")
        text = "".join(path.read_text() for path in self.folder.iterdir())
        for value in ("plain", "hf_A", "ghp_", "BEGIN", "eyJ"):
            self.assertNotIn(value, text)
        self.assertNotIn("plain", output.getvalue())
        self.assertIn("hub_token looks like a secret", output.getvalue())
        values = self.events("hyperparameters")[0]["values"]
        self.assertEqual({name: values[name] for name in fine}, fine)
        self.assertIn("https://host/data", text)

    def test_losses_that_are_no_numbers(self):
        with self.run_of() as run:
            for loss in (1.0, math.nan, math.inf, 2.0, math.nan):
                run.step(loss)
            run.bad_step()
        self.assertEqual([one["loss"] for one in self.events("progress")], ["1.0", "nan", "inf", "2.0", "nan"])
        end = self.event("end")
        self.assertEqual((end["nanSteps"], end["finalTrainLoss"]), (4, "nan"))

    def test_the_best_evaluation(self):
        with self.run_of() as run:
            for step, loss in ((1, 3.0), (2, 1.0), (3, math.nan), (4, 2.0)):
                run.step(step=step)
                run.evaluation({"loss": loss})
                run.evaluation({"loss": -1}, name="other")
        end = self.event("end")
        self.assertEqual((end["bestEvalStep"], end["bestEvalLoss"], end["finalEvalLoss"]), (2, "1.0", "2.0"))
        self.assertNotIn("finalTrainLoss", end)

    def test_losses_where_steps_have_none(self):
        with self.run_of() as run:
            for _ in range(3):
                run.step()
            run.loss(0.5)
        self.assertEqual(self.event("end")["finalTrainLoss"], "0.5")
        self.assertEqual(self.events("progress")[-1]["step"], 3)


class Ends(ReportTest):
    def reason(self):
        return self.event("end").get("stopReason")

    def test_by_the_plan(self):
        for planned, done, reason in ((2, 2, "max_steps"), (2, 3, "max_steps"), (2, 1, None), (None, 1, "max_steps")):
            with self.subTest(planned=planned, done=done):
                with self.run_of(steps=planned) as run:
                    for _ in range(done):
                        run.step()
                self.assertEqual(self.reason(), reason)
                for path in self.folder.iterdir():
                    path.unlink()

    def test_by_epochs_and_tokens(self):
        with self.run_of(epochs=2, tokens=100) as run:
            run.step(epoch=1.5, tokens=60)
        self.assertIsNone(self.reason())

    def test_as_the_script_says(self):
        with self.run_of(steps=9) as run:
            run.step()
            run.stop("target")
        self.assertEqual(self.reason(), "target")

    def test_by_an_exception(self):
        with self.assertRaises(ZeroDivisionError):
            with self.run_of():
                raise ZeroDivisionError
        self.assertEqual(self.reason(), "error")

    def test_by_control_c(self):
        with self.assertRaises(KeyboardInterrupt):
            with self.run_of():
                raise KeyboardInterrupt
        self.assertEqual(self.reason(), "interrupted")

    def test_by_sys_exit(self):
        for status, reason in ((0, "max_steps"), (None, "max_steps"), (3, "error")):
            with self.assertRaises(SystemExit):
                with self.run_of():
                    sys.exit(status)
            self.assertEqual(self.events("end")[-1]["stopReason"], reason)
            for path in self.folder.iterdir():
                path.unlink()

    def test_by_a_signal_as_without_a_report(self):
        script = """
            import os, signal, weightmark
            with weightmark.training_run(steps=9) as run:
                run.step(loss=1.0)
                os.kill(os.getpid(), signal.SIGTERM)
                for _ in range(10 ** 9): pass
            """
        self.script(script, status=-signal.SIGTERM)
        self.assertEqual(self.reason(), "interrupted")

    def test_a_handler_of_the_program_stays(self):
        script = """
            import os, signal, weightmark
            {before}
            with weightmark.training_run() as run:
                {within}
                os.kill(os.getpid(), signal.SIGTERM)
            assert signal.getsignal(signal.SIGTERM) is print, signal.getsignal(signal.SIGTERM)
            """
        line = "signal.signal(signal.SIGTERM, print)"
        self.script(script.format(before=line, within=""))
        self.script(script.format(before="", within=line))
        self.script("""
            import signal, weightmark
            with weightmark.training_run(): pass
            assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
            """)
        self.assertEqual({end["stopReason"] for end in self.events("end")}, {"max_steps"})

    def test_without_a_with(self):
        for end, status, reason in (("run.end('target')", 0, "target"), ("", 0, "max_steps"), ("1 / 0", 1, "error"),
                                    ("raise KeyboardInterrupt", -signal.SIGINT, "interrupted")):
            with self.subTest(end):
                self.script(f"import weightmark; run = weightmark.training_run().begin(); run.step(); {end}", status)
                self.assertEqual(self.reason(), reason)
                for path in self.folder.iterdir():
                    path.unlink()

    def test_nothing_comes_after_it(self):
        with self.run_of() as run:
            pass
        before = self.events()
        run.step(loss=1)
        run.evaluation(loss=1)
        run.end("error")
        self.assertEqual(self.events(), before)

    def test_runs_one_after_the_other(self):
        for _ in range(2):
            with self.run_of():
                pass
        self.assertEqual(self.files(), [f"rank0-{os.getpid()}-1.jsonl", f"rank0-{os.getpid()}.jsonl"])


class Bounds(ReportTest):
    def test_a_long_training_is_sampled(self):
        with self.run_of() as run:
            for _ in range(100_000):
                run.step(loss=1.0)
        steps = [one["step"] for one in self.events("progress")]
        self.assertEqual((steps[0], steps[-1]), (1, 100_000))
        self.assertLess(len(steps), _steps.SAMPLE * 10)
        stride = steps[-2] - steps[-3]
        even = {step for step in steps if step % stride == 0}
        self.assertEqual(even, set(range(stride, 100_001, stride)))
        self.assertGreater(len(even), _steps.SAMPLE // 2)

    def test_a_planned_training_is_sampled_evenly(self):
        with self.run_of(steps=100_000) as run:
            for _ in range(100_000):
                run.step(loss=1.0)
        steps = [one["step"] for one in self.events("progress")]
        self.assertEqual({b - a for a, b in zip(steps[1:-1], steps[2:-1])}, {64})
        self.assertEqual((steps[0], steps[-1]), (1, 100_000))

    def test_no_file_passes_its_limit(self):
        with mock.patch.object(_file, "FILE_LIMIT", 20 << 10), \
                mock.patch.object(_file, "RESERVES", {**_file.RESERVES, "progress": 10 << 10, "evaluation": 2 << 10}), \
                mock.patch.object(_file, "RESERVE", 1 << 10), self.run_of() as run:
            for _ in range(2000):
                run.step(loss=1.0)
            for _ in range(2000):
                run.evaluation(loss=1.0)
            for at in range(100):
                run.hyperparameters({f"{at}-{i}": 0.5 for i in range(50)})
        self.assertLess((self.folder / self.files()[0]).stat().st_size, 20 << 10)
        self.assertEqual(self.event("end")["steps"], 2000)
        self.assertGreater(len(self.events("evaluation")), 50, "progress leaves room for them")

    def test_no_line_passes_its_limit(self):
        with self.run_of() as run:
            run.hyperparameters({f"name-{i}": "x" * 1000 for i in range(500)})
            run.hyperparameters(prompt="x" * 100_000)
            run.evaluation({f"m{i}": i for i in range(100_000)})
        names = {name for event in self.events("hyperparameters") for name in event["values"]}
        self.assertEqual(len(names), 500)

    def test_losses_without_end_that_are_no_numbers(self):
        with self.run_of(steps=10_000_000) as run:
            for _ in range(3000):
                run.step(loss=math.nan)
        self.assertLess(len(self.events("progress")), 100)
        self.assertEqual(self.event("end")["nanSteps"], 3000)


class Harm(ReportTest):
    """Whatever goes wrong with the report, the training goes on."""

    def train(self, folder):
        with weightmark.training_run(folder=folder, hyperparameters={"a": 1}, steps=2) as run:
            run.uses_dataset("data")
            for _ in range(5):
                run.step(loss=1.0, tokens=3)
            run.evaluation(loss=1)
            run.checkpoint("x")

    def test_a_folder_that_is_not_there(self):
        with self.said() as output:
            self.train(self.folder / "missing")
            self.train(self.folder / "missing")
        self.assertEqual(output.getvalue().count("is not reported any further"), 1, output.getvalue())

    def test_a_full_disk(self):
        with self.said() as output, mock.patch("os.write", return_value=3):
            self.train(self.folder)
        self.assertEqual(output.getvalue().count("cut off"), 1, output.getvalue())

    def test_a_closed_standard_error(self):
        with mock.patch.object(sys, "stderr", None):
            self.train(self.folder / "missing")

    def test_warnings_that_are_errors(self):
        self.script("""
            import weightmark
            with weightmark.training_run(folder="/dev/null/x") as run:
                run.step(loss=1)
            """, PYTHONWARNINGS="error")

    def test_values_that_make_no_sense(self):
        with self.said() as output, self.run_of() as run:
            run.step(loss="high")
            run.step(loss=1.0, tokens="many")
            run.model(model=object())
            run.plan(steps="all")
            run.hyperparameters(3)
            run.plan(tokens=-1)
            run.step(tokens=1 << 60)
            run.uses_dataset("x" * 5000)
            run.checkpoint("x" * 5000)
            run.evaluation(loss=1, name="")
            run.evaluation({"": 1, "x" * 300: 2})
            run.hyperparameters({"": 1, "y" * 300: 2, 3: 4, "bytes": os.fsdecode(b"\xff\x00")})
            run.evaluation({"loss": object(), "text": "0.5"})
            run.step(loss=0.5)
        self.assertIn("the training goes on", output.getvalue())
        self.assertEqual(self.event("end")["finalTrainLoss"], "0.5")
        self.assertEqual(self.events("plan") + self.events("input") + self.events("checkpoint"), [])
        self.assertEqual([one["metrics"] for one in self.events("evaluation")], [{}, {}])
        self.assertEqual([one["values"] for one in self.events("hyperparameters")], [{"3": 4, "bytes": "?\x00"}])

    def test_arguments_that_can_never_be_right(self):
        for folder in (self.folder, None):
            with weightmark.training_run(folder=folder) as run:
                for call in (lambda: run.uses_dataset("x", role="training"), lambda: run.uses_model("x", relation="child"),
                             lambda: run.stop("tired"), lambda: run.end("tired")):
                    with self.assertRaises(weightmark.UsageError):
                        call()

    def test_without_a_folder_nothing_is_done(self):
        with mock.patch("builtins.open", side_effect=AssertionError), mock.patch("os.open", side_effect=AssertionError):
            self.train(None)
        self.assertEqual(signal.getsignal(signal.SIGTERM), signal.SIG_DFL)
        self.assertEqual(self.files(), [])

    def test_links_are_not_followed(self):
        target = self.folder / "target"
        target.write_text("mine")
        (self.folder / f"rank0-{os.getpid()}.jsonl").symlink_to(target)
        with self.run_of():
            pass
        self.assertEqual(target.read_text(), "mine")
        target.unlink()


class Processes(ReportTest):
    def test_a_forked_child_has_its_own_file_and_no_end(self):
        self.script("""
            import os, weightmark
            with weightmark.training_run() as run:
                run.step(loss=1.0)
                child = os.fork()
                if not child:
                    run.step(loss=2.0)
                    raise SystemExit(0)
                os.waitpid(child, 0)
                run.step(loss=3.0)
            """)
        self.assertEqual(len(self.files()), 2)
        self.assertEqual(len(self.events("end")), 1)
        self.assertEqual(self.event("end")["finalTrainLoss"], "3.0")
        self.assertIn("2.0", {one["loss"] for one in self.events("progress")})

    def test_a_terminated_child_is_not_the_end(self):
        self.script("""
            import os, signal, time, weightmark
            with weightmark.training_run() as run:
                run.step(loss=1.0)
                child = os.fork()
                if not child:
                    while True: time.sleep(1)
                os.kill(child, signal.SIGTERM)
                assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGTERM
            """)
        self.assertEqual(self.event("end")["stopReason"], "max_steps")

    def test_a_fork_while_another_thread_writes(self):
        self.script("""
            import os, threading, weightmark
            with weightmark.training_run() as run:
                run.step()
                done = threading.Event()
                def work():
                    while not done.is_set(): run.evaluation(loss=1.0)
                thread = threading.Thread(target=work)
                thread.start()
                for _ in range(50):
                    child = os.fork()
                    if not child:
                        run.step(loss=2.0)
                        os._exit(0)
                    assert os.waitpid(child, 0)[1] == 0
                done.set()
                thread.join()
            """)
        self.assertEqual(len(self.events("end")), 1)

    def test_threads(self):
        with self.run_of() as run:
            threads = [threading.Thread(target=lambda: [run.step(loss=1.0, tokens=1) for _ in range(500)]) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        end = self.event("end")
        self.assertEqual((end["steps"], end["tokens"]), (2000, 2000))

    def test_ranks_have_a_file_each(self):
        script = "import weightmark\nwith weightmark.training_run() as run: run.step(loss=1)"
        for rank in range(2):
            self.script(script, RANK=str(rank), WORLD_SIZE="2", LOCAL_WORLD_SIZE="1")
        self.assertEqual([name.partition("-")[0] for name in self.files()], ["rank0", "rank1"])
        self.assertEqual([(one["nodes"], one["ranks"], one["rank"]) for one in self.events("world")], [(2, 2, 0), (2, 2, 1)])

    def test_worlds(self):
        for environment, expected in (
                ({}, None),
                ({"RANK": "3", "WORLD_SIZE": "8", "LOCAL_WORLD_SIZE": "4"}, (2, 8, 3)),
                ({"RANK": "3", "WORLD_SIZE": "8", "GROUP_WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "4"}, (2, 8, 3)),
                ({"RANK": "3", "WORLD_SIZE": "8", "NNODES": "4"}, (4, 8, 3)),
                ({"RANK": "9", "WORLD_SIZE": "8"}, None),
                ({"RANK": "-1", "WORLD_SIZE": "x"}, None),
                ({"SLURM_PROCID": "5", "SLURM_NTASKS": "16", "SLURM_NNODES": "2"}, (2, 16, 5)),
                ({"SLURM_NTASKS": "16", "SLURM_NNODES": "2"}, None),
                ({"OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_LOCAL_SIZE": "2"}, (2, 4, 1))):
            self.assertEqual(_facts.world(environment), expected, environment)


class Accelerators(ReportTest):
    """With a PyTorch that is made up: what it would cost to look at a loss is counted."""

    def setUp(self):
        super().setUp()
        self.waits = 0
        test = self

        class Tensor:
            device = mock.Mock(type="cuda")
            ndim = 0
            shape = ()

            def __init__(self, value):
                self.value = value

            def detach(self):
                return self

            clone = float = detach

            def __float__(self):
                test.waits += 1
                return self.value

            def tolist(self):
                test.waits += 1
                return self.value

        self.tensor = Tensor
        cuda = mock.Mock(**{"is_initialized.return_value": True, "device_count.return_value": 3,
                            "get_device_name.side_effect": ["A", "B", "B"],
                            "max_memory_allocated.side_effect": lambda at: at})
        torch = mock.Mock(cuda=cuda, version=mock.Mock(cuda="12.8", hip=None),
                          stack=lambda tensors: Tensor([one.value for one in tensors]), __spec__=None)
        self.enterContext(mock.patch.dict(sys.modules, {"torch": torch}))
        sys.modules.pop("torch.distributed", None)

    def test_losses_are_fetched_together(self):
        with self.run_of() as run:
            for at in range(100):
                run.step(loss=self.tensor(float(at) if at != 50 else math.nan))
            self.assertEqual(self.waits, 3)
        self.assertEqual(self.waits, 4)
        self.assertEqual([one["loss"] for one in self.events("progress")],
                         [repr(float(at)) if at != 50 else "nan" for at in range(100)])
        self.assertEqual(self.event("end")["nanSteps"], 1)

    def test_hardware_that_was_used(self):
        with mock.patch.object(_facts, "_driver", return_value="575.57.08"), self.run_of() as run:
            sys.modules["torch"].cuda.get_device_name.side_effect = lambda at: "ABB"[at]
            run.step()
        self.assertEqual(self.event("hardware"), {"runtime": "cuda 12.8", "accelerators": [
            {"model": "B", "count": 2, "driver": "575.57.08"}]})

    def test_hardware_that_was_not_started(self):
        sys.modules["torch"].cuda.is_initialized.return_value = False
        with self.run_of() as run:
            run.step()
        self.assertEqual(self.events("hardware"), [])


class Parts(unittest.TestCase):
    def test_places(self):
        for given, expected in (
                ("https://user:secret@host:8/a?b=c#d", "https://host:8/a?b=c#d"),
                ("hf://datasets/acme/mix@refs/tags/1", "hf://datasets/acme/mix@refs/tags/1"),
                ("https://host/a?X-Amz-Credential=x&y=1", "https://host/a"),
                ("pkg:pypi/torch@2.8.0", "pkg:pypi/torch@2.8.0"),
                ("http://[broken?token=x", "http://[broken")):
            self.assertEqual(_values.place(given), expected)

    def test_chunks_lose_nothing(self):
        values = {f"name{i}": "x" * (i % 3000) for i in range(300)}
        together = {}
        for part in _values.chunks(values):
            self.assertLess(len(json.dumps(part)), LINE)
            together.update(part)
        self.assertEqual(together, values)


if __name__ == "__main__":
    unittest.main()
