"""scikit-learn's models without pickle, by skops: signed, and loaded from verified bytes alone.

    import weightmark.skops

    weightmark.skops.dump(model, "model.skops", signer=signer)
    model = weightmark.skops.load("model.skops", policy=policy)

A signature says who made a file, `trusted` which types it may make objects of. Both count.
"""
from __future__ import annotations

from typing import Any, List, Optional, Sequence

from .adapters import SigningWriter, load_guarded, required
from .reading import VerifiedModel
from .signing import SignedOutput, Signer
from .trust import AnyPolicy, PathLike

__all__ = ["dump", "get_untrusted_types", "load"]


def dump(obj: Any, file: PathLike, *, signer: Optional[Signer] = None, **kwargs: Any) -> SignedOutput:
    """Saves a model as skops.io.dump does, and signs the file.

    Args:
        obj: the model.
        file: a path. Its signature is FILE.sig.
        signer: as `weightmark.sign` takes it.
        kwargs: for skops.io.dumps, such as compression.

    Raises:
        Refused, Undecided: as `weightmark.sign`; OSError; ImportError: skops is missing.

    Example:
        >>> import weightmark.skops
        >>> weightmark.skops.dump({"alpha": 0.5}, "model.skops", signer=signer).signature
        'model.skops.sig'
    """
    skops = required("skops.io", "skops")
    data = skops.dumps(obj, **kwargs)
    with SigningWriter(file, signer) as out:
        out.write(data)
    assert out.output is not None
    return out.output


def load(file: PathLike, trusted: Optional[Sequence[str]] = None, *, policy: AnyPolicy = None,
         **options: Any) -> Any:
    """Loads what skops.io.dump wrote, once the whole file is verified.

    Args:
        file: path of a signed file, or of a file in a signed folder.
        trusted: as in skops.io.load: further types that may be made.
        policy: whom to trust; as everywhere, see `weightmark.verify`.
        options: for `weightmark.open_verified`, such as name.

    Raises:
        Refused, Undecided: the file does not verify; nothing was read of it then.
        skops.io.exceptions.UntrustedTypesFoundException: as skops.io.load.
        ImportError: skops is missing.

    Example:
        >>> import weightmark.skops
        >>> output = weightmark.skops.dump({"alpha": 0.5}, "model.skops", signer=signer)
        >>> weightmark.skops.load("model.skops", policy=policy)
        {'alpha': 0.5}
    """
    skops = required("skops.io", "skops")

    def verified(model: VerifiedModel) -> Any:
        return skops.loads(model.read_bytes(model.name_of(file)), trusted=trusted)

    return load_guarded(file, policy, verified, lambda: skops.load(file, trusted=trusted), **options)


def get_untrusted_types(file: PathLike, *, policy: AnyPolicy = None, **options: Any) -> List[str]:
    """Returns which types of a verified file skops would not make objects of by itself.

    Args:
        file, policy, options: as in `load`.

    Raises:
        As `load`.

    Example:
        >>> import weightmark.skops
        >>> output = weightmark.skops.dump({"alpha": 0.5}, "model.skops", signer=signer)
        >>> weightmark.skops.get_untrusted_types("model.skops", policy=policy)
        []
    """
    skops = required("skops.io", "skops")

    def verified(model: VerifiedModel) -> List[str]:
        found: List[str] = skops.get_untrusted_types(data=model.read_bytes(model.name_of(file)))
        return found

    return load_guarded(file, policy, verified, lambda: list(skops.get_untrusted_types(file=file)), **options)
