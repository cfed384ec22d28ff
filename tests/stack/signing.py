"""Weightmark signs with an identity: on every log, beside other clients, and when a service fails."""
import concurrent.futures
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import logins
from cases import JOB, PERSON, STACK, WEIGHTMARK, Model, both_verify, case, equal, run, succeeds, token

REKOR1 = {"kind": "dsse", "version": "0.0.1"}
REKOR2 = {"kind": "hashedrekord", "version": "0.0.2"}
CONFORMANCE = WEIGHTMARK.with_name("weightmark-conformance")
ROOT = Path(__file__).resolve().parents[2]


def sign(model, *options, given=None, **environment):
    named = [] if "--trusted-root" in options else ["--trust-config", model.config]
    identity = [] if given == "" else ["--identity-token", given or token()]
    return run(WEIGHTMARK, "sign", *named, *identity, "--signature", model.signature, *options, model.folder,
               **environment)


def fails(result, status, code):
    assert result[0] == status and f"[{code}]" in result[1], f"wanted {status} and {code}: {result}"


def nothing_is_left(model):
    assert not model.signature.exists()
    equal(sorted(path.name for path in model.folder.parent.iterdir()), ["model"])
    equal(sorted(path.name for path in model.folder.iterdir()), ["config.json", "weights.bin"])


# --- What others verify ---------------------------------------------------------------


def signs(name, config, entry):
    def check(folder):
        model = Model(folder, config)
        succeeds(sign(model))
        both_verify(model, PERSON, entry)
    check.__name__ = f"ours_signs_{name}"
    case(check)


signs("in_rekor2", "TRUST_CONFIG", REKOR2)
signs("in_rekor1", "TRUST_CONFIG_REKOR1", REKOR1)
signs("in_the_newer_of_two", "TRUST_CONFIG_BOTH", REKOR2)


@case
def ours_signs_by_a_root_and_a_signing_config(folder):
    model = Model(folder)
    succeeds(sign(model, "--trusted-root", STACK["TRUSTED_ROOT"], "--signing-config", STACK["SIGNING_CONFIG"]))
    both_verify(model, PERSON, REKOR2)


@case
def ours_signs_with_services_that_are_named(folder):
    model = Model(folder)
    succeeds(sign(model, "--fulcio-url", STACK["FULCIO"], "--rekor-url", STACK["REKOR1"], "--rekor-version", "1",
                  "--tsa-url", STACK["TSA"]))
    both_verify(model, PERSON, REKOR1)


@case
def ours_signs_as_a_job(folder):
    model = Model(folder)
    succeeds(sign(model, given=token("CI_ISSUER")))
    both_verify(model, JOB, REKOR2)


@case
def ours_signs_with_what_the_job_is_offered(folder):
    model = Model(folder)
    succeeds(sign(model, given="", GITHUB_ACTIONS="true", ACTIONS_ID_TOKEN_REQUEST_URL=STACK["ACTIONS_URL"],
                  ACTIONS_ID_TOKEN_REQUEST_TOKEN=STACK["ACTIONS_TOKEN"]))
    both_verify(model, JOB, REKOR2)


@case
def ours_signs_with_a_token_in_a_file_or_a_variable(folder):
    model = Model(folder)
    path = folder.parent / f"{folder.name}.token"
    path.write_text(token() + "\n", encoding="utf-8")
    try:
        succeeds(sign(model, "--identity-token-file", path, given=""))
    finally:
        path.unlink()
    succeeds(sign(model, given="", SIGSTORE_ID_TOKEN=token()))
    both_verify(model, PERSON, REKOR2)


@case
def ours_signs_20000_files_in_rekor1(folder):
    """the largest statement that is usual; the log is shown all of it"""
    model = Model(folder, "TRUST_CONFIG_REKOR1")
    for number in range(20000):
        (model.folder / f"shard-{number:05}.bin").write_bytes(b"x")
    succeeds(sign(model))
    succeeds(model.ours_verifies(PERSON))
    assert model.signature.stat().st_size > 4 << 20, model.signature.stat().st_size


@case
def several_sign_at_once(folder):
    models = []
    for number in range(6):
        place = folder / str(number)
        place.mkdir()
        models.append(Model(place))
    given = token()
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        for result in pool.map(lambda model: sign(model, given=given), models):
            succeeds(result)
    for model in models:
        succeeds(model.ours_verifies(PERSON))
    equal(len({model.bundle()["tlogEntries"][0]["logIndex"] for model in models}), 6)


@case
def further_signature_beside_the_first(folder):
    model = Model(folder)
    model.signature = model.folder / "model.sig"
    succeeds(sign(model))
    first = model.signature.read_bytes()
    key = folder / "key.pem"
    succeeds(run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key))
    succeeds(run("openssl", "pkey", "-in", key, "-pubout", "-out", folder / "key.pub"))
    succeeds(run(WEIGHTMARK, "sign", "key", "--private-key", key, "--add", "audit", model.folder))
    equal(model.signature.read_bytes(), first)
    succeeds(model.ours_verifies(PERSON))
    succeeds(run(WEIGHTMARK, "verify", "key", "--public-key", folder / "key.pub", "--signature",
                 model.folder / "model.sig.d/audit.sig", model.folder))


# --- The public suites ------------------------------------------------------------------


@case
def oms_suite(folder):
    """with the five cases that sign with an identity"""
    environment = {"SIGSTORE_TRUST_CONFIG": STACK["TRUST_CONFIG"], "SIGSTORE_ID_TOKEN": token(),
                   "SIGSTORE_IDENTITY": PERSON[0], "SIGSTORE_ISSUER": PERSON[1]}
    status, text = run(sys.executable, "-B", ROOT / "tests/conformance/oms_suite.py", CONFORMANCE, **environment)
    if status == 77:
        return text.strip()
    assert status == 0 and "71 of 71" in text, text
    return None


def verify_bundle(bundle, artifact, config):
    succeeds(run(CONFORMANCE, "verify-bundle", "--bundle", bundle, "--certificate-identity", PERSON[0],
                 "--certificate-oidc-issuer", PERSON[1], "--trusted-root", STACK["TRUSTED_ROOT"], artifact))
    succeeds(run(sys.executable, "-m", "sigstore", "--trust-config", config, "verify", "identity", "--bundle", bundle,
                 "--cert-identity", PERSON[0], "--cert-oidc-issuer", PERSON[1], artifact))


def sign_bundle(name, signing_config, config, statement):
    """the protocol of sigstore-conformance, whose own suite signs with a public instance"""
    def check(folder):
        artifact, bundle, signed = folder / "a.txt", folder / "bundle.json", folder / "a.txt"
        artifact.write_text("artifact", encoding="utf-8")
        if statement:
            signed = folder / "statement.json"
            digest = run("sha256sum", artifact)[1].split()[0]
            signed.write_text(json.dumps({"_type": "https://in-toto.io/Statement/v1", "predicate": {},
                                          "subject": [{"name": "a.txt", "digest": {"sha256": digest}}],
                                          "predicateType": "https://example.com/v1"}), encoding="utf-8")
        succeeds(run(CONFORMANCE, "sign-bundle", *(["--in-toto"] if statement else []), "--identity-token", token(),
                     "--bundle", bundle, "--trusted-root", STACK["TRUSTED_ROOT"], "--signing-config", signing_config,
                     signed))
        written = json.loads(bundle.read_bytes())
        assert ("dsseEnvelope" in written) == statement and "certificate" in written["verificationMaterial"], written
        verify_bundle(bundle, artifact, config)
    check.__name__ = f"sign_bundle_{name}"
    case(check)


def rekor1_signing_config():
    path = Path(STACK["TRUST_CONFIG_REKOR1"]).with_name("signing_config.rekor1.json")
    path.write_text(json.dumps(json.loads(Path(STACK["TRUST_CONFIG_REKOR1"]).read_bytes())["signingConfig"]),
                    encoding="utf-8")
    return path


for config_name, signing in [("TRUST_CONFIG", STACK["SIGNING_CONFIG"]),
                             ("TRUST_CONFIG_REKOR1", rekor1_signing_config())]:
    for is_statement in [False, True]:
        sign_bundle(f"{'statement' if is_statement else 'message'}_{config_name.lower()}", signing, STACK[config_name],
                    is_statement)


# --- Refusals, by their codes ---------------------------------------------------------


def refuses_token(name, status, code, **changes):
    def check(folder):
        model = Model(folder)
        fails(sign(model, given=token(**changes)), status, code)
        nothing_is_left(model)
    check.__name__ = f"ours_refuses_token_{name}"
    case(check)


refuses_token("expired", 3, "token-expired", ttl="-60")
refuses_token("for_somebody_else", 3, "token-audience", aud="other")
refuses_token("of_an_unverified_address", 3, "token-identity", email_verified="false")
refuses_token("by_another_key", 3, "authority-refused", key="unpublished")
refuses_token("of_another_provider", 3, "authority-refused", iss="https://accounts.example.com")


@contextlib.contextmanager
def silent_server():
    """It takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


SERVICES = ["--fulcio-url", "--tsa-url", "--rekor-url"]


def killed(option, how, status):
    def check(folder):
        model = Model(folder)
        with silent_server() as url:
            process = subprocess.Popen(
                [WEIGHTMARK, "sign", "--trust-config", model.config, "--identity-token", token(), option, url,
                 "--signature", model.signature, model.folder], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, cwd=folder)
            time.sleep(1.5)  # long enough for everything before that service
            assert process.poll() is None, process.communicate()
            process.send_signal(how)
            process.communicate(timeout=30)
        equal(process.returncode, status)
        nothing_is_left(model)
    check.__name__ = f"{how.name.lower()}_while_{option.strip('-').split('-')[0]}_is_asked"
    case(check)


for service in SERVICES:
    killed(service, signal.SIGKILL, -signal.SIGKILL)
    killed(service, signal.SIGTERM, 130)


def unreachable(option):
    def check(folder):
        model = Model(folder)
        fails(sign(model, option, "http://127.0.0.1:1"), 3, "server-unreachable")
        nothing_is_left(model)
    check.__name__ = f"{option.strip('-').split('-')[0]}_is_down"
    case(check)


for service in SERVICES:
    unreachable(service)


@case
def a_log_that_is_not_trusted(folder):
    """the root has Rekor v2 alone: what v1 answers is refused"""
    model = Model(folder)
    root = json.loads(Path(STACK["TRUSTED_ROOT"]).read_bytes())
    root["tlogs"] = [log for log in root["tlogs"] if log["baseUrl"] != STACK["REKOR1"]]
    path = folder.parent / f"{folder.name}.root.json"
    path.write_text(json.dumps(root), encoding="utf-8")
    try:
        fails(sign(model, "--trusted-root", path, "--signing-config", STACK["SIGNING_CONFIG"], "--rekor-url",
                   STACK["REKOR1"], "--rekor-version", "1"), 1, "log-answer")
    finally:
        path.unlink()
    nothing_is_left(model)


# --- Timestamps of certificates ---------------------------------------------------------


@case
def timestamp_of_a_certificates_signature(folder):
    """by the real authority, with the signature and afterwards"""
    model = Model(folder)
    clock = folder / "tsa.pem"
    clock.write_text(logins.get(STACK["TSA"] + "/certchain"), encoding="utf-8")
    key, certificate = folder / "key.pem", folder / "cert.pem"
    succeeds(run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                 "/CN=Signer", "-days", "1", "-keyout", key, "-out", certificate, "-addext",
                 "keyUsage=critical,digitalSignature", "-addext", "extendedKeyUsage=codeSigning"))
    method = ["certificate", "--private-key", key, "--signing-certificate", certificate]
    verify = [WEIGHTMARK, "verify", "certificate", "--certificate-chain", certificate, "--signature", model.signature]
    succeeds(run(WEIGHTMARK, "sign", *method, "--signature", model.signature, model.folder))
    status, text = run(*verify, model.folder)
    assert status == 0 and "weightmark timestamp" in text, text
    succeeds(run(WEIGHTMARK, "timestamp", "--tsa-url", STACK["TSA"], "--tsa-chain", clock, model.signature))
    status, text = run(*verify, "--tsa-chain", clock, model.folder)
    assert status == 0 and "attested by" in text and "weightmark timestamp" not in text, text
    succeeds(run(WEIGHTMARK, "sign", *method, "--tsa-url", STACK["TSA"], "--tsa-chain", clock, "--signature",
                 model.signature, model.folder))
    status, text = run(*verify, "--tsa-chain", clock, model.folder)
    assert status == 0 and "attested by" in text, text
    fails(run(WEIGHTMARK, "timestamp", "--tsa-url", STACK["TSA"], "--tsa-chain", certificate, model.signature), 1,
          "timestamp-chain")
