#!/usr/bin/env python3
"""Runs the steps of action.yml, with a stand-in for the command.

tests/stack/pipelines.py runs them with the command itself against a Sigstore.
"""
import shutil
import subprocess
import sys
import unittest

try:
    from github_action import Action, commands_in, outputs_in
except ImportError:  # the YAML library
    sys.exit(77)
from stand_in import IDENTITY, PROVIDER
from workplace import HOSTILE, NEEDED, ROOT, Workplace, sources


def sign_call(model, *options):
    return ["sign", "sigstore", *options, "--json", "--yes", "--", model]


def verify_call(model, signature, *options, identity=IDENTITY):
    return ["verify", "sigstore", *options, f"--identity={identity}", f"--identity-provider={PROVIDER}",
            f"--signature={signature}", "--", model]


class Case(unittest.TestCase):
    def run_action(self, place, action=None, environment=None, **given):
        return (action or Action()).run(place.workspace, {**place.environment, **(environment or {})}, **given)

    def refused(self, place, words, status=2, **given):
        """Before anything was signed."""
        result = self.run_action(place, **given)
        self.assertEqual(result.status, status, result.text)
        self.assertIn(words, result.text)
        self.assertEqual(place.calls(), [])
        self.assertEqual(result.outputs["signature"], "")
        self.assertEqual(len(commands_in(result.text)), 1, result.text)
        return result


class Signing(Case):
    def test_signs_and_verifies(self):
        place = Workplace(self)
        result = self.run_action(place, model=place.model())
        self.assertEqual(result.status, 0, result.text)
        self.assertEqual(place.calls(), [sign_call("model"), verify_call("model", "model/model.sig")])
        self.assertEqual(result.outputs, {"signature": "model/model.sig", "identity": IDENTITY,
                                          "identity-provider": PROVIDER, "log-index": "101",
                                          "weightmark": str(place.tools / "weightmark")})
        self.assertEqual(result.ran, ["find", "sign"])
        self.assertEqual(result.used, {})
        self.assertIn(f"    weightmark verify model --signature model/model.sig --identity {IDENTITY} "
                      f"--identity-provider {PROVIDER}\n", result.summary)

    def test_every_input_reaches_the_command(self):
        place = Workplace(self)
        result = self.run_action(place, model=place.model(), signature="out.sig", add="audit", staging="true",
                                 trust_config="trust.json", arguments="--name\na b", identity="someone",
                                 verify_arguments="--allow-symlinks")
        self.assertEqual(result.status, 0, result.text)
        self.assertEqual(place.calls(), [
            sign_call("model", "--signature=out.sig", "--add=audit", "--trust-config=trust.json", "--use-staging",
                      "--name", "a b"),
            verify_call("model", "out.sig", "--trust-config=trust.json", "--use-staging", "--allow-symlinks",
                        identity="someone")])

    def test_without_verifying(self):
        place = Workplace(self)
        self.assertEqual(self.run_action(place, model=place.model(), verify="false").status, 0)
        self.assertEqual(place.calls(), [sign_call("model")])

    def test_several_models_with_spaces(self):
        place = Workplace(self)
        names = [place.model(name) for name in ["a", "two  words", " leading and trailing ", "-dash", "key"]]
        result = self.run_action(place, model="\n" + "\n\n".join(names) + "\n")
        self.assertEqual(result.status, 0, result.text)
        self.assertEqual([call[-1] for call in place.calls()], [name for name in names for _ in range(2)])
        self.assertEqual(result.outputs["signature"].split("\n"), [f"{name}/model.sig" for name in names])
        self.assertEqual(result.outputs["log-index"].split("\n"), ["101", "102", "103", "104", "105"])

    def test_hostile_models_are_names(self):
        place = Workplace(self)
        names = [place.model(name) for name in HOSTILE]
        result = self.run_action(place, model="\n".join(names))
        self.assertEqual(result.status, 0, result.text)
        self.assertEqual([call[-1] for call in place.calls() if call[0] == "sign"], names)
        self.assertEqual(result.outputs["signature"].split("\n"), [f"{name}/model.sig" for name in names])
        self.assertEqual(place.pwned(), [])

    def test_hostile_values_are_text(self):
        place = Workplace(self)
        place.model()
        for text in HOSTILE:
            place.notes.unlink(missing_ok=True)
            result = self.run_action(place, model="model", signature=text, add=text, trust_config=text, identity=text,
                                     arguments=text, verify_arguments=text)
            self.assertEqual(result.status, 0, result.text)
            self.assertEqual(place.calls(), [
                sign_call("model", f"--signature={text}", f"--add={text}", f"--trust-config={text}", text),
                verify_call("model", text, f"--trust-config={text}", text, identity=text)])
            self.assertEqual(result.outputs["signature"], text)
        for given in [{"weightmark": "; touch pwned"}, {"verify": "$(touch pwned)"}, {"staging": "true; touch pwned"}]:
            self.assertEqual(self.run_action(place, model="model", **given).status, 2)
        self.assertEqual(place.pwned(), [])

    def test_no_expression_in_a_script(self):
        for step in Action().document["runs"]["steps"]:
            self.assertNotIn("${{", step.get("run", ""))

    def test_every_action_is_pinned(self):
        action = Action()
        used = [step["uses"] for step in action.document["runs"]["steps"] if "uses" in step]
        self.assertTrue(used)
        for name in used:
            self.assertRegex(name, r"@[0-9a-f]{40}$")
            self.assertRegex(action.text, rf"{name} # v\d+\.\d+\.\d+\n")


class Failing(Case):
    def test_the_job_may_not_have_an_identity(self):
        """what the command says is passed on, and its status"""
        place = Workplace(self)
        says = ("weightmark: error: GitHub Actions: the job may not have identity tokens [token-source]\n"
                "weightmark: hint: allow it in the workflow: `permissions: {id-token: write}`")
        result = self.run_action(place, model=place.model(), environment={
            "STAND_IN_FAILS": "sign", "STAND_IN_STATUS": "3", "STAND_IN_SAYS": says})
        self.assertEqual(result.status, 3)
        self.assertIn(says, result.text)
        self.assertEqual(commands_in(result.text),
                         ["::error title=Weightmark::model was not signed (exit status 3); the log says why"])
        self.assertEqual(place.calls(), [sign_call("model")])
        self.assertEqual((result.outputs["signature"], result.summary), ("", ""))

    def test_it_does_not_verify(self):
        place = Workplace(self)
        result = self.run_action(place, model=place.model(), environment={
            "STAND_IN_FAILS": "verify", "STAND_IN_STATUS": "1"})
        self.assertEqual((result.status, result.outputs["signature"]), (1, ""))
        self.assertIn("model was signed, but does not verify (exit status 1)", result.text)

    def test_the_second_of_two_fails(self):
        place = Workplace(self)
        models = "\n".join([place.model("a"), place.model("b")])
        result = self.run_action(place, model=models, environment={"STAND_IN_FAILS": "verify", "STAND_IN_STATUS": "1"})
        self.assertEqual(result.status, 1)
        self.assertEqual([call[-1] for call in place.calls()], ["a", "a"])

    def test_answers_that_are_not_understood(self):
        for answer in ["{", "[]", '{"signature": null}', '{"signature": "model.sig", "signer": {"logs": []}}']:
            place = Workplace(self)
            result = self.run_action(place, model=place.model(), environment={"STAND_IN_ANSWERS": answer})
            self.assertEqual((result.status, result.outputs["signature"]), (3, ""), result.text)
            self.assertIn("the command's answer is not understood", result.text)

    def test_settings_that_are_wrong(self):
        place = Workplace(self)
        place.model()
        self.refused(place, "there is no model at missing", model="model\nmissing")
        self.refused(place, "no model was named", model="\n")
        self.refused(place, "one signature cannot be for 2 models", model="model\nmodel", signature="out.sig")
        self.refused(place, 'verify is true or false, not "no"', model="model", verify="no")
        self.refused(place, 'staging is true or false, not "yes"', model="model", staging="yes")
        self.refused(place, "an identity is expected", model="model", verify="false", identity="someone")
        self.refused(place, "there is no command other", model="model", weightmark="other")

    def test_without_jq(self):
        place = Workplace(self, without=["jq"])
        self.refused(place, "jq is needed", model=place.model())


class Log(Case):
    def test_the_runner_obeys_nothing_that_is_shown(self):
        for says in ["  ::set-output name=signature::evil", "::add-mask::a", "file ##[group]x", "::stop-commands::x",
                     "\n::warning file=a::b"]:
            place = Workplace(self)
            result = self.run_action(place, model=place.model(), environment={"STAND_IN_SAYS": says})
            self.assertEqual(result.status, 0, result.text)
            self.assertIn(says, result.text)
            self.assertEqual(commands_in(result.text), [])
            self.assertEqual(len(commands_in(says)), 1)  # it would have been

    def test_all_is_said_in_one_stream(self):
        """of two the runner would not know which came first"""
        place = Workplace(self)
        for model in [place.model(), "missing"]:
            done = subprocess.run([ROOT / "packaging/ci/sign"], cwd=place.workspace, capture_output=True, check=False,
                                  env={**place.environment, "GITHUB_ACTIONS": "true", "WEIGHTMARK_SIGN_MODEL": model})
            self.assertEqual(done.stderr, b"")
            self.assertNotEqual(done.stdout, b"")

    def test_names_in_our_own_errors(self):
        place = Workplace(self)
        result = self.refused(place, "there is no model at 100%25", model="100%\r::warning::x")
        self.assertIn("%0D::warning::x", result.text)

    def test_a_value_cannot_add_an_output(self):
        place = Workplace(self)
        identity = "someone\nEOF\nsignature=evil\nsignature<<EOF\nevil\nEOF"
        result = self.run_action(place, model=place.model(), environment={"STAND_IN_IDENTITY": identity})
        self.assertEqual(result.status, 0, result.text)
        self.assertEqual(result.outputs["identity"], identity)
        self.assertEqual(result.outputs["signature"], "model/model.sig")

    def test_the_summary_is_code(self):
        place = Workplace(self)
        name = place.model("```<img src=x>`")
        result = self.run_action(place, model=name)
        self.assertTrue(all(line == "" or line.startswith(("### ", "    weightmark verify "))
                            for line in result.summary.split("\n")), result.summary)

    def test_how_outputs_are_read(self):
        """this test's own reading of them"""
        self.assertEqual(outputs_in("a=1\nb<<E\nx\na=2\nE\n"), {"a": "1", "b": "x\na=2"})
        for text in ["a", "a<<E\nx\n"]:
            self.assertRaises(ValueError, outputs_in, text)


class Building(Case):
    def build(self, **given):
        place = Workplace(self, with_command=False)
        action = Action(sources(place.folder / "action"))
        result = self.run_action(place, action, model=place.model(), environment={
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "secret", "ACTIONS_ID_TOKEN_REQUEST_URL": "https://x",
            "SIGSTORE_ID_TOKEN": "secret"}, **given)
        self.assertEqual(result.status, 0, result.text)
        self.assertEqual(place.calls()[0], sign_call("model"))
        self.assertEqual(result.outputs["weightmark"], str(action.folder / "build/release/weightmark"))
        return place, action, result

    def test_builds_where_none_is_installed(self):
        place, _, result = self.build()
        self.assertEqual(result.ran, ["find", "build", "sign"])
        self.assertEqual(result.used, {})
        self.assertEqual((place.folder / "notes.build").read_text(), "build --target weightmark_cli\n")

    def test_what_compiles_cannot_sign(self):
        place, _, _ = self.build()
        told = (place.folder / "notes.env").read_text()
        self.assertIn("CCACHE_DIR=", told)
        self.assertNotIn("ID_TOKEN", told)

    def test_the_cache_is_asked_for(self):
        _, action, result = self.build(cache="true")
        (name, given), = result.used.items()
        self.assertTrue(name.startswith("actions/cache@"))
        self.assertRegex(given["key"], r"^weightmark-ccache-[\w.-]+-[0-9a-f]{64}$")
        self.assertTrue(given["path"].endswith("/weightmark-ccache"))
        shutil.rmtree(action.folder)

    def test_the_key_of_the_cache_tells_sources_apart(self):
        place = Workplace(self, with_command=False)
        action = Action(sources(place.folder / "action"))
        model = place.model()
        keys = []
        for text in ["src", "src", "other"]:
            (action.folder / "src/file").write_text(text, encoding="utf-8")
            result = self.run_action(place, action, model=model, cache="true")
            keys += [given["key"] for given in result.used.values()]
        self.assertEqual(keys[0], keys[1])
        self.assertNotEqual(keys[1], keys[2])


if __name__ == "__main__":
    if not all(map(shutil.which, NEEDED)):
        sys.exit(77)
    unittest.main()
