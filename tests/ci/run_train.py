#!/usr/bin/env python3
"""Runs the steps of train/action.yml, with a stand-in for the command that runs the training, but unconfined.

run_training_example.py has the other platforms and the worked example.
"""
import base64
import hashlib
import json
import re
import shutil
import sys
import unittest
from pathlib import Path

try:
    from github_action import Action, commands_in
except ImportError:  # the YAML library
    sys.exit(77)
from stand_in import IDENTITY, PROVIDER
from workplace import HOSTILE, NEEDED, ROOT, Workplace

STATEMENT = "model.sig.d/slsaprovenance1.sig"
TRAINING = ["mkdir", "-p", "model"]
# What actions/attest v4.2.2 takes and gives: its action.yml at 1e69f48acb82d1966a394da916b4c1698aa569d6.
ATTEST_INPUTS = {"subject-path", "subject-digest", "subject-name", "subject-checksums", "subject-version", "sbom-path",
                 "predicate-type", "predicate", "predicate-path", "push-to-registry", "create-storage-record",
                 "show-summary", "github-token"}
ATTEST_OUTPUTS = {"bundle-path", "attestation-id", "attestation-url", "storage-record-ids"}


def train_call(training, before=(), after=(), output="model", method="sigstore"):
    """`after` comes behind the consent to the public log."""
    return ["train", method, *before, *(["--yes"] if method == "sigstore" else []), *after, f"--output={output}", "--",
            *training]


def verify_call(output="model", options=(), identity=IDENTITY):
    return ["verify-attestation", "sigstore", *options, f"--identity={identity}", f"--identity-provider={PROVIDER}",
            "--type=slsaprovenance1", f"--signature={output}/{STATEMENT}", "--", output]


class Attest:
    """Stands in for actions/attest: reads checksums as that does, and writes a bundle that nobody signed."""

    def __init__(self, folder):
        self.path, self.subjects = folder / "attestation.json", None

    def __call__(self, given):
        assert set(given) <= ATTEST_INPUTS, given
        self.subjects = []
        for line in Path(given["subject-checksums"]).read_text(encoding="utf-8").splitlines():
            digest, _, name = line.partition(" ")
            assert re.fullmatch("[0-9a-f]{64}", digest), line
            self.subjects.append({"name": name[1:] if name[:1] in (" ", "*") else name, "digest": {"sha256": digest}})
        self.write(self.subjects)
        outputs = {"bundle-path": str(self.path), "attestation-id": "1"}
        assert set(outputs) <= ATTEST_OUTPUTS
        return outputs

    def write(self, subjects):
        payload = base64.b64encode(json.dumps({"subject": subjects}).encode()).decode()
        self.path.write_text(json.dumps({"dsseEnvelope": {"payload": payload}}) + "\n", encoding="utf-8")


class Case(unittest.TestCase):
    def setUp(self):
        self.place = Workplace(self)
        self.attest = Attest(self.place.folder)
        (self.place.tools / "python3").symlink_to(sys.executable)

    def run_action(self, environment=None, **given):
        action = Action(ROOT / "train", {"actions/attest": self.attest})
        given = {"command": "\n".join(TRAINING), "output": "model", **given}
        return action.run(self.place.workspace, {**self.place.environment, **(environment or {})}, **given)

    def refused(self, words, **given):
        """Before anything was trained."""
        result = self.run_action(**given)
        self.assertEqual(result.status, 2, result.text)
        self.assertIn(words, result.text)
        self.assertEqual((self.place.calls(), result.outputs["provenance"]), ([], ""))
        self.assertEqual(len(commands_in(result.text)), 1, result.text)

    def failed(self, words, status, environment=None, **given):
        """After training, with nothing put out and nothing attested."""
        result = self.run_action(environment, **given)
        self.assertEqual(result.status, status, result.text)
        self.assertIn(words, result.text)
        self.assertEqual((result.outputs["provenance"], result.outputs["platform"], result.used), ("", "", {}))

    def program(self, text):
        """A program in the workspace, in Python, to train with."""
        path = self.place.workspace / "training"
        path.write_text(f"#!{sys.executable}\nimport os, sys\nos.makedirs('model', exist_ok=True)\n{text}\n",
                        encoding="utf-8")
        path.chmod(0o755)
        return "./training"

    def calls(self):
        """Without those that only look."""
        return [call for call in self.place.calls() if call[0] != "inspect"]

    def model(self, path):
        return self.place.workspace / "model" / path


class Training(Case):
    def test_trains_verifies_and_has_github_attest(self):
        result = self.run_action()
        self.assertEqual(result.status, 0, result.text)
        self.assertEqual(self.calls(), [train_call(TRAINING), verify_call()])
        self.assertEqual(result.outputs, {
            "provenance": f"model/{STATEMENT}", "platform": "model/model.sig.d/github.sig", "subject-name": "model",
            "subject-digest": "sha256:" + "ab" * 32, "identity": IDENTITY, "identity-provider": PROVIDER, "tier": "A",
            "complete": "true", "weightmark": str(self.place.tools / "weightmark")})
        self.assertEqual(self.model("model.sig.d/github.sig").read_bytes(), self.attest.path.read_bytes())
        self.assertEqual(sorted(path.name for path in self.model("model.sig.d").iterdir()),
                         ["github.sig", "slsaprovenance1.sig"])
        self.assertIn("    weightmark verify-attestation --type slsaprovenance1 model ", result.summary)

    def test_what_github_attests(self):
        """the model's root digest, and our statement, which binds the names of its files"""
        self.assertEqual(self.run_action().status, 0)
        statement = hashlib.sha256(self.model(STATEMENT).read_bytes()).hexdigest()
        self.assertEqual(self.attest.subjects, [{"name": "model", "digest": {"sha256": "ab" * 32}},
                                                {"name": "slsaprovenance1.sig", "digest": {"sha256": statement}}])

    def test_every_input_reaches_the_command(self):
        result = self.run_action(
            datasets="train:a=hf://a b\neval:b", base_models="finetune:c", input_policy="p.yaml",
            config="c.json", hyperparameters="h.json", least_tier="B", env="SEED\nLANG", network="allowed",
            source="src", name="acme/x", staging="true", trust_config="trust.json", arguments="--further\na b",
            verify_arguments="--allow-symlinks", identity="someone", attest="false")
        self.assertEqual(result.status, 0, result.text)
        trust = ["--trust-config=trust.json", "--use-staging"]
        self.assertEqual(self.calls(), [
            train_call(TRAINING, [
                "--dataset=train:a=hf://a b", "--dataset=eval:b", "--base-model=finetune:c", "--input-policy=p.yaml",
                "--config=c.json", "--hyperparameters=h.json", "--env=SEED", "--env=LANG", "--source=src",
                "--name=acme/x", "--least-tier=B", "--network", *trust], ["--further", "a b"]),
            verify_call("model", [*trust, "--allow-symlinks"], identity="someone")])
        self.assertEqual((result.used, result.outputs["platform"]), ({}, ""))

    def test_without_verifying(self):
        self.assertEqual(self.run_action(verify="false").status, 0)
        self.assertEqual(self.calls(), [train_call(TRAINING)])

    def test_as_root(self):
        """by sudo, which keeps the environment; what root wrote is given back"""
        sudo = self.place.tools / "sudo"
        sudo.write_text('#!/bin/sh\necho "$*" >>"$STAND_IN_NOTES.sudo"\nwhile [ "$1" != -- ]; do\n  '
                        '[ "$1" = --preserve-env ] || exec "$@"\n  shift\ndone\nshift\nexec "$@"\n', encoding="utf-8")
        sudo.chmod(0o755)
        result = self.run_action(root="true")
        self.assertEqual(result.status, 0, result.text)
        self.assertEqual(self.calls()[0], train_call(TRAINING))
        first, *others = (self.place.folder / "notes.sudo").read_text().splitlines()
        self.assertRegex(first, f"^--preserve-env -- env PATH={self.place.tools} XDG_CACHE_HOME=/[^ ]+ "
                                f"{self.place.tools}/weightmark train ")
        self.assertEqual([line.partition(" -- ")[0].rpartition(" ")[0] + " " + line.rpartition(" ")[2]
                          for line in others], ["chown model"])

    def test_every_action_is_pinned(self):
        action = Action(ROOT / "train")
        used = [step["uses"] for step in action.document["runs"]["steps"] if "uses" in step]
        self.assertEqual(len(used), 2)
        for name in used:
            self.assertRegex(name, r"@[0-9a-f]{40}$")
            self.assertRegex(action.text, rf"{name} # v\d+\.\d+\.\d+\n")

    def test_no_expression_in_a_script(self):
        for step in Action(ROOT / "train").document["runs"]["steps"]:
            self.assertNotIn("${{", step.get("run", ""))


class Failing(Case):
    def test_the_training_fails(self):
        """its status is ours, and nobody attests anything"""
        self.failed("model was not trained", 7, command=self.program("sys.exit(7)"))

    def test_it_does_not_verify(self):
        self.failed("does not verify (exit status 1)", 1, {"STAND_IN_FAILS": "verify-attestation",
                                                           "STAND_IN_STATUS": "1"})

    def test_statements_that_are_not_understood(self):
        for given in [{"STAND_IN_DIGEST": "xyz"}, {"STAND_IN_NAME": "a\nb"}, {"STAND_IN_NAME": "a\rb"}]:
            self.failed("the subject of the statement is not understood", 3, given)

    def test_a_statement_that_is_elsewhere(self):
        """the training made a link where the statement is laid"""
        (self.place.folder / "elsewhere").mkdir()
        self.failed("there is no folder model/model.sig.d", 3, command=self.program(
            f"os.symlink({str(self.place.folder / 'elsewhere')!r}, 'model/model.sig.d')"))

    def test_settings_that_are_wrong(self):
        self.refused("no command that trains was named", command="\n")
        self.refused("where the model is written was not said", output="")
        self.refused("the model is written to one place", output="model\nother")
        self.refused('network is denied or allowed, not "yes"', network="yes")
        self.refused('root is true or false, not "1"', root="1")
        self.refused("sudo is needed", root="true")
        self.refused("an identity is expected", verify="false", identity="someone")
        self.refused("there is no command other", weightmark="other")

    def test_a_bundle_that_is_about_something_else(self):
        class Other(Attest):
            def write(self, subjects):
                super().write([{"name": "model", "digest": {"sha256": "00" * 32}}])
        self.attest = Other(self.place.folder)
        result = self.run_action()
        self.assertEqual((result.status, result.outputs["platform"]), (3, ""), result.text)
        self.assertIn("is not about this model", result.text)
        self.assertFalse(self.model("model.sig.d/github.sig").exists())


class Hostile(Case):
    def test_values_are_text(self):
        for text in HOSTILE:
            self.place.notes.unlink(missing_ok=True)
            result = self.run_action(datasets=text, base_models=text, input_policy=text, config=text,
                                     hyperparameters=text, env=text, source=text, name=text, least_tier=text,
                                     trust_config=text, arguments=text, verify_arguments=text, identity=text)
            self.assertEqual(result.status, 0, result.text)
            names = ["dataset", "base-model", "input-policy", "config", "hyperparameters", "env", "source", "name",
                     "least-tier", "trust-config"]
            self.assertEqual(self.calls(), [
                train_call(TRAINING, [f"--{name}={text}" for name in names], [text]),
                verify_call("model", [f"--trust-config={text}", text], identity=text)])
        for given in [{"weightmark": "; touch pwned"}, {"verify": "$(touch pwned)"}, {"network": "denied; touch pwned"},
                      {"root": "true; touch pwned"}]:
            self.assertEqual(self.run_action(**given).status, 2)
        self.assertEqual(self.place.pwned(), [])

    def test_arguments_and_names_are_text(self):
        for text in HOSTILE:
            self.place.notes.unlink(missing_ok=True)
            training = ["mkdir", "-p", "--", text]
            result = self.run_action(command="\n".join(training), output=text)
            self.assertEqual(result.status, 0, result.text)
            self.assertEqual(self.calls()[0], train_call(training, output=text))
            self.assertEqual(result.outputs["platform"], f"{text}/model.sig.d/github.sig")
            self.assertEqual(self.attest.subjects[0]["name"], text)
        self.assertEqual(self.place.pwned(), [])

    def test_the_runner_obeys_nothing_that_the_training_says(self):
        for says in ["::set-output name=provenance::evil", "##[add-mask]a", "::stop-commands::x", "::add-path::/evil"]:
            result = self.run_action(command=self.program(f"print({says!r}); print({says!r}, file=sys.stderr)"))
            self.assertEqual(result.status, 0, result.text)
            self.assertEqual(result.text.count(says), 2)
            self.assertEqual(commands_in(result.text), [])
            self.assertEqual(len(commands_in(says)), 1)  # it would have been

    def test_the_training_cannot_read_what_stops_the_runner(self):
        """which stands in the pipe to the runner, and whoever writes into a pipe can open it to read"""
        result = self.run_action(command=self.program(
            "for fd in (1, 2):\n"
            "  pipe = os.open(f'/proc/self/fd/{fd}', os.O_RDONLY | os.O_NONBLOCK)\n"
            "  try: found = os.read(pipe, 65536)\n"
            "  except BlockingIOError: found = b''\n"
            "  open('found', 'ab').write(found)"))
        self.assertEqual(result.status, 0, result.text)
        self.assertNotIn(b"stop-commands", (self.place.workspace / "found").read_bytes())
        self.assertIn("::stop-commands::", result.text)

    def test_the_training_does_not_know_where_the_runner_reads(self):
        result = self.run_action({"CI_JOB_TOKEN": "x", "GITHUB_TOKEN": "x", "KEPT": "yes"},
                                 command=self.program("open('told', 'w').write('\\n'.join(sorted(os.environ)))"))
        self.assertEqual(result.status, 0, result.text)
        told = (self.place.workspace / "told").read_text().splitlines()
        self.assertIn("KEPT", told)
        for name in ["GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY", "GITHUB_TOKEN",
                     "CI_JOB_TOKEN"]:
            self.assertNotIn(name, told)

    def test_what_github_attested_is_written_through_no_link(self):
        victim = self.place.folder / "victim"
        victim.write_text("untouched", encoding="utf-8")
        result = self.run_action(command=self.program(
            f"os.mkdir('model/model.sig.d'); os.symlink({str(victim)!r}, 'model/model.sig.d/github.sig')"))
        self.assertEqual(result.status, 0, result.text)
        self.assertEqual(victim.read_text(encoding="utf-8"), "untouched")
        self.assertFalse(self.model("model.sig.d/github.sig").is_symlink())

    def test_an_identity_cannot_add_an_output(self):
        identity = "someone\nEOF\nprovenance=evil\nprovenance<<EOF\nevil\nEOF"
        result = self.run_action({"STAND_IN_IDENTITY": identity})
        self.assertEqual(result.status, 0, result.text)
        self.assertEqual((result.outputs["identity"], result.outputs["provenance"]), (identity, f"model/{STATEMENT}"))


if __name__ == "__main__":
    if not all(map(shutil.which, NEEDED)):
        sys.exit(77)
    unittest.main()
