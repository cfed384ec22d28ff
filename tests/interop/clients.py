"""The two clients behind one face: sign and verify, a refusal as a string."""
import hashlib
import subprocess
from pathlib import Path

import model_signing
from model_signing import hashing, signing, verifying


class Keys:
    """One way to sign: a key, or a certificate with its chain."""

    def __init__(self, folder, name):
        self.name = name
        self.private_key = folder / f"{'leaf' if name == 'certificate' else name}.pem"
        self.public_key = folder / f"{name}.pub"
        self.certificate = folder / "leaf.crt" if name == "certificate" else None
        self.intermediate = folder / "intermediate.crt"
        self.root = folder / "root.crt"


class Weightmark:
    def __init__(self, command):
        self.command = str(Path(command).resolve())

    def run(self, *arguments):
        """Nothing, or what it said when it refused. Anything but a refusal is an error."""
        result = subprocess.run([self.command, *map(str, arguments)], capture_output=True, stdin=subprocess.DEVNULL,
                                timeout=120, check=False)
        text = result.stderr.decode("utf-8", "replace")
        if result.returncode not in (0, 1):
            raise RuntimeError(f"exit status {result.returncode}: {text}")
        return None if result.returncode == 0 else text

    def sign(self, model, signature, keys, *options):
        method = ["key"]
        if keys.certificate:
            method = ["certificate", "--signing-certificate", keys.certificate, "--certificate-chain", keys.intermediate]
        return self.run("sign", *method, "--private-key", keys.private_key, "--signature", signature, *options,
                        "--", model)

    def verify(self, model, signature, keys, *options):
        method = ["key", "--public-key", keys.public_key]
        if keys.certificate:
            method = ["certificate", "--certificate-chain", keys.root]
        return self.run("verify", *method, "--signature", signature, *options, "--", model)

    def digest(self, model, *options):
        result = subprocess.run([self.command, "digest", *options, "--", str(model)], capture_output=True, check=True)
        return result.stdout.decode().strip()


def files(algorithm="sha256"):
    return hashing.Config().use_file_serialization(hashing_algorithm=algorithm)


def shards(size, algorithm="sha256"):
    return hashing.Config().use_shard_serialization(hashing_algorithm=algorithm, shard_size=size)


class Python:
    """model_signing through its API, which is what its command calls."""

    version = model_signing.__version__

    @staticmethod
    def attempt(action, *arguments):
        # What is no model to it raises ValueError; anything else is raised by accident,
        # and is a refusal too.
        try:
            action(*arguments)
        except Exception as error:  # pylint: disable=broad-except
            return f"{type(error).__name__}: {error}"
        return None

    def sign(self, model, signature, keys, hashing_config=None):
        config = signing.Config()
        if keys.certificate:
            config.use_certificate_signer(private_key=keys.private_key, signing_certificate=keys.certificate,
                                          certificate_chain=[keys.intermediate])
        else:
            config.use_elliptic_key_signer(private_key=keys.private_key)
        # As its command does: the signature and git's files are left out.
        config.set_hashing_config((hashing_config or hashing.Config()).set_ignored_paths(
            paths=[signature], ignore_git_paths=True))
        return self.attempt(config.sign, model, signature)

    def verify(self, model, signature, keys, hashing_config=None, guess=False):
        config = verifying.Config()
        if keys.certificate:
            config.use_certificate_verifier(certificate_chain=[keys.root])
        else:
            config.use_elliptic_key_verifier(public_key=keys.public_key)
        if not guess:
            config.set_hashing_config((hashing_config or hashing.Config()).set_ignored_paths(
                paths=[signature], ignore_git_paths=True))
        return self.attempt(config.verify, model, signature)

    @staticmethod
    def digest(model):
        manifest = hashing.hash(model)
        root = hashlib.sha256(b"".join(item.digest.digest_value for item in manifest.resource_descriptors()))
        return f"sha256:{root.hexdigest()}"
