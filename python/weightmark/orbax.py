# mypy: disable-error-code="import-not-found, import-untyped", allow-subclassing-any
"""Orbax, the checkpoints of JAX: signed before they are committed, verified before they are restored.

    import orbax.checkpoint as ocp
    from weightmark.orbax import SignedCheckpointHandler, SignedRestore, SignedSave

    manager = ocp.CheckpointManager(folder, item_handlers=SignedCheckpointHandler(signer, policy))
    manager.save(step, args=SignedSave(state))
    state = manager.restore(step, args=SignedRestore(abstract_state))

The signature is model.sig in the item's folder. Orbax calls `finalize` on one process, once
all have written and before the checkpoint gets its name: one without a signature never
appears. What Orbax writes after that, the time of the commit, is not signed and not read
from here.
"""
from __future__ import annotations

import dataclasses
import os
from typing import Any, Optional

from .adapters import copied, load_guarded, required
from .reading import VerifiedModel
from .signing import Signer, sign
from .trust import AnyPolicy

ocp = required("orbax.checkpoint", "orbax-checkpoint")
from etils import epath  # noqa: E402
from orbax.checkpoint.checkpoint_args import register_with_handler  # noqa: E402

__all__ = ["SignedCheckpointHandler", "SignedRestore", "SignedSave"]

_AFTER_FINALIZE = ["_CHECKPOINT_METADATA", "commit_success.txt"]  # what the commit writes
_TEMPORARY = ".orbax-checkpoint-tmp"


class SignedCheckpointHandler(ocp.StandardCheckpointHandler):  # type: ignore[name-defined]
    """A StandardCheckpointHandler that signs what it saves and restores only what verifies.

    It is for a Checkpointer, an AsyncCheckpointer or a CheckpointManager, with SignedSave
    and SignedRestore as arguments. A restore verifies every file of the checkpoint into a
    private folder of this process, in the folder for temporary files, and reads it there.

    Args:
        signer: as `weightmark.sign` takes it.
        policy: whom to trust; as everywhere, see `weightmark.verify`.
        name: what the checkpoint is called; its folder's name where absent.
        options: for StandardCheckpointHandler.

    Example:
        >>> import os, jax, orbax.checkpoint as ocp
        >>> from weightmark.orbax import SignedCheckpointHandler, SignedRestore, SignedSave
        >>> checkpointer = ocp.Checkpointer(SignedCheckpointHandler(signer, policy))
        >>> checkpointer.save(os.path.abspath("step"), args=SignedSave({"weight": jax.numpy.ones(3)}))
        >>> bool(weightmark.verify("step", policy))
        True
        >>> checkpointer.restore(os.path.abspath("step"), args=SignedRestore())["weight"].tolist()
        [1.0, 1.0, 1.0]
    """

    def __init__(self, signer: Optional[Signer] = None, policy: AnyPolicy = None, *, name: Optional[str] = None,
                 **options: Any) -> None:
        super().__init__(**options)
        self._weightmark_signer = signer
        self._weightmark_policy = policy
        self._weightmark_name = name

    def finalize(self, directory: Any) -> None:
        """Signs the checkpoint. Raises as `weightmark.sign`; then it is not committed."""
        super().finalize(directory)
        folder = os.fspath(directory)
        sign(folder, self._weightmark_signer, ignore_paths=_AFTER_FINALIZE,
             name=self._weightmark_name or os.path.basename(folder).partition(_TEMPORARY)[0])

    def restore(self, directory: Any, *args: Any, **kwargs: Any) -> Any:
        """Restores from verified bytes. Raises as `weightmark.open_verified`."""
        folder = os.fspath(directory)

        def verified(model: VerifiedModel) -> Any:
            with copied(model) as private:
                return super(SignedCheckpointHandler, self).restore(epath.Path(private), *args, **kwargs)

        def plain() -> Any:
            return super(SignedCheckpointHandler, self).restore(directory, *args, **kwargs)

        return load_guarded(folder, self._weightmark_policy, verified, plain, ignore_paths=_AFTER_FINALIZE)


@register_with_handler(SignedCheckpointHandler, for_save=True)
@dataclasses.dataclass
class SignedSave(ocp.args.StandardSave):  # type: ignore[name-defined]
    """What to save, as orbax.checkpoint.args.StandardSave.

    Example:
        >>> from weightmark.orbax import SignedSave
        >>> SignedSave({"weight": 1}).item
        {'weight': 1}
    """


@register_with_handler(SignedCheckpointHandler, for_restore=True)
@dataclasses.dataclass
class SignedRestore(ocp.args.StandardRestore):  # type: ignore[name-defined]
    """What to restore, as orbax.checkpoint.args.StandardRestore: the abstract arrays, or nothing.

    Example:
        >>> from weightmark.orbax import SignedRestore
        >>> SignedRestore().item is None
        True
    """
