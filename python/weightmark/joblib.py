"""scikit-learn's models, and whatever else joblib saves: signed, and loaded from verified bytes alone.

    import weightmark.joblib

    weightmark.joblib.dump(model, "model.joblib", signer=signer)
    model = weightmark.joblib.load("model.joblib", policy=policy)

A joblib file is a pickle: loading it runs what it says. Here nothing is unpickled before
the whole file is verified; still, trust those who sign, or see `weightmark.skops`.
"""
from __future__ import annotations

import io
from typing import Any, Optional

from .adapters import SigningWriter, load_guarded, required
from .reading import VerifiedModel
from .signing import SignedOutput, Signer
from .trust import AnyPolicy, PathLike

__all__ = ["dump", "load"]


def dump(value: Any, filename: PathLike, *, signer: Optional[Signer] = None, **kwargs: Any) -> SignedOutput:
    """Saves an object as joblib.dump does, and signs the file.

    It is hashed on the way and appears whole.

    Args:
        value: what to save.
        filename: a path. Its signature is FILE.sig.
        signer: as `weightmark.sign` takes it.
        kwargs: for joblib.dump, such as compress=("zlib", 3).

    Raises:
        Refused, Undecided: as `weightmark.sign`; OSError; ImportError: joblib is missing.

    Example:
        >>> import weightmark.joblib
        >>> weightmark.joblib.dump({"alpha": 0.5}, "model.joblib", signer=signer).signature
        'model.joblib.sig'
    """
    joblib = required("joblib", "joblib")
    with SigningWriter(filename, signer) as file:
        joblib.dump(value, file, **kwargs)
    assert file.output is not None
    return file.output


def load(filename: PathLike, *, policy: AnyPolicy = None, mmap_mode: Optional[str] = None, **options: Any) -> Any:
    """Loads what joblib.dump wrote, once the whole file is verified.

    Args:
        filename: path of a signed file, or of a file in a signed folder.
        policy: whom to trust; as everywhere, see `weightmark.verify`.
        mmap_mode: "r" or "c" maps the arrays from a sealed copy in memory, which stays as
            long as they do.
        options: for `weightmark.open_verified`, such as name.

    Raises:
        Refused, Undecided: the file does not verify; nothing was unpickled then.
        ImportError: joblib is missing.

    Example:
        >>> import weightmark.joblib
        >>> output = weightmark.joblib.dump({"alpha": 0.5}, "model.joblib", signer=signer)
        >>> weightmark.joblib.load("model.joblib", policy=policy)
        {'alpha': 0.5}
    """
    joblib = required("joblib", "joblib")

    def verified(model: VerifiedModel) -> Any:
        name = model.name_of(filename)
        if mmap_mode is not None:
            sealed = model.seal(name)
            return joblib.load(sealed.path, mmap_mode=mmap_mode)
        with io.BytesIO(memoryview(model.load(name))) as file:
            return joblib.load(file)

    return load_guarded(filename, policy, verified, lambda: joblib.load(filename, mmap_mode=mmap_mode), **options)
