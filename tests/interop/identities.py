"""Signatures by identities, of a Sigstore in memory (sigstore-lab): both clients verify them."""
import json
import subprocess
import sys

WHO = {"identity": "alice@example.com", "identity_provider": "https://accounts.example.com"}
# What the log may have recorded. The Python client reads no others for envelopes.
BOTH = ["dsse", "v2"]
OURS_ALONE = ["hashedrekord", "intoto"]


def trust_config(root):
    """A client's trust configuration with that root; its services are nowhere."""
    return {"mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
            "trustedRoot": json.loads(root.read_text(encoding="utf-8")),
            "signingConfig": {"mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json", "caUrls": [],
                              "oidcUrls": [], "rekorTlogUrls": [], "rekorTlogConfig": {"selector": "ANY"},
                              "tsaUrls": [], "tsaConfig": {"selector": "ANY"}}}


class Signed:
    """A model that alice signed, with the trust that goes with it."""

    def __init__(self, folder, build, kind):
        self.model = folder / f"identity {kind}"
        self.model.mkdir()
        (self.model / "weights").write_text("weights", encoding="utf-8")
        root = folder / f"root {kind}.json"
        subprocess.run([build / "sigstore-lab", self.model, root, kind], check=True)
        self.config = folder / f"config {kind}.json"
        self.config.write_text(json.dumps(trust_config(root)), encoding="utf-8")
        self.command = build / "weightmark"

    def ours(self, identity=WHO["identity"]):
        return refusal([self.command, "verify", "sigstore", "--trust-config", self.config, "--identity", identity,
                        "--identity-provider", WHO["identity_provider"], self.model])

    def pythons(self, identity=WHO["identity"]):
        return refusal([sys.executable, "-m", "model_signing", "verify", "sigstore", self.model, "--signature",
                        self.model / "model.sig", "--trust_config", self.config, "--identity", identity,
                        "--identity_provider", WHO["identity_provider"]])


def refusal(command):
    """Nothing, or what was said."""
    result = subprocess.run([str(part) for part in command], capture_output=True, stdin=subprocess.DEVNULL,
                            timeout=120, check=False, text=True)
    return None if result.returncode == 0 else result.stdout + result.stderr


def verify_all(folder, build, results):
    for kind in BOTH:
        signed = Signed(folder, build, kind)
        results.accepts(f"identity, {kind}, ours", signed.ours())
        results.accepts(f"identity, {kind}, Python", signed.pythons())
        results.refuses(f"another identity, {kind}, ours", signed.ours("bob@example.com"), "identity-mismatch")
        results.refuses(f"another identity, {kind}, Python", signed.pythons("bob@example.com"), "bob@example.com")
        (signed.model / "weights").write_text("tampered", encoding="utf-8")
        results.refuses(f"tampered, {kind}, ours", signed.ours(), "file-mismatch")
        results.refuses(f"tampered, {kind}, Python", signed.pythons(), "Hash mismatch")
    for kind in OURS_ALONE:
        signed = Signed(folder, build, kind)
        results.accepts(f"identity, {kind}, ours", signed.ours())
        results.refuses(f"identity, {kind}, which Python cannot", signed.pythons(), "Unsupported", "only supported")
