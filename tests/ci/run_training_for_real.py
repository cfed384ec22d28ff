#!/usr/bin/env python3
"""Runs packaging/ci/train over examples/training with the command itself, signing with a key.

usage: run_training_for_real.py WEIGHTMARK
"""
import base64
import json
import shutil
import subprocess
import sys
import unittest

from run_training_example import EXAMPLE, TRAINER
from workplace import ROOT, Workplace

WEIGHTMARK = sys.argv.pop() if len(sys.argv) > 1 else ""
NEEDED = ["git", "jq", "openssl"]
SECRET = "a-secret-that-nobody-may-read-later"


def run(*command, **further):
    return subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, timeout=300, **further)


class ForReal(unittest.TestCase):
    def setUp(self):
        self.place = Workplace(self, with_command=False)
        self.folder = self.place.workspace
        shutil.copytree(EXAMPLE, self.folder, dirs_exist_ok=True)
        self.git("init", "-q", "-b", "main")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "Begin")
        self.git("remote", "add", "origin", "https://github.com/acme/reviews")
        self.keys = self.place.folder
        self.made("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.keys / "key.pem")
        self.made("openssl", "ec", "-in", self.keys / "key.pem", "-pubout", "-out", self.keys / "key.pub")

    def made(self, *command):
        done = run(*command)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def git(self, *arguments):
        return self.made("git", "-C", self.folder, "-c", "user.name=x", "-c", "user.email=x@example.com", *arguments)

    def train(self, training, **settings):
        output = self.place.folder / "github-output"
        settings = {"OUTPUT": "model", "METHOD": "key", "ARGUMENTS": f"--private-key={self.keys}/key.pem",
                    "VERIFY_ARGUMENTS": f"--public-key={self.keys}/key.pub", "NAME": "acme/reviews",
                    "DATASETS": "train:data/train\neval:data/eval", "CONFIG": "config.json",
                    "HYPERPARAMETERS": "hyperparameters.json", **settings}
        # Whatever Python is used, it must be one that the confinement lets be read.
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(self.place.folder), "GITHUB_ACTIONS": "true",
                       "GITHUB_OUTPUT": str(output), "ACTIONS_ID_TOKEN_REQUEST_TOKEN": SECRET,
                       "WEIGHTMARK_COMMAND": WEIGHTMARK,
                       **{f"WEIGHTMARK_TRAIN_{name}": text for name, text in settings.items()}}
        return run(ROOT / "packaging/ci/train", "--", *training, cwd=self.folder, env=environment)

    def statement(self):
        bundle = json.loads((self.folder / "model/model.sig.d/slsaprovenance1.sig").read_text(encoding="utf-8"))
        return json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))

    def test_the_example(self):
        done = self.train(TRAINER)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("right 95.0%", done.stdout)
        said = self.statement()
        definition = said["predicate"]["buildDefinition"]
        self.assertEqual(said["predicateType"], "https://slsa.dev/provenance/v1")
        self.assertEqual(definition["buildType"], "https://weightmark.dev/buildtypes/ml-training/v1")
        self.assertEqual(definition["externalParameters"]["entryPoint"], TRAINER)
        self.assertEqual(definition["externalParameters"]["hyperparameters"]["seed"], 7)
        roles = [dependency["annotations"].get("weightmark_role") for dependency in definition["resolvedDependencies"]
                 if dependency["annotations"].get("weightmark_kind") == "dataset"]
        self.assertEqual(sorted(roles), ["eval", "train"])
        self.assertIn("weightmark_stepsCompleted", json.dumps(said["predicate"]["runDetails"]["byproducts"]))
        self.assertNotIn(SECRET, json.dumps(said))

    def judge(self):
        """By the example's policy, but that here a key signs."""
        text = (EXAMPLE / "policy.yaml").read_text(encoding="utf-8")
        head, rules = text.partition("        identity:")[0], text.partition("    # Of how it was made")[2]
        policy = self.place.folder / "policy.yaml"
        policy.write_text(f"{head}        key: {self.keys}/key.pub\n    #{rules}", encoding="utf-8")
        return run(WEIGHTMARK, "verify", "--policy", policy, self.folder / "model")

    def test_the_policy_of_the_example_holds(self):
        self.assertEqual(self.train(TRAINER).returncode, 0)
        done = self.judge()
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_the_policy_of_the_example_finds_what_no_commit_has(self):
        (self.folder / "train.py").write_text("#\n" + (self.folder / "train.py").read_text(encoding="utf-8"),
                                              encoding="utf-8")
        self.assertEqual(self.train(TRAINER).returncode, 0)
        done = self.judge()
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("dirty-source", done.stdout)

    def test_a_model_of_one_file_is_a_file_to_others(self):
        """so that a platform which attests files attests this model"""
        self.assertEqual(self.train(TRAINER).returncode, 0)
        self.assertIn("weights.safetensors", [subject["name"] for subject in self.statement()["subject"]])

    def test_the_training_fails(self):
        done = self.train(["python3", "-c", "raise SystemExit(7)"])
        self.assertEqual(done.returncode, 7, done.stdout)
        self.assertFalse((self.folder / "model/model.sig.d").exists())

    def test_the_training_cannot_sign(self):
        """nor read what says how"""
        done = self.train(["python3", "-c",
                           "import os; os.makedirs('model', exist_ok=True); open('model/a', 'w').write('a'); "
                           "print('TOLD', sorted(os.environ))"])
        self.assertEqual(done.returncode, 0, done.stdout)
        told, = [line for line in done.stdout.splitlines() if line.startswith("TOLD")]
        for name in ["ACTIONS_ID_TOKEN_REQUEST_TOKEN", "GITHUB_OUTPUT", "WEIGHTMARK_TRAIN_ARGUMENTS"]:
            self.assertNotIn(name, told)


def can_train():
    """Whether this command has the verb."""
    return run(WEIGHTMARK, "train", "--help").returncode == 0


if __name__ == "__main__":
    missing = [name for name in NEEDED if not shutil.which(name)]
    if missing or not can_train():
        print(f"skipped: not here: {', '.join(missing) or 'weightmark train'}")
        sys.exit(77)
    unittest.main()
