"""The action for GitHub and the component for GitLab sign with the job's identity, by the command itself."""
import sys
from pathlib import Path

from cases import JOB, STACK, WEIGHTMARK, Model, both_verify, case, equal, token

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "ci"))
from github_action import Action, commands_in  # noqa: E402
from gitlab_component import Component, run_job  # noqa: E402
from workplace import repository  # noqa: E402

REKOR2 = {"kind": "hashedrekord", "version": "0.0.2"}
MAY_SIGN = {"ACTIONS_ID_TOKEN_REQUEST_URL": STACK["ACTIONS_URL"],
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": STACK["ACTIONS_TOKEN"]}


# --- GitHub ---------------------------------------------------------------------------


def act(signed, environment, **given):
    inputs = {"model": "model", "signature": "model.sig", "trust_config": signed.config, "weightmark": str(WEIGHTMARK)}
    return Action().run(signed.folder.parent, environment, **{**inputs, **given})


def refused(result, status, *words):
    assert result.status == status and all(word in result.text for word in words), result.text
    equal(result.outputs["signature"], "")


@case
def action_signs(folder):
    model = Model(folder)
    result = act(model, MAY_SIGN, identity=JOB[0])
    equal((result.status, result.ran), (0, ["find", "sign"]))
    equal((result.outputs["identity"], result.outputs["identity-provider"]), JOB)
    equal(result.outputs["signature"], "model.sig")
    equal(result.outputs["log-index"], model.bundle()["tlogEntries"][0]["logIndex"])
    equal(commands_in(result.text), [])
    both_verify(model, JOB, REKOR2)


@case
def action_signs_in_the_usual_place_and_beside(folder):
    model = Model(folder)
    for add, path in [("", "model/model.sig"), ("audit", "model/model.sig.d/audit.sig")]:
        result = act(model, MAY_SIGN, signature="", add=add)
        equal((result.status, result.outputs["signature"]), (0, path))
        model.signature = folder / path
        equal(model.ours_verifies(JOB)[0], 0)


@case
def action_signs_several(folder):
    model = Model(folder)
    (folder / "other model.gguf").write_bytes(b"weights")
    result = act(model, MAY_SIGN, model="model\nother model.gguf\n", signature="")
    equal((result.status, result.outputs["signature"]), (0, "model/model.sig\nother model.gguf.sig"))
    first, second = map(int, result.outputs["log-index"].split("\n"))
    assert first < second, (first, second)


@case
def action_without_permission(folder):
    model = Model(folder)
    refused(act(model, {}), 3, "[token-source]", "permissions: {id-token: write}")
    assert not model.signature.exists()


@case
def action_expects_another_identity(folder):
    model = Model(folder)
    refused(act(model, MAY_SIGN, identity=JOB[0].replace("release", "other")), 1, "[identity-mismatch]",
            "was signed, but does not verify")


@case
def action_shows_a_name_like_a_command(folder):
    model = Model(folder)
    (model.folder / "::add-mask::a").symlink_to("weights.bin")
    result = act(model, MAY_SIGN)
    refused(result, 1, "::add-mask::a", "[symlink-refused]")
    equal(commands_in(result.text),
          ["::error title=Weightmark::model was not signed (exit status 1); the log says why"])


# --- GitLab ---------------------------------------------------------------------------


def run_component(model, **environment):
    source, commit = repository(model.folder.parent / "repository")
    job, = Component().render(commit, source=source, model="model", signature="model.sig",
                              trust_config=model.config).values()
    tools = model.folder.parent / "tools"
    tools.mkdir()
    (tools / "weightmark").symlink_to(WEIGHTMARK)
    return run_job(job, model.folder.parent, {"PATH": f"{tools}:/usr/bin:/bin", **environment})


@case
def component_signs(folder):
    model = Model(folder)
    status, text = run_component(model, SIGSTORE_ID_TOKEN=token("CI_ISSUER"))
    assert status == 0, text
    assert (folder / "weightmark-signed.jsonl").read_text(encoding="utf-8").count("\n") == 1
    both_verify(model, JOB, REKOR2)


@case
def component_without_a_token(folder):
    model = Model(folder)
    status, text = run_component(model)
    assert status == 3 and "[token-source]" in text, text
    assert not model.signature.exists()
