#!/usr/bin/env python3
"""Stands in for weightmark: notes how it was called, and answers as the command does.

STAND_IN_NOTES is the file for its notes, one JSON list a line. STAND_IN_FAILS is a
verb that fails with STAND_IN_STATUS, and STAND_IN_SAYS what it says meanwhile.
"""
import json
import os
import sys

IDENTITY = "https://github.com/acme/model/.github/workflows/release.yml@refs/tags/v1.0"
PROVIDER = "https://token.actions.githubusercontent.com"


def document(arguments, number):
    model = arguments[-1]
    named = [text.partition("=")[2] for text in arguments if text.startswith("--signature=")]
    return {"schema": "weightmark.signed.v1", "signature": named[-1] if named else f"{model}/model.sig",
            "signer": {"identity": {"names": [os.environ.get("STAND_IN_IDENTITY", IDENTITY)], "provider": PROVIDER},
                       "logs": [{"log": "https://log.example", "index": 100 + number}]}}


def main():
    notes = os.environ["STAND_IN_NOTES"]
    with open(notes, "a", encoding="utf-8") as file:
        file.write(json.dumps(sys.argv[1:]) + "\n")
    print(os.environ.get("STAND_IN_SAYS", "weightmark: done"), file=sys.stderr)
    if os.environ.get("STAND_IN_FAILS") == sys.argv[1]:
        sys.exit(int(os.environ["STAND_IN_STATUS"]))
    if sys.argv[1] == "sign":
        with open(notes, encoding="utf-8") as file:
            number = sum(json.loads(line)[0] == "sign" for line in file)
        print(os.environ.get("STAND_IN_ANSWERS") or json.dumps(document(sys.argv[1:], number), indent=2))


if __name__ == "__main__":
    main()
