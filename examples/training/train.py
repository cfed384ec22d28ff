#!/usr/bin/env python3
"""Trains a small classifier of texts, with nothing but Python's standard library.

usage: train.py --train FOLDER --eval FOLDER --config FILE --hyperparameters FILE --output FOLDER

Logistic regression over hashed words. Writes FOLDER/weights.safetensors. Where
WEIGHTMARK_TRAINING_REPORT names a folder, as it does below `weightmark train`, the training
reports to it what it was set, how far it came and how well it does; a provenance records that
as what the program says of itself. With the same files it makes the same bytes.
"""
import argparse
import json
import math
import os
import random
import struct
import zlib
from pathlib import Path


class Report:
    """Lines of JSON for `weightmark train`, in a file of this process; nowhere without it."""

    def __init__(self):
        folder = os.environ.get("WEIGHTMARK_TRAINING_REPORT")
        self.file = open(Path(folder) / f"train-{os.getpid()}.jsonl", "a", encoding="utf-8") if folder else None

    def say(self, event, **members):
        if self.file:
            self.file.write(json.dumps({"event": event, **members}) + "\n")
            self.file.flush()


def decimal(number):
    return f"{number:.6f}"


# --- Data ------------------------------------------------------------------------------


def features(text, buckets):
    """The buckets that the words of a text fall into."""
    return sorted({zlib.crc32(word.strip(",").encode()) % buckets for word in text.split()})


def read_reviews(folder, buckets):
    """Pairs of features and label, from each file of the folder in the order of their names."""
    found = []
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            review = json.loads(line)
            found.append((features(review["text"], buckets), review["label"]))
    return found


# --- The model -------------------------------------------------------------------------


class Model:
    def __init__(self, buckets):
        self.weights, self.bias = [0.0] * buckets, 0.0

    def chance(self, words):
        return 1 / (1 + math.exp(-self.bias - sum(self.weights[word] for word in words)))

    def learn(self, words, label, rate):
        """One step of gradient descent; the loss before it."""
        chance = self.chance(words)
        step = rate * (label - chance)
        self.bias += step
        for word in words:
            self.weights[word] += step
        return -math.log(chance if label else 1 - chance)

    def judge(self, reviews):
        """The mean loss, and the share that it gets right."""
        chances = [(self.chance(words), label) for words, label in reviews]
        loss = -sum(math.log(chance if label else 1 - chance) for chance, label in chances) / len(chances)
        return loss, sum((chance > 0.5) == bool(label) for chance, label in chances) / len(chances)

    def write(self, folder, config):
        """As safetensors: the length of a header, the header, and the numbers behind it.

        One file, so that a platform which attests files, not models, attests this model.
        """
        numbers = struct.pack(f"<{len(self.weights) + 1}f", *self.weights, self.bias)
        end = 4 * len(self.weights)
        header = json.dumps({"__metadata__": {"config": json.dumps(config, sort_keys=True)},
                             "weights": {"dtype": "F32", "shape": [len(self.weights)], "data_offsets": [0, end]},
                             "bias": {"dtype": "F32", "shape": [1], "data_offsets": [end, end + 4]}}).encode()
        header += b" " * (-len(header) % 8)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "weights.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + numbers)


# --- Training --------------------------------------------------------------------------


class Progress:
    """How far the training is, in steps and in words, and what it has reached."""

    def __init__(self, epochs, report):
        self.epochs, self.report = epochs, report
        self.step = self.words = self.best_step = 0
        self.losses, self.best = (0.0, 0.0), math.inf

    def epoch_is_over(self, epoch, reviews, loss, judged):
        held_out, accuracy = judged
        self.step += len(reviews)
        self.words += sum(len(words) for words, _ in reviews)
        self.losses = (loss, held_out)
        if held_out < self.best:
            self.best, self.best_step = held_out, self.step
        self.report.say("progress", step=self.step, epoch=f"{epoch}.0", tokens=self.words, loss=decimal(loss))
        self.report.say("evaluation", step=self.step, name="eval",
                        metrics={"loss": decimal(held_out), "accuracy": decimal(accuracy)})
        print(f"epoch {epoch}: loss {loss:.4f}, held out {held_out:.4f}, right {accuracy:.1%}", flush=True)

    def end(self):
        loss, held_out = map(decimal, self.losses)
        self.report.say("end", stopReason="max_steps", steps=self.step, epochs=f"{self.epochs}.0", tokens=self.words,
                        finalTrainLoss=loss, finalEvalLoss=held_out, bestEvalStep=self.best_step, nanSteps=0)


def train(model, reviews, held_out, set_to, report):
    order, epochs = random.Random(set_to["seed"]), set_to["epochs"]
    rate, progress = float(set_to["learning_rate"]), Progress(epochs, report)
    report.say("plan", steps=epochs * len(reviews), epochs=f"{epochs}.0")
    for epoch in range(1, epochs + 1):
        order.shuffle(reviews)
        loss = sum(model.learn(words, label, rate) for words, label in reviews) / len(reviews)
        progress.epoch_is_over(epoch, reviews, loss, model.judge(held_out))
    progress.end()


def arguments():
    parser = argparse.ArgumentParser()
    for name in ["train", "eval", "config", "hyperparameters", "output"]:
        parser.add_argument(f"--{name}", type=Path, required=True)
    return parser.parse_args()


def main():
    given, report = arguments(), Report()
    config = json.loads(given.config.read_text(encoding="utf-8"))
    set_to = json.loads(given.hyperparameters.read_text(encoding="utf-8"))
    report.say("hyperparameters", values=set_to)
    report.say("input", kind="dataset", role="train", path=str(given.train))
    report.say("input", kind="dataset", role="eval", path=str(given.eval))
    model = Model(config["buckets"])
    report.say("model", parameters=config["buckets"] + 1, framework="none", name=config["name"])
    train(model, read_reviews(given.train, config["buckets"]), read_reviews(given.eval, config["buckets"]), set_to,
          report)
    model.write(given.output, config)


if __name__ == "__main__":
    main()
