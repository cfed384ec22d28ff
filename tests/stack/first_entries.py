"""Throw-away entries for logs that are empty.

The first entry of a log has the index 0, which the JSON of protocol buffers leaves
out; some clients cannot read a bundle that lacks it. No real log has that problem.
"""
import base64
import hashlib
import json
import urllib.request

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from places import REKOR2, url
from processes import DIRECT

CONTENT = b"the first entry"


def text(data):
    return base64.b64encode(data).decode()


def post(address, value):
    request = urllib.request.Request(address, json.dumps(value).encode(), {"Content-Type": "application/json"})
    with DIRECT.open(request, timeout=60) as answer:
        return json.load(answer)


def signed(form):
    """The digest of the content, a signature over it, and the public key in that form."""
    key = ec.generate_private_key(ec.SECP256R1())
    signature = key.sign(CONTENT, ec.ECDSA(hashes.SHA256()))
    return (hashlib.sha256(CONTENT), text(signature),
            text(key.public_key().public_bytes(form, PublicFormat.SubjectPublicKeyInfo)))


def fill_rekor1():
    with DIRECT.open(url("rekor1", "/api/v1/log"), timeout=60) as answer:
        if json.load(answer)["treeSize"]:
            return
    digest, signature, key = signed(Encoding.PEM)
    post(url("rekor1", "/api/v1/log/entries"), {
        "kind": "hashedrekord", "apiVersion": "0.0.1",
        "spec": {"data": {"hash": {"algorithm": "sha256", "value": digest.hexdigest()}},
                 "signature": {"content": signature, "publicKey": {"content": key}}}})


def fill_rekor2():
    checkpoint = REKOR2 / "api" / "v2" / "checkpoint"
    if checkpoint.is_file() and checkpoint.read_text(encoding="utf-8").split("\n")[1] != "0":
        return
    digest, signature, key = signed(Encoding.DER)
    post(url("rekor2", "/api/v2/log/entries"), {"hashedRekordRequestV002": {
        "digest": text(digest.digest()),
        "signature": {"content": signature,
                      "verifier": {"publicKey": {"rawBytes": key}, "keyDetails": "PKIX_ECDSA_P256_SHA_256"}}}})
