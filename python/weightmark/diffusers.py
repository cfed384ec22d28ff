"""diffusers: pipelines with all their parts, signed, and loaded from verified bytes alone.

    import weightmark.diffusers

    weightmark.diffusers.save_pretrained(pipeline, "pipeline", signer=signer)
    pipeline = weightmark.diffusers.from_pretrained(DiffusionPipeline, "pipeline", policy=policy)

One signature covers the whole folder: model_index.json, which says what classes are loaded,
and the folders of the parts. From the Hub: `weightmark.huggingface.verified_snapshot`.
"""
from __future__ import annotations

import os
from typing import Any, Optional

from .adapters import load_guarded, sign_written
from .reading import VerifiedModel
from .signing import SignedOutput, Signer
from .trust import AnyPolicy, PathLike

__all__ = ["from_pretrained", "load_lora_weights", "save_pretrained"]


def save_pretrained(pipeline: Any, save_directory: PathLike, *, signer: Optional[Signer] = None,
                    name: Optional[str] = None, **kwargs: Any) -> SignedOutput:
    """Saves a pipeline, or a part of one, as its save_pretrained does, and signs the folder.

    Args:
        pipeline: a DiffusionPipeline, a ModelMixin, a scheduler.
        save_directory: the folder. Its signature is model.sig in it.
        signer: as `weightmark.sign` takes it.
        name: what it is called; the folder's name where absent.
        kwargs: for its save_pretrained.

    Raises:
        Refused, Undecided: as `weightmark.sign`.

    Example:
        >>> import diffusers, weightmark.diffusers
        >>> scheduler = diffusers.DDPMScheduler(num_train_timesteps=10)
        >>> weightmark.diffusers.save_pretrained(scheduler, "scheduler", signer=signer).manifest.name
        'scheduler'
    """
    return sign_written(save_directory, signer, lambda: pipeline.save_pretrained(save_directory, **kwargs), name=name)


def from_pretrained(kind: Any, folder: PathLike, *, policy: AnyPolicy = None,
                    verify_options: Optional[dict[str, Any]] = None, **kwargs: Any) -> Any:
    """Loads a pipeline or a part of one, from sealed copies of all signed files.

    Args:
        kind: a class: DiffusionPipeline or any other with from_pretrained.
        folder: a signed folder.
        policy: whom to trust; as everywhere, see `weightmark.verify`.
        verify_options: for `weightmark.open_verified`, such as name.
        kwargs: for from_pretrained.

    Raises:
        Refused, Undecided: it does not verify; nothing was loaded then.

    Example:
        >>> import diffusers, weightmark.diffusers
        >>> scheduler = diffusers.DDPMScheduler(num_train_timesteps=10)
        >>> output = weightmark.diffusers.save_pretrained(scheduler, "scheduler", signer=signer)
        >>> loaded = weightmark.diffusers.from_pretrained(diffusers.DDPMScheduler, "scheduler", policy=policy)
        >>> loaded.config.num_train_timesteps
        10
    """
    def read(path: str) -> Any:
        return kind.from_pretrained(path, **{"local_files_only": True, **kwargs})

    def verified(model: VerifiedModel) -> Any:
        with model.view() as view:
            return read(view.path)

    return load_guarded(folder, policy, verified, lambda: read(os.fspath(folder)), **(verify_options or {}))


def load_lora_weights(pipeline: Any, path: PathLike, *, policy: AnyPolicy = None,
                      verify_options: Optional[dict[str, Any]] = None, **kwargs: Any) -> None:
    """Loads LoRA weights into a pipeline, as its load_lora_weights does, from verified tensors.

    Args:
        pipeline: with load_lora_weights. It is as it was where the weights do not verify.
        path: of a signed .safetensors file, or of one in a signed folder.
        policy: whom to trust; as everywhere, see `weightmark.verify`.
        verify_options: for `weightmark.open_verified`, such as name.
        kwargs: for load_lora_weights, such as adapter_name.

    Raises:
        Refused, Undecided: it does not verify; nothing was loaded then.

    Example:
        >>> import weightmark.diffusers
        >>> weightmark.diffusers.load_lora_weights(pipeline, "style.safetensors", policy=policy)  # doctest: +SKIP
    """
    from .safetensors.torch import load_file
    pipeline.load_lora_weights(load_file(path, policy=policy, **(verify_options or {})), **kwargs)
