#!/usr/bin/env python3
"""Runs the bundles of the public Sigstore conformance suite against a client.

usage: sigstore_suite.py CLIENT [--suite FOLDER] [--verbose]

CLIENT is a program that speaks the suite's protocol (verify-bundle), such as
build/release/weightmark-conformance. FOLDER has the suite's assets/
(https://github.com/sigstore/sigstore-conformance, test/assets) and a folder
public-good/ with the trusted root that cases without one of their own need; where
absent it is $WEIGHTMARK_SIGSTORE_SUITE, else ../shared/conformance/sigstore beside
the checkout. Without the folder the run is skipped: exit status 77.

Each bundle is verified three times: with the artifact, with its digest alone, and, where
it goes by the public instance, with the trusted root that comes with the client.
"""
import argparse
import hashlib
import os
import subprocess
import sys
from pathlib import Path

SKIPPED = 77  # ctest's SKIP_RETURN_CODE
REFUSED = 1
# Whom the suite's own harness expects where a case names nobody.
BEACON = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon"
IDENTITY = BEACON + "/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main"
PROVIDER = "https://token.actions.githubusercontent.com"


def default_suite():
    named = os.environ.get("WEIGHTMARK_SIGSTORE_SUITE")
    return Path(named) if named else Path(__file__).resolve().parents[3] / "shared/conformance/sigstore"


class Case:
    """One folder of assets/bundle-verify/."""

    def __init__(self, folder, suite):
        self.name = folder.name
        self.folder = folder
        own = folder / "artifact"
        self.artifact = own if own.exists() else folder.parent / "a.txt"
        self.own_root = folder / "trusted_root.json"
        self.public_root = suite / "public-good/trusted_root.json"

    @property
    def must_fail(self):
        return self.name.endswith("_fail")

    def text(self, name, default):
        path = self.folder / name
        return path.read_text(encoding="utf-8").strip() if path.exists() else default

    def signer(self):
        key = self.folder / "key.pub"
        if key.exists():
            return ["--key", key]
        return ["--certificate-identity", self.text("identity", IDENTITY),
                "--certificate-oidc-issuer", self.text("issuer", PROVIDER)]

    def digest(self):
        return "sha256:" + hashlib.sha256(self.artifact.read_bytes()).hexdigest()

    def runs(self):
        """The arguments of each run, and what to call it."""
        root = self.own_root if self.own_root.exists() else self.public_root
        named = ["--trusted-root", root]
        yield "by the artifact", [*named, self.artifact]
        yield "by its digest", [*named, self.digest()]
        if not self.own_root.exists():
            yield "by the trusted root that comes with the client", [self.artifact]


def verify(client, case, arguments):
    """Returns what is wrong, or nothing."""
    command = [client, "verify-bundle", "--bundle", case.folder / "bundle.sigstore.json", *case.signer(), *arguments]
    result = subprocess.run([str(part) for part in command], capture_output=True, stdin=subprocess.DEVNULL,
                            timeout=60, check=False, text=True)
    wanted = REFUSED if case.must_fail else 0
    if result.returncode == wanted:
        return None
    return f"exit status {result.returncode}, not {wanted}: {result.stderr.strip()}"


def run_all(cases, client, verbose):
    passed = failed = 0
    for case in cases:
        for what, arguments in case.runs():
            problem = verify(client, case, arguments)
            passed += problem is None
            failed += problem is not None
            if problem or verbose:
                print(f"{'FAILED' if problem else 'passed'} {case.name}, {what}" + (f": {problem}" if problem else ""))
    return passed, failed


def find_cases(suite):
    folders = sorted(path.parent for path in (suite / "assets/bundle-verify").glob("*/bundle.sigstore.json"))
    return [Case(folder, suite) for folder in folders]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("client", help="the program under test")
    parser.add_argument("--suite", type=Path, default=default_suite(), help="the suite's folder")
    parser.add_argument("--verbose", action="store_true", help="name the runs that pass as well")
    arguments = parser.parse_args()
    suite = arguments.suite.resolve()
    cases = find_cases(suite)
    if not cases:
        print(f"skipped: the Sigstore suite is not at {suite}; name its folder with WEIGHTMARK_SIGSTORE_SUITE")
        return SKIPPED
    passed, failed = run_all(cases, Path(arguments.client).resolve(), arguments.verbose)
    print(f"Sigstore conformance: {len(cases)} bundles")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
