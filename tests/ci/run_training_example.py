#!/usr/bin/env python3
"""Runs the worked example of examples/training as its three platforms would, and templates/train.yml.

The stand-in for the command runs the training, but unconfined, and signs nothing.
"""
import json
import re
import shutil
import struct
import sys
import unittest

try:
    import yaml

    from cloud_build import Build
    from gitlab_component import Component, run_job
except ImportError:  # the YAML library
    sys.exit(77)
from run_train import Case, STATEMENT, TRAINING, train_call, verify_call
from workplace import HOSTILE, NEEDED, ROOT, repository

EXAMPLE = ROOT / "examples/training"
TRAINER = ["python3", "train.py", "--train=data/train", "--eval=data/eval", "--config=config.json",
           "--hyperparameters=hyperparameters.json", "--output=model"]
OPTIONS = ["--dataset=train:data/train", "--dataset=eval:data/eval", "--config=config.json",
           "--hyperparameters=hyperparameters.json"]


def document(path):
    return yaml.safe_load((EXAMPLE / path).read_text(encoding="utf-8"))


def underlined(given):
    return {name.replace("-", "_"): value for name, value in given.items()}


# --- GitLab -----------------------------------------------------------------------------


class GitLab(Case):
    def setUp(self):
        super().setUp()
        self.source, self.commit = repository(self.place.folder / "repository")

    def run_component(self, environment=None, shell="bash", **given):
        given = {"command": "\n".join(TRAINING), "output": "model", "source": self.source, **given}
        job, = Component(ROOT / "templates/train.yml").render(self.commit, **given).values()
        return run_job(job, self.place.workspace, {**self.place.environment, **(environment or {})}, shell)

    def results(self):
        return json.loads((self.place.workspace / "weightmark-trained.json").read_text(encoding="utf-8"))

    def test_what_the_job_is(self):
        rendered = Component(ROOT / "templates/train.yml").render(
            self.commit, command="x", output="model", source=self.source, image="acme/ml", job_name="train it")
        job = rendered["train it"]
        self.assertEqual((job["stage"], job["image"]), ("build", "acme/ml"))
        self.assertEqual(job["id_tokens"], {"SIGSTORE_ID_TOKEN": {"aud": "sigstore"}})
        self.assertEqual(job["variables"]["RUNNER_GENERATE_ARTIFACTS_METADATA"], "true")
        self.assertEqual(job["variables"]["ATTEST_BUILD_ARTIFACTS"], {"value": "true", "expand": False})
        self.assertIn("model/", job["artifacts"]["paths"])

    def test_inputs_are_nowhere_but_in_variables_that_stay_text(self):
        _, job = Component(ROOT / "templates/train.yml").configuration.copy().popitem()
        self.assertNotIn("$[[", "\n".join(job["script"]))
        for name, variable in job["variables"].items():
            if name != "RUNNER_GENERATE_ARTIFACTS_METADATA":
                self.assertIs(variable["expand"], False, name)

    def test_trains_and_verifies(self):
        for shell in ["bash", "sh"]:
            self.place.notes.unlink(missing_ok=True)
            status, text = self.run_component(shell=shell)
            self.assertEqual(status, 0, text)
            self.assertEqual(self.calls(), [train_call(TRAINING), verify_call()])
            self.assertEqual((self.results()["provenance"], self.results()["tier"]), (f"model/{STATEMENT}", "A"))

    def test_every_input_reaches_the_command(self):
        status, text = self.run_component(
            datasets="train:a\neval:b", base_models="finetune:c", input_policy="p.yaml", config="c.json",
            hyperparameters="h.json", env="SEED", network="allowed", training_source="src", name="acme/x",
            staging="true", trust_config="trust.json", arguments="--further\na b", identity="someone",
            verify_arguments="--allow-symlinks", least_tier="B")
        self.assertEqual(status, 0, text)
        trust = ["--trust-config=trust.json", "--use-staging"]
        self.assertEqual(self.calls(), [
            train_call(TRAINING, ["--dataset=train:a", "--dataset=eval:b", "--base-model=finetune:c",
                                  "--input-policy=p.yaml", "--config=c.json", "--hyperparameters=h.json", "--env=SEED",
                                  "--source=src", "--name=acme/x", "--least-tier=B", "--network", *trust],
                       ["--further", "a b"]),
            verify_call("model", [*trust, "--allow-symlinks"], identity="someone")])

    def test_hostile_values_are_text(self):
        for text in HOSTILE:
            self.place.notes.unlink(missing_ok=True)
            training = ["mkdir", "-p", "--", text]
            status, said = self.run_component(command="\n".join(training), output=text, datasets=text, name=text)
            self.assertEqual(status, 0, said)
            self.assertEqual(self.calls()[0], train_call(training, [f"--dataset={text}", f"--name={text}"],
                                                         output=text))
        self.assertEqual(self.place.pwned(), [])

    def test_the_training_fails(self):
        status, text = self.run_component(command=self.program("sys.exit(7)"))
        self.assertEqual(status, 7, text)
        self.assertIn("weightmark: model was not trained, or what was trained not signed (exit status 7)", text)


# --- The worked example -------------------------------------------------------------------


class Example(Case):
    def setUp(self):
        super().setUp()
        shutil.copytree(EXAMPLE, self.place.workspace, dirs_exist_ok=True)

    def trained(self):
        """The command was called as expected, and what trains has trained."""
        self.assertEqual(self.calls()[0][-len(TRAINER):], TRAINER)
        options = self.calls()[0][:-len(TRAINER)]
        self.assertEqual(options, train_call([], [*OPTIONS, "--name=acme/reviews", "--least-tier=B"]))
        data = self.model("weights.safetensors").read_bytes()
        length, = struct.unpack("<Q", data[:8])
        header = json.loads(data[8:8 + length])
        self.assertEqual(header["weights"]["shape"], [512])
        self.assertEqual(len(data), 8 + length + 4 * 513)

    def test_github(self):
        """the steps of the reusable workflow, with what the other one gives it"""
        given = document(".github/workflows/release.yml")["jobs"]["train"]["with"]
        workflow = document(".github/workflows/train.yml")
        known = workflow[True]["workflow_call"]["inputs"]  # `on`, to YAML 1.1
        inputs = {name: given.get(name, what.get("default")) for name, what in known.items()}
        self.assertLessEqual(set(given), set(known))
        step, = [step for step in workflow["jobs"]["train"]["steps"] if "/weightmark/train@" in step["uses"]]
        values = {name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: inputs[found[1]], text)
                  for name, text in step["with"].items()}
        self.assertEqual((values.pop("root"), values["least-tier"]), ("true", "B"))  # there is no sudo here
        result = self.run_action(**underlined(values))
        self.assertEqual(result.status, 0, result.text)
        self.assertIn("right 95.0%", result.text)
        self.assertEqual(result.outputs["platform"], "model/model.sig.d/github.sig")
        self.trained()

    def test_what_the_workflow_may(self):
        for path in ["train.yml", "release.yml"]:
            workflow = document(f".github/workflows/{path}")
            self.assertEqual(workflow["permissions"], {})
            self.assertEqual(workflow["jobs"]["train"]["permissions"],
                             {"contents": "read", "id-token": "write", "attestations": "write"})

    def test_gitlab(self):
        source, commit = repository(self.place.folder / "repository")
        include, = document(".gitlab-ci.yml")["include"]
        given = underlined({**include["inputs"], "source": source})
        job, = Component(ROOT / "templates/train.yml").render(commit, **given).values()
        status, text = run_job(job, self.place.workspace, self.place.environment)
        self.assertEqual(status, 0, text)
        self.trained()

    def cloud_build(self, **replaced):
        source, commit = repository(self.place.folder / "repository")
        apt = self.place.tools / "apt-get"
        apt.write_text("#!/bin/sh\n", encoding="utf-8")
        apt.chmod(0o755)
        return Build(EXAMPLE / "cloudbuild.yaml").run(
            self.place.workspace, self.place.environment,
            {"WEIGHTMARK_SOURCE": source, "WEIGHTMARK_REVISION": commit, **replaced})

    def test_cloud_build(self):
        status, text = self.cloud_build()
        self.assertEqual(status, 0, text)
        self.trained()

    def test_cloud_build_with_a_hostile_tag(self):
        for text in HOSTILE:
            self.place.notes.unlink(missing_ok=True)
            status, said = self.cloud_build(WEIGHTMARK_TRAIN_NAME=text, BUILD_ID=text)
            self.assertEqual(status, 0, said)
            self.assertIn(f"--name={text}", self.calls()[0])
            shutil.rmtree(self.place.folder / "repository")
        self.assertEqual(self.place.pwned(), [])

    def test_cloud_build_demands_googles_provenance(self):
        build = Build(EXAMPLE / "cloudbuild.yaml")
        self.assertEqual(build.document["options"]["requestedVerifyOption"], "VERIFIED")
        artifact, = build.document["artifacts"]["genericArtifacts"]
        self.assertEqual(artifact["folder"], "model")
        self.assertEqual(build.substituted(artifact["registryPath"]),
                         "projects/acme/locations/us-central1/repositories/models/packages/reviews/versions/v1.0")
        self.assertEqual(build.substituted(build.document["serviceAccount"]),
                         "projects/acme/serviceAccounts/trainer@acme.iam.gserviceaccount.com")


class Trainer(Case):
    """The trainer by itself."""

    def train(self, output, report=None):
        from subprocess import run
        environment = {"WEIGHTMARK_TRAINING_REPORT": str(report)} if report else {}
        paths = [part.replace("=data", f"={EXAMPLE}/data") for part in TRAINER[2:4]]
        run([sys.executable, "-B", EXAMPLE / "train.py", *paths, f"--config={EXAMPLE}/config.json",
             f"--hyperparameters={EXAMPLE}/hyperparameters.json", f"--output={output}"], check=True, env=environment,
            capture_output=True)

    def test_the_data_are_what_their_program_makes(self):
        from subprocess import run
        run([sys.executable, "-B", EXAMPLE / "make_data.py", self.place.workspace], check=True)
        for name in ["train/reviews.jsonl", "eval/reviews.jsonl"]:
            self.assertEqual((self.place.workspace / name).read_bytes(), (EXAMPLE / "data" / name).read_bytes())

    def test_equal_inputs_make_equal_bytes(self):
        for name in ["a", "b"]:
            self.train(self.place.workspace / name)
        first, second = [(self.place.workspace / name / "weights.safetensors").read_bytes() for name in ["a", "b"]]
        self.assertEqual(first, second)

    def test_what_it_reports(self):
        report = self.place.folder / "report"
        report.mkdir()
        self.train(self.place.workspace / "a", report)
        path, = report.iterdir()
        events = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        self.assertEqual(path.suffix, ".jsonl")
        self.assertEqual({event["event"] for event in events},
                         {"hyperparameters", "plan", "progress", "evaluation", "input", "model", "end"})
        plan, = [event for event in events if event["event"] == "plan"]
        end = events[-1]
        self.assertEqual((end["event"], end["stopReason"], end["steps"]), ("end", "max_steps", plan["steps"]))
        self.assertEqual([event["step"] for event in events if event["event"] == "progress"][-1], plan["steps"])
        for event in events:
            self.assertFalse([value for value in event.values() if isinstance(value, float)], event)


if __name__ == "__main__":
    if not all(map(shutil.which, NEEDED)):
        sys.exit(77)
    unittest.main()
