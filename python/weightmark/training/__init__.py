"""What a training says of itself, for the provenance that `weightmark train` signs.

    import weightmark

    with weightmark.training_run(hyperparameters={"lr": 2e-5}, steps=1000) as run:
        for batch in batches:
            run.step(loss=train(batch), tokens=batch.numel())
        run.evaluation(loss=evaluate())

The callbacks of frameworks do the same: `weightmark.training.huggingface`, `.lightning`
and `.keras`. None of it is evidence: a statement marks it as self-reported.
"""
from .run import TrainingRun, training_run

__all__ = ["TrainingRun", "training_run"]
