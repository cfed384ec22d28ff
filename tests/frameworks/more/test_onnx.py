"""ONNX in Python, with external data."""
import os

import onnx
import pytest
import weightmark
import weightmark.onnx
from onnx import helper, numpy_helper

from harness import Adapter, every_case, noise

DATA = "weights.data"


def model_of(seed):
    weight = numpy_helper.from_array(noise(seed, (1024, 512)), "weight")
    value = helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1024, 512])
    graph = helper.make_graph([helper.make_node("Identity", ["weight"], ["y"])], "one", [], [value], [weight])
    return helper.make_model(graph)


class Load(Adapter):
    framework = "onnx.load_model"
    weights = "model.onnx"

    def write(self, folder, seed):
        onnx.save_model(model_of(seed), folder / self.weights)

    def load(self, folder, policy):
        return weightmark.onnx.load_model(folder / "model.onnx", policy=policy)

    def plain(self, folder):
        return onnx.load_model(folder / "model.onnx")

    def contents(self, loaded):
        return {tensor.name: numpy_helper.to_array(tensor).tobytes() for tensor in loaded.graph.initializer}


class Saved(Load):
    framework = "onnx.save_model and onnx.load_model"
    signed = "file"

    def make(self, folder, signer, seed):
        folder.mkdir(parents=True)
        weightmark.onnx.save_model(model_of(seed), folder / self.weights, signer=signer)


class External(Load):
    framework = "onnx.load_model, external data"
    weights = DATA
    other = "model.onnx"

    def make(self, folder, signer, seed):
        folder.mkdir(parents=True)
        weightmark.onnx.save_model(model_of(seed), folder / "model.onnx", signer=signer, save_as_external_data=True,
                                   location=DATA)


@every_case(Load(), Saved(), External())
def test_onnx(run):
    run()


def set_external(proto, **entries):
    tensor = proto.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    del tensor.external_data[:]
    for key, value in entries.items():
        tensor.external_data.add(key=key, value=str(value))
    return proto


@pytest.mark.parametrize("location, error", [
    ("../secret", "file-not-signed"), ("/etc/hostname", "file-not-signed"), ("link", "symlink-refused"),
    ("absent", "file-not-signed"), ("model.sig", "file-not-signed"), ("", "file-not-signed")])
def test_data_outside_the_model(tmp_path, signer, policy, location, error):
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "secret").write_bytes(bytes(1024 * 512 * 4))
    onnx.save_model(set_external(model_of(1), location=location, length=1024 * 512 * 4), folder / "model.onnx")
    weightmark.sign(folder, signer)
    if location == "link":
        os.symlink(tmp_path / "secret", folder / "link")
    with pytest.raises(weightmark.WeightmarkError) as raised:
        weightmark.onnx.load_model(folder / "model.onnx", policy=policy)
    assert raised.value.code == error


@pytest.mark.parametrize("entries", [{"offset": 1, "length": 8}, {"offset": 9}, {"length": 1 << 50}])
def test_data_that_is_not_all_there(tmp_path, signer, policy, entries):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / DATA).write_bytes(bytes(8))
    onnx.save_model(set_external(model_of(1), location=DATA, **entries), folder / "model.onnx")
    weightmark.sign(folder, signer)
    with pytest.raises(weightmark.errors.RangePastEnd):
        weightmark.onnx.load_model(folder / "model.onnx", policy=policy)


def test_data_in_folders_and_of_no_stated_length(tmp_path, signer, policy):
    folder = tmp_path / "model"
    (folder / "graphs" / "data").mkdir(parents=True)
    content = noise(1, (1024, 512)).tobytes()
    (folder / "graphs" / "data" / "w").write_bytes(b"1234" + content)
    onnx.save_model(set_external(model_of(2), location="data/w", offset=4), folder / "graphs" / "model.onnx")
    weightmark.sign(folder, signer)
    loaded = weightmark.onnx.load_model(folder / "graphs" / "model.onnx", policy=policy)
    tensor = loaded.graph.initializer[0]
    assert numpy_helper.to_array(tensor).tobytes() == content and not tensor.external_data
    left = weightmark.onnx.load_model(folder / "graphs" / "model.onnx", policy=policy, load_external_data=False)
    assert left.graph.initializer[0].external_data
