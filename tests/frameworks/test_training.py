"""A real training, end to end: recorded, signed, verified, judged; then all that can be wrong with one.

Each fault is found by the code that names it, and the message names what is at fault.
"""
import hashlib
import json
import re
import shutil
import socket
import threading

import pytest
import torch
import weightmark

from training_scene import BASE_URI, BUILD_TYPE, DATA_URI, REPOSITORY, STRICT, Training

SECRETS = {"HF_TOKEN": "hf_planted0", "AWS_SECRET_ACCESS_KEY": "planted1", "WANDB_API_KEY": "planted2",
           "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "planted3", "DATABASE": "postgres://me:planted4@host/x"}


@pytest.fixture(name="training")
def _training(tmp_path):
    return Training(tmp_path)


@pytest.fixture(name="trained", scope="module")
def _trained(tmp_path_factory):
    """One training that is as it should be, for all tests that only look at it."""
    training = Training(tmp_path_factory.mktemp("trained"))
    training.train(environment=SECRETS)
    return training


@pytest.fixture(name="copy")
def _copy(trained, tmp_path):
    """The same, to be changed."""
    training = object.__new__(Training)
    training.__dict__.update(trained.__dict__)
    training.folder, training.out = tmp_path, tmp_path / "out"
    shutil.copytree(trained.out, training.out)
    return training


def refused(done, code, *named):
    """The code, and that the message names what is at fault."""
    said = done.stderr + done.stdout
    assert f"[{code}]" in said, said
    for name in named:
        assert str(name) in said, f"{name} is not named: {said}"


def fails(done, rule, *named):
    """The rule of the policy that does not hold, and on its own line what it is about."""
    refused(done, "judgement-fails")
    lines = [line for line in (done.stderr + done.stdout).splitlines() if re.match(rf" *fails +{re.escape(rule)}: ", line)]
    assert any(all(str(name) in line for name in named) for line in lines), done.stderr + done.stdout


def dependency(statement, uri):
    found = [one for one in statement["predicate"]["buildDefinition"]["resolvedDependencies"] if one.get("uri") == uri]
    assert len(found) == 1, uri
    return found[0]


def facts(statement, uri):
    return {name.removeprefix("weightmark_"): value for name, value in dependency(statement, uri)["annotations"].items()}


def summary(statement):
    byproducts = statement["predicate"]["runDetails"]["byproducts"]
    found, = [one for one in byproducts if one["name"] == "training-summary"]
    return {name.removeprefix("weightmark_"): value for name, value in found["annotations"].items()}


# --- One that is as it should be --------------------------------------------------------


def test_it_verifies(trained):
    trained.verify_provenance()
    trained.judge(**trained.strict())


def test_the_subject_is_the_model(trained):
    statement = trained.statement()
    assert statement["predicateType"] == "https://slsa.dev/provenance/v1"
    assert statement["predicate"]["buildDefinition"]["buildType"] == BUILD_TYPE
    subject = statement["subject"][0]
    assert "sha256:" + subject["digest"]["sha256"] == weightmark.digest(trained.out).root
    assert "weightmarkManifestV1" in subject["digest"]


def test_inputs_are_what_was_there(trained):
    statement = trained.statement()
    for uri, folder, license_, more in ((DATA_URI, trained.data, "cc-by-4.0", {"kind": "dataset", "role": "train"}),
                                        (BASE_URI, trained.base, "apache-2.0", {"kind": "model", "relation": "finetune"})):
        found = facts(statement, uri)
        assert "sha256:" + dependency(statement, uri)["digest"]["sha256"] == weightmark.digest(folder).root
        assert {name: found[name] for name in more} == more
        assert found["license"].lower() == license_
        bundle = hashlib.sha256((folder / "model.sig").read_bytes()).hexdigest()
        assert (found["signature"]["bundleSha256"], found["signature"]["verified"]) == (bundle, True)
    assert facts(statement, DATA_URI)["files"] == 4


def test_the_source_is_the_commit(trained):
    statement = trained.statement()
    commits = [one["digest"]["gitCommit"] for one in statement["predicate"]["buildDefinition"]["resolvedDependencies"]
               if one.get("annotations", {}).get("weightmark_kind") == "source"]
    assert commits == [trained.git("rev-parse", "HEAD")]
    external = statement["predicate"]["buildDefinition"]["externalParameters"]
    assert external["source"]["repository"].removesuffix(".git") == REPOSITORY
    assert external["entryPoint"][1:3] == ["train.py", "--base"]


def test_what_the_script_told(trained):
    statement = trained.statement()
    told = statement["predicate"]["buildDefinition"]["externalParameters"]["hyperparameters"]
    assert (told["lr"], told["seed"], told["optimizer"]) == ("0.01", 7, "adamw")
    found = summary(statement)
    assert found["evidence"] == "self-reported"
    assert (found["stepsPlanned"], found["stepsCompleted"], found["stopReason"]) == (60, 60, "max_steps")
    assert (found["tokensSeen"], found["nanSteps"]) == (60 * 32 * 17, 0)
    assert float(found["finalEvalLoss"]) < 1, "it has learnt something"


def test_the_framework_that_was_loaded(trained):
    version = torch.__version__.partition("+")[0]
    found = [one for one in trained.statement()["predicate"]["buildDefinition"]["resolvedDependencies"]
             if re.fullmatch(rf"pkg:pypi/torch@{re.escape(version)}(\+\w+)?", one.get("uri", ""))]
    assert len(found) == 1
    assert found[0]["annotations"]["weightmark_loaded"] is True


def test_no_secret_is_in_it(trained):
    text = json.dumps(trained.statement())
    assert "planted" not in text
    assert "planted" not in "".join(path.read_text(errors="replace") for path in trained.out.rglob("*.sig"))


def test_the_trained_model_loads(trained):
    from weightmark.safetensors.torch import load_file
    state = load_file(trained.out / "model.safetensors", policy=weightmark.KeyTrust(trained.public))
    assert state["head.weight"].shape == (32, 64)


def test_another_source_or_builder_is_not_it(trained):
    refused(trained.verify_provenance(source="https://github.com/other/tiny", status=1), "provenance-source",
            "github.com/other/tiny")
    refused(trained.verify_provenance(builder="https://other.example/builder", status=1), "provenance-builder",
            "other.example")


def test_a_model_that_was_changed_since(copy):
    (copy.out / "config.json").write_text("{}")
    refused(copy.verify_provenance(status=1), "subject-other")


def test_several_ranks_give_one_statement(training):
    training.train(launcher=["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"])
    statement = training.statement()
    internal = statement["predicate"]["buildDefinition"]["internalParameters"]
    assert internal["world"] == {"nodes": 1, "ranks": 2}
    found = summary(statement)
    assert (found["stepsCompleted"], found["tokensSeen"]) == (60, 60 * 2 * 32 * 17)
    training.verify_provenance()


def test_a_resumed_run_names_what_it_goes_on_from(training):
    training.train("--stop-after", 30)
    first = training.move_output("first")
    training.train("--resume", first, options=["--resume", f"{first}=hf://acme/tiny@step-30"])
    statement = training.statement()
    found = facts(statement, "hf://acme/tiny@step-30")
    assert (found["kind"], found["relation"]) == ("model", "resume")
    assert "sha256:" + dependency(statement, "hf://acme/tiny@step-30")["digest"]["sha256"] == weightmark.digest(first).root
    provenance = (first / "model.sig.d" / "slsaprovenance1.sig").read_bytes()
    assert found["provenance"] == {"sha256": hashlib.sha256(provenance).hexdigest()}


# --- All that can be wrong with one -----------------------------------------------------


def test_a_poisoned_shard(training):
    """Its bytes are not those that were signed: nothing is trained."""
    shard = training.poison(1)
    refused(training.train(status=1), "file-mismatch", shard.name)
    assert not training.bundle.exists()


def test_a_poisoned_shard_that_nobody_looked_at(training):
    """Where the training does not refuse it, its statement says so."""
    training.poison(1)
    assert "shard-1.safetensors" in training.train(inputs=False, options=["--input-key", training.public]).stderr
    assert facts(training.statement(), DATA_URI)["signature"]["verified"] is False
    fails(training.judge(status=1, **training.strict()), "inputs.signers", "mix")
    fails(training.judge(status=1, inputs={"signatures": "required"}), "inputs.signatures", "mix")


def test_a_poisoned_shard_that_somebody_signed_again(training):
    """The training goes its way, and its statement says by whom; the policy knows who should have."""
    training.poison(1)
    training.sign_data(key="stranger")
    refused(training.train(status=1), "key-mismatch")
    training.train(inputs=False)
    fails(training.judge(status=1, **training.strict()), "inputs.signers", "mix")


def test_a_dataset_that_is_on_a_list(trained):
    digest = weightmark.digest(trained.data).root
    fails(trained.judge(status=1, datasets={"forbidden": [digest]}), "datasets.forbidden", "mix")


def test_a_licence_that_is_not_wanted(trained):
    fails(trained.judge(status=1, licenses={"forbidden": ["cc-by-*"]}), "licenses", "cc-by-4.0", "mix")


def test_an_undeclared_input(training):
    extra = training.source.parent / "inputs" / "more.jsonl"
    extra.write_text('{"text": "what nobody declared"}\n')
    done = training.train("--read", extra, status=None)
    if done.returncode:  # it is out of reach, so the script broke off: nothing is stated
        assert "more.jsonl" in done.stderr
        assert not training.bundle.exists()
        return
    fails(training.judge(status=1, **training.strict()), "undeclared", "more.jsonl")


def test_an_undeclared_input_within_reach(training):
    """A file in the repository that its commit does not have, and no rule ignores."""
    (training.source / ".git" / "info" / "exclude").write_text("more.jsonl\n")
    (training.source / "more.jsonl").write_text('{"text": "what nobody declared"}\n')
    training.train("--read", "more.jsonl")
    fails(training.judge(status=1, **training.strict()), "undeclared", "more.jsonl")


def test_a_replaced_base_model(training):
    """Other weights under the signature of the right ones."""
    from safetensors.torch import load_file, save_file
    weights = training.base / "model.safetensors"
    save_file({name: -tensor for name, tensor in load_file(weights).items()}, weights)
    refused(training.train(status=1), "file-mismatch", "model.safetensors")
    assert not training.bundle.exists()


def test_another_base_model_of_the_same_publisher(training):
    digest = weightmark.digest(training.base).root
    training.make_base(training.base, seed=2, name="acme/tiny-base")
    training.train()
    fails(training.judge(status=1, **{"base-models": {"required": [digest]}}), "base-models.required", digest)


def test_a_vulnerable_framework(trained):
    version = torch.__version__.partition("+")[0]
    fails(trained.judge(status=1, frameworks={"forbidden": [f"torch>=2,<={version}"]}), "frameworks.forbidden", "torch",
          version)


def test_an_undertrained_run(training):
    training.train("--stop-after", 20)
    assert summary(training.statement())["stepsCompleted"] == 20
    fails(training.judge(status=1, **training.strict()), "training.completed", "20 of 60")


@pytest.fixture(name="listener")
def _listener():
    """A program on this machine that waits to be reached; says how often it was."""
    reached = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        stop = threading.Event()

        def accept():
            while not stop.is_set():
                try:
                    server.accept()[0].close()
                    reached.append(True)
                except TimeoutError:
                    continue

        thread = threading.Thread(target=accept)
        thread.start()
        yield server.getsockname()[1], reached
        stop.set()
        thread.join()


def test_a_network_call(training, listener):
    port, reached = listener
    done = training.train("--connect", port)
    assert "not connected" in done.stdout and not reached


def test_a_network_call_that_was_allowed(training, listener):
    port, reached = listener
    done = training.train("--connect", port, options=["--network"])
    assert "connected" in done.stdout.splitlines() and reached
    fails(training.judge(status=1, **training.strict()), "network")
    training.judge(sources=STRICT["sources"], datasets={"required": STRICT["datasets"]["required"]})
    # What came over the network nobody saw, so what must not have gone in cannot be told.
    refused(training.judge(status=3, datasets={"allowed": STRICT["datasets"]["allowed"]}), "judgement-unknown",
            "datasets.allowed")


def test_a_dirty_source(training):
    with open(training.source / "train.py", "a", encoding="utf-8") as script:
        script.write("# not committed\n")
    training.train()
    fails(training.judge(status=1, **training.strict()), "dirty-source")


def test_a_training_that_breaks_off(training):
    """The exit status is the command's own, and nothing is signed."""
    done = training.train("--seed", "none", status=2)
    assert "invalid int value" in done.stderr
    assert not training.bundle.exists()


# --- Other clients ----------------------------------------------------------------------


def test_the_bindings_of_in_toto_read_it(trained):
    """The published protocol buffers, strictly: no member that they do not have."""
    from google.protobuf import json_format
    from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
    from in_toto_attestation.v1 import statement as in_toto
    from in_toto_attestation.v1 import statement_pb2
    statement = trained.statement()
    parsed = json_format.ParseDict(statement, statement_pb2.Statement())
    in_toto.Statement.copy_from_pb(parsed).validate()
    predicate = json_format.ParseDict(statement["predicate"], provenance_pb2.Provenance())
    assert predicate.build_definition.build_type == BUILD_TYPE
    assert len(predicate.build_definition.resolved_dependencies) == \
        len(statement["predicate"]["buildDefinition"]["resolvedDependencies"])
    assert predicate.run_details.metadata.finished_on.seconds >= predicate.run_details.metadata.started_on.seconds
