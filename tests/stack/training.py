"""Weightmark signs with an identity how a model was trained, and others verify it."""
import json
import sys

from attesting import verify
from cases import PERSON, STACK, WEIGHTMARK, Model, case, equal, run, succeeds, token
from signing import fails


@case
def python_verifies_how_a_model_was_trained(folder):
    """sigstore-python looks for the only file of the model among the subjects"""
    model = Model(folder)
    out = folder / "out"
    succeeds(run(WEIGHTMARK, "train", "--trust-config", model.config, "--identity-token", token(), "--output", out,
                 "--dataset", model.folder, "--", "cp", model.folder / "weights.bin", out / "weights.bin"))
    model.signature = out / "model.sig.d" / "slsaprovenance1.sig"
    succeeds(verify(model, out, PERSON))
    python = [sys.executable, "-m", "sigstore", "--trust-config", model.config, "verify", "identity", "--bundle",
              model.signature, "--cert-identity", PERSON[0], "--cert-oidc-issuer", PERSON[1]]
    succeeds(run(*python, out / "weights.bin"))
    (out / "weights.bin").write_bytes(b"other")
    equal(run(*python, out / "weights.bin")[0], 1)
    fails(verify(model, out, PERSON), 1, "subject-other")


@case
def the_statement_names_who_signed_it(folder):
    """the builder of a training is the identity of the certificate, not what somebody says"""
    model = Model(folder)
    out = folder / "out"
    (folder / "token").write_text(token("CI_ISSUER"), encoding="utf-8")
    succeeds(run(WEIGHTMARK, "train", "--trust-config", model.config, "--identity-token-file", folder / "token",
                 "--output", out, "--dataset", model.folder, "--", "cp", model.folder / "weights.bin",
                 out / "weights.bin"))
    succeeds(run(WEIGHTMARK, "verify-attestation", "--trust-config", model.config, "--identity", STACK["CI_IDENTITY"],
                 "--identity-provider", STACK["CI_ISSUER"], "--type", "slsaprovenance1", "--output", folder / "it.json",
                 out))
    builder = json.loads((folder / "it.json").read_text(encoding="utf-8"))["runDetails"]["builder"]["id"]
    equal(builder, STACK["CI_IDENTITY"])
