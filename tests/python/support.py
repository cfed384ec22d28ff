"""What the tests have in common: a scratch folder with a signed model, and keys."""
import functools
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import weightmark


@functools.lru_cache(maxsize=None)
def keys() -> Path:
    """A folder with the key pairs publisher.pem, .pub and other.pem, .pub, and locked.pem."""
    folder = Path(tempfile.mkdtemp(prefix="weightmark-keys-"))
    for name in ("publisher", "other"):
        private = folder / f"{name}.pem"
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", private)
        openssl("pkey", "-in", private, "-pubout", "-out", folder / f"{name}.pub")
    for name in ("root", "authority"):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                folder / f"{name}.key", "-subj", f"/CN={name}", "-out", folder / f"{name}.pem")
    openssl("pkey", "-in", folder / "publisher.pem", "-aes256", "-passout", "pass:secret", "-out", folder / "locked.pem")
    return folder


def openssl(*words) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


class ModelTest(unittest.TestCase):
    """Has self.folder with model/, signed by self.signer, whom self.policy trusts."""

    files = {"config.json": b"{}", "sub/weights.bin": bytes(range(256)) * 4096}

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="weightmark-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.model = self.folder / "model"
        for name, content in self.files.items():
            self.write(name, content)
        self.signer = weightmark.KeySigner(keys() / "publisher.pem")
        self.policy = weightmark.KeyTrust(keys() / "publisher.pub")
        self.stranger = weightmark.KeyTrust(keys() / "other.pub")
        weightmark.sign(self.model, self.signer)

    def write(self, name: str, content: bytes) -> None:
        path = self.model / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def assert_code(self, code: str, call, *args, **kwargs) -> weightmark.WeightmarkError:
        """Expects the exception of a code, and returns it."""
        with self.assertRaises(weightmark.WeightmarkError) as raised:
            call(*args, **kwargs)
        self.assertEqual(raised.exception.code, code, raised.exception)
        self.assertIs(type(raised.exception), weightmark.errors.CODES[code])
        return raised.exception


def descriptors() -> int:
    """How many descriptors this process holds."""
    return len(os.listdir("/proc/self/fd"))
