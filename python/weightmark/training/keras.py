"""Reports the trainings of Keras 3, on any backend.

    from weightmark.training.keras import TrainingCallback

    model.fit(x, y, epochs=3, callbacks=[TrainingCallback()])
"""
from __future__ import annotations

from typing import Any, Optional

from ..adapters import required
from ._following import Follower, quiet
from .run import TrainingRun

__all__ = ["TrainingCallback"]


def _optimizer(model: Any) -> dict[str, Any]:
    """{"optimizer.learning_rate": ...}: what the optimizer was made with."""
    optimizer = getattr(model, "optimizer", None)
    return {"optimizer": optimizer.get_config()} if optimizer is not None else {}


def TrainingCallback(run: Optional[TrainingRun] = None) -> Any:  # noqa: N802
    """Returns a callback of Keras that reports the training.

    The optimizer's settings, the plan, the model's size, each batch, evaluations and how
    it ended are reported. The loss that Keras tells is the mean of the epoch so far.

    Args:
        run: what `weightmark.training_run` made, for what else there is to say; one of its
            own where absent. In a `with`, an exception in `fit` is reported too.

    Raises:
        ImportError: Keras is missing.

    Example:
        >>> from weightmark.training.keras import TrainingCallback
        >>> with weightmark.training_run(hyperparameters={"batch_size": 32}) as run:
        ...     path = run.uses_dataset("data.jsonl")
        ...     history = model.fit(x, y, verbose=0, callbacks=[TrainingCallback(run)])
    """
    keras = required("keras", "keras")

    class Callback(keras.callbacks.Callback):  # type: ignore[misc, name-defined]
        """Reports to a TrainingRun."""

        def __init__(self) -> None:
            super().__init__()
            self._follower = Follower(run)
            self._steps = self._epoch = 0

        @quiet
        def on_train_begin(self, logs: Any = None) -> None:
            """Tells what is planned."""
            to = self._follower.begin()
            self._steps = self._epoch = 0
            to.hyperparameters(_optimizer(self.model))
            batches, epochs = self.params.get("steps"), self.params.get("epochs")
            to.plan(steps=batches * epochs if batches and epochs else None, epochs=epochs)
            to.model(self.model)

        @quiet
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            """Counts."""
            self._epoch = epoch

        @quiet
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            """Tells of a step."""
            # With steps_per_execution, Keras calls this once for several.
            batches = self.params.get("steps")
            self._steps = self._epoch * batches + batch + 1 if batches else self._steps + 1
            self._follower.run.step((logs or {}).get("loss"), step=self._steps,
                                    epoch=self._epoch + (batch + 1) / batches if batches else None)

        @quiet
        def on_test_end(self, logs: Any = None) -> None:
            """Tells what came of an evaluation: of the validation in `fit`, too."""
            if logs:
                self._follower.run.evaluation(logs)

        @quiet
        def on_train_end(self, logs: Any = None) -> None:
            """Tells why it ended."""
            short = self._epoch + 1 < (self.params.get("epochs") or 0)
            self._follower.end("early_stop" if self.model.stop_training and short else None)

    return Callback()
