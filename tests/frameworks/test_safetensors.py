"""weightmark.safetensors: every case, and equality with the safetensors package."""
import json
import os
import struct

import ml_dtypes
import numpy
import pytest
import safetensors
import safetensors.flax
import safetensors.numpy
import safetensors.torch
import torch
import weightmark
import weightmark.safetensors.flax
import weightmark.safetensors.numpy
import weightmark.safetensors.torch
from weightmark.safetensors import load_file, safe_open, save_file

from harness import Adapter, every_case, noise, tensor_bytes
from scene import keys

NUMPY = {"BOOL": "bool", "U8": "uint8", "I8": "int8", "U16": "uint16", "I16": "int16", "F16": "float16", "U32": "uint32",
         "I32": "int32", "F32": "float32", "U64": "uint64", "I64": "int64", "F64": "float64", "C64": "complex64"}
TORCH = [torch.bool, torch.uint8, torch.int8, torch.int16, torch.uint16, torch.float16, torch.bfloat16, torch.int32,
         torch.uint32, torch.float32, torch.int64, torch.uint64, torch.float64, torch.complex64, torch.float8_e4m3fn,
         torch.float8_e5m2, torch.float8_e4m3fnuz, torch.float8_e5m2fnuz]


# --- Every case ------------------------------------------------------------------------


class Safetensors(Adapter):
    """A folder with a config and weights: three matrices and a scalar."""

    def tensors(self, seed):
        return {"a": noise(seed), "b": noise(seed + 100, (512, 7, 64)), "half": noise(seed + 200, (3, 5), "float16"),
                "scalar": noise(seed + 300, ())}

    def write(self, folder, seed):
        safetensors.numpy.save_file(self.tensors(seed), folder / self.weights)

    def plain(self, folder):
        return safetensors.numpy.load_file(folder / self.weights)


class NumPy(Safetensors):
    framework = "safetensors load_file, NumPy"

    def load(self, folder, policy):
        return weightmark.safetensors.numpy.load_file(folder / self.weights, policy=policy)


class PyTorch(Safetensors):
    framework = "safetensors load_file, PyTorch"

    def load(self, folder, policy):
        return weightmark.safetensors.torch.load_file(folder / self.weights, policy=policy)


class Jax(Safetensors):
    framework = "safetensors load_file, JAX"

    def load(self, folder, policy):
        return weightmark.safetensors.flax.load_file(folder / self.weights, policy=policy)


class Saved(Safetensors):
    """One file with its own signature, as save_file writes both."""

    framework = "safetensors save_file and load_file"
    signed = "file"

    def make(self, folder, signer, seed):
        folder.mkdir()
        save_file(self.tensors(seed), folder / self.weights, signer=signer)

    def load(self, folder, policy):
        return load_file(folder / self.weights, policy=policy)


class Open(Safetensors):
    def load(self, folder, policy):
        with safe_open(folder / self.weights, self.name, policy=policy) as file:
            return {name: file.get_tensor(name) for name in file.keys()}


class OpenNumPy(Open):
    framework = "safetensors safe_open, NumPy"
    name = "np"


class OpenPyTorch(Open):
    framework = "safetensors safe_open, PyTorch"
    name = "pt"


class Slices(Safetensors):
    framework = "safetensors get_slice, PyTorch"

    def load(self, folder, policy):
        with safe_open(folder / self.weights, "pt", policy=policy) as file:
            return {name: self.joined(file.get_slice(name)) for name in file.keys()}

    def joined(self, part):
        shape = part.get_shape()
        if not shape:
            return part[...]
        middle = shape[0] // 2
        return torch.cat([part[:middle], part[middle:]])


@every_case(NumPy(), PyTorch(), Jax(), Saved(), OpenNumPy(), OpenPyTorch(), Slices())
def test_safetensors(run):
    run()


# --- Equality ----------------------------------------------------------------------------


SIGNER = weightmark.KeySigner(keys() / "publisher.pem")
POLICY = weightmark.KeyTrust(keys() / "publisher.pub")


def sign(path):
    weightmark.sign(path, SIGNER)
    return path


def random_bytes(count):
    return numpy.random.default_rng(count).integers(0, 2, count, dtype=numpy.uint8).tobytes()


def numpy_tensors():
    found = {f"{name} matrix": numpy.frombuffer(random_bytes(6 * numpy.dtype(dtype).itemsize), dtype).reshape(2, 3)
             for name, dtype in NUMPY.items()}
    return {**found, "scalar": numpy.array(7, "int16"), "empty": numpy.zeros((0, 3), "float32"), "ü\n": numpy.ones(1, "u1")}


def torch_tensors():
    found = {str(dtype): torch.frombuffer(bytearray(random_bytes(6 * dtype.itemsize)), dtype=dtype).reshape(2, 3)
             for dtype in TORCH}
    return {**found, "scalar": torch.tensor(3.5), "empty": torch.zeros(3, 0)}


def same(found, wanted):
    assert list(found) == list(wanted)
    for name, tensor in wanted.items():
        assert found[name].shape == tensor.shape and found[name].dtype == tensor.dtype, name
        assert tensor_bytes(found[name]) == tensor_bytes(tensor), name


def test_numpy_types(tmp_path):
    path = tmp_path / "all.safetensors"
    safetensors.numpy.save_file(numpy_tensors(), path)
    wanted = safetensors.numpy.load_file(sign(path))
    found = load_file(path, policy=POLICY)
    same(found, wanted)
    assert all(array.flags.writeable and array.flags.aligned for array in found.values())
    with safe_open(path, "numpy", policy=POLICY) as file, safetensors.safe_open(path, "np") as plain:
        assert (file.keys(), file.offset_keys(), file.metadata()) == (plain.keys(), plain.offset_keys(), plain.metadata())
        same({name: file.get_tensor(name) for name in wanted}, wanted)


def test_torch_types(tmp_path):
    path = tmp_path / "all.safetensors"
    safetensors.torch.save_file(torch_tensors(), path, {"format": "pt"})
    wanted = safetensors.torch.load_file(sign(path))
    same(load_file(path, "pytorch", policy=POLICY), wanted)
    with safe_open(path, "pt", policy=POLICY) as file:
        assert file.metadata() == {"format": "pt"}
        same({name: file.get_tensor(name) for name in wanted}, wanted)


def test_jax_types(tmp_path):
    path = tmp_path / "all.safetensors"
    tensors = {name: array for name, array in numpy_tensors().items() if array.dtype.itemsize < 8}
    safetensors.numpy.save_file(tensors, path)
    same(load_file(sign(path), "jax", policy=POLICY), safetensors.flax.load_file(path))


@pytest.mark.parametrize("dtype", ["bfloat16", "float8_e4m3fn", "float8_e5m2", "float8_e8m0fnu"])
def test_types_that_numpy_lacks(dtype, tmp_path):
    path = tmp_path / "small.safetensors"
    array = numpy.arange(6).astype(getattr(ml_dtypes, dtype)).reshape(2, 3)
    save_file({"x": array}, path, signer=SIGNER)
    same(load_file(path, policy=POLICY), {"x": array})
    same(load_file(path, "jax", policy=POLICY), {"x": array})
    with safe_open(path, "np", policy=POLICY) as file:
        same({"x": file.get_tensor("x")}, {"x": array})
        same({"x": file.get_slice("x")[1:]}, {"x": array[1:]})


def test_types_that_numpy_lacks_without_the_package(tmp_path, monkeypatch):
    path = tmp_path / "half.safetensors"
    safetensors.torch.save_file({"x": torch.zeros(3, dtype=torch.bfloat16)}, path)
    monkeypatch.setitem(__import__("sys").modules, "ml_dtypes", None)
    with pytest.raises(TypeError, match="ml_dtypes"):
        load_file(sign(path), policy=POLICY)
    assert load_file(path, "pt", policy=POLICY)["x"].dtype == torch.bfloat16


def test_pairs_of_four_bits(tmp_path):
    path = tmp_path / "pairs.safetensors"
    packed = torch.arange(6, dtype=torch.uint8).view(torch.float4_e2m1fn_x2).reshape(2, 3)
    safetensors.torch.save_file({"x": packed}, path)
    found = load_file(sign(path), "pt", policy=POLICY)["x"]
    with safetensors.safe_open(path, "pt") as plain:
        wanted = plain.get_tensor("x")
    assert (found.shape, found.dtype) == (wanted.shape, wanted.dtype)
    assert torch.equal(found.view(torch.uint8), wanted.view(torch.uint8))
    with pytest.raises(TypeError, match="F4"):
        load_file(path, policy=POLICY)
    save_file({"x": packed}, tmp_path / "again", framework="pt", signer=SIGNER)
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


def test_a_header_that_leaves_tensors_unaligned(tmp_path):
    path = tmp_path / "odd.safetensors"
    text = b'{"x":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}'
    text += b" " * (1 - len(text) % 2)
    path.write_bytes(struct.pack("<Q", len(text)) + text + numpy.arange(3, dtype="float32").tobytes())
    assert (8 + len(text)) % 4
    for framework in ("np", "pt", "flax"):
        assert load_file(sign(path), framework, policy=POLICY)["x"].tolist() == [0, 1, 2]


INDICES = ["[0]", "[-1]", "[1:]", "[:2]", "[::2]", "[1:4:2]", "[5:9]", "[-2:]", "[1:3, 2]", "[2, 1:, ::2]", "[..., 0]",
           "[:, 1]", "[...]", "[1:3, ..., 1]", "[4:2]", "[:]", "[[0, 2]]", "[None, 1]", "[1, 2, 3]", "[True]"]


@pytest.mark.parametrize("index", INDICES)
@pytest.mark.parametrize("framework", ["np", "pt"])
def test_slices(framework, index, tmp_path):
    path = tmp_path / "x.safetensors"
    array = noise(1, (5, 4, 6))
    save_file({"x": array, "y": array.astype("int8")}, path, signer=SIGNER)
    with safe_open(path, framework, policy=POLICY) as file:
        for name, whole in (("x", array), ("y", array.astype("int8"))):
            wanted = eval(f"whole{index}", {"whole": whole if framework == "np" else torch.from_numpy(whole)})
            found = eval(f"part{index}", {"part": file.get_slice(name)})
            assert found.shape == wanted.shape and tensor_bytes(found) == tensor_bytes(wanted)


def test_slices_that_cannot_be(tmp_path):
    save_file({"x": noise(1, (5, 4))}, tmp_path / "x", signer=SIGNER)
    with safe_open(tmp_path / "x", "np", policy=POLICY) as file:
        part = file.get_slice("x")
        assert part[::-1].tolist() == file.get_tensor("x")[::-1].tolist()
        assert part[3:0:-2].tolist() == file.get_tensor("x")[3:0:-2].tolist()
        for index in (5, -6):
            with pytest.raises(IndexError):
                part[index]
        with pytest.raises(KeyError):
            file.get_tensor("y")
    with pytest.raises(ValueError, match="closed"):
        file.get_tensor("x")


def test_a_slice_reads_its_rows_alone(tmp_path, monkeypatch):
    read = []
    original = weightmark.VerifiedFile.pread_into
    monkeypatch.setattr(weightmark.VerifiedFile, "pread_into",
                        lambda self, offset, buffer: (read.append(memoryview(buffer).nbytes), original(self, offset, buffer)))
    save_file({"x": noise(1, (100, 10))}, tmp_path / "x", signer=SIGNER)
    with safe_open(tmp_path / "x", "pt", policy=POLICY) as file:
        del read[:]
        file.get_slice("x")[10:13, 2:4]
        file.get_slice("x")[-1]
    assert read == [3 * 10 * 4, 10 * 4]


def test_a_large_tensor_alone(tmp_path):
    """Its memory is not of the framework's allocator; it may be written to, and stays with the tensor."""
    content = noise(1, (5 << 14, 64)).astype("float32")  # 20 MiB
    save_file({"small": noise(2, (3,)), "large": content}, tmp_path / "x", signer=SIGNER)
    for framework in ("np", "pt"):
        with safe_open(tmp_path / "x", framework, policy=POLICY) as file:
            found, part = file.get_tensor("large"), file.get_slice("large")[1:]
        assert tensor_bytes(found) == content.tobytes() and tensor_bytes(part) == content[1:].tobytes()
        found[0, 0] = 5
        assert found[0, 0] == 5 and tensor_bytes(found[1:]) == content[1:].tobytes()


# --- Saving --------------------------------------------------------------------------------


def test_saves_what_the_safetensors_package_saves(tmp_path):
    metadata = {"format": "np", "title": "ü \" \\ \n"}
    only = {"one": "text"}  # the package writes several in no order
    for texts in (None, only):
        save_file(numpy_tensors(), tmp_path / "ours", texts, signer=SIGNER)
        safetensors.numpy.save_file(numpy_tensors(), tmp_path / "theirs", texts)
        assert (tmp_path / "ours").read_bytes() == (tmp_path / "theirs").read_bytes()
        save_file(torch_tensors(), tmp_path / "ours", texts, "pt", signer=SIGNER)
        safetensors.torch.save_file(torch_tensors(), tmp_path / "theirs", texts)
        assert (tmp_path / "ours").read_bytes() == (tmp_path / "theirs").read_bytes()
    save_file({"x": noise(1)}, tmp_path / "ours", metadata, signer=SIGNER)
    with safetensors.safe_open(tmp_path / "ours", "np") as file:
        assert file.metadata() == metadata
    assert weightmark.verify(tmp_path / "ours", POLICY, evidence="both")


def test_saves_what_is_not_contiguous_or_not_ours(tmp_path):
    array = noise(1, (4, 6))
    save_file({"t": array.T, "big": array.astype(">f4"), "r": array[::-1]}, tmp_path / "x", signer=SIGNER)
    found = load_file(tmp_path / "x", policy=POLICY)
    for name, wanted in (("t", array.T), ("big", array), ("r", array[::-1])):
        assert numpy.array_equal(found[name], wanted)
    save_file({"t": torch.from_numpy(array).t()}, tmp_path / "y", framework="pt", signer=SIGNER)
    assert torch.equal(load_file(tmp_path / "y", "pt", policy=POLICY)["t"], torch.from_numpy(array).t())


def test_saves_nothing_that_the_format_lacks(tmp_path):
    whole = torch.zeros(4, 4)
    for tensors, framework, error in [
            ({"x": numpy.array(["text"])}, "np", TypeError), ({"x": numpy.zeros(2, "complex128")}, "np", TypeError),
            ({"x": whole.to_sparse()}, "pt", ValueError), ({"x": whole, "y": whole[1:]}, "pt", ValueError),
            ({"x": torch.zeros(2, dtype=torch.complex128)}, "pt", TypeError), ({"__metadata__": noise(1)}, "np", ValueError)]:
        with pytest.raises(error):
            save_file(tensors, tmp_path / "x", framework=framework, signer=SIGNER)
    with pytest.raises(TypeError, match="metadata"):
        save_file({}, tmp_path / "x", {"a": 1}, signer=SIGNER)
    assert not os.listdir(tmp_path)
    save_file({"x": whole[:2], "y": whole[2:]}, tmp_path / "x", framework="pt", signer=SIGNER)


class Tied(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(5, 3)
        self.head = torch.nn.Linear(3, 5, bias=False)
        self.head.weight = self.embedding.weight


def test_models_with_tied_weights(tmp_path):
    model, other = Tied(), Tied()
    weightmark.safetensors.torch.save_model(model, tmp_path / "m", signer=SIGNER)
    assert safetensors.torch.load_model(Tied(), tmp_path / "m") == (set(), [])
    assert weightmark.safetensors.torch.load_model(other, tmp_path / "m", policy=POLICY) == ([], [])
    assert torch.equal(other.head.weight, model.embedding.weight)
    safetensors.torch.save_model(model, tmp_path / "theirs")
    assert weightmark.safetensors.torch.load_model(Tied(), sign(tmp_path / "theirs"), policy=POLICY) == ([], [])


def test_models_that_are_not_those_of_the_file(tmp_path):
    weightmark.safetensors.torch.save_model(torch.nn.Linear(2, 3), tmp_path / "m", signer=SIGNER)
    model = torch.nn.Sequential(torch.nn.Linear(2, 3))
    before = model[0].weight.detach().clone()
    with pytest.raises(RuntimeError, match="0.weight"):
        weightmark.safetensors.torch.load_model(model, tmp_path / "m", policy=POLICY)
    assert torch.equal(model[0].weight, before)
    assert weightmark.safetensors.torch.load_model(model, tmp_path / "m", False, policy=POLICY) == (
        ["0.weight", "0.bias"], ["bias", "weight"])


# --- Headers ---------------------------------------------------------------------------------


def header(members, data=b"\0" * 6, **options):
    text = json.dumps(members).encode() if not isinstance(members, bytes) else members
    return struct.pack("<Q", options.get("size", len(text))) + text + data


def one(shape=(6,), offsets=(0, 6), dtype="U8"):
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


HEADERS = {
    "safetensors-size": [b"", b"\x02\0\0", header({}, size=1000), header({}, size=1 << 62), header({}, size=100_000_001)],
    "safetensors-malformed": [header([1]), header(b" {}"), header({"x": 1}), header({"x": {"dtype": "U8"}}),
                              header({"x": {**one(), "more": 1}}), header({"x": one((-6,))}), header({"x": one("6")}),
                              header({"x": one(offsets=(0, 6, 7))}), header({"x": one(), "__metadata__": {"a": 1}})],
    "safetensors-dtype": [header({"x": one(dtype="U9")}), header({"x": one(dtype="u8")})],
    "safetensors-shape": [header({"x": one((5,))}), header({"x": one((1 << 32, 1 << 32, 6))}), header({"x": one((6,), (6, 0))}),
                          header({"x": one((3,), (0, 6), "F4")})],
    "safetensors-offsets": [header({"x": one((5,), (1, 6))}), header({"x": one((5,), (0, 5))}), header({}),
                            header({"x": one(), "y": one()}), header({"x": one((3,), (0, 3)), "y": one((2,), (4, 6))})],
    "json-duplicate-key": [header(b'{"x":%b,"x":%b}' % ((json.dumps(one()).encode(),) * 2))],
    "json-truncated": [header(b'{"x":')],
    "json-utf8": [header(b'{"\xff":1}')],
}


@pytest.mark.parametrize("code, content", [(code, content) for code, contents in HEADERS.items() for content in contents])
def test_signed_files_that_are_no_safetensors(code, content, tmp_path):
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    sign(path)
    for load in (lambda: load_file(path, policy=POLICY), lambda: load_file(path, "pt", policy=POLICY),
                 lambda: safe_open(path, "np", policy=POLICY)):
        with pytest.raises(weightmark.errors.CODES[code]) as raised:
            load()
        assert raised.value.subject.startswith("x.safetensors") and "EC P-256" in raised.value.signer


def test_requests_that_cannot_be(tmp_path):
    save_file({"x": noise(1, (2,))}, tmp_path / "x", signer=SIGNER)
    for call in (lambda: load_file(tmp_path / "x", "caffe", policy=POLICY), lambda: load_file(tmp_path / "x"),
                 lambda: load_file(tmp_path / "x", device="cuda", policy=POLICY)):
        with pytest.raises(weightmark.UsageError):
            call()


def test_nothing_needs_the_safetensors_package(tmp_path):
    import subprocess
    import sys
    save_file({"x": noise(1, (2,))}, tmp_path / "x", signer=SIGNER)
    script = ("import sys, weightmark, weightmark.safetensors as s\n"
              "assert not {'numpy', 'torch', 'jax'} & set(sys.modules)\n"
              "sys.modules.update(dict.fromkeys(['safetensors', 'torch', 'jax', 'ml_dtypes']))\n"
              "print(s.load_file(sys.argv[1], policy=weightmark.KeyTrust(sys.argv[2]))['x'].shape)")
    done = subprocess.run([sys.executable, "-c", script, tmp_path / "x", keys() / "publisher.pub"], check=True,
                          capture_output=True, text=True)
    assert done.stdout == "(2,)\n"
