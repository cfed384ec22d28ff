#!/usr/bin/env python3
"""Weightmark's TUF client against repositories by python-tuf.

usage: trust.py WEIGHTMARK-CONFORMANCE

Every refusal is asserted by its code.
"""
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tuf.api.metadata import Metadata

from repository import DAY, NOW, Repository, Server, write_certificate

PROGRAM = Path(sys.argv[1]).resolve()


class Client:
    """One user's folder of metadata, for one repository."""

    def __init__(self, folder, repository, url):
        self.folder, self.url = Path(folder), url
        self.metadata, self.targets = self.folder / "metadata", self.folder / "targets"
        self.environment = {k: v for k, v in os.environ.items() if "proxy" not in k.lower()}
        root = self.folder / "first.json"
        root.write_bytes(repository.anchor)
        self.run("init", root)

    def command(self, *arguments):
        return [PROGRAM, "--metadata-dir", self.metadata, "--metadata-url", f"{self.url}/metadata", *arguments]

    def run(self, *arguments):
        """The code of the error, or "" for success."""
        done = subprocess.run(self.command(*arguments), capture_output=True, text=True, env=self.environment, timeout=60)
        if done.returncode == 0:
            return ""
        found = re.search(r"\[([a-z0-9-]+)\]$", done.stderr.strip())
        return found[1] if found else f"status {done.returncode}: {done.stderr}"

    def refresh(self):
        return self.run("refresh")

    def download(self, *names):
        options = [part for name in names for part in ("--target-name", name)]
        return self.run(*options, "--target-dir", self.targets, "--target-base-url", f"{self.url}/targets", "download")

    def version(self, role):
        return Metadata.from_file(str(self.metadata / f"{role}.json")).signed.version


CASES = []


def case(function):
    CASES.append(function)
    return function


def equal(found, wanted):
    assert found == wanted, f"{found!r} where {wanted!r} is right"


# --- Sound repositories ---------------------------------------------------------


def keys_of(kind):
    def check(repository, client):
        """refreshes and downloads"""
        repository.add_target("targets", "folder/trusted root.json", b"text")
        repository.files = {name.replace(" ", "%20"): data for name, data in repository.files.items()}
        repository.publish("targets")
        equal(client.download("folder/trusted root.json"), "")
        equal([path.read_bytes() for path in client.targets.iterdir()], [b"text"])

    check.kind = kind
    check.__name__ = f"keys_of_kind_{kind}"
    CASES.append(check)


for each in ("ecdsa", "ed25519", "rsa"):
    keys_of(each)


@case
def many_roots(repository, client):
    for _ in range(20):
        repository.rotate("root")
        repository.publish("root")
        repository.signers["root"] = repository.signers["root"][:1]
    equal(client.refresh(), "")
    equal(client.version("root"), 21)


@case
def delegations(repository, client):
    repository.delegate("targets", "team/a", ["a/*"])
    repository.delegate("team/a", "leaf", ["a/*.bin"], terminating=True)
    repository.add_target("leaf", "a/x.bin", b"leaf")
    repository.add_target("leaf", "b/x.bin", b"not for it")
    repository.publish("leaf", "team/a", "targets")
    repository.files["metadata/1.team%2Fa.json"] = repository.files.pop("metadata/1.team/a.json")
    equal(client.download("a/x.bin"), "")
    equal(client.download("b/x.bin"), "tuf-target-unknown")
    assert (client.metadata / "team%2Fa.json").is_file()


# --- Attacks --------------------------------------------------------------------


@case
def rollback_of_everything(repository, client):
    old = dict(repository.files)
    repository.publish("targets")
    equal(client.refresh(), "")
    repository.files = old
    equal(client.refresh(), "tuf-rollback")


@case
def rollback_of_targets(repository, client):
    repository.publish("targets")
    equal(client.refresh(), "")
    repository.roles["targets"].version = 1
    repository.publish("targets")
    equal(client.refresh(), "tuf-rollback")


@case
def freeze(repository, client):
    repository.timestamp.expires = NOW - DAY
    repository.publish()
    equal(client.refresh(), "tuf-expired")


@case
def freeze_of_the_root(repository, client):
    repository.root.expires = NOW - DAY
    repository.publish("root")
    equal(client.refresh(), "tuf-expired")
    equal(client.version("root"), 2)


@case
def mix_and_match(repository, client):
    old = repository.files["metadata/1.targets.json"]
    repository.publish("targets")
    new = repository.files["metadata/2.targets.json"]
    repository.files["metadata/2.targets.json"] = old
    # Signatures by ECDSA differ in length, so either file may be the longer one.
    longer = len(old) - len(new)
    equal(client.refresh(), "answer-too-large" if longer > 0 else "tuf-length" if longer < 0 else "tuf-digest")


@case
def endless_data(repository, client):
    repository.files["metadata/timestamp.json"] = b" " * (17 << 20)
    equal(client.refresh(), "answer-too-large")
    repository.files["metadata/timestamp.json"] = b"[" * 1000000
    equal(client.refresh(), "json-depth")


@case
def other_keys(repository, client):
    repository.signers["timestamp"] = [repository.new_signer()]
    repository.publish()
    equal(client.refresh(), "tuf-signatures")


@case
def root_by_new_keys_only(repository, client):
    repository.rotate("root")
    repository.signers["root"] = repository.signers["root"][:1]
    repository.publish("root")
    equal(client.refresh(), "tuf-signatures")


@case
def threshold_of_none(repository, client):
    data = repository.files["metadata/1.root.json"]
    repository.files["metadata/2.root.json"] = re.sub(rb'"threshold": ?1', b'"threshold": 0', data)
    equal(client.refresh(), "tuf-threshold")


@case
def other_target(repository, client):
    repository.add_target("targets", "file", b"true")
    repository.publish("targets")
    for name in list(repository.files):
        if name.endswith(".file"):
            repository.files[name] = b"evil"
    equal(client.download("file"), "tuf-digest")
    assert not client.targets.exists() or not list(client.targets.iterdir())


@case
def path_traversal(repository, client):
    name = "../../escaped"
    repository.delegate("targets", name, ["*"])
    repository.add_target(name, "../escaped", b"text")
    repository.publish(name, "targets")
    repository.files["metadata/1...%2F..%2Fescaped.json"] = repository.files.pop(f"metadata/1.{name}.json")
    client.download("../escaped")
    outside = [p for p in client.folder.rglob("*escaped*") if p.parent not in (client.metadata, client.targets)]
    equal(outside, [])


@case
def poisoned_cache(repository, client):
    equal(client.refresh(), "")
    other = Repository()
    other.publish("root", "targets")
    for role, file in [("root", "2.root"), ("timestamp", "timestamp"), ("snapshot", "2.snapshot"), ("targets", "2.targets")]:
        (client.metadata / f"{role}.json").write_bytes(other.files[f"metadata/{file}.json"])
    (client.metadata / "root_history").mkdir(exist_ok=True)
    (client.metadata / "root_history" / "2.root.json").write_bytes(other.files["metadata/2.root.json"])
    equal(client.refresh(), "")
    equal(client.version("root"), 1)


# --- The network ------------------------------------------------------------------


@case
def no_server(repository, client):
    client.url = "http://127.0.0.1:1"
    equal(client.refresh(), "server-unreachable")


@case
def certificate_of_nobody(repository, client):
    pem = client.folder / "server.pem"
    write_certificate(pem)
    with Server(repository, pem) as server:
        client.url = server.url
        equal(client.refresh(), "server-certificate")
        client.environment["SSL_CERT_FILE"] = str(pem)
        equal(client.refresh(), "")


@case
def proxy(repository, client):
    with Server(repository) as server:
        repository.files |= {f"http://nowhere.invalid/{name}": data for name, data in repository.files.items()}
        client.environment["http_proxy"] = server.url
        client.url = "http://nowhere.invalid"
        equal(client.refresh(), "")
        client.environment["NO_PROXY"] = "nowhere.invalid"
        equal(client.refresh(), "server-unreachable")


# --- Several processes, and their ends ------------------------------------------


@case
def many_at_once(repository, client):
    for _ in range(5):
        running = [subprocess.Popen(client.command("refresh"), env=client.environment) for _ in range(6)]
        equal([process.wait(timeout=60) for process in running], [0] * 6)
        repository.publish("root", "targets")
    equal(client.refresh(), "")
    equal(client.version("root"), 6)


@case
def killed_at_any_moment(repository, client):
    chance = random.Random(1)
    for _ in range(40):
        repository.publish("root", "targets")
        process = subprocess.Popen(client.command("refresh"), env=client.environment)
        time.sleep(chance.uniform(0, 0.03))
        process.kill()
        process.wait()
        for role in client.metadata.glob("*.json"):
            Metadata.from_file(str(role))  # whole
    equal(client.refresh(), "")
    equal(client.version("targets"), 41)


def main():
    failed = 0
    for function in CASES:
        repository = Repository(getattr(function, "kind", "ecdsa"))
        try:
            with tempfile.TemporaryDirectory() as folder, Server(repository) as server:
                function(repository, Client(folder, repository, server.url))
            print(f"ok      {function.__name__}")
        except Exception as problem:  # whatever it was, the others are still worth running
            failed += 1
            print(f"FAILED  {function.__name__}: {type(problem).__name__}: {problem}")
    print(f"{len(CASES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
