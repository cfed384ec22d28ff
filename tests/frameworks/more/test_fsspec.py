"""The chained file system of fsspec, over this machine's files and over ones that are fetched."""
import fsspec
import numpy
import pytest
import weightmark
import weightmark.fsspec  # noqa: F401
from fsspec.implementations.dirfs import DirFileSystem
from fsspec.implementations.local import LocalFileSystem

from harness import Adapter, every_case, noise

fsspec.register_implementation("verified", "weightmark.fsspec.VerifiedFileSystem", clobber=True)


class Local(Adapter):
    framework = "fsspec, verified:: of local files"
    weights = "weights.npy"

    def write(self, folder, seed):
        numpy.save(folder / self.weights, noise(seed))

    def load(self, folder, policy):
        with fsspec.open(f"verified::file://{folder / self.weights}", verified={"policy": policy}) as file:
            return {"weights": numpy.load(file)}

    def plain(self, folder):
        return {"weights": numpy.load(folder / self.weights)}


class Fetched(Local):
    framework = "fsspec, verified:: of another store"

    def load(self, folder, policy):
        store = DirFileSystem(str(folder.parent), LocalFileSystem())
        files = weightmark.fsspec.VerifiedFileSystem(fs=store, policy=policy)
        with files.open(f"{folder.name}/{self.weights}") as file:
            return {"weights": numpy.load(file)}


class OneFile(Fetched):
    framework = "fsspec, verified:: of one fetched file"
    signed = "file"


@every_case(Local(), Fetched(), OneFile())
def test_fsspec(run):
    run()


@pytest.fixture(name="store")
def _store(tmp_path, signer):
    """A store with a signed model in folders, of which fsspec knows nothing but names."""
    model = tmp_path / "model"
    (model / "parts" / "deep").mkdir(parents=True)
    (model / "config.json").write_text("{}")
    (model / "parts" / "a.txt").write_text("first\nsecond\n")
    (model / "parts" / "deep" / "b.bin").write_bytes(bytes(range(256)) * 4096)
    weightmark.sign(model, signer)
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    for file in model.rglob("*"):
        if file.is_file():
            memory.pipe(f"/bucket/{file.relative_to(tmp_path)}", file.read_bytes())
    yield memory
    memory.store.clear()


def verified(policy, **options):
    return weightmark.fsspec.VerifiedFileSystem("memory", policy=policy, **options)


def test_what_is_listed_is_what_is_signed(store, policy):
    files = verified(policy)
    assert files.find("/bucket/model") == ["/bucket/model/config.json", "/bucket/model/parts/a.txt",
                                           "/bucket/model/parts/deep/b.bin"]
    assert sorted(files.ls("/bucket/model/parts", detail=False)) == ["/bucket/model/parts/a.txt",
                                                                     "/bucket/model/parts/deep"]
    assert files.info("/bucket/model/parts/a.txt")["size"] == 13
    assert files.isdir("/bucket/model/parts/deep")
    assert not files.exists("/bucket/model/absent.txt")


def test_text_ranges_and_urls(store, policy):
    with fsspec.open("verified::memory://bucket/model/parts/a.txt", "rt", verified={"policy": policy}) as file:
        assert list(file) == ["first\n", "second\n"]
    assert verified(policy).cat_file("/bucket/model/parts/deep/b.bin", 255, 258) == bytes([255, 0, 1])
    target = fsspec.get_mapper("verified::memory://bucket/model", verified={"policy": policy})
    assert target["config.json"] == b"{}"


def test_a_store_that_lies(store, policy):
    store.pipe("/bucket/model/parts/a.txt", b"other\nsecond\n")
    with pytest.raises(weightmark.errors.FileMismatch):
        verified(policy).cat_file("/bucket/model/parts/a.txt")
    assert verified(policy).cat_file("/bucket/model/config.json") == b"{}"
    store.pipe("/bucket/model/extra.py", b"pass")
    with pytest.raises(weightmark.errors.FileExtra):
        verified(policy).cat_file("/bucket/model/config.json")


def test_a_store_whose_names_lead_elsewhere(store, policy, monkeypatch):
    found = store.find("/bucket/model", detail=True)
    monkeypatch.setattr(store, "find", lambda *_, **__: {**found, "/bucket/model/../../x": {"size": 3}})
    with pytest.raises(weightmark.errors.FileExtra):
        weightmark.fsspec.VerifiedFileSystem(fs=store, policy=policy).cat_file("/bucket/model/config.json")


def test_it_is_for_reading_and_goes_before_another(store, policy):
    with pytest.raises(weightmark.UsageError):
        verified(policy).open("/bucket/model/config.json", "wb")
    with pytest.raises(weightmark.UsageError):
        fsspec.open("verified://bucket/model/config.json", policy=policy).open()


def test_options_and_the_default_policy(store, policy, monkeypatch, tmp_path):
    with pytest.raises(weightmark.errors.NameMismatch):
        verified(policy, name="other").cat_file("/bucket/model/config.json")
    monkeypatch.delenv("WEIGHTMARK_POLICY", raising=False)
    with pytest.raises(weightmark.UsageError):
        verified(None).cat_file("/bucket/model/config.json")
