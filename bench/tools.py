"""The commands that are compared, and what they can do."""
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field

# CPUID 7, EBX, bit 29: what OpenSSL, which hashes single streams, then lacks (OPENSSL_ia32cap(3)).
SHA_MASKED = {"OPENSSL_ia32cap": ":~0x20000000"}
CLEAN = {"PATH": os.environ.get("PATH", os.defpath), "HOME": os.environ.get("HOME", "/"), "LANG": "C.UTF-8"}

TITLES = {
    "verify-tree": "weightmark verify, by the tree",
    "verify-files": "weightmark verify, whole files",
    "verify-both": "weightmark verify --check-both",
    "sign": "weightmark sign",
    "python-verify": "Python client, verify",
    "python-sign": "Python client, sign",
    "sha256sum": "sha256sum",
    "sha256sum-all": "sha256sum, one process a core",
    "openssl": "openssl dgst -sha256",
    "openssl-all": "openssl dgst -sha256, one process a core",
    "b3sum": "b3sum (BLAKE3)",
    "cat": "cat, only reading",
}


@dataclass
class Command:
    name: str
    arguments: list
    folder: object = None  # to run in
    environment: dict = field(default_factory=dict)
    warm_up: list = None  # loads the program but no data

    @property
    def title(self):
        name, _, kernel = self.name.partition("@")
        return TITLES[name] + (f", kernel {kernel}" if kernel else "")


def output(arguments, **options):
    done = subprocess.run([str(a) for a in arguments], capture_output=True, text=True, env=CLEAN, **options)
    return done.stdout + done.stderr


class Tools:
    """The programs: ours, the Python client and the plain ones."""

    def __init__(self, build, venv, keys, signatures):
        self.build = build
        self.weightmark = build / "weightmark"
        self.client = venv / "bin" / "model_signing"
        self.python = venv / "bin" / "python"
        self.private, self.public = keys
        self.signatures = signatures
        self.cores = len(os.sched_getaffinity(0))
        self.help = output([self.weightmark, "verify", "key", "--help"])
        self.kernel_variable = self.find_kernel_variable()
        self.by_tree = False  # until a signature has been looked at

    def find_kernel_variable(self):
        """The environment variable that forces a kernel, if this build has one."""
        found = re.search(rb"WEIGHTMARK_(?:[A-Z0-9]+_)*KERNEL\b", self.weightmark.read_bytes())
        return found and found[0].decode()

    def signature(self, case, by):
        return self.signatures / f"{case.name}.{by}.sig"

    # -- ours --

    def ours(self, verb, name, model, signature, *options):
        key = ["--private-key", self.private] if verb == "sign" else ["--public-key", self.public]
        return Command(name, [self.weightmark, verb, "key", *key, "--signature", signature, "--quiet", *options, model],
                       warm_up=[self.weightmark, verb, "key", "--help"])

    def sign(self, case, model):
        return self.ours("sign", "sign", model, self.signature(case, "weightmark"))

    def verify(self, case, model):
        """The ways to verify that this build has."""
        ours, theirs = self.signature(case, "weightmark"), self.signature(case, "python")
        if not self.by_tree:
            return [self.ours("verify", "verify-files", model, ours)]
        ways = [self.ours("verify", "verify-tree", model, ours)]
        if "--whole-files" in self.help:
            ways.append(self.ours("verify", "verify-files", model, ours, "--whole-files"))
        else:
            ways.append(self.ours("verify", "verify-files", model, theirs))
        if "--check-both" in self.help:
            ways.append(self.ours("verify", "verify-both", model, ours, "--check-both"))
        return ways

    def forced(self, command, kernel):
        """The command as on a CPU that has nothing faster than the kernel."""
        environment = {self.kernel_variable: kernel} | (SHA_MASKED if kernel == "avx2" else {})
        return Command(f"{command.name}@{kernel}", command.arguments, command.folder, environment, command.warm_up)

    def look_at_trees(self, case, model):
        """Notes whether `verify` uses the tree, from its own report."""
        command = self.ours("verify", "verify", model, self.signature(case, "weightmark"), "--json")
        text = subprocess.run([str(a) for a in command.arguments], capture_output=True, text=True, env=CLEAN).stdout
        try:
            self.by_tree = any(file.get("coverage") == "tree" for file in json.loads(text)["files"])
        except (ValueError, KeyError, TypeError, AttributeError):
            self.by_tree = False

    # -- theirs --

    def python_command(self, verb, case, model):
        key = ["--private_key", self.private] if verb == "sign" else ["--public_key", self.public]
        return Command(f"python-{verb}", [self.client, verb, "key", "--signature", self.signature(case, "python"), *key, model],
                       warm_up=[self.client, verb, "key", "--help"])

    def plain(self, case, model):
        """Tools that hash and compare nothing; with several files also one process a core."""
        files = sorted(os.listdir(model))
        several = len(files) > 1
        found = []
        for name, program in (("sha256sum", ["sha256sum"]), ("openssl", ["openssl", "dgst", "-sha256"])):
            found.append(Command(name, [*program, *files], model, warm_up=[program[0], "--help"]))
            if several and case.name != "tiny":
                found.append(self.spread(name, program, files, model))
        if shutil.which("b3sum"):
            found.append(Command("b3sum", ["b3sum", *files], model, warm_up=["b3sum", "--help"]))
        return found

    def spread(self, name, program, files, model):
        """Shares the files among one process a core."""
        listing = self.signatures / f"{model.name}.files"
        listing.write_text("".join(f"{file}\n" for file in files))
        share = min(-(-len(files) // self.cores), 500)
        return Command(f"{name}-all", ["xargs", "-a", listing, "-P", str(self.cores), "-n", str(share), *program], model,
                       warm_up=[program[0], "--help"])

    def cat(self, model):
        return Command("cat", ["cat", *sorted(os.listdir(model))], model, warm_up=["cat", "--help"])

    # -- versions --

    def versions(self):
        package = "import importlib.metadata as m, platform; print(m.version('model-signing'), platform.python_version())"
        client, python = output([self.python, "-c", package]).split()
        found = {
            "weightmark": output([self.weightmark, "--version"]).split()[-1],
            "Python client (model-signing)": f"{client} on Python {python}",
            "sha256sum": output(["sha256sum", "--version"]).splitlines()[0].replace("sha256sum ", ""),
            "openssl": output(["openssl", "version"]).split()[1],
        }
        if shutil.which("b3sum"):
            found["b3sum"] = output(["b3sum", "--version"]).split()[-1]
        return found
