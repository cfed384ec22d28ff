"""Throw-away keys and certificates, made with the openssl command."""
import os
import subprocess
from pathlib import Path

PASSWORD = "correct horse"
CURVES = {"p256": "P-256", "p384": "P-384", "p521": "P-521", "other": "P-256"}
CA = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
LEAF = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning\n"
TLS_LEAF = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,keyAgreement\nextendedKeyUsage=serverAuth\n"


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, stdin=subprocess.DEVNULL)


def make_key(folder, name, *options):
    """NAME.pem, the private key, and NAME.pub."""
    key = folder / f"{name}.pem"
    openssl("genpkey", *options, "-out", key)
    openssl("pkey", "-in", key, "-pubout", "-out", folder / f"{name}.pub")


def make_certificate(folder, name, issuer, extensions, *dates):
    """NAME.crt for the key NAME.pem; by itself where it is its own issuer."""
    request, settings = folder / f"{name}.csr", folder / f"{name}.ext"
    settings.write_text(extensions, encoding="utf-8")
    openssl("req", "-new", "-key", folder / f"{name}.pem", "-subj", f"/CN=Weightmark test {name}", "-out", request)
    signer = ["-signkey", folder / f"{name}.pem"]
    if issuer != name:
        signer = ["-CA", folder / f"{issuer}.crt", "-CAkey", folder / f"{issuer}.pem", "-CAcreateserial"]
    openssl("x509", "-req", "-in", request, *signer, "-sha256", *(dates or ("-days", "30")),
            "-extfile", settings, "-out", folder / f"{name}.crt")


def make_ec(folder, name, curve="P-256"):
    make_key(folder, name, "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{curve}")


def make_keys(folder):
    """p256, p384, p521, other, rsa and ed25519; locked.pem is p256 under PASSWORD."""
    for name, curve in CURVES.items():
        make_ec(folder, name, curve)
    make_key(folder, "rsa", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
    make_key(folder, "ed25519", "-algorithm", "ED25519")
    openssl("pkcs8", "-topk8", "-in", folder / "p256.pem", "-v2", "aes-256-cbc", "-passout", f"pass:{PASSWORD}",
            "-out", folder / "locked.pem")


def make_certificates(folder):
    """leaf under intermediate under root; self, by itself; tls, which may not sign; other-root."""
    for name in ("root", "intermediate", "leaf", "self", "tls", "other-root"):
        make_ec(folder, name)
    make_certificate(folder, "root", "root", CA)
    make_certificate(folder, "other-root", "other-root", CA)
    make_certificate(folder, "intermediate", "root", CA)
    make_certificate(folder, "leaf", "intermediate", LEAF)
    make_certificate(folder, "tls", "intermediate", TLS_LEAF)
    make_certificate(folder, "self", "self", LEAF)


def make_all(folder):
    folder = Path(folder)
    os.makedirs(folder, exist_ok=True)
    make_keys(folder)
    make_certificates(folder)
    return folder
