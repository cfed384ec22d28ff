"""Signs a model by the installed package, verifies and reads it, tampers with it.

usage: use.py MODEL PRIVATE_KEY PUBLIC_KEY
"""
import sys
from pathlib import Path

import weightmark


def refused(action):
    try:
        action()
    except weightmark.Refused:
        return True
    return False


def main():
    model, private_key, public_key = map(Path, sys.argv[1:])
    trust = weightmark.KeyTrust(public_key)
    weightmark.sign(model, weightmark.KeySigner(private_key))
    weightmark.verify(model, trust)
    weights = model / "weights.bin"
    with weightmark.open_verified(model, trust) as verified:
        assert bytes(verified.load("weights.bin")) == weights.read_bytes()
    content = bytearray(weights.read_bytes())
    content[1000] ^= 1
    weights.write_bytes(content)
    assert refused(lambda: weightmark.verify(model, trust)), "a tampered model is verified"
    content[1000] ^= 1
    weights.write_bytes(content)


if __name__ == "__main__":
    main()
