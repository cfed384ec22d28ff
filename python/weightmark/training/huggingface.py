"""Reports the trainings of transformers' Trainer, and of those that are made of it, such as TRL's.

    from weightmark.training.huggingface import TrainingCallback

    trainer = transformers.Trainer(model, arguments, train_dataset=data, callbacks=[TrainingCallback()])
    trainer.train()
"""
from __future__ import annotations

import math
import os
from typing import Any, Optional

from ..adapters import required
from ._following import Follower, quiet
from .run import TrainingRun

__all__ = ["TrainingCallback"]

# What decides how a model comes out. Others of TrainingArguments are about the machine,
# or are tokens of services.
ARGUMENTS = (
    "adam_beta1", "adam_beta2", "adam_epsilon", "average_tokens_across_devices", "bf16", "data_seed",
    "dataloader_drop_last", "deepspeed", "fp16", "fsdp", "full_determinism", "gradient_accumulation_steps",
    "gradient_checkpointing", "group_by_length", "label_smoothing_factor", "learning_rate", "lr_scheduler_kwargs",
    "lr_scheduler_type", "max_grad_norm", "max_steps", "metric_for_best_model", "neftune_noise_alpha",
    "num_train_epochs", "optim", "optim_args", "parallelism_config", "per_device_train_batch_size", "seed", "tf32",
    "torch_compile", "train_sampling_strategy", "warmup_ratio", "warmup_steps", "weight_decay",
    # of TRL
    "beta", "loss_type", "max_completion_length", "max_length", "num_generations", "packing", "temperature",
)


def _base(run: TrainingRun, model: Any) -> None:
    """Tells where the weights came from, as transformers remembers it."""
    adapters = getattr(model, "peft_config", None) or {}
    names = [config.base_model_name_or_path for config in adapters.values()]
    names = names or [getattr(getattr(model, "config", None), "_name_or_path", "")]
    for name in sorted({name for name in names if name}):
        place = name if os.path.exists(name) or "://" in name else f"hf://{name}"
        run.uses_model(place, relation="adapter" if adapters else "finetune")


def _metrics(metrics: dict[str, Any]) -> dict[str, Any]:
    """Without "eval_", and without how long it took."""
    return {name.removeprefix("eval_"): value for name, value in metrics.items()
            if not name.endswith(("_runtime", "_per_second", "epoch"))}


def _is_bad(logs: dict[str, Any]) -> bool:
    """Whether a gradient was no number. The Trainer replaces such losses before they are logged."""
    norm = logs.get("grad_norm")
    return norm is not None and not math.isfinite(float(norm))


def TrainingCallback(run: Optional[TrainingRun] = None) -> Any:  # noqa: N802
    """Returns a callback of transformers' Trainer that reports the training.

    The hyperparameters, the plan, the model's size, the weights that it began with, each
    step, the losses where they are logged, evaluations and checkpoints are reported.

    With `logging_nan_inf_filter`, which is the default, the Trainer hides losses that are
    no numbers; what is counted then are the logged gradients that are none.

    Args:
        run: what `weightmark.training_run` made, for what else there is to say; one of
            its own where absent. In a `with`, an exception of the Trainer is reported too.

    Raises:
        ImportError: transformers is missing.

    Example:
        >>> from weightmark.training.huggingface import TrainingCallback
        >>> with weightmark.training_run() as run:
        ...     path = run.uses_dataset("data.jsonl")
        ...     trainer.add_callback(TrainingCallback(run))
        ...     result = trainer.train()
    """
    transformers = required("transformers", "transformers")

    class Callback(transformers.TrainerCallback):  # type: ignore[misc, name-defined]
        """Reports to a TrainingRun."""

        def __init__(self) -> None:
            self._follower = Follower(run)

        @quiet
        def on_train_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:
            """Tells what is planned."""
            to = self._follower.begin()
            to.hyperparameters({name: getattr(args, name, None) for name in ARGUMENTS})
            to.plan(steps=state.max_steps, epochs=state.num_train_epochs)
            model = given.get("model")
            if model is not None:
                to.model(model)
                _base(to, model)
            if state.global_step and isinstance(args.resume_from_checkpoint, str):
                to.resumed_from(args.resume_from_checkpoint)

        @quiet
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            """Tells of a step; its loss is not known here."""
            self._follower.run.step(step=state.global_step, epoch=state.epoch,
                                    tokens_seen=int(state.num_input_tokens_seen) or None)

        @quiet
        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            """Tells of the mean loss since the last time."""
            if not logs or "loss" not in logs:
                return
            if _is_bad(logs) and math.isfinite(float(logs["loss"])):
                self._follower.run.bad_step()
            self._follower.run.loss(float(logs["loss"]))

        @quiet
        def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any = None, **_: Any) -> None:
            """Tells what came of an evaluation."""
            self._follower.run.evaluation(_metrics(metrics or {}), step=state.global_step)

        @quiet
        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            """Tells of a checkpoint."""
            path = os.path.join(args.output_dir, f"checkpoint-{state.global_step}")
            self._follower.run.checkpoint(path, step=state.global_step)

        @quiet
        def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            """Tells why it ended."""
            self._follower.end("early_stop" if state.global_step < state.max_steps else None)

    return Callback()
