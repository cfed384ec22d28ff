#!/usr/bin/env python3
"""Runs the job of templates/sign.yml, with a stand-in for the command.

tests/stack/pipelines.py runs it with the command itself against a Sigstore.
"""
import json
import shutil
import sys
import unittest

try:
    from gitlab_component import Component, run_job
except ImportError:  # the YAML library
    sys.exit(77)
from run_action import sign_call, verify_call
from workplace import HOSTILE, NEEDED, Workplace, repository


class Case(unittest.TestCase):
    def setUp(self):
        self.place = Workplace(self)
        self.source, self.commit = repository(self.place.folder / "repository")

    def run_component(self, environment=None, shell="bash", sha=None, **given):
        job, = Component().render(sha or self.commit, **{"source": self.source, **given}).values()
        return run_job(job, self.place.workspace, {**self.place.environment, **(environment or {})}, shell)

    def results(self):
        path = self.place.workspace / "weightmark-signed.jsonl"
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


class Job(Case):
    def test_what_the_job_is(self):
        document = Component().render(self.commit, model="model", source=self.source, stage="sign", image="acme/ml",
                                      job_name="sign it", artifacts=["out/*.sig"])
        job = document["sign it"]
        self.assertEqual((job["stage"], job["image"]), ("sign", "acme/ml"))
        self.assertEqual(job["id_tokens"], {"SIGSTORE_ID_TOKEN": {"aud": "sigstore"}})
        self.assertEqual(job["artifacts"], {"paths": ["out/*.sig"]})

    def test_inputs_are_nowhere_but_in_variables_that_stay_text(self):
        _, job = Component().configuration.copy().popitem()
        self.assertNotIn("$[[", "\n".join(job["script"]))
        for name, variable in job["variables"].items():
            self.assertIs(variable["expand"], False, name)

    def test_signs_and_verifies(self):
        for shell in ["bash", "sh"]:
            with self.subTest(shell):
                self.place.notes.unlink(missing_ok=True)
                (self.place.workspace / "model").mkdir(exist_ok=True)
                status, text = self.run_component(shell=shell, model="model")
                self.assertEqual(status, 0, text)
                self.assertEqual(self.place.calls(), [sign_call("model"), verify_call("model", "model/model.sig")])
                self.assertEqual([result["signature"] for result in self.results()], ["model/model.sig"])

    def test_every_input_reaches_the_command(self):
        status, text = self.run_component(
            model=self.place.model(), signature="out.sig", add="audit", staging="true", trust_config="trust.json",
            arguments="--name\na b", verify_arguments="--allow-symlinks", identity="someone")
        self.assertEqual(status, 0, text)
        self.assertEqual(self.place.calls(), [
            sign_call("model", "--signature=out.sig", "--add=audit", "--trust-config=trust.json", "--use-staging",
                      "--name", "a b"),
            verify_call("model", "out.sig", "--trust-config=trust.json", "--use-staging", "--allow-symlinks",
                        identity="someone")])

    def test_without_verifying(self):
        self.assertEqual(self.run_component(model=self.place.model(), verify="false")[0], 0)
        self.assertEqual(self.place.calls(), [sign_call("model")])

    def test_several_models(self):
        names = [self.place.model(name) for name in ["a", "two  words"]]
        status, text = self.run_component(model="\n".join(names) + "\n")
        self.assertEqual(status, 0, text)
        self.assertEqual([result["signature"] for result in self.results()], [f"{name}/model.sig" for name in names])

    def test_hostile_values_are_text(self):
        names = [self.place.model(name) for name in HOSTILE]
        status, text = self.run_component(model="\n".join(names))
        self.assertEqual(status, 0, text)
        self.assertEqual([call[-1] for call in self.place.calls() if call[0] == "sign"], names)
        for hostile in HOSTILE[:6]:
            self.place.notes.unlink(missing_ok=True)
            status, text = self.run_component(model=names[0], signature=hostile, arguments=hostile)
            self.assertEqual(status, 0, text)
            self.assertEqual(self.place.calls()[0], sign_call(names[0], f"--signature={hostile}", hostile))
            self.assertNotEqual(self.run_component(model=names[0], source=hostile)[0], 0)
        self.assertEqual(self.place.pwned(), [])


class Failing(Case):
    def test_the_job_may_not_have_an_identity(self):
        """what the command says is passed on, and its status"""
        says = "weightmark: error: no identity token was given, and nothing here offers one [token-missing]"
        status, text = self.run_component({"STAND_IN_FAILS": "sign", "STAND_IN_STATUS": "3", "STAND_IN_SAYS": says},
                                          model=self.place.model())
        self.assertEqual(status, 3)
        self.assertIn(says, text)
        self.assertIn("weightmark: model was not signed (exit status 3)", text)
        self.assertEqual(self.results(), [])

    def test_results_of_an_earlier_run_are_gone(self):
        (self.place.workspace / "weightmark-signed.jsonl").write_text("{}\n", encoding="utf-8")
        self.assertEqual(self.run_component({"STAND_IN_FAILS": "sign", "STAND_IN_STATUS": "1"},
                                            model=self.place.model())[0], 1)
        self.assertEqual(self.results(), [])

    def test_only_the_commit_of_the_component_is_run(self):
        for sha in ["0" * 40, "main", "HEAD", "--upload-pack=touch pwned"]:
            status, text = self.run_component(model="model", sha=sha)
            self.assertNotEqual(status, 0, text)
        self.assertEqual((self.place.calls(), self.place.pwned()), ([], []))

    def test_options_that_there_are_not(self):
        self.assertRaises(ValueError, self.run_component, model="model", verify="yes")
        self.assertRaises(ValueError, self.run_component)


class Building(Case):
    def test_builds_where_none_is_installed(self):
        (self.place.tools / "weightmark").unlink()
        status, text = self.run_component({"SIGSTORE_ID_TOKEN": "secret"}, model=self.place.model())
        self.assertEqual(status, 0, text)
        self.assertEqual(self.place.calls()[0], sign_call("model"))
        self.assertEqual((self.place.folder / "notes.build").read_text(), "build --target weightmark_cli\n")
        self.assertNotIn("ID_TOKEN", (self.place.folder / "notes.env").read_text())

    def test_installs_the_tools_that_are_missing(self):
        """once, and all of them"""
        (self.place.tools / "jq").unlink()
        apt = self.place.tools / "apt-get"
        apt.write_text(f'#!/bin/sh\necho "$*" >>"$STAND_IN_NOTES.apt"\n[ "$2" = update ] || '
                       f'ln -s {shutil.which("jq")} {self.place.tools}/jq\n', encoding="utf-8")
        apt.chmod(0o755)
        self.assertEqual(self.run_component(model=self.place.model())[0], 0)
        self.assertEqual((self.place.folder / "notes.apt").read_text().splitlines(),
                         ["-q update", "-q -y install --no-install-recommends bash ca-certificates git jq"])


if __name__ == "__main__":
    if not all(map(shutil.which, NEEDED)):
        sys.exit(77)
    unittest.main()
