"""Renders a GitLab CI/CD component and runs its job, as far as that goes without GitLab."""
import os
import re
import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"\$\[\[\s*(.*?)\s*\]\]")


class Component:
    def __init__(self, path=ROOT / "templates/sign.yml"):
        header, self.configuration = yaml.safe_load_all(path.read_text(encoding="utf-8"))
        self.spec = header["spec"]

    def inputs(self, given):
        known = self.spec["inputs"]
        unknown = set(given) - set(known)
        missing = {name for name, what in known.items() if "default" not in (what or {})} - set(given)
        if unknown or missing:
            raise ValueError(f"unknown inputs {unknown}, missing inputs {missing}")
        found = {name: given.get(name, (what or {}).get("default")) for name, what in known.items()}
        for name, text in found.items():
            if text not in known[name].get("options", [text]):
                raise ValueError(f"{name} is none of {known[name]['options']}: {text}")
            if isinstance(text, list) != (known[name].get("type") == "array"):
                raise ValueError(f"{name} has another type: {text!r}")
        return found

    def render(self, sha, **given):
        """The configuration; the given inputs are named with _ for -."""
        inputs = self.inputs({name.replace("_", "-"): text for name, text in given.items()})
        values = {f"inputs.{name}": text for name, text in inputs.items()}
        values |= {"component.sha": sha} if "sha" in self.spec.get("component", []) else {}
        return interpolate(self.configuration, values)


def interpolate(node, values):
    """GitLab puts inputs into the parsed document: no value can change its shape."""
    if isinstance(node, dict):
        return {interpolate(name, values): interpolate(child, values) for name, child in node.items()}
    if isinstance(node, list):
        return [interpolate(child, values) for child in node]
    if not isinstance(node, str):
        return node
    whole = BLOCK.fullmatch(node)
    return values[whole[1]] if whole else BLOCK.sub(lambda found: str(values[found[1]]), node)


def expanded(variable, environment):
    """A variable's value; the runner expands $NAME and ${NAME} unless told not to."""
    if isinstance(variable, dict):
        if variable.get("expand") is False:
            return variable["value"]
        variable = variable["value"]
    return re.sub(r"\$(?:(\w+)|\{(\w+)\})", lambda found: environment.get(found[1] or found[2], ""), variable)


def run_job(job, workspace, environment, shell="bash"):
    """The exit status and everything that was said."""
    base = {"PATH": os.environ["PATH"], "HOME": str(workspace), "CI": "true", "GITLAB_CI": "true",
            "CI_PROJECT_DIR": str(workspace), **environment}
    variables = {name: expanded(variable, base) for name, variable in job["variables"].items()}
    done = subprocess.run([shell, "-e"], input="\n".join(job["script"]) + "\n", cwd=workspace, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, env={**base, **variables})
    return done.returncode, done.stdout
