#!/usr/bin/env python3
"""Runs the public conformance cases of OpenSSF Model Signing (OMS) against a client.

usage: oms_suite.py CLIENT [--suite FOLDER] [--verbose]

CLIENT is a program that speaks the suite's protocol, such as
build/release/weightmark-conformance. FOLDER has the suite's test-cases/, assets/
and schemas/ (https://github.com/sampras343/model-signing-conformance); where
absent it is $WEIGHTMARK_OMS_SUITE, else ../shared/conformance/oms beside the
checkout. Without the folder the run is skipped: exit status 77.

Bundles are checked against the suite's JSON schemas too where the package
jsonschema can be imported. Sigstore's bundles are verified with --offline, by the trust
that comes with the client. Cases that sign with an identity need a Sigstore to sign
with: SIGSTORE_TRUST_CONFIG names its trust configuration, SIGSTORE_ID_TOKEN is a token
of SIGSTORE_IDENTITY by SIGSTORE_ISSUER. Without these they are named, and not run.
"""
import argparse
import base64
import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

SKIPPED = 77  # ctest's SKIP_RETURN_CODE
# What a client may answer where refusal is right: not 2, which says that it did
# not understand the question, nor a signal.
REFUSALS = (1, 3)
SHARD = re.compile(r":\d+:\d+$")
# Whether there is a Sigstore to sign with.
SIGNS = all(name in os.environ for name in
            ("SIGSTORE_TRUST_CONFIG", "SIGSTORE_ID_TOKEN", "SIGSTORE_IDENTITY", "SIGSTORE_ISSUER"))
MATERIAL = {"key": "publicKey", "certificate": "x509CertificateChain", "sigstore": "certificate"}


class Failure(Exception):
    """A case did not come out as it should."""


def require(condition, message):
    if not condition:
        raise Failure(message)


# --- The suite's files ---------------------------------------------------------


def default_suite():
    named = os.environ.get("WEIGHTMARK_OMS_SUITE")
    return Path(named) if named else Path(__file__).resolve().parents[3] / "shared/conformance/oms"


class Case:
    """One folder of test-cases/ with its config.json."""

    def __init__(self, folder, suite):
        self.folder = folder
        self.suite = suite
        self.config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self.name = folder.relative_to(suite / "test-cases").as_posix()

    @property
    def round_trip(self):
        return self.name.startswith("roundtrip/")

    @property
    def signs_with_identity(self):
        return self.round_trip and self.config.get("requires_ci", False)

    @property
    def must_fail(self):
        return self.config.get("expect", "pass") == "fail"

    def asset(self, name):
        return self.suite / "assets" / name

    def model(self):
        beside = self.config.get("model_relative_to", "assets") == "test_dir"
        return self.folder / self.config["model"] if beside else self.asset(self.config["model"])


def find_cases(suite):
    folders = sorted(path.parent for path in (suite / "test-cases").rglob("config.json"))
    return [Case(folder, suite) for folder in folders]


def make_writable(path):
    path.chmod(path.stat().st_mode | stat.S_IWUSR)


def copy_model(source, folder):
    """A writable copy, whatever the modes of the source."""
    if source.is_file():
        target = folder / source.name
        shutil.copyfile(source, target)
        return target
    target = folder / "model"
    shutil.copytree(source, target, copy_function=shutil.copyfile, symlinks=True)
    for path in [target, *target.rglob("*")]:
        make_writable(path)
    return target


def modify(model, changes):
    folder = model if model.is_dir() else model.parent
    for name, text in {**changes.get("tamper", {}), **changes.get("inject", {})}.items():
        (folder / name).write_text(text, encoding="utf-8")
    for name in changes.get("delete", []):
        (folder / name).unlink(missing_ok=True)
    for name, target in changes.get("symlinks", {}).items():
        (folder / name).symlink_to(target)


# --- The client ----------------------------------------------------------------


class Client:
    """Calls the program under test the way the suite's own harness does."""

    def __init__(self, program):
        self.program = str(Path(program).resolve())

    def call(self, *arguments):
        command = [self.program, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=60, check=False)

    def sign(self, case, model, bundle):
        block = case.config.get("sign", {})
        arguments = ["sign-model", "--method", case.config["method"], "--model-path", model, "--output-bundle", bundle]
        for option, key in [("--private-key", "private_key"), ("--signing-cert", "signing_cert")]:
            if key in block:
                arguments += [option, case.asset(block[key])]
        for certificate in block.get("cert_chain", []):
            arguments += ["--cert-chain", case.asset(certificate)]
        if case.signs_with_identity:
            arguments += ["--identity-token", os.environ["SIGSTORE_ID_TOKEN"]]
            arguments += ["--trust-config", os.environ["SIGSTORE_TRUST_CONFIG"]]
        for path in case.config.get("verify", {}).get("ignore_paths", []):
            arguments += ["--ignore-paths", model / path]
        return self.call(*arguments)

    def verify(self, case, model, bundle):
        block = case.config.get("verify", {})
        arguments = ["verify-model", "--method", case.config["method"], "--model-path", model, "--bundle", bundle]
        if "public_key" in block:
            arguments += ["--public-key", case.asset(block["public_key"])]
        for certificate in block.get("cert_chain", []):
            arguments += ["--cert-chain", case.asset(certificate)]
        if case.config["method"] == "sigstore":
            arguments += ["--identity", os.path.expandvars(block["identity"])]
            arguments += ["--identity-provider", os.path.expandvars(block["identity_provider"])]
            named = ["--trust-config", os.environ["SIGSTORE_TRUST_CONFIG"]] if case.signs_with_identity else []
            arguments += named or ["--offline"]
        folder = model if model.is_dir() else model.parent
        for path in block.get("ignore_paths", []):
            arguments += ["--ignore-paths", folder / path]
        if block.get("ignore_unsigned_files", False):
            arguments.append("--ignore-unsigned-files")
        return self.call(*arguments)


def said(result):
    text = (result.stdout + result.stderr).decode("utf-8", "replace").strip()
    return f"exit status {result.returncode}" + (f"\n{text}" if text else "")


def expect(result, must_fail, what):
    if must_fail:
        require(result.returncode in REFUSALS, f"{what} should have been refused: {said(result)}")
    else:
        require(result.returncode == 0, f"{what} failed: {said(result)}")


# --- What is looked for in a bundle ---------------------------------------------


class Schemas:
    """The suite's JSON schemas, or nothing where jsonschema is not there."""

    def __init__(self, suite):
        self.validators = {}
        try:
            import jsonschema
            import referencing
        except ImportError:
            return
        schemas = [json.loads(path.read_text(encoding="utf-8")) for path in (suite / "schemas").glob("*.json")]
        registry = referencing.Registry().with_resources(
            (schema["$id"], referencing.Resource.from_contents(schema)) for schema in schemas)
        for schema in schemas:
            kind = schema["$id"].split("/")[3]
            self.validators[kind] = jsonschema.Draft202012Validator(schema, registry=registry)

    def check(self, kind, document):
        if kind in self.validators:
            errors = [f"{error.json_path}: {error.message}" for error in self.validators[kind].iter_errors(document)]
            require(not errors, f"does not match the schema of the {kind}: {'; '.join(errors)}")


class Signature:
    """A bundle that was written, taken apart."""

    def __init__(self, path):
        self.path = path
        self.bundle = json.loads(path.read_text(encoding="utf-8"))
        self.envelope = self.bundle["dsseEnvelope"]
        self.statement = json.loads(base64.b64decode(self.envelope["payload"]))

    def resources(self):
        return self.statement["predicate"]["resources"]

    def names(self):
        return [resource["name"] for resource in self.resources()]

    def files(self):
        return sorted(name for name in self.names() if not SHARD.search(name))


def check_schemas(signature, method, schemas):
    schemas.check("bundle", signature.bundle)
    if signature.statement.get("predicateType") != "https://model_signing/Digests/v0.1":
        schemas.check("statement", signature.statement)
    material = signature.bundle["verificationMaterial"]
    fits = MATERIAL[method] in material and (method == "sigstore" or "certificate" not in material)
    require(fits, f"a bundle of the method {method} has the material {', '.join(material)}")


def check_types(signature):
    statement = signature.statement
    require(signature.envelope["payloadType"] == "application/vnd.in-toto+json", "payloadType")
    require(statement.get("_type") == "https://in-toto.io/Statement/v1", "_type")
    require(statement.get("predicateType") == "https://model_signing/signature/v1.0", "predicateType")


def check_subject(signature):
    subjects = signature.statement.get("subject", [])
    require(len(subjects) == 1, f"{len(subjects)} subjects")
    require(isinstance(subjects[0].get("name"), str) and subjects[0]["name"], "the subject has no name")
    digests = b"".join(bytes.fromhex(resource["digest"]) for resource in signature.resources())
    root = hashlib.sha256(digests).hexdigest()
    require(subjects[0]["digest"].get("sha256") == root, f"the root digest is not {root}")


def check_serialization(signature):
    serialization = signature.statement["predicate"]["serialization"]
    require(serialization.get("method") in ("files", "shards"), "serialization.method")
    require("hash_type" in serialization and "allow_symlinks" in serialization, "serialization lacks a field")
    size = serialization.get("shard_size")
    if serialization["method"] == "files":
        require(size is None, "shard_size with the method files")
    else:
        require(isinstance(size, int) and size > 0, "shard_size is not a positive integer")


def check_resources(signature):
    resources = signature.resources()
    require(resources, "no resources")
    for resource in resources:
        require({"name", "digest", "algorithm"} <= resource.keys(), f"a resource lacks a field: {resource}")
        name = resource["name"]
        require(not name.startswith("/") and not name.endswith("/") and "../" not in name, f"the name {name!r}")
    require(signature.names() == sorted(signature.names()), f"not in order: {signature.names()}")


def check_written(signature, case, model, schemas):
    check_schemas(signature, case.config["method"], schemas)
    check_types(signature)
    check_subject(signature)
    check_serialization(signature)
    check_resources(signature)
    if signature.path.is_relative_to(model):
        own = signature.path.relative_to(model).as_posix()
        require(own not in signature.names(), "the signature lists itself")


def check_files(signature, case):
    wanted = case.config.get("expected_signed_files")
    if wanted:
        require(signature.files() == sorted(wanted), f"signs {signature.files()}, not {sorted(wanted)}")


# --- Running -------------------------------------------------------------------


def run_verify(case, client, schemas, folder):
    bundle = case.folder / "bundle.sig"
    model = copy_model(case.model(), folder)
    modify(model, case.config.get("model_modifications", {}))
    expect(client.verify(case, model, bundle), case.must_fail, "verification")
    if not case.must_fail:
        signature = Signature(bundle)
        check_schemas(signature, case.config["method"], schemas)
        check_files(signature, case)


def run_round_trip(case, client, schemas, folder):
    model = copy_model(case.model(), folder)
    modify(model, case.config.get("model_modifications", {}))
    bundle = (model if case.config.get("sig_inside_model") else folder) / "bundle.sig"
    expect(client.sign(case, model, bundle), case.must_fail, "signing")
    if case.must_fail:
        require(not bundle.exists(), "a refused model was signed all the same")
        return
    signature = Signature(bundle)
    check_written(signature, case, model, schemas)
    block = case.config.get("verify", {})
    if block.get("ignore_unsigned_files") and block.get("ignore_paths"):
        (model / "injected.bin").write_text("injected after signing\n", encoding="utf-8")
    expect(client.verify(case, model, bundle), False, "verification")
    check_files(signature, case)
    if "deterministic" in case.name:
        check_determinism(case, client, model, signature, folder)


def check_determinism(case, client, model, first, folder):
    second = folder / "second.sig"
    expect(client.sign(case, model, second), False, "signing a second time")
    require(Signature(second).names() == first.names(), "a second signature lists other files")


def run_case(case, client, schemas):
    """Returns what is wrong, or nothing."""
    with tempfile.TemporaryDirectory(prefix="oms-") as folder:
        try:
            run = run_round_trip if case.round_trip else run_verify
            run(case, client, schemas, Path(folder))
        except (Failure, OSError, KeyError, ValueError, subprocess.SubprocessError) as error:
            return f"{type(error).__name__}: {error}" if not isinstance(error, Failure) else str(error)
    return None


def run_all(cases, client, schemas, verbose):
    failed = 0
    for case in cases:
        problem = run_case(case, client, schemas)
        failed += problem is not None
        if problem is not None:
            print(f"FAILED {case.name} ({case.config['description']}): {problem}")
        elif verbose:
            print(f"passed {case.name}")
    return failed


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("client", help="the program under test")
    parser.add_argument("--suite", type=Path, default=default_suite(), help="the suite's folder")
    parser.add_argument("--verbose", action="store_true", help="name the cases that pass as well")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    suite = arguments.suite.resolve()
    if not (suite / "test-cases").is_dir():
        print(f"skipped: the OMS conformance suite is not at {suite}; name its folder with WEIGHTMARK_OMS_SUITE")
        return SKIPPED
    cases = find_cases(suite)
    later = [case for case in cases if case.signs_with_identity and not SIGNS]
    ours = [case for case in cases if case not in later]
    schemas = Schemas(suite)
    failed = run_all(ours, Client(arguments.client), schemas, arguments.verbose)
    for case in later:
        print(f"needs an identity to sign with: {case.name}")
    print(f"JSON schemas: {'checked' if schemas.validators else 'not checked, jsonschema is not installed'}")
    print(f"OMS conformance: {len(ours) - failed} of {len(ours)}; {len(later)} more need an identity")
    print(f"{len(ours) - failed} passed, {failed} failed, {len(later)} skipped")
    return 1 if failed or not ours else 0


if __name__ == "__main__":
    sys.exit(main())
