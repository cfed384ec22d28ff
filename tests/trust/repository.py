"""TUF repositories by python-tuf, and web servers for them on the loopback interface."""
import datetime
import ipaddress
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (DelegatedRole, Delegations, Metadata, MetaFile, Root, Snapshot, TargetFile, Targets,
                              Timestamp)

NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
DAY = datetime.timedelta(days=1)
SIGNERS = {"ecdsa": CryptoSigner.generate_ecdsa, "ed25519": CryptoSigner.generate_ed25519,
           "rsa": CryptoSigner.generate_rsa}


class Repository:
    """What its server answers is in `files`, by path."""

    def __init__(self, kind="ecdsa"):
        self.new_signer = SIGNERS[kind]
        self.files = {}
        self.signers = {}
        self.delay = 0
        self.root = Root(expires=NOW + 30 * DAY)
        self.timestamp = Timestamp(expires=NOW + DAY)
        self.snapshot = Snapshot(expires=NOW + 7 * DAY)
        self.roles = {"targets": Targets(expires=NOW + 7 * DAY)}
        for role in ["root", "timestamp", "snapshot", "targets"]:
            self.add_key(role)
        self.publish("root", "targets")
        self.anchor = self.files["metadata/1.root.json"]

    def add_key(self, role):
        signer = self.new_signer()
        self.root.add_key(signer.public_key, role)
        self.signers.setdefault(role, []).append(signer)

    def rotate(self, role):
        """New keys for a role; for the root, the old ones still sign the next version."""
        old, self.signers[role] = self.signers[role], []
        for signer in old:
            self.root.revoke_key(signer.public_key.keyid, role)
        self.add_key(role)
        if role == "root":
            self.signers[role] += old

    def add_target(self, role, path, content):
        target = TargetFile.from_data(path, content, ["sha256", "sha512"])
        self.roles[role].targets[path] = target
        folder, _, name = path.rpartition("/")
        folder = "targets/" + (folder + "/" if folder else "")
        for digest in target.hashes.values():
            self.files[f"{folder}{digest}.{name}"] = content

    def delegate(self, delegator, name, paths, terminating=False):
        targets, signer = self.roles[delegator], self.new_signer()
        if targets.delegations is None:
            targets.delegations = Delegations({}, {})
        targets.delegations.roles[name] = DelegatedRole(name, [], 1, terminating, paths)
        targets.add_key(signer.public_key, name)
        self.roles[name], self.signers[name] = Targets(expires=NOW + 7 * DAY), [signer]

    def signed(self, role, part):
        metadata = Metadata(part)
        for signer in self.signers[role]:
            metadata.sign(signer, append=True)
        return metadata.to_bytes()

    def publish(self, *roles):
        """Signs these roles, then the snapshot and the timestamp."""
        for role in roles:
            if role == "root":
                self.files[f"metadata/{self.root.version}.root.json"] = self.signed("root", self.root)
                self.root.version += 1
                continue
            part = self.roles[role]
            data = self.signed(role, part)
            self.files[f"metadata/{part.version}.{role}.json"] = data
            self.snapshot.meta[f"{role}.json"] = MetaFile.from_data(part.version, data, ["sha256"])
            part.version += 1
        data = self.signed("snapshot", self.snapshot)
        self.files[f"metadata/{self.snapshot.version}.snapshot.json"] = data
        self.timestamp.snapshot_meta = MetaFile.from_data(self.snapshot.version, data, ["sha256"])
        self.files["metadata/timestamp.json"] = self.signed("timestamp", self.timestamp)
        self.snapshot.version += 1
        self.timestamp.version += 1


class Server:
    """Serves a repository while it is in scope; by HTTPS where there is a certificate."""

    def __init__(self, repository, certificate=None):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                body = repository.files.get(self.path.lstrip("/"))
                self.send_response(404 if body is None else 200)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *arguments: None  # clients break off, as they should
        scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            scheme = "https"
        self.url = f"{scheme}://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()
        return self

    def __exit__(self, *arguments):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def write_certificate(path):
    """A certificate for 127.0.0.1 that is its own authority, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
                   .serial_number(x509.random_serial_number()).not_valid_before(NOW - DAY).not_valid_after(NOW + DAY)
                   .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
                                  critical=False)
                   .sign(key, hashes.SHA256()))
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                       serialization.NoEncryption())
                     + certificate.public_bytes(serialization.Encoding.PEM))
