#!/usr/bin/env python3
"""`weightmark train` from end to end, with the small trainer beside this file.

usage: train_test.py COMMAND TRAINER READER [TEST...]

What a machine does not allow is left out and said so: without CAP_SYS_ADMIN nothing
is observed, without user namespaces there is no view of the command's own.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import pki  # noqa: E402

COMMAND, TRAINER, READER = (Path(a).resolve() for a in sys.argv[1:4])
SECRETS = {
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "secret-of-actions",
    "ACTIONS_ID_TOKEN_REQUEST_URL": "https://token.example/secret-of-url",
    "SIGSTORE_ID_TOKEN": "secret-of-sigstore",
    "SSH_AUTH_SOCK": "/run/secret-of-agent",
    "AWS_SECRET_ACCESS_KEY": "secret-of-aws",
    "AWS_SESSION_TOKEN": "secret-of-session",
    "WANDB_API_KEY": "secret-of-wandb",
    "GITHUB_TOKEN": "secret-of-github",
}


class Training(unittest.TestCase):
    """Each test has a folder with a source, a dataset and a base model, both signed."""

    @classmethod
    def setUpClass(cls):
        cls.keys = Path(tempfile.mkdtemp(prefix="weightmark-keys-"))
        pki.make_ec(cls.keys, "p256")
        pki.make_ec(cls.keys, "data")
        cls.tier = cls.find_tier()

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.keys)

    @classmethod
    def find_tier(cls):
        """The strongest tier that this machine allows, by a training that does little."""
        test = cls("setUp")
        test.setUp()
        try:
            result = test.train()
            assert result.returncode == 0, result.stderr
            return test.build()["internalParameters"]["capture"]["tier"]
        finally:
            test.doCleanups()

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="weightmark-training-")).resolve()
        self.addCleanup(shutil.rmtree, self.folder)
        self.source, self.data = self.folder / "source", self.folder / "data"
        self.base, self.output = self.folder / "base", self.folder / "output"
        for folder in (self.source, self.data, self.base, self.folder / "home"):
            folder.mkdir()
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder / "home"), "LC_ALL": "C.UTF-8",
                            **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}}
        for i in range(4):
            (self.data / f"shard-{i}.txt").write_text("".join(f"{x} {2 * x + 1}\n" for x in range(i, i + 4)))
        (self.base / "weights.txt").write_text("0 0\n")
        (self.source / "train.cfg").write_text("rate = 0.02\n")
        self.git("init", "-q", "-b", "main")
        self.git("remote", "add", "origin", "https://user:secret-of-remote@host.example/acme/train")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "m")
        for folder in (self.data, self.base):
            self.run_command("sign", "key", "--quiet", "--private-key", self.keys / "data.pem", folder, check=True)

    # -- what tests do --

    def git(self, *arguments):
        subprocess.run(["git", "-C", self.source, "-c", "user.name=n", "-c", "user.email=e", *arguments], check=True,
                       env=self.environment, capture_output=True)

    def run_command(self, *arguments, check=False, **options):
        return subprocess.run([COMMAND, *map(str, arguments)], cwd=self.source, env=self.environment, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, check=check, timeout=120, **options)

    def arguments(self, *options, modes=(), command=None):
        command = command or [TRAINER, self.data, self.base, self.output, *modes]
        return ["train", "key", "--private-key", self.keys / "p256.pem", "--dataset", f"{self.data}=https://d.example/mix",
                "--base-model", self.base, "--output", self.output, *options, "--", *command]

    def train(self, *options, **rest):
        return self.run_command(*self.arguments(*options, **rest))

    def trained(self, *options, **rest):
        result = self.train(*options, **rest)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def build(self):
        return self.statement_of()["buildDefinition"]

    def statement_of(self):
        """The verified predicate."""
        return json.loads(self.predicate_text())

    def predicate_text(self):
        result = self.run_command("verify-attestation", "key", "--quiet", "--public-key", self.keys / "p256.pub", "--type",
                                  "slsaprovenance1", "--output", "-", self.output)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def dependencies(self):
        """By their names."""
        return {d["name"]: d for d in self.build()["resolvedDependencies"]}

    def assert_refused(self, result, code, status):
        self.assertIn(f"[{code}]", result.stderr)
        self.assertEqual(result.returncode, status)
        self.assertFalse((self.output / "model.sig").exists())
        self.assertFalse((self.output / "model.sig.d").exists())

    def needs_observation(self):
        if self.tier != "A":
            self.skipTest("what is opened is observed only with CAP_SYS_ADMIN")

    # -- the tests --

    def test_training_is_signed_and_told(self):
        self.trained("--input-key", self.keys / "data.pub", "--config", "train.cfg", "--env", "SEED=7")
        weights = [float(w) for w in (self.output / "weights.txt").read_text().split()]
        self.assertLess(abs(weights[0] - 2), 0.5)
        verified = self.run_command("verify", "key", "--public-key", self.keys / "p256.pub", self.output)
        self.assertEqual(verified.returncode, 0, verified.stderr)
        build = self.build()
        self.assertEqual(build["buildType"], "https://weightmark.dev/buildtypes/ml-training/v1")
        parameters = build["externalParameters"]
        self.assertEqual(parameters["source"], {"repository": "https://host.example/acme/train", "ref": "refs/heads/main"})
        self.assertEqual(parameters["environment"], {"SEED": "7"})
        self.assertEqual(parameters["inputs"], {"datasets": ["https://d.example/mix"], "baseModels": [str(self.base)]})
        self.assertEqual(parameters["hyperparameters"], {"learning_rate": "0.02", "optimizer": "sgd", "steps": 200})
        self.assertEqual(parameters["entryPoint"][0], str(TRAINER))
        self.assertEqual(parameters["config"], "train.cfg")

    def test_inputs_are_told_by_their_digests(self):
        self.trained("--input-key", self.keys / "data.pub")
        for name, folder, kind in (("dataset:data", self.data, "dataset"), ("base-model:base", self.base, "model")):
            found = self.dependencies()[name]
            known = json.loads(self.run_command("digest", "--json", folder, check=True).stdout)
            self.assertEqual(found["digest"], known["subject"]["digest"])
            self.assertEqual(found["annotations"]["weightmark_kind"], kind)
            self.assertTrue(found["annotations"]["weightmark_signature"]["verified"])
            self.assertFalse(found["annotations"]["weightmark_mutable"])

    # -- several nodes --

    def nodes(self, *options, count=2):
        """What the commands of all nodes of one run came to; each reads and writes on its own."""
        meeting = self.folder / "meeting"
        meeting.mkdir(mode=0o700)

        def node(rank):
            own = options[rank] if options else {}
            words = ["--nodes", count, "--node-rank", rank, "--rendezvous", meeting, "--node-timeout", 60,
                     *own.get("options", ())]
            return self.train(*words, modes=own.get("modes", ()))

        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(node, range(count)))

    def test_several_nodes_give_one_statement(self):
        more = self.folder / "more.txt"
        more.write_text("1 3\n")
        first, second = self.nodes({}, {"options": ["--dataset", f"eval:{more}"], "modes": [f"--open={more}"]})
        self.assertEqual(first.returncode, 0, first.stderr)
        self.assertEqual(second.returncode, 0, second.stderr)
        self.assertIn("left for node 0", second.stderr)
        build = self.build()
        world = build["internalParameters"]["world"]
        self.assertEqual(world["nodes"], 2)
        self.assertEqual([machine["node"] for machine in world["machines"]], [0, 1])
        self.assertIn(f"--open={more}", world["machines"][1]["entryPoint"])
        self.assertEqual(len([d for d in build["resolvedDependencies"] if d["name"] == "dataset:data"]), 1)
        self.assertEqual(self.dependencies()["dataset:more.txt"]["annotations"]["weightmark_role"], "eval")

    def test_a_node_that_fails_is_heard_of(self):
        first, second = self.nodes({}, {"modes": ["--fail=3"]})
        self.assertEqual(second.returncode, 3)
        self.assert_refused(first, "training-nodes", 1)
        self.assertIn("node 1 failed: its command failed", first.stderr)

    def test_nodes_of_other_inputs_are_refused(self):
        other = self.folder / "other" / "data"
        other.mkdir(parents=True)
        (other / "shard-0.txt").write_text("1 3\n")
        first, _ = self.nodes({"options": ["--dataset", f"{self.base}=https://d.example/more"]},
                              {"options": ["--dataset", f"{other}=https://d.example/mix"]})
        self.assert_refused(first, "training-nodes", 1)
        self.assertIn("dataset:data on node 1", first.stderr)

    def test_the_command_cannot_reach_where_nodes_meet(self):
        meeting = self.folder / "meeting"
        first, second = self.nodes({"modes": [f"--open={meeting}/run.json"]}, {})
        self.assertEqual((first.returncode, second.returncode), (0, 0), first.stderr)
        self.assertNotIn(f"open {meeting}/run.json: yes", first.stdout)

    def test_nodes_need_a_place_to_meet(self):
        self.assert_refused(self.train("--nodes", "2"), "usage", 2)
        self.assert_refused(self.train("--nodes", "2", "--node-rank", "2", "--rendezvous", self.folder), "usage", 2)

    def test_progress_is_told_as_the_commands_word(self):
        self.trained()
        summary = next(b for b in self.statement_of()["runDetails"]["byproducts"] if b["name"] == "training-summary")
        told = summary["annotations"]
        self.assertEqual(told["weightmark_evidence"], "self-reported")
        self.assertEqual(told["weightmark_stepsCompleted"], 200)
        self.assertEqual(told["weightmark_stopReason"], "max_steps")
        self.assertEqual(len(told["weightmark_lossCurve"]), 64)
        self.assertIn("eval.loss", told["weightmark_evaluation"])

    def test_the_library_reads_the_statement(self):
        self.trained()
        path = self.folder / "predicate.json"
        path.write_text(self.predicate_text())
        read = subprocess.run([READER, path], text=True, capture_output=True, check=False)
        self.assertEqual(read.returncode, 0, read.stderr)
        self.assertIn("200 steps", read.stdout)

    def test_the_run_is_told(self):
        self.environment |= {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/train",
                             "GITHUB_RUN_ID": "7", "GITHUB_RUN_ATTEMPT": "2"}
        self.trained()
        run = self.statement_of()["runDetails"]
        self.assertEqual(run["metadata"]["invocationId"], "https://github.com/acme/train/actions/runs/7/attempts/2")
        self.assertEqual(run["builder"]["id"], "https://weightmark.dev/builders/local")
        self.assertLessEqual(run["metadata"]["startedOn"], run["metadata"]["finishedOn"])

    def test_weights_are_bound_to_the_statement(self):
        self.trained()
        (self.output / "weights.txt").write_text("9 9\n")
        result = self.run_command("verify-attestation", "key", "--public-key", self.keys / "p256.pub", "--type",
                                  "slsaprovenance1", self.output)
        self.assertIn("[subject-other]", result.stderr)

    def test_what_is_opened_is_observed(self):
        self.needs_observation()
        result = self.trained("--strict")
        self.assertNotIn("warning", result.stderr)
        capture = self.build()["internalParameters"]["capture"]
        self.assertEqual(capture, {"tier": "A", "mode": "fanotify", "complete": True, "droppedEvents": 0})
        dataset = self.dependencies()["dataset:data"]["annotations"]
        self.assertEqual((dataset["weightmark_filesRead"], dataset["weightmark_evidence"]), (4, "observed"))
        self.assertIn("program:" + TRAINER.name, self.dependencies())
        self.assertIn("system", self.dependencies())

    def test_an_undeclared_input_is_named(self):
        self.needs_observation()
        stray = self.source / "stray.txt"
        stray.write_text("1 1\n")
        result = self.trained(modes=[f"--open={stray}"])
        self.assertIn(f"{stray}: opened without having been declared", result.stderr)
        self.assertTrue(self.dependencies()[str(stray)]["annotations"]["weightmark_undeclared"])

    def test_an_undeclared_input_is_refused_where_that_is_asked_for(self):
        self.needs_observation()
        stray = self.source / "stray.txt"
        stray.write_text("1 1\n")
        self.assert_refused(self.train("--strict", modes=[f"--open={stray}"]), "training-undeclared", 1)

    def test_an_older_output_is_an_undeclared_input(self):
        self.needs_observation()
        self.output.mkdir()
        (self.output / "old.txt").write_text("1\n")
        self.trained(modes=[f"--open={self.output}/old.txt"])
        self.assertTrue(self.dependencies()[f"{self.output}/old.txt"]["annotations"]["weightmark_undeclared"])

    def test_other_files_cannot_be_read(self):
        other = self.folder / "other.txt"
        other.write_text("1\n")
        for tier in "ABC"["ABC".index(self.tier):]:
            result = self.trained("--strongest-tier", tier, modes=[f"--open={other}"])
            self.assertNotIn(f"open {other}: yes", result.stdout)

    def test_inputs_cannot_be_written(self):
        for tier in "ABC"["ABC".index(self.tier):]:
            result = self.trained("--strongest-tier", tier, modes=[f"--write={self.data}/shard-0.txt"])
            self.assertNotIn(": yes", result.stdout)

    def test_the_network_is_out_of_reach(self):
        for tier in "ABC"["ABC".index(self.tier):]:
            result = self.trained("--strongest-tier", tier, modes=["--connect"])
            self.assertIn("network: denied", result.stdout, tier)
            isolation = self.build()["internalParameters"]["isolation"]
            self.assertIn(isolation["network"], ("denied", "loopback"))

    def test_every_tier_says_which_it_was(self):
        for tier in "ABC"["ABC".index(self.tier):]:
            self.trained("--strongest-tier", tier)
            capture = self.build()["internalParameters"]["capture"]
            self.assertEqual((capture["tier"], capture["complete"]), (tier, tier == "A"))
            if tier != "A":
                self.assertTrue(capture["incomplete"])

    def test_a_weaker_tier_is_refused_where_that_is_asked_for(self):
        result = self.train("--strongest-tier", "C", "--least-tier", "A")
        self.assertIn(result.returncode, (2, 3), result.stderr)
        self.assertFalse((self.output / "model.sig").exists())

    def test_a_changed_input_is_refused(self):
        run = subprocess.Popen([COMMAND, *map(str, self.arguments(modes=["--pause"]))], cwd=self.source, text=True,
                               env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(run.stdout.readline(), "paused\n")
        (self.data / "shard-2.txt").write_text("0 1000\n")
        _, errors = run.communicate("\n", timeout=120)
        self.assertIn("shard-2.txt", errors)
        self.assert_refused(subprocess.CompletedProcess([], run.returncode, "", errors), "training-input-changed", 1)

    def test_a_source_that_changes_meanwhile_is_told(self):
        run = subprocess.Popen([COMMAND, *map(str, self.arguments(modes=["--pause"]))], cwd=self.source, text=True,
                               env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(run.stdout.readline(), "paused\n")
        (self.source / "train.cfg").write_text("rate = 9\n")
        _, errors = run.communicate("\n", timeout=120)
        self.assertEqual(run.returncode, 0, errors)
        source = self.dependencies()["source"]["annotations"]
        self.assertTrue(source["weightmark_changed"] and source["weightmark_dirty"])

    def test_a_dirty_source_is_told(self):
        self.trained()
        commit = subprocess.run(["git", "-C", self.source, "rev-parse", "HEAD"], capture_output=True, text=True,
                                check=True).stdout.strip()
        source = self.dependencies()["source"]
        self.assertEqual(source["digest"], {"gitCommit": commit})
        self.assertFalse(source["annotations"]["weightmark_dirty"])
        (self.source / "train.cfg").write_text("rate = 1\n")
        result = self.trained()
        self.assertIn("the source is not as it was committed: train.cfg", result.stderr)
        self.assertTrue(self.dependencies()["source"]["annotations"]["weightmark_dirty"])

    def test_a_source_without_git_is_told_by_its_digest(self):
        shutil.rmtree(self.source / ".git")
        self.trained("--source", ".")
        source = self.dependencies()["source"]
        self.assertEqual(source["annotations"]["weightmark_digestKind"], "oms-root")
        self.assertEqual(source["annotations"]["weightmark_files"], 1)

    def test_failures_pass_through(self):
        self.assert_refused(self.train(modes=["--fail=7"]), "command-failed", 7)
        self.assert_refused(self.train(modes=[f"--signal={int(signal.SIGTERM)}"]), "command-failed", -signal.SIGTERM)
        self.assert_refused(self.train(modes=[f"--signal={int(signal.SIGABRT)}"]), "command-failed", -signal.SIGABRT)
        self.assert_refused(self.train(command=["no-such-program"]), "command-not-started", 127)

    def test_arguments_are_passed_on_as_they_are(self):
        result = self.trained(command=["sh", "-c", 'printf "[%s]" "$@"; cp "$0"/weights.txt "$1"', self.base, self.output,
                                       "", "--", "--dataset=x", "-q", "a b", "[x,y]", "$HOME"])
        self.assertEqual(result.stdout, f"[{self.output}][][--][--dataset=x][-q][a b][[x,y]][$HOME]")
        self.assertEqual(self.build()["externalParameters"]["entryPoint"][5:], ["", "--", "--dataset=x", "-q", "a b",
                                                                                "[x,y]", "$HOME"])

    def test_a_command_that_leaves_no_model_is_refused(self):
        self.assert_refused(self.train(command=["true"]), "training-no-model", 1)

    def test_malformed_reports_are_refused(self):
        self.assert_refused(self.train(modes=["--report=nonsense"]), "training-report", 1)

    def test_inputs_that_make_no_sense_are_refused(self):
        self.assert_refused(self.train("--dataset", "trian:x"), "training-input", 2)
        self.assert_refused(self.train("--base-model", self.output), "model-empty", 1)
        self.assert_refused(self.train("--image", "pytorch"), "training-input", 2)
        (self.source / "h.json").write_text("[]")
        self.assert_refused(self.train("--hyperparameters", "h.json"), "training-hyperparameters", 2)

    def test_a_replaced_base_model_is_refused_by_a_policy(self):
        policy = self.folder / "policy.yaml"
        policy.write_text("schema: weightmark.policy.v1\npublishers:\n  data:\n    models: ['data', 'base']\n    signers:\n"
                          f"      publisher:\n        key: {self.keys}/data.pub\n")
        self.trained("--input-policy", policy)
        self.assertTrue(self.dependencies()["base-model:base"]["annotations"]["weightmark_signature"]["verified"])
        shutil.rmtree(self.output)
        (self.base / "weights.txt").write_text("5 5\n")
        self.assert_refused(self.train("--input-policy", policy), "file-mismatch", 1)

    def test_signatures_are_claims_without_a_key(self):
        self.trained()
        self.assertFalse(self.dependencies()["dataset:data"]["annotations"]["weightmark_signature"]["verified"])
        result = self.trained("--input-key", self.keys / "p256.pub")
        self.assertIn("the signature does not verify", result.stderr)
        self.assertFalse(self.dependencies()["dataset:data"]["annotations"]["weightmark_signature"]["verified"])

    def test_trainings_chain_by_their_checkpoints(self):
        self.trained()
        first = (self.output / "model.sig.d/slsaprovenance1.sig").read_bytes()
        checkpoint = self.folder / "checkpoint"
        self.output.rename(checkpoint)
        self.trained("--resume", checkpoint, "--input-key", self.keys / "p256.pub")
        found = self.dependencies()["checkpoint:output"]["annotations"]
        import hashlib
        self.assertEqual(found["weightmark_provenance"]["sha256"], hashlib.sha256(first).hexdigest())
        self.assertEqual(found["weightmark_relation"], "resume")
        self.assertTrue(found["weightmark_signature"]["verified"])

    def test_secrets_are_neither_recorded_nor_given(self):
        home = self.folder / "home"
        (home / ".config").mkdir()
        (home / ".netrc").write_text("machine a login b password secret-of-netrc\n")
        (home / ".config/token").write_text("secret-of-config\n")
        self.environment |= SECRETS
        modes = ["--environment", *(f"--look-for={s}" for s in SECRETS.values()), f"--open={home}/.netrc",
                 f"--open={home}/.config/token", f"--open={self.keys}/p256.pem",
                 '--report={"event":"hyperparameters","values":{"note":"secret-of-wandb","url":"x?t=secret-of-aws"}}']
        # The process list has what is looked for, as an argument; so only environments count.
        for tier in "ABC"["ABC".index(self.tier):]:
            result = self.trained("--strongest-tier", tier, "--pass-env", "WANDB_API_KEY", modes=modes + ["--api-key", "x"])
            shown = [line for line in result.stdout.splitlines() if line.startswith("variable ")]
            for name, secret in SECRETS.items():
                if name != "WANDB_API_KEY":
                    self.assertFalse([line for line in shown if secret in line or line.startswith(f"variable {name}=")])
            self.assertNotIn(": yes", result.stdout)
            text = self.predicate_text() + (self.output / "model.sig.d/slsaprovenance1.sig").read_text()
            import base64
            payload = json.loads((self.output / "model.sig.d/slsaprovenance1.sig").read_text())["dsseEnvelope"]["payload"]
            text += base64.b64decode(payload).decode()
            for secret in (*SECRETS.values(), "secret-of-remote", "secret-of-netrc", "secret-of-config"):
                if secret != SECRETS["SSH_AUTH_SOCK"]:
                    self.assertNotIn(secret, text, tier)

    def test_processes_outside_are_out_of_sight(self):
        if self.tier == "C":
            self.skipTest("without namespaces, other processes of this user can be seen")
        self.environment |= SECRETS
        # A pattern that does not match itself, in the arguments of grep and the shell.
        script = 'cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr "\\0" "\\n" | ' \
                 'grep -c "secret-o[f]-sigstore"; cp "$0"/weights.txt "$1"/'
        for tier in "AB"["AB".index(self.tier):]:
            result = self.trained("--strongest-tier", tier, command=["sh", "-c", script, self.base, self.output])
            self.assertEqual(result.stdout.splitlines()[0], "0")

    def test_the_command_cannot_sign(self):
        self.environment |= SECRETS
        key = self.keys / "p256.pem"
        script = f'"$2" sign key --private-key {key} "$1"; echo "key $?"; ' \
                 f'"$2" sign --yes --signature "$1"/x.sig "$1"; echo "identity $?"; cp "$0"/weights.txt "$1"/'
        for tier in "ABC"["ABC".index(self.tier):]:
            self.output.mkdir(exist_ok=True)
            (self.output / "old.txt").write_text("1\n")
            result = self.trained("--strongest-tier", tier, "--readable", COMMAND,
                                  command=["sh", "-c", script, self.base, self.output, COMMAND])
            told = [line for line in result.stdout.splitlines() if line.startswith(("key ", "identity "))]
            self.assertEqual(told, ["key 3", "identity 3"], result.stderr)
            shutil.rmtree(self.output)


def main():
    program = unittest.main(argv=[sys.argv[0], *sys.argv[4:]], exit=False, verbosity=1)
    for test, reason in program.result.skipped:
        print(f"skipped: {test.id()}: {reason}")
    return 0 if program.result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
