#!/usr/bin/env python3
"""Stands in for weightmark: notes how it was called, and answers as the command does.

STAND_IN_NOTES is the file for its notes, one JSON list a line. STAND_IN_FAILS is a
verb that fails with STAND_IN_STATUS, and STAND_IN_SAYS what it says meanwhile.
"""
import base64
import json
import os
import subprocess
import sys
from pathlib import Path

IDENTITY = "https://github.com/acme/model/.github/workflows/release.yml@refs/tags/v1.0"
PROVIDER = "https://token.actions.githubusercontent.com"


def document(arguments, number):
    model = arguments[-1]
    named = [text.partition("=")[2] for text in arguments if text.startswith("--signature=")]
    return {"schema": "weightmark.signed.v1", "signature": named[-1] if named else f"{model}/model.sig",
            "signer": {"identity": {"names": [os.environ.get("STAND_IN_IDENTITY", IDENTITY)], "provider": PROVIDER},
                       "logs": [{"log": "https://log.example", "index": 100 + number}]}}


def train(arguments):
    """Runs the training, unconfined, and lays a statement that nobody signed where the command does."""
    options, training = arguments[:arguments.index("--")], arguments[arguments.index("--") + 1:]
    output = Path([text.partition("=")[2] for text in options if text.startswith("--output=")][-1])
    done = subprocess.run(training, check=False)
    if done.returncode:
        sys.exit(done.returncode)
    digest = {"sha256": os.environ.get("STAND_IN_DIGEST", "ab" * 32), "weightmarkManifestV1": "cd" * 32}
    capture = {"tier": os.environ.get("STAND_IN_TIER", "A"), "complete": True}
    statement = {"subject": [{"name": os.environ.get("STAND_IN_NAME", output.name), "digest": digest}],
                 "predicate": {"buildDefinition": {"internalParameters": {"capture": capture}}}}
    folder = output / "model.sig.d" if output.is_dir() else Path(f"{output}.sig.d")
    folder.mkdir(parents=True, exist_ok=True)
    payload = base64.b64encode(json.dumps(statement).encode()).decode()
    (folder / "slsaprovenance1.sig").write_text(json.dumps({"dsseEnvelope": {"payload": payload}}), encoding="utf-8")


def inspect(path):
    statement = json.loads(base64.b64decode(json.loads(Path(path).read_text("utf-8"))["dsseEnvelope"]["payload"]))
    identity = {"names": [os.environ.get("STAND_IN_IDENTITY", IDENTITY)], "provider": PROVIDER}
    print(json.dumps({"schema": "weightmark.inspect.v1", "identity": identity, "statement": statement}, indent=2))


def main():
    notes = os.environ["STAND_IN_NOTES"]
    with open(notes, "a", encoding="utf-8") as file:
        file.write(json.dumps(sys.argv[1:]) + "\n")
    print(os.environ.get("STAND_IN_SAYS", "weightmark: done"), file=sys.stderr)
    if os.environ.get("STAND_IN_FAILS") == sys.argv[1]:
        sys.exit(int(os.environ["STAND_IN_STATUS"]))
    if sys.argv[1] == "train":
        train(sys.argv[2:])
    if sys.argv[1] == "inspect":
        inspect(sys.argv[-1])
    if sys.argv[1] == "sign":
        with open(notes, encoding="utf-8") as file:
            number = sum(json.loads(line)[0] == "sign" for line in file)
        print(os.environ.get("STAND_IN_ANSWERS") or json.dumps(document(sys.argv[1:], number), indent=2))


if __name__ == "__main__":
    main()
