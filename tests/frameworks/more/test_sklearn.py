"""scikit-learn's models, by joblib and by skops."""
import joblib
import numpy
import pytest
import skops.io
import weightmark
import weightmark.joblib
import weightmark.skops
from sklearn.linear_model import LinearRegression

from harness import Adapter, every_case, noise

ROWS = 600


def fitted(seed):
    """A model whose coefficients are large enough to be looked for."""
    model = LinearRegression()
    model.coef_ = noise(seed, (ROWS, ROWS))
    model.intercept_ = noise(seed + 1, (ROWS,))
    return model


class Joblib(Adapter):
    framework = "joblib.load"
    weights = "model.joblib"

    def write(self, folder, seed):
        joblib.dump(fitted(seed), folder / self.weights)

    def load(self, folder, policy):
        return weightmark.joblib.load(folder / self.weights, policy=policy)

    def plain(self, folder):
        return joblib.load(folder / self.weights)

    def contents(self, loaded):
        return {"coef": loaded.coef_.tobytes(), "intercept": loaded.intercept_.tobytes()}


class Mapped(Joblib):
    framework = "joblib.load, mmap"

    def load(self, folder, policy):
        return weightmark.joblib.load(folder / self.weights, policy=policy, mmap_mode="r")


class Dumped(Joblib):
    framework = "joblib.dump and joblib.load"
    signed = "file"

    def make(self, folder, signer, seed):
        folder.mkdir(parents=True)
        weightmark.joblib.dump(fitted(seed), folder / self.weights, signer=signer)


class Skops(Joblib):
    framework = "skops.io.load"
    weights = "model.skops"
    omits = {"warn": "the checksums of its zip do not let skops load what was changed"}

    def write(self, folder, seed):
        skops.io.dump(fitted(seed), folder / self.weights)

    def load(self, folder, policy):
        return weightmark.skops.load(folder / self.weights, policy=policy)

    def plain(self, folder):
        return skops.io.load(folder / self.weights)


class SkopsDumped(Skops):
    framework = "skops.io.dump and skops.io.load"
    signed = "file"

    def make(self, folder, signer, seed):
        folder.mkdir(parents=True)
        weightmark.skops.dump(fitted(seed), folder / self.weights, signer=signer)


@every_case(Joblib(), Mapped(), Dumped(), Skops(), SkopsDumped())
def test_sklearn(run):
    run()


class Bomb:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_nothing_is_unpickled_before_it_is_verified(tmp_path, signer, policy, flip):
    path, ran = tmp_path / "model.joblib", tmp_path / "ran"
    weightmark.joblib.dump([Bomb(ran), numpy.ones(100)], path, signer=signer)
    flip(path)
    with pytest.raises(weightmark.errors.FileMismatch):
        weightmark.joblib.load(path, policy=policy)
    assert not ran.exists()
    flip(path)
    weightmark.joblib.load(path, policy=policy)[0].close()
    assert ran.exists()


def test_compressed(tmp_path, signer, policy):
    path = tmp_path / "model.joblib.gz"
    weightmark.joblib.dump(fitted(1), path, signer=signer, compress=("gzip", 1))
    assert weightmark.joblib.load(path, policy=policy).coef_.tobytes() == fitted(1).coef_.tobytes()


def unknown(x):
    return x


def test_skops_still_asks_which_types(tmp_path, signer, policy):
    path = tmp_path / "model.skops"
    from sklearn.preprocessing import FunctionTransformer
    weightmark.skops.dump(FunctionTransformer(unknown), path, signer=signer)
    types = weightmark.skops.get_untrusted_types(path, policy=policy)
    assert types == [f"{__name__}.unknown"]
    with pytest.raises(skops.io.exceptions.UntrustedTypesFoundException):
        weightmark.skops.load(path, policy=policy)
    assert weightmark.skops.load(path, types, policy=policy).func is unknown
