"""What the tests of this folder share: a workspace with models, and a PATH of its own."""
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TOOLS = ["bash", "cat", "chmod", "chown", "cp", "dirname", "env", "find", "git", "id", "jq", "ln", "mkdir", "mktemp",
         "mv", "od", "sh", "sha256sum", "sort", "touch", "tr", "uname", "xargs"]
NEEDED = ["jq", "git"]
# What a shell would do something with, each a file's name too.
HOSTILE = ["$(touch pwned)", "`touch pwned`", "; touch pwned", "x' ; touch pwned '", 'x" ; touch pwned "',
           "a && touch pwned", "${IFS}", "$HOME", "*", "~", "%0A::error::x", "- -- --help", "back\\slash",
           "model=evil", "EOF", "日本語"]


class Workplace:
    def __init__(self, test, with_command=True, without=()):
        folder = tempfile.TemporaryDirectory(prefix="ci-")
        test.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.workspace, self.tools = self.folder / "workspace", self.folder / "tools"
        self.workspace.mkdir()
        self.tools.mkdir()
        for name in set(TOOLS) - set(without):
            (self.tools / name).symlink_to(shutil.which(name))
        if with_command:
            self.put_command(self.tools / "weightmark")
        self.notes = self.folder / "notes"
        self.environment = {"PATH": str(self.tools), "STAND_IN_NOTES": str(self.notes)}

    @staticmethod
    def put_command(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!{sys.executable} -B\n" + (HERE / "stand_in.py").read_text(encoding="utf-8"),
                        encoding="utf-8")
        path.chmod(0o755)

    def model(self, name="model"):
        (self.workspace / name).mkdir()
        return name

    def calls(self):
        """How the command was called, each time."""
        if not self.notes.exists():
            return []
        return [json.loads(line) for line in self.notes.read_text(encoding="utf-8").splitlines()]

    def pwned(self):
        return list(self.folder.rglob("pwned"))


def sources(folder):
    """A checkout of Weightmark with nothing in it but what CI runs."""
    folder.mkdir()
    shutil.copytree(ROOT / "packaging/ci", folder / "packaging/ci")
    shutil.copytree(ROOT / "train", folder / "train")
    shutil.copy(ROOT / "action.yml", folder)
    for name in ["cli", "cmake", "data", "include", "src"]:
        (folder / name).mkdir()
        (folder / name / "file").write_text(name, encoding="utf-8")
    for name in ["CMakeLists.txt", "CMakePresets.json"]:
        (folder / name).write_text(name, encoding="utf-8")
    # In place of the build: notes what it was told, and makes the command.
    dev = folder / "dev"
    dev.write_text('#!/usr/bin/env bash\nset -e\necho "$*" >"$STAND_IN_NOTES.build"\nenv >"$STAND_IN_NOTES.env"\n'
                   'echo compiling\ncd "$(dirname "$0")"\nmkdir -p build/release\n'
                   'cp command build/release/weightmark\n',
                   encoding="utf-8")
    dev.chmod(0o755)
    Workplace.put_command(folder / "command")
    return folder


def repository(folder):
    """Its address, and the commit that has the scripts."""
    sources(folder)
    git = ["git", "-C", str(folder), "-c", "user.name=x", "-c", "user.email=x@example.com"]
    for arguments in [["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "Begin"]]:
        subprocess.run([*git, *arguments], check=True)
    commit = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "Go on"], check=True)
    return folder.as_uri(), commit
