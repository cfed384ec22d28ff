"""MLflow, by its artifact repositories."""
import os
import shutil
import subprocess
import sys

import numpy
import pytest
import weightmark
import weightmark.mlflow
from mlflow.store.artifact.artifact_repository_registry import _artifact_repository_registry

from harness import Adapter, every_case, noise


class Artifacts(Adapter):
    framework = "MLflow, download_artifacts"
    weights = "data/weights.npy"
    other = "MLmodel"
    # The files are fetched first, and verified in a private folder.
    expects = {"changed-before-reading": None, "replaced-before-reading": None}

    def write(self, folder, seed):
        (folder / "data").mkdir()
        numpy.save(folder / self.weights, noise(seed))

    def load(self, folder, policy):
        place = weightmark.mlflow.VerifiedArtifactRepository(f"verified+file://{folder.parent}", policy=policy)
        target = folder.parent / "temporary" / "target"
        target.mkdir(exist_ok=True)
        try:
            return {"weights": numpy.load(os.path.join(place.download_artifacts(folder.name, str(target)),
                                                       self.weights))}
        finally:
            shutil.rmtree(target)

    def plain(self, folder):
        return {"weights": numpy.load(folder / self.weights)}


@every_case(Artifacts())
def test_mlflow(run):
    run()


@pytest.fixture(name="model")
def _model(tmp_path, signer):
    folder = tmp_path / "store" / "model"
    Artifacts().make(folder, signer, 1)
    return folder


def repository(model, policy, of=""):
    return weightmark.mlflow.VerifiedArtifactRepository(f"verified+file://{model.parent}{of}", policy=policy)


def test_a_file_of_a_model(model, policy, tmp_path, flip):
    place = repository(model, policy).download_artifacts("model/data/weights.npy", str(tmp_path / "here"))
    assert place == str(tmp_path / "here" / "model" / "data" / "weights.npy")
    assert numpy.array_equal(numpy.load(place), noise(1))
    place = repository(model, policy, "/model").download_artifacts("MLmodel")
    assert os.listdir(os.path.dirname(place)) == ["MLmodel"], "only what was asked for"
    flip(model / "data" / "weights.npy")
    with pytest.raises(weightmark.errors.FileMismatch):
        repository(model, policy).download_artifacts("model/data", str(tmp_path / "there"))
    assert not (tmp_path / "there").exists() or not list((tmp_path / "there").rglob("*.npy"))


def test_files_that_are_not_signed(model, policy):
    with pytest.raises(weightmark.WeightmarkError):
        repository(model, policy).download_artifacts("model/absent")
    with pytest.raises(weightmark.errors.FileNotSigned):
        repository(model, policy).download_artifacts("model/model.sig")


def test_uploads_go_through(model, policy, tmp_path):
    store = weightmark.mlflow.VerifiedArtifactRepository(f"verified+file://{tmp_path / 'other'}", policy=policy)
    store.log_artifacts(str(model), "copy")
    store.log_artifact(str(model / "MLmodel"))
    assert {one.path for one in store.list_artifacts()} == {"copy", "MLmodel"}
    assert os.path.isdir(store.download_artifacts("copy"))
    with pytest.raises(weightmark.errors.SignatureNotFound):
        store.download_artifacts("MLmodel")


LOAD = """
import mlflow.artifacts, sys, weightmark
try:
    print(mlflow.artifacts.download_artifacts(artifact_uri=sys.argv[1]))
except weightmark.WeightmarkError as error:
    print(error.code)
"""


def test_mlflow_finds_it_by_itself(model, policy_file, installed, flip):
    def load():
        done = subprocess.run([sys.executable, "-c", LOAD, f"verified+file://{model}"], capture_output=True, text=True,
                              env={**os.environ, "WEIGHTMARK_POLICY": str(policy_file)}, check=True)
        return done.stdout.strip()

    assert numpy.array_equal(numpy.load(os.path.join(load(), "data", "weights.npy")), noise(1))
    flip(model / "data" / "weights.npy")
    assert load() == "file-mismatch"


def test_each_of_its_stores_has_a_verified_one(installed):
    _artifact_repository_registry.register_entrypoints()
    known = set(_artifact_repository_registry.get_registered_artifact_repositories())
    verified = {scheme.removeprefix("verified+") for scheme in known if scheme.startswith("verified+")}
    assert verified <= known and {"file", "s3", "gs", "wasbs", "http", "https", "models", "runs"} <= verified

