"""Runs a composite action as GitHub's runner does, as far as that goes without GitHub.

Steps with `run` are run by bash; steps with `uses` are only noted, or stood in for. Expressions are those
that action.yml needs: contexts, text, ==, !=, && and ||; anything else is an error.
"""
import os
import re
import subprocess
import tempfile
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.S)
SHELLS = {"bash": ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail"]}


# --- Expressions ------------------------------------------------------------------


def value(text, contexts):
    text = text.strip()
    if re.fullmatch(r"'[^']*'", text):
        return text[1:-1]
    step = re.fullmatch(r"steps\.([\w-]+)\.outputs\.([\w-]+)", text)
    if step:  # empty where the step did not run, or did not say so
        return contexts["steps"].get(step[1], {}).get(step[2], "")
    given = re.fullmatch(r"inputs\.([\w-]+)", text)
    if not given or given[1] not in contexts["inputs"]:
        raise ValueError(f"not understood: {text}")
    return contexts["inputs"][given[1]]


def evaluate(text, contexts):
    if "||" in text:
        left, right = text.split("||", 1)
        return evaluate(left, contexts) or evaluate(right, contexts)
    if "&&" in text:
        left, right = text.split("&&", 1)
        return evaluate(left, contexts) and evaluate(right, contexts)
    for sign, wanted in [("==", True), ("!=", False)]:
        if sign in text:
            left, right = text.split(sign, 1)
            return (value(left, contexts) == value(right, contexts)) is wanted
    return value(text, contexts)


def expand(text, contexts):
    return EXPRESSION.sub(lambda found: evaluate(found[1], contexts), text)


# --- What the runner reads ----------------------------------------------------------


def outputs_in(text):
    """By the rules for GITHUB_OUTPUT: NAME=VALUE, or NAME<<END, lines, END."""
    found, lines = {}, iter(text.splitlines())
    for line in lines:
        name, equals, rest = line.partition("=")
        if "<<" in name or not equals:
            name, heredoc, end = line.partition("<<")
            if not (heredoc and end):
                raise ValueError(f"the runner does not understand {line!r}")
            body = []
            for piece in lines:
                if piece == end:
                    break
                body.append(piece)
            else:
                raise ValueError(f"{end} is missing")
            rest = "\n".join(body)
        found[name] = rest
    return found


def commands_in(text):
    """The commands that the runner obeys: at the beginning of a line, or `##[` anywhere."""
    found, token = [], None
    for line in text.splitlines():
        line = line.strip()
        if token is not None:
            if line == f"::{token}::":
                token = None
        elif line.startswith("::stop-commands::"):
            token = line.removeprefix("::stop-commands::")
        elif re.match(r"::[\w-]+( .*)?::", line) or re.search(r"##\[\S+\]", line):
            found.append(line)
    return found + ([f"::stop-commands::{token}"] if token is not None else [])


# --- The action ---------------------------------------------------------------------


class Result:
    def __init__(self):
        self.status, self.text, self.summary = 0, "", ""
        self.ran, self.used, self.outputs = [], {}, {}


class Action:
    """`actions` has what stands in for a used action, by its name: from its inputs to its outputs."""

    def __init__(self, folder=ROOT, actions=None):
        self.folder, self.actions = folder, actions or {}
        self.text = (folder / "action.yml").read_text(encoding="utf-8")
        self.document = yaml.safe_load(self.text)

    def inputs(self, given):
        known = self.document["inputs"]
        unknown = set(given) - set(known)
        missing = {name for name, what in known.items() if what.get("required")} - set(given)
        if unknown or missing:
            raise ValueError(f"unknown inputs {unknown}, missing inputs {missing}")
        return {name: given.get(name, what.get("default", "")) for name, what in known.items()}

    def run(self, workspace, environment=None, **given):
        """The given inputs are named with _ for -."""
        contexts = {"inputs": self.inputs({name.replace("_", "-"): text for name, text in given.items()}),
                    "steps": {}}
        result = Result()
        with tempfile.TemporaryDirectory(prefix="runner-") as temporary:
            for step in self.document["runs"]["steps"]:
                if evaluate(step.get("if", "'always'"), contexts):
                    self.run_step(step, contexts, workspace, Path(temporary), environment or {}, result)
                if result.status:
                    break
        result.outputs = {name: expand(what["value"], contexts)
                          for name, what in self.document.get("outputs", {}).items()}
        return result

    def run_step(self, step, contexts, workspace, temporary, environment, result):
        if "uses" in step:
            given = {name: expand(text, contexts) for name, text in step.get("with", {}).items()}
            result.used[step["uses"]] = given
            act = self.actions.get(step["uses"].partition("@")[0])
            if act:
                contexts["steps"][step["id"]] = act(given)
            return
        files = {name: temporary / name for name in ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"]}
        for path in files.values():
            path.write_text("", encoding="utf-8")
        script = temporary / "script.sh"
        script.write_text(expand(step["run"], contexts), encoding="utf-8")
        # The runner has these; a caller may say otherwise.
        base = {"PATH": os.environ["PATH"], "HOME": str(temporary), "GITHUB_ACTIONS": "true", "CI": "true",
                "GITHUB_ACTION_PATH": str(self.folder), "GITHUB_WORKSPACE": str(workspace),
                "RUNNER_TEMP": str(temporary)}
        own = {name: expand(text, contexts) for name, text in step.get("env", {}).items()}
        done = subprocess.run([*SHELLS[step["shell"]], str(script)], cwd=workspace, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=300,
                              env={**base, **{name: str(path) for name, path in files.items()}, **environment, **own})
        result.ran.append(step["id"])
        result.text += done.stdout
        result.status = done.returncode
        result.summary += files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")
        contexts["steps"][step["id"]] = outputs_in(files["GITHUB_OUTPUT"].read_text(encoding="utf-8"))
