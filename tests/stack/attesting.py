"""Weightmark attests with an identity, and others verify it."""
import sys

from cases import JOB, PERSON, STACK, WEIGHTMARK, Model, case, equal, run, succeeds, token
from signing import fails

TYPE = "slsaprovenance1"


def attest(model, subject, given):
    predicate = model.folder.with_name("predicate.json")
    predicate.write_text('{"epochs": 3}', encoding="utf-8")
    succeeds(run(WEIGHTMARK, "attest", "--trust-config", model.config, "--identity-token", given, "--type", TYPE,
                 "--predicate", predicate, "--signature", model.signature, subject))


def verify(model, subject, who):
    return run(WEIGHTMARK, "verify-attestation", "--trust-config", model.config, "--identity", who[0],
               "--identity-provider", who[1], "--type", TYPE, "--signature", model.signature, "--output", "-", subject)


def attests(name, config):
    def check(folder):
        model = Model(folder, config)
        attest(model, model.folder, token("CI_ISSUER"))
        result = verify(model, model.folder, JOB)
        succeeds(result)
        assert '"epochs": 3' in result[1], result[1]
        fails(verify(model, model.folder, PERSON), 1, "identity-mismatch")
        (model.folder / "config.json").write_text("{ }", encoding="utf-8")
        fails(verify(model, model.folder, JOB), 1, "subject-other")
    check.__name__ = f"ours_attests_in_{name}"
    case(check)


attests("rekor2", "TRUST_CONFIG")
attests("rekor1", "TRUST_CONFIG_REKOR1")


@case
def python_verifies_what_is_attested_of_a_file(folder):
    """sigstore-python looks for the file's own digest among the subjects"""
    model = Model(folder)
    file = model.folder / "weights.bin"
    attest(model, file, token())
    succeeds(verify(model, file, PERSON))
    python = [sys.executable, "-m", "sigstore", "--trust-config", model.config, "verify", "identity", "--bundle",
              model.signature, "--cert-identity", PERSON[0], "--cert-oidc-issuer", PERSON[1]]
    succeeds(run(*python, file))
    file.write_bytes(b"other")
    equal(run(*python, file)[0], 1)
    fails(verify(model, file, PERSON), 1, "subject-other")
