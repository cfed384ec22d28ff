"""Reports the trainings of Lightning's Trainer.

    from weightmark.training.lightning import TrainingCallback

    trainer = lightning.Trainer(max_steps=4, callbacks=[TrainingCallback()])
    trainer.fit(model, data)
"""
from __future__ import annotations

import importlib
import sys
from typing import Any, Optional

from ._following import Follower, quiet
from .run import TrainingRun

__all__ = ["TrainingCallback"]

PACKAGES = ("lightning.pytorch", "pytorch_lightning")


def _lightning() -> Any:
    """The package of Lightning that is in use: it has two names, whose classes are not the same."""
    for name in PACKAGES:
        if name in sys.modules:
            return sys.modules[name]
    for name in PACKAGES:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise ImportError("this needs Lightning: pip install lightning", name="lightning")


def _loss(outputs: Any) -> Any:
    return outputs.get("loss") if isinstance(outputs, dict) else outputs


def _metrics(trainer: Any) -> dict[str, Any]:
    """What was logged but by the training itself: {"loss": ...} of {"val_loss": ...}."""
    return {name.removeprefix("val_").removeprefix("val/"): value for name, value in trainer.callback_metrics.items()
            if not name.startswith("train")}


def _plan(trainer: Any) -> dict[str, Any]:
    steps = trainer.estimated_stepping_batches  # infinite where neither steps nor epochs are limited
    epochs = trainer.max_epochs
    return {"steps": int(steps) if steps != float("inf") else None,
            "epochs": epochs if epochs is not None and epochs > 0 else None}


def TrainingCallback(run: Optional[TrainingRun] = None) -> Any:  # noqa: N802
    """Returns a callback of Lightning's Trainer that reports the training.

    The hyperparameters that the module saved (`save_hyperparameters`), the plan, the
    model's size, each step with its loss, validations, checkpoints and how it ended are
    reported.

    Args:
        run: what `weightmark.training_run` made, for what else there is to say; one of its
            own where absent.

    Raises:
        ImportError: Lightning is missing.

    Example:
        >>> from weightmark.training.lightning import TrainingCallback
        >>> with weightmark.training_run() as run:
        ...     path = run.uses_dataset("data.jsonl")
        ...     trainer = Trainer(max_steps=4, callbacks=[TrainingCallback(run)])
        ...     trainer.fit(model, data)
    """
    lightning = _lightning()

    class Callback(lightning.Callback):  # type: ignore[misc, name-defined]
        """Reports to a TrainingRun."""

        def __init__(self) -> None:
            super().__init__()
            self._follower = Follower(run)
            self._steps = 0

        @quiet
        def on_train_start(self, trainer: Any, pl_module: Any) -> None:
            """Tells what is planned."""
            to = self._follower.begin()
            self._steps = trainer.global_step
            to.hyperparameters(dict(pl_module.hparams))
            to.plan(**_plan(trainer))
            to.model(pl_module, framework="torch")
            if trainer.ckpt_path:
                to.resumed_from(trainer.ckpt_path)

        @quiet
        def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
            """Tells of a step; of several batches that make one, the last."""
            if trainer.global_step == self._steps:
                return
            self._steps = trainer.global_step
            part = (batch_idx + 1) / trainer.num_training_batches if trainer.num_training_batches else 0
            self._follower.run.step(_loss(outputs), step=trainer.global_step, epoch=trainer.current_epoch + part)

        @quiet
        def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
            """Tells what came of a validation, but of the one that only tries it out."""
            if not trainer.sanity_checking and self._steps:
                self._follower.run.evaluation(_metrics(trainer), step=trainer.global_step)

        @quiet
        def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
            """Tells of an end by an exception. Lightning itself catches Ctrl-C."""
            self._follower.end("interrupted" if isinstance(exception, KeyboardInterrupt) else "error")

        @quiet
        def on_train_end(self, trainer: Any, pl_module: Any) -> None:
            """Tells why it ended, and what checkpoints there are."""
            for callback in trainer.checkpoint_callbacks:
                for path in sorted({callback.best_model_path, callback.last_model_path} - {""}):
                    self._follower.run.checkpoint(path)
            stopped = getattr(trainer, "should_stop", False) and trainer.global_step < trainer.estimated_stepping_batches
            self._follower.end("early_stop" if stopped else None)

    return Callback()
