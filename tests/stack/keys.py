"""The keys and certificates of the servers, made anew for each checkout."""
import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (BestAvailableEncryption, Encoding, NoEncryption,
                                                          PrivateFormat, PublicFormat)
from cryptography.x509.oid import ExtendedKeyUsageOID as Use

from places import KEYS, write_private

# Fulcio and the certificate log take no key without a password. It hides nothing:
# the keys are good for nothing but this stack.
PASSWORD = "stack"

START = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) - datetime.timedelta(hours=1)
END = START + datetime.timedelta(days=3650)


class Authority:
    """A certificate with its key, which issues others."""

    def __init__(self, name, issuer=None, path_length=None, usage=None, critical=False):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Weightmark tests"),
                               x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        issuer = issuer or self
        builder = (x509.CertificateBuilder().subject_name(self.name).issuer_name(issuer.name)
                   .public_key(self.key.public_key()).serial_number(x509.random_serial_number())
                   .not_valid_before(START).not_valid_after(END)
                   .add_extension(x509.BasicConstraints(path_length is not None, path_length), critical=True)
                   .add_extension(key_usage(path_length is not None), critical=True)
                   .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False)
                   .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()),
                                  critical=False))
        if usage:
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=critical)
        self.certificate = builder.sign(issuer.key, hashes.SHA256())


def key_usage(issues):
    return x509.KeyUsage(digital_signature=not issues, content_commitment=False, key_encipherment=False,
                         data_encipherment=False, key_agreement=False, key_cert_sign=issues, crl_sign=issues,
                         encipher_only=False, decipher_only=False)


def write_key(name, key, form=PrivateFormat.PKCS8, encryption=None):
    write_private(KEYS / f"{name}.key", key.private_bytes(Encoding.PEM, form, encryption or NoEncryption()))
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (KEYS / f"{name}.pub").write_bytes(public)


def write_chain(name, *authorities):
    """The issuing one first, as the servers and the trusted root have it."""
    (KEYS / f"{name}.pem").write_bytes(b"".join(each.certificate.public_bytes(Encoding.PEM) for each in authorities))


def make():
    password = BestAvailableEncryption(PASSWORD.encode())
    root = Authority("code signing root", path_length=1)
    fulcio = Authority("code signing", root, path_length=0, usage=Use.CODE_SIGNING)
    write_chain("fulcio", fulcio, root)
    write_chain("fulcio-root", root)
    write_key("fulcio", fulcio.key, encryption=password)
    root = Authority("timestamping root", path_length=0)
    tsa = Authority("timestamping", root, usage=Use.TIME_STAMPING, critical=True)
    write_chain("tsa", tsa, root)
    write_key("tsa", tsa.key)
    # The certificate log reads only the older encryption of PEM itself.
    write_key("ctlog", ec.generate_private_key(ec.SECP256R1()), PrivateFormat.TraditionalOpenSSL, password)
    write_key("rekor1", ec.generate_private_key(ec.SECP256R1()))
    write_key("rekor2", ed25519.Ed25519PrivateKey.generate())
