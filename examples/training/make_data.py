#!/usr/bin/env python3
"""Makes the data sets of this example: reviews of a café, and whether the guest was content.

usage: make_data.py FOLDER

Writes FOLDER/train/reviews.jsonl and FOLDER/eval/reviews.jsonl, one JSON object a line with
`text` and `label`. The same bytes each time: the digests in a provenance can be made again.
"""
import json
import random
import sys
from pathlib import Path

THINGS = ["coffee", "soup", "cake", "service", "bread", "music", "view", "tea", "room", "salad"]
CONTENT = ["excellent", "lovely", "warm", "fresh", "generous", "quick", "friendly", "perfect"]
DISCONTENT = ["cold", "stale", "slow", "dull", "noisy", "burnt", "bland", "rude"]
FRAMES = ["the {thing} was {word}", "i found the {thing} {word}", "{word} {thing} and a {second} {other}",
          "such {word} {thing}", "we had {word} {thing}, and the {other} was {second}"]
MISTAKEN = 0.05  # the share of guests who tick the wrong box
SPLITS = {"train": (400, 1), "eval": (100, 2)}  # how many reviews, and the seed


def review(source):
    label = source.randrange(2)
    words = [DISCONTENT, CONTENT][label]
    thing, other = source.sample(THINGS, 2)
    text = source.choice(FRAMES).format(thing=thing, other=other, word=source.choice(words),
                                        second=source.choice(words))
    return {"text": text, "label": label ^ (source.random() < MISTAKEN)}


def main():
    for name, (count, seed) in SPLITS.items():
        folder = Path(sys.argv[1]) / name
        folder.mkdir(parents=True, exist_ok=True)
        source = random.Random(seed)
        lines = [json.dumps(review(source)) + "\n" for _ in range(count)]
        (folder / "reviews.jsonl").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
