"""Fine-tunes a tiny model: what the tests of `weightmark train` run.

usage: train.py --base FOLDER --data FOLDER --out FOLDER [--steps N] [--stop-after N]
                [--resume FOLDER] [--read FILE] [--connect PORT] [--seed N]

Needs nothing but PyTorch, safetensors and weightmark; runs on several ranks under torchrun.
The model predicts the next of 32
tokens; the base model knows one rule for it, the data follows another.
"""
import argparse
import json
import os
import socket
from pathlib import Path

import torch
import weightmark
from safetensors.torch import load_file, save_file

TOKENS, WIDTH = 32, 64


class Model(torch.nn.Module):
    """The next token by the last one."""

    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(TOKENS, WIDTH)
        self.hidden = torch.nn.Linear(WIDTH, WIDTH)
        self.head = torch.nn.Linear(WIDTH, TOKENS)

    def forward(self, tokens):
        return self.head(torch.relu(self.hidden(self.embedding(tokens))))


def loss_of(model, sequences):
    logits = model(sequences[:, :-1])
    return torch.nn.functional.cross_entropy(logits.reshape(-1, TOKENS), sequences[:, 1:].reshape(-1))


def arguments():
    parser = argparse.ArgumentParser()
    for name in ("--base", "--data", "--out"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--stop-after", type=int)
    parser.add_argument("--resume", type=Path)
    parser.add_argument("--read", type=Path)
    parser.add_argument("--connect", type=int)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--lr", type=float, default=0.01)
    return parser.parse_args()


def connect(port):
    """Tries to reach another program, as a script might that fetches data behind one's back."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        print("connected")
    except OSError as error:
        print(f"not connected: {error}")


def main():
    given = arguments()
    torch.manual_seed(given.seed)
    distributed = "RANK" in os.environ
    if distributed:
        torch.distributed.init_process_group("gloo")
    hyperparameters = {"algorithm": "sft", "lr": given.lr, "seed": given.seed, "optimizer": "adamw"}
    with weightmark.training_run(hyperparameters=hyperparameters, steps=given.steps) as run:
        model = Model()
        start = run.resumed_from(given.resume) if given.resume else run.uses_model(given.base)
        model.load_state_dict(load_file(Path(start) / "model.safetensors"))
        shards = sorted(Path(run.uses_dataset(given.data)).glob("*.safetensors"))
        data = torch.cat([load_file(shard)["tokens"] for shard in shards])
        if given.read:
            given.read.read_bytes()
        if given.connect:
            connect(given.connect)
        train(given, run, model, data)
        if not distributed or torch.distributed.get_rank() == 0:
            save(model, given.out)
    if distributed:
        torch.distributed.destroy_process_group()


def train(given, run, model, data):
    run.model(model, name="acme/tiny")
    held_out, data = data[:64], data[64:]
    ranks = torch.distributed.get_world_size() if torch.distributed.is_initialized() else 1
    parallel = torch.nn.parallel.DistributedDataParallel(model) if ranks > 1 else model
    optimizer = torch.optim.AdamW(model.parameters(), lr=given.lr)
    for step in range(given.stop_after or given.steps):
        batch = data[torch.randint(len(data), (32,))]
        loss = loss_of(parallel, batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        run.step(loss=loss, tokens=batch.numel() * ranks)
    with torch.no_grad():
        run.evaluation(loss=loss_of(model, held_out))


def save(model, folder):
    folder.mkdir(parents=True, exist_ok=True)
    save_file(model.state_dict(), folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"tokens": TOKENS, "width": WIDTH}))


if __name__ == "__main__":
    main()
