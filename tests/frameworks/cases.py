"""The cases: what is wrong with a model, and what must come of it.

`perform(scene)` does it, checks it, and returns the error's code; None where the model
was loaded, and it was what was signed.
"""
import contextlib
import io
import os
import shutil
import warnings
from dataclasses import dataclass
from typing import Callable, Optional
from unittest import mock

import weightmark

from scene import Leftovers, Scene, keys, once_opened, once_verified

CASES = []
ONE_FILE = "one file is signed, not its folder"


@dataclass
class Case:
    name: str
    title: str  # in the table
    perform: Callable[[Scene], Optional[str]]
    folders_only: bool

    def omitted(self, adapter) -> Optional[str]:
        return ONE_FILE if self.folders_only and adapter.signed == "file" else None


def case(name, title, folders_only=False):
    def add(function):
        CASES.append(Case(name, title, function, folders_only))
        return function
    return add


# --- Refusals ------------------------------------------------------------------------


def refuse(scene, name, code, names=(), policy=None, during=None):
    """Expects a load to be refused with a code and with everything that a person needs in the text."""
    code = scene.adapter.expects.get(name, code)
    if code is None:
        with during:
            assert scene.contents(policy) == scene.signed, "other bytes than the signed ones were loaded"
        return None
    before = Leftovers(scene)
    result, caught = None, None
    with during or contextlib.nullcontext():
        try:
            result = scene.load(policy)
        except weightmark.WeightmarkError as error:
            caught = (error.code, str(error), type(error))
    assert caught, f"it was loaded: {sorted(result) if isinstance(result, dict) else result!r}"
    assert caught[0] == code, caught[1]
    assert caught[2] is weightmark.errors.CODES[code]
    assert caught[1].endswith(f"[{code}]")
    for word in names:
        assert word in caught[1], f"{word!r} is not in: {caught[1]}"
    before.check()
    return code


def signer_of(scene):
    return str(weightmark.open_verified(signed_path(scene), scene.policy).signer)


def signed_path(scene):
    return scene.model if scene.adapter.signed == "folder" else scene.weights


def fingerprint(trust_name):
    """Of a key: what a text about it must contain."""
    folder = keys()
    sample = folder / f"sample-{trust_name}"
    if not sample.exists():
        sample.write_bytes(b"sample")
        weightmark.sign(sample, weightmark.KeySigner(folder / f"{trust_name}.pem"))
    report = weightmark.verify(sample, weightmark.KeyTrust(folder / f"{trust_name}.pub"))
    return str(report.signer).split()[-1]


@case("good", "as it was signed")
def good(scene):
    assert scene.signed, "the plain loader gives no tensors: nothing would be compared"
    assert scene.contents() == scene.signed


@case("tampered", "a byte of the weights changed")
def tampered(scene):
    signer = signer_of(scene)
    scene.flip()
    return refuse(scene, "tampered", "file-mismatch", [os.path.basename(scene.adapter.weights), signer, "signed"])


@case("swapped", "weights of another model that the same publisher signed")
def swapped(scene):
    signer = signer_of(scene)
    shutil.copyfile(scene.sibling() / scene.adapter.weights, scene.weights)
    return refuse(scene, "swapped", "file-mismatch", [os.path.basename(scene.adapter.weights), signer, "signed"])


@case("added", "a file that nobody signed", folders_only=True)
def added(scene):
    signer = signer_of(scene)
    (scene.model / "added.json").write_text("{}", encoding="utf-8")
    return refuse(scene, "added", "file-extra", ["added.json", signer, "not signed"])


@case("removed", "a signed file is missing", folders_only=True)
def removed(scene):
    signer = signer_of(scene)
    os.remove(scene.model / scene.adapter.other)
    return refuse(scene, "removed", "file-missing", [scene.adapter.other, signer, "was signed"])


@case("wrong-signer", "somebody else signed it")
def wrong_signer(scene):
    found, wanted = fingerprint("publisher"), fingerprint("stranger")
    return refuse(scene, "wrong-signer", "key-mismatch", [found, wanted], scene.stranger)


@case("unsigned", "no signature")
def unsigned(scene):
    os.remove(scene.adapter.signature(scene.model))
    return refuse(scene, "unsigned", "signature-not-found", [scene.model.name])


@case("unsigned-code", "unsigned code beside signed weights", folders_only=True)
def unsigned_code(scene):
    signer, ran = signer_of(scene), scene.folder / "ran"
    code = f"open({str(ran)!r}, 'w').close()\n"
    for name in ("modeling_extra.py", "__init__.py"):
        (scene.model / name).write_text(code, encoding="utf-8")
    refused = refuse(scene, "unsigned-code", "file-extra", [".py", signer, "not signed"])
    assert not ran.exists(), "unsigned code ran"
    return refused


# --- Changes while it is loaded --------------------------------------------------------


@case("changed-before-reading", "changed in place, once the signature was verified")
def changed_before_reading(scene):
    signer = signer_of(scene)
    return refuse(scene, "changed-before-reading", "file-mismatch",
                  [os.path.basename(scene.adapter.weights), signer, "signed"], during=once_verified(scene.flip))


@case("replaced-before-reading", "another file renamed over it, once the signature was verified")
def replaced_before_reading(scene):
    signer = signer_of(scene)
    scene.sibling()
    return refuse(scene, "replaced-before-reading", "file-mismatch",
                  [os.path.basename(scene.adapter.weights), signer, "signed"], during=once_verified(scene.replace))


def signed_bytes_or(scene, name, codes, change):
    """Whatever comes after a file was opened: the signed bytes, or a refusal."""
    before = Leftovers(scene)
    try:
        with once_opened(change):
            loaded = scene.load()
        assert scene.adapter.contents(loaded) == scene.signed, "other bytes than the signed ones were loaded"
        return None
    except weightmark.WeightmarkError as error:
        code = error.code
    assert code in codes, code
    before.check()
    return code


@case("changed-after-opening", "changed in place, once it was opened")
def changed_after_opening(scene):
    return signed_bytes_or(scene, "changed-after-opening", ["file-changed", "file-mismatch"], scene.flip)


@case("replaced-after-opening", "another file renamed over it, once it was opened")
def replaced_after_opening(scene):
    scene.sibling()
    return signed_bytes_or(scene, "replaced-after-opening", ["file-changed", "file-mismatch"], scene.replace)


# --- Warnings ----------------------------------------------------------------------------


def loudly(scene, policy):
    """The contents that are loaded, and what was said; both ways of saying it are demanded."""
    with warnings.catch_warnings(record=True) as caught, mock.patch("sys.stderr", io.StringIO()) as stderr:
        warnings.simplefilter("always")
        contents = scene.contents(policy)
    said = [str(one.message) for one in caught if one.category is weightmark.UnverifiedModelWarning]
    assert said, "nothing was warned about"
    assert "WARNING" in stderr.getvalue(), "nothing was said on standard error"
    return contents, " ".join([*said, stderr.getvalue()])


@case("warn", "a byte changed, and the caller asked for no more than a warning")
def warn(scene):
    signer = signer_of(scene)
    scene.flip()
    as_it_is = scene.adapter.contents(scene.adapter.plain(scene.model))
    contents, said = loudly(scene, weightmark.warn(scene.policy))
    assert contents == as_it_is
    for word in (os.path.basename(scene.adapter.weights), signer, "file-mismatch"):
        assert word in said, f"{word!r} is not in: {said}"
    contents, said = loudly(scene, "warn")
    assert contents == as_it_is and "nobody is trusted" in said
