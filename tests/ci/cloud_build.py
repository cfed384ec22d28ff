"""Runs the steps of a configuration of Google Cloud Build, as far as that goes without Google Cloud."""
import os
import re
import subprocess

import yaml

SUBSTITUTIONS = {"PROJECT_ID": "acme", "LOCATION": "us-central1", "BUILD_ID": "0b7c", "TAG_NAME": "v1.0",
                 "COMMIT_SHA": "0" * 40}


class Build:
    def __init__(self, path):
        self.document = yaml.safe_load(path.read_text(encoding="utf-8"))
        self.substitutions = {**SUBSTITUTIONS, **self.document.get("substitutions", {})}

    def substituted(self, text):
        """Names that there are not are an error, as with substitutionOption: MUST_MATCH."""
        return re.sub(r"\$(?:(\w+)|\{(\w+)\})", lambda found: self.substitutions[found[1] or found[2]], text)

    def run(self, workspace, environment, replaced=()):
        """The exit status and everything that was said; `replaced` has other values for variables."""
        said = ""
        for step in self.document["steps"]:
            # Nothing is substituted in a script.
            own = dict(self.substituted(pair).split("=", 1) for pair in step.get("env", []))
            script = workspace.parent / "step"
            script.write_text(step["script"], encoding="utf-8")
            script.chmod(0o755)
            done = subprocess.run([script], cwd=workspace, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, check=False, timeout=300,
                                  env={"PATH": os.environ["PATH"], "HOME": str(workspace), **environment, **own,
                                       **dict(replaced)})
            said += done.stdout
            if done.returncode:
                return done.returncode, said
        return 0, said
