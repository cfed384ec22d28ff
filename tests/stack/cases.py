"""What the cases of this folder share: the stack's settings, models, clients.

The first argument is the program under test; what `./dev stack env` prints is in the
environment.
"""
import json
import os
import subprocess
import sys
from pathlib import Path

import logins

STACK = {name.removeprefix("WEIGHTMARK_STACK_"): value for name, value in os.environ.items()
         if name.startswith("WEIGHTMARK_STACK_")}
WEIGHTMARK = Path(sys.argv[1]).resolve()
PERSON = (STACK["IDENTITY"], STACK["ISSUER"])
JOB = (STACK["CI_IDENTITY"], STACK["CI_ISSUER"])
CASES = []


def case(function):
    CASES.append(function)
    return function


def equal(found, wanted):
    assert found == wanted, f"{found!r} where {wanted!r} is right"


# --- Clients ----------------------------------------------------------------------


def run(*command, **environment):
    """The exit status and everything that was said."""
    result = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, timeout=120, check=False, text=True,
                            env={**os.environ, **environment})
    return result.returncode, result.stdout


class Model:
    """A folder to sign, with one way to be signed and verified."""

    def __init__(self, folder, config="TRUST_CONFIG"):
        self.folder = folder / "model"
        self.folder.mkdir()
        (self.folder / "weights.bin").write_bytes(os.urandom(1000))
        (self.folder / "config.json").write_text("{}", encoding="utf-8")
        self.signature = folder / "model.sig"
        self.config = STACK[config]

    def sign(self, token=None, **environment):
        """By the Python client of model-signing; without a token it looks for one itself."""
        given = ["--identity_token", token] if token else ["--use_ambient_credentials"]
        return run(sys.executable, "-m", "model_signing", "sign", "sigstore", "--trust_config", self.config,
                   "--signature", self.signature, *given, self.folder, **environment)

    def python_verifies(self, who):
        return run(sys.executable, "-m", "model_signing", "verify", "sigstore", "--trust_config", self.config,
                   "--signature", self.signature, "--identity", who[0], "--identity_provider", who[1], self.folder)

    def ours_verifies(self, who, *options):
        return run(WEIGHTMARK, "verify", "sigstore", *(options or ["--trust-config", self.config]),
                   "--signature", self.signature, "--identity", who[0], "--identity-provider", who[1], "--offline",
                   self.folder)

    def bundle(self):
        return json.loads(self.signature.read_bytes())["verificationMaterial"]


def succeeds(result):
    status, text = result
    assert status == 0, f"status {status}: {text}"


def refuses(result, *words):
    status, text = result
    assert status == 1 and all(word in text for word in words), f"status {status}, wanted {words}: {text}"


def token(issuer="ISSUER", **changes):
    return logins.get(f"{STACK[issuer]}/test/token", **changes)


def both_verify(model, who, log_entry):
    entry, = model.bundle()["tlogEntries"]
    equal(entry["kindVersion"], log_entry)
    for other, code in [(("bob@example.com", who[1]), "identity-mismatch"),
                        ((who[0], "https://accounts.example.com"), "identity-issuer")]:
        refuses(model.ours_verifies(other), code)
        equal(model.python_verifies(other)[0], 1)
    succeeds(model.python_verifies(who))
    succeeds(model.ours_verifies(who))
    succeeds(model.ours_verifies(who, "--trusted-root", STACK["TRUSTED_ROOT"]))
    (model.folder / "config.json").write_text("{ }", encoding="utf-8")
    refuses(model.ours_verifies(who), "file-mismatch")
