#!/usr/bin/env python3
"""Checks the numbers of docs/format.md, and the signed model beside this file.

usage: check.py [MODEL SIGNATURE]

A second implementation of what docs/format.md says about digests and trees, with
nothing but Python's standard library. With arguments it checks the resources of
that signature against that model instead. It does not verify who signed; for the
example's own signature it asks openssl, where that is installed.
"""
import base64
import hashlib
import json
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "format.md"
BLOCK = 4096
NODE = 128 * 128 * BLOCK
HASHES = {
    "sha256": hashlib.sha256,
    "blake2b": lambda data: hashlib.blake2b(data, digest_size=64),
}


# --- The tree ------------------------------------------------------------------


def sha256(data):
    return hashlib.sha256(data).digest()


def next_level(data):
    """The digests of the blocks of `data`, the last block padded with zeros."""
    return [sha256(data[at:at + BLOCK].ljust(BLOCK, b"\0")) for at in range(0, len(data), BLOCK)]


def root_of(level):
    while len(level) > 1:
        level = next_level(b"".join(level))
    return level[0]


def fsverity_from(size, top):
    """The digest of a file of `size` bytes from its nodes, or from its root alone."""
    root = root_of(top) if size else bytes(32)
    return sha256(struct.pack("<BBBBIQ", 1, 1, 12, 0, 0, size) + root + bytes(208)).hex()


def tree_of(data):
    """The annotation weightmark_tree_v1 of a file."""
    level = next_level(data)
    if len(data) <= NODE:
        return {"fsverity": fsverity_from(len(data), level), "size": len(data)}
    nodes = next_level(b"".join(next_level(b"".join(level))))
    return {"fsverity": fsverity_from(len(data), nodes), "size": len(data),
            "nodes": base64.b64encode(b"".join(nodes)).decode()}


# --- The statement ---------------------------------------------------------------


def resource_of(path, name, algorithm):
    data = path.read_bytes()
    return {"algorithm": algorithm, "annotations": {"weightmark_tree_v1": tree_of(data)},
            "digest": HASHES[algorithm](data).hexdigest(), "name": name}


def root_digest(resources):
    return sha256(b"".join(bytes.fromhex(resource["digest"]) for resource in resources)).hex()


def records(resources):
    """What weightmarkManifestV1 is the SHA-256 of."""
    text = b""
    for resource in sorted(resources, key=lambda resource: resource["name"].encode()):
        tree = resource["annotations"]["weightmark_tree_v1"]
        text += b"\0".join([resource["name"].encode(), f"{resource['algorithm']}:{resource['digest']}".encode(),
                            str(tree["size"]).encode(), tree["fsverity"].encode()]) + b"\n"
    return text


def statement_of(signature):
    envelope = json.loads(signature.read_bytes())["dsseEnvelope"]
    return base64.b64decode(envelope["payload"]), base64.b64decode(envelope["signatures"][0]["sig"])


# --- The checks ----------------------------------------------------------------------


class Checks:
    failed = 0

    def same(self, what, found, expected):
        self.failed += found != expected
        print(f"{'ok      ' if found == expected else 'FAILED  '}{what}")
        if found != expected:
            print(f"  found    {found}\n  expected {expected}")

    def signature(self, model, signature):
        """Every resource, recomputed from the model, and both digests of the subject."""
        statement = json.loads(statement_of(signature)[0])
        resources, subject = statement["predicate"]["resources"], statement["subject"][0]
        for resource in resources:
            path = model / resource["name"] if model.is_dir() else model
            self.same(resource["name"], resource_of(path, resource["name"], resource["algorithm"]), resource)
        self.same("the root digest", root_digest(resources), subject["digest"]["sha256"])
        self.same("weightmarkManifestV1", sha256(records(resources)).hex(), subject["digest"]["weightmarkManifestV1"])

    def page(self):
        """The examples that docs/format.md prints."""
        page = PAGE.read_text(encoding="utf-8")
        payload = statement_of(HERE / "hello/model.sig")[0]
        printed = next(block for block in re.findall(r"```json\n(.*?)```", page, re.S) if '"_type"' in block)
        self.same("the page's statement", json.loads(printed), json.loads(payload))
        self.same("its bytes are canonical", payload.decode(), json.dumps(
            json.loads(payload), sort_keys=True, separators=(",", ":"), ensure_ascii=False))
        resources = json.loads(printed)["predicate"]["resources"]
        lines = re.findall(r"^    (\S+\\0sha256:\S+)\\n$", page, re.M)
        text = "".join(line.replace(r"\0", "\0") + "\n" for line in lines).encode()
        self.same("the page's records", text, records(resources))
        self.same("their number of bytes", int(re.search(r"these (\d+) bytes", page)[1]), len(text))
        self.same("the page's weightmarkManifestV1", re.search(r"whose SHA-256 is `(\w+)`", page)[1], sha256(text).hex())
        self.trees(page)

    def trees(self, page):
        rows = re.findall(r"^\| (\d+) \| `(\w{64})` \|$", page, re.M)
        nodes = re.search(r"has the nodes\s+`([^`]+)`", page)[1]
        self.same("the page has trees", len(rows) >= 8, True)
        for size, digest in rows:
            data = (bytes(range(251)) * (int(size) // 251 + 1))[:int(size)]
            tree = tree_of(data)
            self.same(f"the tree of {size} bytes", tree["fsverity"], digest)
            if "nodes" in tree:
                self.same(f"the nodes of {size} bytes", tree["nodes"], nodes)

    def openssl(self):
        if not shutil.which("openssl"):
            print("skipped the signature: openssl is not installed")
            return
        payload, signature = statement_of(HERE / "hello/model.sig")
        with tempfile.TemporaryDirectory() as folder:
            message, file = Path(folder) / "message", Path(folder) / "signature"
            message.write_bytes(b"DSSEv1 28 application/vnd.in-toto+json %d " % len(payload) + payload)
            file.write_bytes(signature)
            status = subprocess.run(["openssl", "dgst", "-sha256", "-verify", HERE / "publisher.pub", "-signature", file,
                                     message], stdout=subprocess.DEVNULL, check=False).returncode
        self.same("the signature, by openssl", status, 0)
        hint = json.loads((HERE / "hello/model.sig").read_bytes())["verificationMaterial"]["publicKey"]["hint"]
        self.same("the hint", hint, sha256((HERE / "publisher.pub").read_bytes()).hex())


def main():
    checks = Checks()
    if len(sys.argv) == 3:
        checks.signature(Path(sys.argv[1]), Path(sys.argv[2]))
    else:
        checks.signature(HERE / "hello", HERE / "hello/model.sig")
        checks.openssl()
        checks.page()
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
