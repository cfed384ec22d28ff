"""Keras: models, weights, folders, and what a training saves."""
import keras
import numpy
import pytest
import weightmark
import weightmark.keras

from harness import Adapter, every_case, made_once


def built(seed):
    keras.utils.set_random_seed(seed)
    return keras.Sequential([keras.Input((256,)), keras.layers.Dense(1024), keras.layers.Dense(512)])


@made_once
class Model(Adapter):
    framework = "Keras, load_model"
    weights = "model.keras"
    omits = {"warn": "the checksums of its zip do not let Keras load what was changed"}

    def write(self, folder, seed):
        built(seed).save(folder / self.weights)

    def load(self, folder, policy):
        return weightmark.keras.load_model(folder / self.weights, policy=policy)

    def plain(self, folder):
        return keras.saving.load_model(folder / self.weights)

    def contents(self, loaded):
        return {str(number): weight.tobytes() for number, weight in enumerate(loaded.get_weights())}


@made_once
class Saved(Model):
    framework = "Keras, save_model and load_model"
    signed = "file"

    def make(self, folder, signer, seed):
        folder.mkdir(parents=True)
        weightmark.keras.save_model(built(seed), folder / self.weights, signer=signer)


@made_once
class Folder(Model):
    framework = "Keras, load_model of a folder"
    weights = "model.weights.h5"
    omits = {}

    def make(self, folder, signer, seed):
        keras.saving.save_model(built(seed), folder, zipped=False)
        self.sign(folder, signer)

    def load(self, folder, policy):
        return weightmark.keras.load_model(folder, policy=policy)

    def plain(self, folder):
        return keras.saving.load_model(folder)


@made_once
class Weights(Folder):
    framework = "Keras, load_weights"

    def make(self, folder, signer, seed):
        Adapter.make(self, folder, signer, seed)

    def write(self, folder, seed):
        built(seed).save_weights(folder / self.weights)

    def load(self, folder, policy):
        model = built(0)
        before = model.get_weights()
        try:
            weightmark.keras.load_weights(model, folder / self.weights, policy=policy)
        except weightmark.WeightmarkError:
            assert all(map(numpy.array_equal, before, model.get_weights())), "weights were changed"
            raise
        return model

    def plain(self, folder):
        model = built(0)
        model.load_weights(folder / self.weights)
        return model


@made_once
class SavedWeights(Weights):
    framework = "Keras, save_weights and load_weights"
    signed = "file"

    def make(self, folder, signer, seed):
        folder.mkdir(parents=True)
        weightmark.keras.save_weights(built(seed), folder / self.weights, signer=signer)


@every_case(Model(), Saved(), Folder(), Weights(), SavedWeights())
def test_keras(run):
    run()


def test_weights_in_several_files(tmp_path, signer, policy, flip):
    folder = tmp_path / "weights"
    folder.mkdir()
    built(1).save_weights(folder / "model.weights.json", max_shard_size=0.0025)  # gigabytes
    shards = sorted(folder.glob("*.h5"))
    assert len(shards) > 1
    weightmark.sign(folder, signer)
    model = built(0)
    weightmark.keras.load_weights(model, folder / "model.weights.json", policy=policy)
    assert all(map(numpy.array_equal, model.get_weights(), built(1).get_weights()))
    flip(shards[-1])
    with pytest.raises(weightmark.errors.FileMismatch):
        weightmark.keras.load_weights(model, folder / "model.weights.json", policy=policy)


@pytest.mark.parametrize("only_weights", [False, True])
def test_a_training_signs_what_it_saves(tmp_path, signer, policy, only_weights):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(loss="mse")
    ending = "weights.h5" if only_weights else "keras"
    keep = weightmark.keras.SigningCallback(tmp_path / "out" / f"{{epoch:02d}}-{{loss:.0f}}.{ending}", signer,
                                            save_weights_only=only_weights)
    model.fit(numpy.zeros((4, 2)), numpy.zeros((4, 1)), epochs=2, verbose=0, callbacks=[keep])
    saved = [tmp_path / "out" / f"{epoch}-0.{ending}" for epoch in ("01", "02")]
    assert all(weightmark.verify(path, policy) for path in saved)
    weightmark.keras.load_weights(model, saved[1], policy=policy)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(
        name for path in saved for name in (path.name, path.name + ".sig"))


def test_a_training_ends_where_nothing_can_be_signed(tmp_path, policy):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(loss="mse")
    keep = weightmark.keras.SigningCallback(tmp_path / "{epoch}.keras", weightmark.KeySigner(tmp_path / "absent.pem"))
    with pytest.raises(weightmark.WeightmarkError):
        model.fit(numpy.zeros((4, 2)), numpy.zeros((4, 1)), verbose=0, callbacks=[keep])
    with pytest.raises(weightmark.errors.SignatureNotFound):
        weightmark.keras.load_model(tmp_path / "1.keras", policy=policy)


def test_code_in_a_model_still_needs_to_be_allowed(tmp_path, signer, policy):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x + 1)])
    weightmark.keras.save_model(model, tmp_path / "model.keras", signer=signer)
    with pytest.raises(ValueError, match="[Ll]ambda"):
        weightmark.keras.load_model(tmp_path / "model.keras", policy=policy)
