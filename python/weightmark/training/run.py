"""A training run, as its script tells of it."""
from __future__ import annotations

import atexit
import contextlib
import functools
import math
import os
import sys
import threading
import time
import weakref
from typing import Any, Callable, Optional, TypeVar

from .. import errors
from ..trust import PathLike
from . import _facts, _values
from ._file import FOLDER, ReportFile, tell
from ._steps import BAD, BestLoss, Losses, Sample
from ._termination import Termination

__all__ = ["TrainingRun", "training_run"]

ROLES = ("train", "validation", "eval", "reward", "synthetic-source")
RELATIONS = ("finetune", "adapter", "merge", "distill", "quantize", "init", "resume")
REASONS = ("max_steps", "early_stop", "target", "interrupted", "error")

_Method = TypeVar("_Method", bound=Callable[..., None])
_runs: weakref.WeakSet[TrainingRun] = weakref.WeakSet()


def _in_child() -> None:
    for run in list(_runs):
        run._forked()


os.register_at_fork(after_in_child=_in_child)


def _reports(method: _Method) -> _Method:
    """Makes a method do nothing where nothing is reported, and never raise."""
    @functools.wraps(method)
    def guarded(self: TrainingRun, *args: Any, **kwargs: Any) -> None:
        if self._file is None:
            return
        try:
            method(self, *args, **kwargs)
        except Exception as error:  # pylint: disable=broad-except
            tell(f"the training goes on, but something of it is not reported: {method.__name__}: {error}")
    return guarded  # type: ignore[return-value]


def _one_of(what: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise errors.make("usage", f"a {what} is one of {', '.join(allowed)}", value)


class TrainingRun:
    """What a script tells of its training. `training_run` makes it; see there.

    Its methods may be called from any thread. Only arguments that can never be right are
    an error; what cannot be reported is said once on standard error, and the training
    goes on.

    Example:
        >>> with weightmark.training_run(steps=2) as run:
        ...     for step in range(2):
        ...         run.step(loss=1 / (step + 1), tokens=512)
    """

    def __init__(self, folder: Optional[str], hyperparameters: Any = None, **plan: Any) -> None:
        self._world = _facts.world()
        self._file = ReportFile(folder, self._world.rank if self._world else 0) if folder else None
        self._given = (hyperparameters, plan)
        self._began = self._open = self._ending = False
        self._own = True  # false in a forked child, which does not end the run
        self._lock = threading.RLock()
        self._termination = Termination(functools.partial(self._end, "interrupted"))
        self._losses = Losses(self._progress)
        self._sample, self._best = Sample(), BestLoss()
        self._log, self._logs = Sample(), 0
        self._step: Optional[int] = None
        self._tokens: Optional[int] = None
        self._epoch: Optional[float] = None
        self._planned: dict[str, Any] = {}
        self._reason: Optional[str] = None
        self._last: Optional[dict[str, Any]] = None  # the last progress, where it had no line
        self._final: Optional[str] = None
        self._bad = 0
        self._modules: dict[str, str] = {}
        self._hardware: Optional[dict[str, Any]] = None

    # -- Beginning and end --

    @property
    def began(self) -> bool:
        """Whether the report has begun, and perhaps ended."""
        return self._began

    def begin(self) -> TrainingRun:
        """Begins the report, where no `with` does. `end` ends it, or else the end of the program."""
        self._begin()
        if self._file is not None:
            atexit.register(self._at_exit)
        return self

    def __enter__(self) -> TrainingRun:
        self._begin()
        return self

    def _begin(self) -> None:
        if not self._began:
            self._began = True
            self._start()

    @_reports
    def _start(self) -> None:
        self._open = True
        _runs.add(self)
        if self._world:
            self._write("world", **self._world._asdict())
        hyperparameters, plan = self._given
        if hyperparameters is not None:
            self.hyperparameters(hyperparameters)
        self.plan(**plan)
        self._termination.listen()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self.end(_reason_of(kind, error))

    def stop(self, reason: str) -> None:
        """Says why the training ends before what was planned: "early_stop" or "target".

        Example:
            >>> with weightmark.training_run(steps=1000) as run:
            ...     run.step(loss=0.01)
            ...     run.stop("target")
        """
        _one_of("reason", reason, REASONS)
        self._reason = reason

    def end(self, reason: Optional[str] = None) -> None:
        """Ends the report. A second time nothing happens.

        Args:
            reason: "max_steps", "early_stop", "target", "interrupted" or "error"; where
                absent, what `stop` said, else "max_steps" unless the plan is not fulfilled:
                then no reason is told.
        """
        if reason is not None:
            _one_of("reason", reason, REASONS)
        self._end(reason)

    @_reports
    def _end(self, reason: Optional[str]) -> None:
        if not self._open or self._ending or not self._own:
            return
        self._ending = True
        atexit.unregister(self._at_exit)
        self._termination.stop()
        with contextlib.suppress(Exception), self._lock:  # the accelerator may be what failed
            self._losses.settle()
            if self._last is not None:
                self._write_progress(self._last)
        with contextlib.suppress(Exception):
            self._tell_environment()
        self._write("end", stopReason=reason or self._reason or self._outcome(), steps=self._step,
                    epochs=_optional(self._epoch), tokens=self._tokens, finalTrainLoss=self._final,
                    finalEvalLoss=self._best.last, bestEvalLoss=self._best.loss, bestEvalStep=self._best.step,
                    nanSteps=self._bad)
        self._open = False
        if self._file is not None:
            self._file.close()

    def _outcome(self) -> Optional[str]:
        steps, epochs, tokens = (self._planned.get(name) for name in ("steps", "epochs", "tokens"))
        short = [steps is not None and (self._step or 0) < steps,
                 steps is None and epochs is not None and self._epoch is not None and self._epoch < epochs,
                 steps is None and tokens is not None and self._tokens is not None and self._tokens < tokens]
        return None if any(short) else "max_steps"

    def _at_exit(self) -> None:
        # The interpreter leaves here what nobody caught.
        error = getattr(sys, "last_value", None)
        self._end(_reason_of(type(error) if error is not None else None, error))

    def _forked(self) -> None:
        self._own = False
        self._lock = threading.RLock()
        self._losses.forget()
        if self._file is not None:
            self._file.start_anew()

    # -- What is trained, and how --

    @_reports
    def hyperparameters(self, values: Any = None, /, **more: Any) -> None:
        """Reports hyperparameters; of one name the last value counts.

        Args:
            values: a mapping, a dataclass or argparse's namespace. Mappings in it become
                names with dots; what is no scalar is left out, and so is what looks like a
                secret.
            more: further values, by name.

        Example:
            >>> with weightmark.training_run() as run:
            ...     run.hyperparameters({"optimizer": {"name": "adamw", "lr": 2e-5}}, seed=1234)
        """
        for part in _values.chunks(_values.flatten({**(_values.as_mapping(values) if values is not None else {}),
                                                    **more})):
            self._write("hyperparameters", values=part)

    @_reports
    def plan(self, *, steps: Optional[int] = None, epochs: Optional[float] = None,
             tokens: Optional[int] = None) -> None:
        """Reports how long the training is to be; over all ranks, as tokens are counted.

        Example:
            >>> with weightmark.training_run() as run:
            ...     run.plan(steps=12_000, tokens=12_000 * 512 * 4096)
        """
        given = {"steps": _whole(steps), "epochs": epochs, "tokens": _whole(tokens)}
        self._planned.update({name: value for name, value in given.items() if value is not None})
        if steps is not None:
            self._sample.expect(_count(steps))
        if any(value is not None for value in given.values()):
            self._write("plan", **{**given, "epochs": _optional(epochs)})

    @_reports
    def model(self, model: Any = None, *, parameters: Optional[int] = None, framework: Optional[str] = None,
              name: Optional[str] = None) -> None:
        """Reports the model's size.

        Args:
            model: a module of PyTorch or a model of Keras, whose parameters are counted.
            parameters, framework, name: what to say instead, or besides.

        Example:
            >>> with weightmark.training_run() as run:
            ...     run.model(parameters=1_100_000_000, framework="torch", name="acme/tinylm-1b")
        """
        if model is not None:
            parameters = _size(model) if parameters is None else parameters
            framework = framework or _framework(model)
        self._write("model", parameters=_whole(parameters), framework=_values.text(framework, _values.MAX_NAME),
                    name=_values.text(name))

    # -- What goes into it --

    def uses_dataset(self, place: PathLike, *, role: str = "train", uri: Optional[str] = None) -> str:
        """Reports that data is used, and returns the place, so that it can stand where that is loaded.

        Args:
            place: a path, or a URI such as hf://datasets/acme/mix@COMMIT.
            role: "train", "validation", "eval", "reward" or "synthetic-source".
            uri: where a path has its content from.

        Example:
            >>> with weightmark.training_run() as run:
            ...     run.uses_dataset("data/train.jsonl", role="train")
            'data/train.jsonl'
        """
        _one_of("role", role, ROLES)
        return self._input(place, uri, kind="dataset", role=role)

    def uses_model(self, place: PathLike, *, relation: str = "finetune", uri: Optional[str] = None) -> str:
        """Reports that another model goes into this one, and returns the place.

        Args:
            place, uri: as in `uses_dataset`.
            relation: "finetune", "adapter", "merge", "distill", "quantize", "init" or "resume".

        Example:
            >>> with weightmark.training_run() as run:
            ...     run.uses_model("base", relation="adapter", uri="hf://acme/base@0123abc")
            'base'
        """
        _one_of("relation", relation, RELATIONS)
        return self._input(place, uri, kind="model", relation=relation)

    def uses_tokenizer(self, place: PathLike, *, uri: Optional[str] = None) -> str:
        """Reports the tokenizer, and returns the place."""
        return self._input(place, uri, kind="tokenizer")

    def uses_judge(self, place: PathLike, *, role: str = "reward", uri: Optional[str] = None) -> str:
        """Reports a model that judges or makes the data, and returns the place."""
        _one_of("role", role, ROLES)
        return self._input(place, uri, kind="judge-model", role=role)

    def resumed_from(self, checkpoint: PathLike, *, uri: Optional[str] = None) -> str:
        """Reports the checkpoint from which this training goes on, and returns the place.

        Example:
            >>> with weightmark.training_run() as run:
            ...     run.resumed_from("out/checkpoint-500")
            'out/checkpoint-500'
        """
        return self._input(checkpoint, uri, kind="model", relation="resume")

    def _input(self, place: PathLike, uri: Optional[str], **what: str) -> str:
        name = os.fspath(place)
        self._tell_input(name, uri, what)
        return name

    @_reports
    def _tell_input(self, name: str, uri: Optional[str], what: dict[str, str]) -> None:
        remote = "://" in name or name.startswith("pkg:")
        path = None if remote else _values.text(os.path.abspath(name))
        uri = name if remote and uri is None else uri
        self._write("input", **what, uri=_values.text(_values.place(uri)) if uri else None, path=path)

    # -- How it goes --

    @_reports
    def step(self, loss: Any = None, *, tokens: Optional[int] = None, tokens_seen: Optional[int] = None,
             step: Optional[int] = None, epoch: Optional[float] = None) -> None:
        """Reports a step of the optimizer, after it.

        Call it at each: what is written is a bounded, even sample, and a loss on an
        accelerator is not waited for.

        Args:
            loss: a number, or a tensor, of this step.
            tokens: how many this step took in, over all ranks.
            tokens_seen: how many all steps so far, where that is known instead.
            step: its number, counted from 1; where absent, the next.
            epoch: how many are complete, with the part of the next: 1.5.

        Example:
            >>> with weightmark.training_run(steps=2) as run:
            ...     for loss in (2.31, 2.17):
            ...         run.step(loss=loss, tokens=4096)
        """
        with self._lock:
            first = self._step is None
            self._step = _count(step) if step is not None else (self._step or 0) + 1
            if tokens_seen is not None:
                self._tokens = _count(tokens_seen)
            elif tokens is not None:
                self._tokens = _count((self._tokens or 0) + int(tokens))
            if epoch is not None:
                self._epoch = float(epoch)
            due = self._sample.due(self._step) or first
            given = {"step": self._step, "epoch": _optional(self._epoch), "tokens": self._tokens,
                     "time": time.time()}
            self._losses.add(loss, (due, given))
        if first:  # by now what trains is loaded
            self._tell_environment()

    def _progress(self, loss: Optional[float], given: Any) -> None:
        due, event = given
        event["loss"] = _optional(loss)
        if loss is not None:
            self._final = event["loss"]
            if not math.isfinite(loss):
                self._bad += 1
                due = due or self._bad <= BAD
        self._last = None if due else event
        if due:
            self._write_progress(event)

    def _write_progress(self, event: dict[str, Any]) -> None:
        self._write("progress", **{**event, "time": _rfc3339(event["time"])})

    @_reports
    def loss(self, loss: Any) -> None:
        """Reports the loss of the last step, or since the last time, where `step` did not have it."""
        with self._lock:
            event = {"step": self._step or 0, "epoch": _optional(self._epoch), "tokens": self._tokens,
                     "time": time.time()}
            self._losses.add(loss, (self._log.due(self._logs), event))
            self._logs += 1

    @_reports
    def bad_step(self) -> None:
        """Counts a step whose loss or gradient was no number, where `step` could not see it."""
        self._bad += 1

    @_reports
    def evaluation(self, metrics: Any = None, /, *, step: Optional[int] = None, name: str = "eval",
                   **more: Any) -> None:
        """Reports an evaluation. "loss" is what the best step is found by.

        Args:
            metrics: {"loss": 1.2, "accuracy": 0.9}; what is no number is left out.
            step: after which; the last one where absent.
            name: of what was evaluated.
            more: further metrics, by name.

        Example:
            >>> with weightmark.training_run() as run:
            ...     run.evaluation(loss=1.2, accuracy=0.9)
        """
        with self._lock:
            self._losses.settle()
        found, name = _numbers({**(metrics or {}), **more}), _values.text(name, _values.MAX_NAME)
        at = _count(step) if step is not None else self._step or 0
        if "loss" in found:
            self._best.add(name, found["loss"], at)
        self._write("evaluation", step=at, name=name,
                    metrics={key: _values.decimal(value) for key, value in found.items()})

    @_reports
    def checkpoint(self, path: PathLike, *, step: Optional[int] = None) -> None:
        """Reports that a checkpoint was written.

        Example:
            >>> with weightmark.training_run() as run:
            ...     run.checkpoint("out/checkpoint-500", step=500)
        """
        self._write("checkpoint", step=_count(step) if step is not None else self._step or 0,
                    path=_values.text(os.path.abspath(os.fspath(path))))

    # -- What the process knows by itself --

    def _tell_environment(self) -> None:
        world = _facts.joined(self._world)
        if world != self._world:
            self._world = world
            self._write("world", **world._asdict())
        modules = _facts.distributions()
        for part in _values.chunks({name: has for name, has in modules.items() if self._modules.get(name) != has}):
            self._write("modules", distributions=part)
        self._modules = modules
        hardware = _facts.hardware()
        if hardware is not None and hardware != self._hardware:
            self._hardware = hardware
            self._write("hardware", **hardware)

    def _write(self, event: str, **members: Any) -> None:
        if self._open and self._file is not None:
            self._file.write(event, **members)


def _reason_of(kind: Any, error: Any) -> Optional[str]:
    if kind is None or issubclass(kind, SystemExit) and error.code in (None, 0):
        return None
    return "interrupted" if issubclass(kind, KeyboardInterrupt) else "error"


def _optional(value: Optional[float]) -> Optional[str]:
    return None if value is None else _values.decimal(value)


def _count(value: Any) -> int:
    if not 0 <= int(value) <= 1 << 53:
        raise ValueError(f"{value} is no count")
    return int(value)


def _whole(value: Any) -> Optional[int]:
    return None if value is None else _count(value)


def _rfc3339(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _numbers(metrics: dict[str, Any]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, value in metrics.items():
        with contextlib.suppress(TypeError, ValueError, RuntimeError):
            if len(found) < 256 and _values.fits(name, _values.MAX_NAME) and not isinstance(value, str):
                found[name] = float(value)
    return found


def _size(model: Any) -> int:
    if callable(getattr(model, "count_params", None)):  # Keras
        return int(model.count_params())
    return sum(int(parameter.numel()) for parameter in model.parameters())


def _framework(model: Any) -> Optional[str]:
    roots = {kind.__module__.partition(".")[0] for kind in type(model).__mro__}
    return next((name for name in ("keras", "torch") if name in roots), None)


def training_run(*, hyperparameters: Any = None, steps: Optional[int] = None, epochs: Optional[float] = None,
                 tokens: Optional[int] = None, folder: Optional[PathLike] = None) -> TrainingRun:
    """Begins the report of a training, for the provenance that `weightmark train` signs.

    Where the script does not run under `weightmark train`, all of this does nothing.

    The end of the `with` reports why the training ended: an exception is "error", Ctrl-C
    and SIGTERM are "interrupted". Each process of a training on several ranks calls this.

    Args:
        hyperparameters: as in `TrainingRun.hyperparameters`.
        steps, epochs, tokens: what is planned, as in `TrainingRun.plan`.
        folder: where to report to, instead of where WEIGHTMARK_TRAINING_REPORT says.

    Example:
        >>> with weightmark.training_run(hyperparameters={"lr": 0.1}, steps=100) as run:
        ...     data = run.uses_dataset("data/train.jsonl")
        ...     for step in range(100):
        ...         run.step(loss=1 / (step + 1))
        ...     run.evaluation(loss=0.01)
    """
    place = os.fspath(folder) if folder is not None else os.environ.get(FOLDER)
    return TrainingRun(place or None, hyperparameters, steps=steps, epochs=epochs, tokens=tokens)
