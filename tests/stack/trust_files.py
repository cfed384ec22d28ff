"""What clients are told: whom to trust, where the services are, and both by TUF."""
import base64
import datetime
import hashlib
import json

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp

from keys import START
from places import KEYS, TRUST, TUF, url

OPERATOR = "weightmark-tests"
VALID = {"start": START.strftime("%Y-%m-%dT%H:%M:%SZ")}
ROLES = ["root", "timestamp", "snapshot", "targets"]


def text(data):
    return base64.b64encode(data).decode()


# --- The trusted root ------------------------------------------------------------


def public_key(name):
    return load_pem_public_key((KEYS / f"{name}.pub").read_bytes())


def log(name, path, details, number=None):
    """A log with its number: the digest of its key, where the number is not given."""
    key = public_key(name).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return {"baseUrl": url(name, path), "hashAlgorithm": "SHA2_256",
            "publicKey": {"rawBytes": text(key), "keyDetails": details, "validFor": VALID},
            "logId": {"keyId": text(number or hashlib.sha256(key).digest())}, "operator": OPERATOR}


def note_key_hash(name, origin):
    """The number of a log that signs checkpoints: its origin, a line's end, 1 for Ed25519, and the key."""
    raw = public_key(name).public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha256(origin.encode() + b"\n\x01" + raw).digest()


def authority(name, path):
    chain = x509.load_pem_x509_certificates((KEYS / f"{name}.pem").read_bytes())
    root = chain[-1].subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
    return {"subject": {"organization": "Weightmark tests", "commonName": root}, "uri": url(name, path),
            "certChain": {"certificates": [{"rawBytes": text(each.public_bytes(Encoding.DER))} for each in chain]},
            "validFor": VALID, "operator": OPERATOR}


def trusted_root():
    return {"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [log("rekor2", "", "PKIX_ED25519", note_key_hash("rekor2", "127.0.0.1")),
                      log("rekor1", "", "PKIX_ECDSA_P256_SHA_256")],
            "certificateAuthorities": [authority("fulcio", "")],
            "ctlogs": [log("ctlog", "/ct", "PKIX_ECDSA_P256_SHA_256")],
            "timestampAuthorities": [authority("tsa", "/api/v1/timestamp")]}


# --- The signing configuration -----------------------------------------------------


def service(name, version, path=""):
    return {"url": url(name, path), "majorApiVersion": version, "validFor": VALID, "operator": OPERATOR}


def signing_config(rekor_versions):
    return {"mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
            "caUrls": [service("fulcio", 1)],
            "oidcUrls": [service("issuer", 1)],
            "rekorTlogUrls": [service(f"rekor{version}", version) for version in rekor_versions],
            "rekorTlogConfig": {"selector": "ANY"},
            "tsaUrls": [service("tsa", 1, "/api/v1/timestamp")],
            "tsaConfig": {"selector": "ANY"}}


def write(name, value):
    (TRUST / name).write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


# --- TUF -----------------------------------------------------------------------------


def publish(files):
    """Signs a repository of these files, all roles by one key, as a client finds it by HTTP."""
    expires = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) + datetime.timedelta(days=3650)
    signer = CryptoSigner.generate_ecdsa()
    root, targets = Root(expires=expires), Targets(expires=expires)
    for role in ROLES:
        root.add_key(signer.public_key, role)
    (TUF / "targets").mkdir()
    for file in files:
        data = file.read_bytes()
        target = targets.targets[file.name] = TargetFile.from_data(file.name, data, ["sha256"])
        (TUF / "targets" / f"{target.hashes['sha256']}.{file.name}").write_bytes(data)
    snapshot = Snapshot(expires=expires, meta={"targets.json": MetaFile(1)})
    timestamp = Timestamp(expires=expires, snapshot_meta=MetaFile(1))
    for name, part in [("1.root", root), ("root", root), ("1.targets", targets), ("1.snapshot", snapshot),
                       ("timestamp", timestamp)]:
        metadata = Metadata(part)
        metadata.sign(signer)
        (TUF / f"{name}.json").write_bytes(metadata.to_bytes())


def make():
    root = trusted_root()
    write("trusted_root.json", root)
    for name, versions in [("", [2]), (".rekor1", [1]), (".both", [2, 1])]:
        config = signing_config(versions)
        write(f"signing_config{name}.v0.2.json", config)
        write(f"trust_config{name}.json", {"mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
                                           "trustedRoot": root, "signingConfig": config})
    publish([TRUST / "trusted_root.json", TRUST / "signing_config.v0.2.json"])
