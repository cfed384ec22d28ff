#!/usr/bin/env python3
"""Checks the actions, the GitLab components, the workflows of .github, docs/ci.md and examples/training.

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
TRAINING = ROOT / "examples/training"
# What `uses` and `component` name, up to the @, and the folder or file that has its inputs.
ACTIONS = {"OWNER/weightmark": ROOT, "OWNER/weightmark/train": ROOT / "train"}
COMPONENTS = {"sign": ROOT / "templates/sign.yml", "train": ROOT / "templates/train.yml"}
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
            name = include["component"].rpartition("/")[2].partition("@")[0]
            Component(COMPONENTS[name]).render(COMMIT, **{
                given.replace("-", "_"): text for given, text in include["inputs"].items()})
        return
    yield from check_workflow(path)
    for job in document["jobs"].values():
        for step in job.get("steps", []):
            used = step.get("uses", "").partition("@")[0]
            if used in ACTIONS:
                Action(ACTIONS[used]).inputs(step["with"])
            yield f"there is no action {used}" if used.startswith("OWNER/") and used not in ACTIONS else ""


def check_call(path):
    """What the example gives to the reusable workflow beside it."""
    called = yaml.safe_load((path.parent / "train.yml").read_text(encoding="utf-8"))
    known = called[True]["workflow_call"]["inputs"]  # `on`, to YAML 1.1
    given = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]["train"]["with"]
    wanted = {name for name, what in known.items() if what.get("required")}
    yield "" if wanted <= set(given) <= set(known) else f"given are {set(given)}, known {set(known)}"


def check_build(path):
    """A configuration of Google Cloud Build."""
    yield schema("cloudbuild", path)
    for step in yaml.safe_load(path.read_text(encoding="utf-8"))["steps"]:
        yield shellcheck("bash", step["script"])


def check_settings(path, section, action, component):
    """The table of inputs names those that there are."""
    text = path.read_text(encoding="utf-8").partition(f"\n{section}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (?:GitHub: |GitLab: |)(`[a-z-]+`(?:, `[a-z-]+`)*) \|[^|]*\|.*\|$", text, re.M)
    named = set(re.findall(r"`([a-z-]+)`", " ".join(rows)))
    wanted = set(action.document["inputs"]) | set(component.spec["inputs"])
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
TRAINING_FAULTS = [
    ("a value in a script", r'keep github "\$WEIGHTMARK_PLATFORM_BUNDLE"',
     "keep github ${{ steps.attest.outputs.bundle-path }}", "template-injection"),
    ("an attestation that is not pinned", r"actions/attest@\w{40} # v4.2.2", "actions/attest@v4", "unpinned-uses"),
]


def check_fault(folder, pattern, replacement, word, action=ROOT):
    text, count = re.subn(pattern, replacement.replace("\\", "\\\\"), Action(action).text, count=1)
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
    for path in [place / "action.yml" for place in ACTIONS.values()]:
        yield str(path.relative_to(ROOT)), check_action(path)
    for path in COMPONENTS.values():
        yield str(path.relative_to(ROOT)), check_component(path, folder)
    for path in sorted((ROOT / ".github/workflows").glob("*.y*ml")):
        yield str(path.relative_to(ROOT)), check_workflow(path)
    if (ROOT / ".gitlab-ci.yml").exists():
        yield ".gitlab-ci.yml", check_pipeline(ROOT / ".gitlab-ci.yml")
    found = list(examples(ROOT / "docs/ci.md", folder / "examples"))
    for path in found:
        yield f"docs/ci.md, {path.relative_to(folder / 'examples')}", check_example(path)
    yield "docs/ci.md, both examples", ["" if len(found) == 2 else f"found are {found}"]
    for path in [*sorted(TRAINING.glob(".github/workflows/*.yml")), TRAINING / ".gitlab-ci.yml"]:
        yield str(path.relative_to(ROOT)), check_example(path)
    yield "examples/training, the call", check_call(TRAINING / ".github/workflows/release.yml")
    yield "examples/training/cloudbuild.yaml", check_build(TRAINING / "cloudbuild.yaml")
    for section, name, folder_of_action in [("## Settings", "sign", ROOT),
                                            ("### Settings of training", "train", ROOT / "train")]:
        yield f"docs/ci.md, {section}", check_settings(ROOT / "docs/ci.md", section, Action(folder_of_action),
                                                       Component(COMPONENTS[name]))
    for what, *fault in FAULTS:
        yield f"finds {what}", check_fault(folder, *fault)
    for what, *fault in TRAINING_FAULTS:
        yield f"finds {what}", check_fault(folder, *fault, action=ROOT / "train")


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
