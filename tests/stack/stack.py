#!/usr/bin/env python3
"""Proves the stack: other clients sign with it, and Weightmark verifies what they signed.

usage: stack.py WEIGHTMARK, with what `./dev stack env` prints in the environment
"""
import base64
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

import logins
from processes import DIRECT

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


# --- Signatures -------------------------------------------------------------------


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


@case
def rekor2(folder):
    model = Model(folder)
    succeeds(model.sign(token()))
    both_verify(model, PERSON, {"kind": "hashedrekord", "version": "0.0.2"})


@case
def rekor1(folder):
    model = Model(folder, "TRUST_CONFIG_REKOR1")
    succeeds(model.sign(token()))
    both_verify(model, PERSON, {"kind": "dsse", "version": "0.0.1"})


@case
def both_logs_to_choose_from(folder):
    """a client takes the newer one"""
    model = Model(folder, "TRUST_CONFIG_BOTH")
    succeeds(model.sign(token()))
    both_verify(model, PERSON, {"kind": "hashedrekord", "version": "0.0.2"})


@case
def job_of_github_actions(folder):
    model = Model(folder)
    succeeds(model.sign(GITHUB_ACTIONS="true", ACTIONS_ID_TOKEN_REQUEST_URL=STACK["ACTIONS_URL"],
                        ACTIONS_ID_TOKEN_REQUEST_TOKEN=STACK["ACTIONS_TOKEN"]))
    certificate = x509.load_der_x509_certificate(base64.b64decode(model.bundle()["certificate"]["rawBytes"]))
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    equal(names.get_values_for_type(x509.UniformResourceIdentifier), [JOB[0]])
    both_verify(model, JOB, {"kind": "hashedrekord", "version": "0.0.2"})


@case
def signature_once_more(folder):
    """a second signature by the same identity is another entry"""
    model = Model(folder)
    indices = []
    for _ in range(2):
        succeeds(model.sign(token()))
        indices.append(int(model.bundle()["tlogEntries"][0]["logIndex"]))
    assert 0 < indices[0] < indices[1], indices


# --- Tokens that Fulcio refuses ---------------------------------------------------


def ask_fulcio(given):
    """The status and the answer to a request that is right but for its token, perhaps."""
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    text = base64.b64encode(request.public_bytes(Encoding.PEM)).decode()
    return logins.post_json(STACK["FULCIO"] + "/api/v2/signingCert",
                            {"credentials": {"oidcIdentityToken": given}, "certificateSigningRequest": text})


@case
def token_is_taken(folder):
    status, answer = ask_fulcio(token())
    equal((status, len(answer["signedCertificateEmbeddedSct"]["chain"]["certificates"])), (200, 3))


def refused_token(name, **changes):
    def check(folder):
        status, answer = ask_fulcio(token(**changes))
        equal((status, answer["message"]), (400, "There was an error processing the identity token"))
    check.__name__ = f"token_{name}"
    CASES.append(check)


refused_token("expired", ttl="-60")
refused_token("not_yet_valid", nbf=str(int(time.time()) + 3600))
refused_token("for_somebody_else", aud="other")
refused_token("of_another_provider", iss="https://accounts.example.com")
refused_token("of_an_unverified_address", email_verified="false")
refused_token("without_an_address", email="")
refused_token("by_another_key", key="unpublished")
refused_token("unsigned", alg="none")


# --- Logins -----------------------------------------------------------------------


@case
def login_by_browser(folder):
    claims = logins.by_browser(STACK["ISSUER"], STACK["BROWSER"], "carol@example.com")
    equal((claims["aud"], claims["email"], claims["email_verified"], claims["nonce"]),
          ("sigstore", "carol@example.com", True, logins.NONCE))


@case
def login_by_device_code(folder):
    claims = logins.by_device_code(STACK["ISSUER"], STACK["BROWSER"], "dave@example.com")
    equal((claims["aud"], claims["email"]), ("sigstore", "dave@example.com"))


@case
def python_client_opens_the_browser(folder):
    """the whole way of a person: the Sigstore client, the provider, Fulcio, the log"""
    artifact = folder / "artifact"
    artifact.write_text("artifact", encoding="utf-8")
    succeeds(run(sys.executable, "-m", "sigstore", "--trust-config", STACK["TRUST_CONFIG"], "sign", artifact,
                 BROWSER=f"{STACK['BROWSER']} %s"))
    succeeds(run(sys.executable, "-m", "sigstore", "--trust-config", STACK["TRUST_CONFIG"], "verify", "identity",
                 "--cert-identity", PERSON[0], "--cert-oidc-issuer", PERSON[1], artifact))


# --- TUF ----------------------------------------------------------------------------


@case
def trusted_root_by_tuf(folder):
    from tuf.ngclient import Updater
    (folder / "metadata").mkdir()
    (folder / "targets").mkdir()
    updater = Updater(str(folder / "metadata"), STACK["TUF_URL"], str(folder / "targets"),
                      STACK["TUF_URL"] + "/targets/", bootstrap=Path(STACK["TUF_ROOT"]).read_bytes())
    updater.refresh()
    for name, file in [("trusted_root.json", "TRUSTED_ROOT"), ("signing_config.v0.2.json", "SIGNING_CONFIG")]:
        path = updater.download_target(updater.get_targetinfo(name))
        equal(Path(path).read_bytes(), Path(STACK[file]).read_bytes())


# --- The logs for reading -------------------------------------------------------------


@case
def checkpoint_of_rekor2(folder):
    with DIRECT.open(STACK["REKOR2_TILES"] + "/api/v2/checkpoint", timeout=30) as answer:
        origin, size = answer.read().decode().split("\n")[:2]
    equal(origin, "127.0.0.1")
    assert int(size) > 0


def main():
    begin = time.monotonic()
    failed = 0
    for function in CASES:
        try:
            with tempfile.TemporaryDirectory(prefix="stack-") as folder:
                function(Path(folder))
            print(f"ok      {function.__name__}", flush=True)
        except Exception as problem:  # whatever it was, the others are still worth running
            failed += 1
            print(f"FAILED  {function.__name__}: {type(problem).__name__}: {problem}", flush=True)
    print(f"took {time.monotonic() - begin:.0f} s")
    print(f"{len(CASES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
