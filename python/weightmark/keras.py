"""Keras 3, with any backend: models and weights, signed, and loaded from verified bytes alone.

    import weightmark.keras

    weightmark.keras.save_model(model, "model.keras", signer=signer)
    model = weightmark.keras.load_model("model.keras", policy=policy)
"""
from __future__ import annotations

import contextlib
import os
from typing import Any, Iterator, Optional

from .adapters import SigningPath, copied, load_guarded, required
from .reading import VerifiedModel
from .signing import SignedOutput, Signer
from .trust import AnyPolicy, PathLike

__all__ = ["SigningCallback", "load_model", "load_weights", "save_model", "save_weights"]


def save_model(model: Any, filepath: PathLike, *, signer: Optional[Signer] = None) -> SignedOutput:
    """Saves a model as keras.saving.save_model does, and signs the file.

    Args:
        model: a Keras model.
        filepath: a path that ends in .keras. Its signature is FILE.sig.
        signer: as `weightmark.sign` takes it.

    Raises:
        Refused, Undecided: as `weightmark.sign`; ValueError: another ending.
        ImportError: Keras is missing.

    Example:
        >>> import keras, weightmark.keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> weightmark.keras.save_model(model, "model.keras", signer=signer).manifest.name
        'model.keras'
    """
    keras = required("keras", "keras")
    with SigningPath(filepath, signer) as place:
        keras.saving.save_model(model, place.path)
    assert place.output is not None
    return place.output


def save_weights(model: Any, filepath: PathLike, *, signer: Optional[Signer] = None) -> SignedOutput:
    """Saves a model's weights in one file, as Model.save_weights does, and signs it.

    Args:
        model: a Keras model.
        filepath: a path that ends in .weights.h5. Its signature is FILE.sig. Weights in
            several files are saved by Keras, and their folder signed by `weightmark.sign`.
        signer: as `weightmark.sign` takes it.

    Raises:
        As `save_model`.

    Example:
        >>> import keras, weightmark.keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> weightmark.keras.save_weights(model, "model.weights.h5", signer=signer).manifest.name
        'model.weights.h5'
    """
    with SigningPath(filepath, signer) as place:
        model.save_weights(place.path)
    assert place.output is not None
    return place.output


@contextlib.contextmanager
def _shown(model: VerifiedModel, filepath: PathLike) -> Iterator[str]:
    """A path at which Keras finds verified bytes under the name that tells it their format."""
    if os.path.isdir(filepath):
        with copied(model) as folder:
            yield folder
        return
    name = model.name_of(filepath)
    # An index names other files beside it.
    with copied(model, None if name.endswith(".json") else [name]) as folder:
        yield os.path.join(folder, name)


def load_model(filepath: PathLike, *, policy: AnyPolicy = None, custom_objects: Any = None, compile: bool = True,
               safe_mode: bool = True, **options: Any) -> Any:
    """Loads a .keras file or folder, from a private copy of the verified bytes.

    Args:
        filepath: path of a signed file, a file in a signed folder, or a signed folder.
        policy: whom to trust; as everywhere, see `weightmark.verify`.
        custom_objects, compile, safe_mode: as in keras.saving.load_model. A signature says
            who made a model, not that its code is good: leave safe_mode on.
        options: for `weightmark.open_verified`, such as name.

    Returns:
        The Keras model.

    Raises:
        Refused, Undecided: it does not verify; nothing was loaded then.
        ImportError: Keras is missing; and what it raises itself.

    Example:
        >>> import keras, weightmark.keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> output = weightmark.keras.save_model(model, "model.keras", signer=signer)
        >>> weightmark.keras.load_model("model.keras", policy=policy).count_params()
        3
    """
    keras = required("keras", "keras")

    def read(path: PathLike) -> Any:
        return keras.saving.load_model(path, custom_objects=custom_objects, compile=compile, safe_mode=safe_mode)

    def verified(model: VerifiedModel) -> Any:
        with _shown(model, filepath) as path:
            return read(path)

    return load_guarded(filepath, policy, verified, lambda: read(filepath), **options)


def load_weights(model: Any, filepath: PathLike, *, policy: AnyPolicy = None, skip_mismatch: bool = False,
                 **options: Any) -> None:
    """Loads weights into a model, from a private copy of the verified bytes.

    Args:
        model: a Keras model. It is as it was where the weights do not verify.
        filepath: path of a signed file, or of a file in a signed folder.
        policy: whom to trust; as everywhere, see `weightmark.verify`.
        skip_mismatch: as in Model.load_weights.
        options: for `weightmark.open_verified`, such as name.

    Raises:
        As `load_model`.

    Example:
        >>> import keras, weightmark.keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> output = weightmark.keras.save_weights(model, "model.weights.h5", signer=signer)
        >>> weightmark.keras.load_weights(model, "model.weights.h5", policy=policy)
    """
    def read(path: PathLike) -> None:
        model.load_weights(path, skip_mismatch=skip_mismatch)

    def verified(opened: VerifiedModel) -> None:
        with _shown(opened, filepath) as path:
            read(path)

    load_guarded(filepath, policy, verified, lambda: read(filepath), **options)


def SigningCallback(filepath: PathLike, signer: Optional[Signer] = None, *,  # noqa: N802
                    save_weights_only: bool = False) -> Any:
    """Returns a callback of Model.fit that saves after each epoch, and signs what it saves.

    A checkpoint that cannot be signed ends the training, so that none goes unsigned.

    Args:
        filepath: as in keras.callbacks.ModelCheckpoint: "{epoch:02d}.keras", where metrics
            may be named, too; or .weights.h5.
        signer: as in `weightmark.sign`. A workflow's identity is good for every checkpoint
            of a long training; a token given by hand is not.
        save_weights_only: leaves the model out.

    Raises:
        ImportError: Keras is missing.

    Example:
        >>> import keras, numpy, weightmark.keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile(loss="mse")
        >>> keep = weightmark.keras.SigningCallback("{epoch}.keras", signer)
        >>> history = model.fit(numpy.ones((4, 2)), numpy.ones((4, 1)), verbose=0, callbacks=[keep])
        >>> bool(weightmark.verify("1.keras", policy))
        True
    """
    keras = required("keras", "keras")
    save = save_weights if save_weights_only else save_model

    class Callback(keras.callbacks.Callback):  # type: ignore[misc, name-defined]
        """Saves and signs."""

        def on_epoch_end(self, epoch: int, logs: Optional[dict[str, Any]] = None) -> None:
            """Is called after each epoch, which count from 0 here and from 1 in names."""
            path = os.fspath(filepath).format(epoch=epoch + 1, **(logs or {}))
            os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
            save(self.model, path, signer=signer)

    return Callback()
