#!/usr/bin/env python3
"""Checks action.yml, the GitLab component, the workflows of .github, and the examples of docs/ci.md.

zizmor looks for what makes a workflow insecure, check-jsonschema for what the services
would not understand, shellcheck at the scripts inside. That they would find something is
checked as well. Nothing is fetched.
"""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from github_action import Action
from gitlab_component import Component

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
ZIZMOR = [BIN / "zizmor", "--offline", "--quiet", "--no-progress", "--no-config", "--strict-collection",
          "--persona=auditor"]
COMMIT = "0123456789abcdef0123456789abcdef01234567"
EXAMPLE = re.compile(r"^```yaml\n# (\S+)\n(.*?)^```$", re.M | re.S)


def finds(*command, given=None):
    """What a linter says; empty where it has nothing to say."""
    done = subprocess.run([str(part) for part in command], input=given, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    return (done.stdout.strip() or f"status {done.returncode}") if done.returncode else ""


def schema(name, path):
    return finds(BIN / "check-jsonschema", "--builtin-schema", f"vendor.{name}", path)


def shellcheck(shell, script):
    return finds("shellcheck", "-s", shell, "-", given=script)


# --- The checks -----------------------------------------------------------------------


def check_action(path):
    """An action.yml, or the folder's."""
    yield schema("github-actions", path)
    yield finds(*ZIZMOR, path)
    for step in Action(path.parent).document["runs"]["steps"]:
        if "run" in step:
            yield shellcheck(step["shell"], step["run"])


def check_workflow(path):
    yield schema("github-workflows", path)
    yield finds(*ZIZMOR, path)


def check_pipeline(path):
    yield schema("gitlab-ci", path)


def check_component(path, folder):
    """The header, and what it becomes with the least and with all inputs given."""
    header, _ = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    component = Component(path)
    least = {name: "a" for name, what in component.spec["inputs"].items() if "default" not in what}
    documents = {"header": {**header, "job": {"script": ["true"]}}, "least": component.render(COMMIT, **least)}
    documents["all"] = component.render(COMMIT, **{
        name: what.get("default") or "a" for name, what in component.spec["inputs"].items()})
    for name, document in documents.items():
        rendered = folder / f"{name}.yml"
        rendered.write_text(yaml.safe_dump(document), encoding="utf-8")
        yield schema("gitlab-ci", rendered)
    for job in documents["least"].values():
        yield shellcheck("sh", "\n".join(job["script"]))


def examples(path, folder):
    """Those of a document that begin with the name of their file, written below the folder."""
    for name, text in EXAMPLE.findall(path.read_text(encoding="utf-8")):
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        yield place


def check_example(path):
    """Also that it gives the inputs that there are."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    if path.name == ".gitlab-ci.yml":
        yield from check_pipeline(path)
        for include in document["include"]:
            Component().render(COMMIT, **include["inputs"])
        return
    yield from check_workflow(path)
    for job in document["jobs"].values():
        for step in job["steps"]:
            if "/weightmark@" in step["uses"]:
                Action().inputs(step["with"])


def check_settings(path):
    """The table of inputs names those that there are."""
    rows = re.findall(r"^\| (?:GitHub: |GitLab: |)(`[a-z-]+`(?:, `[a-z-]+`)*) \|[^|]*\|.*\|$",
                      path.read_text(encoding="utf-8").partition("\n## Settings\n")[2], re.M)
    named = set(re.findall(r"`([a-z-]+)`", " ".join(rows)))
    wanted = set(Action().document["inputs"]) | set(Component().spec["inputs"])
    yield f"named are {named - wanted}, left out {wanted - named}" if named != wanted else ""


# --- That faults are found ---------------------------------------------------------------


FAULTS = [
    ("an expression in a script", 'packaging/ci/command" find', 'packaging/ci/command" find ${{ inputs.model }}',
     "template-injection"),
    ("an action that is not pinned", r"actions/cache@\w{40} # v5.0.5", "actions/cache@v5", "unpinned-uses"),
    ("a step without a shell", "      shell: bash\n", "", "shell"),
    ("a script with a fault", r'"\$GITHUB_ACTION_PATH/packaging/ci/sign"', "$GITHUB_ACTION_PATH/packaging/ci/sign",
     "SC2086"),
]


def check_fault(folder, pattern, replacement, word):
    text, count = re.subn(pattern, replacement.replace("\\", "\\\\"), Action().text, count=1)
    path = folder / "action.yml"
    path.write_text(text, encoding="utf-8")
    if not count:
        yield "there is nothing to make wrong"
    elif word not in "".join(finding for finding in (schema("github-actions", path), finds(*ZIZMOR, path),
                                                     *scripts_of(path))):
        yield "it is not found"


def scripts_of(path):
    for step in yaml.safe_load(path.read_text(encoding="utf-8"))["runs"]["steps"]:
        if "run" in step:
            yield shellcheck(step.get("shell", "bash"), step["run"])


# --- All of it ----------------------------------------------------------------------------


def checks(folder):
    """The name of each, and its findings."""
    yield "action.yml", check_action(ROOT / "action.yml")
    yield "templates/sign.yml", check_component(ROOT / "templates/sign.yml", folder)
    for path in sorted((ROOT / ".github/workflows").glob("*.y*ml")):
        yield str(path.relative_to(ROOT)), check_workflow(path)
    if (ROOT / ".gitlab-ci.yml").exists():
        yield ".gitlab-ci.yml", check_pipeline(ROOT / ".gitlab-ci.yml")
    found = list(examples(ROOT / "docs/ci.md", folder / "examples"))
    for path in found:
        yield f"docs/ci.md, {path.relative_to(folder / 'examples')}", check_example(path)
    yield "docs/ci.md, both examples", ["" if len(found) == 2 else f"found are {found}"]
    yield "docs/ci.md, settings", check_settings(ROOT / "docs/ci.md")
    for what, *fault in FAULTS:
        yield f"finds {what}", check_fault(folder, *fault)


def said(findings):
    try:
        return "\n".join(filter(None, findings))
    except (LookupError, TypeError, ValueError, yaml.YAMLError) as problem:  # of a file that makes no sense
        return f"{type(problem).__name__}: {problem}"


def main():
    failed = 0
    with tempfile.TemporaryDirectory(prefix="ci-lint-") as folder:
        for name, findings in checks(Path(folder)):
            text = said(findings)
            failed += bool(text)
            if text:
                print(f"{name}:\n{text}")
    if not failed:
        print("the workflows are well")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
