"""TensorFlow's SavedModel: signed, and loaded from verified bytes alone.

    import weightmark.tensorflow

    weightmark.tensorflow.save(module, "exported", signer=signer)
    module = weightmark.tensorflow.load("exported", policy=policy)

What Keras exports is a SavedModel as well: `model.export(folder)`, then `weightmark.sign(folder)`.
"""
from __future__ import annotations

import os
import weakref
from typing import Any, Optional

from .adapters import load_guarded, required, sign_written
from .reading import VerifiedModel
from .signing import SignedOutput, Signer
from .trust import AnyPolicy, PathLike

__all__ = ["load", "save"]


def save(obj: Any, export_dir: PathLike, *, signer: Optional[Signer] = None, name: Optional[str] = None,
         **kwargs: Any) -> SignedOutput:
    """Saves an object as tf.saved_model.save does, and signs the folder.

    Args:
        obj: a tf.Module, a Keras model or another trackable object.
        export_dir: the folder. Its signature is model.sig in it.
        signer: as `weightmark.sign` takes it.
        name: what the model is called; the folder's name where absent.
        kwargs: for tf.saved_model.save, such as signatures.

    Raises:
        Refused, Undecided: as `weightmark.sign`; ImportError: TensorFlow is missing.

    Example:
        >>> import tensorflow, weightmark.tensorflow
        >>> module = tensorflow.Module()
        >>> module.weight = tensorflow.Variable([1.0, 2.0])
        >>> weightmark.tensorflow.save(module, "exported", signer=signer).manifest.name
        'exported'
    """
    tensorflow = required("tensorflow", "tensorflow")
    return sign_written(export_dir, signer, lambda: tensorflow.saved_model.save(obj, os.fspath(export_dir), **kwargs),
                        name=name)


def load(export_dir: PathLike, tags: Any = None, *, policy: AnyPolicy = None, load_options: Any = None,
         **options: Any) -> Any:
    """Loads a SavedModel, from sealed copies of the verified files.

    They stay while the loaded object lives, which may read its assets later.

    Args:
        export_dir: a signed folder.
        tags: as in tf.saved_model.load.
        policy: whom to trust; as everywhere, see `weightmark.verify`.
        load_options: tf.saved_model.load's `options`.
        options: for `weightmark.open_verified`, such as name.

    Returns:
        What tf.saved_model.load returns.

    Raises:
        Refused, Undecided: it does not verify; nothing was loaded then.
        ImportError: TensorFlow is missing; and what it raises itself.

    Example:
        >>> import tensorflow, weightmark.tensorflow
        >>> module = tensorflow.Module()
        >>> module.weight = tensorflow.Variable([1.0, 2.0])
        >>> output = weightmark.tensorflow.save(module, "exported", signer=signer)
        >>> weightmark.tensorflow.load("exported", policy=policy).weight.numpy().tolist()
        [1.0, 2.0]
    """
    tensorflow = required("tensorflow", "tensorflow")

    def read(path: str) -> Any:
        return tensorflow.saved_model.load(path, tags=tags, options=load_options)

    def verified(model: VerifiedModel) -> Any:
        view = model.view()
        try:
            loaded = read(view.path)
        except BaseException:
            view.close()
            raise
        weakref.finalize(loaded, view.close)
        return loaded

    return load_guarded(export_dir, policy, verified, lambda: read(os.fspath(export_dir)), **options)
