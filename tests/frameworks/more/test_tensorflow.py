"""TensorFlow's SavedModel."""
import gc
import os

os.environ["KERAS_BACKEND"] = "tensorflow"  # PyTorch, imported after TensorFlow, ends the process

import pytest  # isort: skip
import tensorflow
import weightmark
import weightmark.tensorflow

from harness import Adapter, every_case, made_once, noise


def module_of(seed):
    module = tensorflow.Module()
    module.first = tensorflow.Variable(noise(seed, (1024, 512)))
    module.second = tensorflow.Variable(noise(seed + 1, (3, 5)))
    return module


@made_once
class SavedModel(Adapter):
    framework = "TensorFlow, saved_model.load"
    weights = "variables/variables.data-00000-of-00001"
    other = "fingerprint.pb"
    # TensorFlow gives the variables the checksums of their bytes.
    omits = {"warn": "the checksums of its variables do not let TensorFlow load what was changed"}

    def make(self, folder, signer, seed):
        weightmark.tensorflow.save(module_of(seed), folder, signer=signer)

    def load(self, folder, policy):
        return weightmark.tensorflow.load(folder, policy=policy)

    def plain(self, folder):
        return tensorflow.saved_model.load(str(folder))

    def contents(self, loaded):
        return {"first": loaded.first.numpy().tobytes(), "second": loaded.second.numpy().tobytes()}


@every_case(SavedModel())
def test_tensorflow(run):
    run()


def test_assets_stay_readable_while_the_module_lives(tmp_path, signer, policy):
    words = tmp_path / "words.txt"
    words.write_text("one\ntwo\n")
    module = tensorflow.Module()
    module.words = tensorflow.saved_model.Asset(str(words))
    weightmark.tensorflow.save(module, tmp_path / "exported", signer=signer)
    loaded = weightmark.tensorflow.load(tmp_path / "exported", policy=policy)
    place = loaded.words.asset_path.numpy().decode()
    with open(place, encoding="utf-8") as file:
        assert file.read() == "one\ntwo\n"
    assert str(tmp_path / "exported") not in place
    del loaded
    gc.collect()
    assert not os.path.exists(place)


def test_saving_again_leaves_no_old_signature(tmp_path, signer, policy):
    folder = tmp_path / "exported"
    weightmark.tensorflow.save(module_of(1), folder, signer=signer)
    with pytest.raises(weightmark.WeightmarkError):
        weightmark.tensorflow.save(module_of(2), folder, signer=weightmark.KeySigner(tmp_path / "absent.pem"))
    with pytest.raises(weightmark.errors.SignatureNotFound):
        weightmark.tensorflow.load(folder, policy=policy)
