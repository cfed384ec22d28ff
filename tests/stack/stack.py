#!/usr/bin/env python3
"""Signs and verifies against the stack, by Weightmark and by other clients.

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
# What these have is run first.
import signing  # noqa: F401
import signing_in  # noqa: F401
import attesting  # noqa: F401
import training  # noqa: F401
import pipelines  # noqa: F401
from cases import CASES, JOB, PERSON, STACK, Model, both_verify, case, equal, run, succeeds, token
from processes import DIRECT

# --- Signatures -------------------------------------------------------------------


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
    failed = skipped = 0
    for function in CASES:
        try:
            with tempfile.TemporaryDirectory(prefix="stack-") as folder:
                skipped_for = function(Path(folder))
            skipped += skipped_for is not None
            print(f"{'skipped' if skipped_for else 'ok     '} {function.__name__} {skipped_for or ''}".rstrip(), flush=True)
        except Exception as problem:  # whatever it was, the others are still worth running
            failed += 1
            print(f"FAILED  {function.__name__}: {type(problem).__name__}: {problem}", flush=True)
    print(f"took {time.monotonic() - begin:.0f} s")
    print(f"{len(CASES) - failed - skipped} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
