"""Hugging Face: verified snapshots, signed checkpoints, signed uploads.

    from weightmark.huggingface import verified_snapshot

    with verified_snapshot("acme/model", policy=policy, name="acme/model") as snapshot:
        model = AutoModel.from_pretrained(snapshot.path)

Whatever the Hub serves is verified against the signature in the repository; what the
libraries then read are sealed copies of the verified bytes.
"""
from __future__ import annotations

import importlib
import os
from typing import Any, List, NamedTuple, Optional, Sequence

from . import errors
from .adapters import load_guarded, required
from .reading import SealedView, VerifiedModel
from .signing import SignedOutput, Signer, sign
from .trust import AnyPolicy, PathLike

__all__ = ["PushedModel", "SigningCallback", "VerifiedSnapshot", "push", "verified_checkpoint", "verified_snapshot"]


class VerifiedSnapshot:
    """A private folder with the verified files of a model, for `from_pretrained`.

    It is gone when the `with` ends; what was loaded from it stays.

    Attributes:
        path: of the folder.
        signer: who signed; None where `policy="warn"` let an unverified model through.
        model: the VerifiedModel; None likewise.

    Example:
        >>> from weightmark.huggingface import verified_checkpoint
        >>> with verified_checkpoint("model", policy=policy) as snapshot:
        ...     snapshot.signer
        'EC P-256 key ...'
    """

    def __init__(self, path: str, model: Optional[VerifiedModel], view: Optional[SealedView]) -> None:
        self.path = path
        self.model = model
        self.signer = model.signer if model else None
        self._view = view

    def close(self) -> None:
        """Removes the folder."""
        if self._view is not None:
            self._view.close()
        self._view = None

    def __enter__(self) -> VerifiedSnapshot:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __fspath__(self) -> str:
        return self.path


def verified_checkpoint(folder: PathLike, *, policy: AnyPolicy = None, files: Optional[Sequence[str]] = None,
                        **options: Any) -> VerifiedSnapshot:
    """Verifies a model in a folder, and gives a private copy of it for `from_pretrained`.

    Args:
        folder: of a signed model, in either layout: plain files, or a snapshot in the
            Hub's cache, whose files are links.
        policy: whom to trust; as everywhere, see `weightmark.verify`.
        files: the signed names to verify and show; all where absent.
        options: for `weightmark.open_verified`, such as name.

    Raises:
        Refused, Undecided, UsageError: as open_verified; nothing is left behind then.

    Example:
        >>> import os
        >>> from weightmark.huggingface import verified_checkpoint
        >>> with verified_checkpoint("model", policy=policy) as snapshot:
        ...     sorted(os.listdir(snapshot.path))
        ['config.json', 'weights.bin']
    """
    def verified(model: VerifiedModel) -> VerifiedSnapshot:
        view = model.view(files)
        return VerifiedSnapshot(view.path, model, view)

    return load_guarded(folder, policy, verified, lambda: VerifiedSnapshot(os.fspath(folder), None, None), **options)


def verified_snapshot(repo_id: str, *, revision: Optional[str] = None, policy: AnyPolicy = None,
                      files: Optional[Sequence[str]] = None, download: Optional[dict[str, Any]] = None,
                      **options: Any) -> VerifiedSnapshot:
    """Downloads a model from the Hub, verifies it, and gives a private copy of it.

    The Hub is not trusted: not for the bytes, nor for which files there are. A signature
    says whose a model is, not which: `name=`, `digest=` or a policy says that.

    Args:
        repo_id: "owner/name".
        revision: a branch, a tag or a commit.
        policy: whom to trust; as everywhere, see `weightmark.verify`.
        files: the signed names to verify and show; all where absent.
        download: further arguments of huggingface_hub.snapshot_download, such as token,
            cache_dir or local_dir.
        options: for `weightmark.open_verified`, such as name and digest.

    Raises:
        Refused, Undecided, UsageError: as open_verified; nothing is left behind then.
        ImportError: huggingface_hub is missing; and what it raises itself.

    Example:
        >>> from weightmark.huggingface import verified_snapshot
        >>> with verified_snapshot("acme/model", policy=policy, name="acme/model") as found:  # doctest: +SKIP
        ...     model = transformers.AutoModel.from_pretrained(found.path)
    """
    hub = required("huggingface_hub", "huggingface_hub")
    folder = hub.snapshot_download(repo_id, revision=revision, **(download or {}))
    return verified_checkpoint(folder, policy=policy, files=files, **options)


def SigningCallback(signer: Optional[Signer] = None, *, name: Optional[str] = None) -> Any:  # noqa: N802
    """Returns a callback of transformers' Trainer that signs each checkpoint it saves.

    With several processes all wait until each has written its part; the first one signs.
    A checkpoint that cannot be signed ends the training, so that none goes unsigned.

    Args:
        signer: as in `weightmark.sign`. A workflow's identity is good for every checkpoint
            of a long training; a token given by hand is not.
        name: what the model is called; the checkpoint's folder where absent.

    Raises:
        ImportError: transformers is missing.

    Example:
        >>> from weightmark.huggingface import SigningCallback
        >>> trainer.add_callback(SigningCallback(signer))  # doctest: +SKIP
    """
    transformers = required("transformers", "transformers")

    class Callback(transformers.TrainerCallback):  # type: ignore[misc, name-defined]
        """Signs checkpoints."""

        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            """Is called in each process after it has written its part."""
            _wait_for_all()
            if state.is_world_process_zero:
                sign(os.path.join(args.output_dir, f"checkpoint-{state.global_step}"), signer, name=name)

    return Callback()


def _wait_for_all() -> None:
    distributed = importlib.import_module("torch.distributed")
    if distributed.is_available() and distributed.is_initialized():
        distributed.barrier()


class PushedModel(NamedTuple):
    """What was signed and uploaded.

    Example:
        >>> from weightmark.huggingface import push
        >>> push("model", "acme/model", signer=signer).commit_url  # doctest: +SKIP
        'https://huggingface.co/acme/model/commit/...'
    """

    commit_url: str
    signed: SignedOutput


def _others(hub: Any, api: Any, repo_id: str, revision: Optional[str], signed: SignedOutput) -> List[str]:
    """The files of the repository that the signature does not cover, and git's own."""
    keep = {file.name for file in signed.manifest.files} | {"model.sig", ".gitattributes", ".gitignore"}
    try:
        there = api.list_repo_files(repo_id, revision=revision)
    except hub.utils.RevisionNotFoundError:
        return []
    return [name for name in there if name not in keep]


def push(folder: PathLike, repo_id: str, *, signer: Optional[Signer] = None, revision: Optional[str] = None,
         replace: bool = False, private: Optional[bool] = None, token: Optional[str] = None,
         commit_message: str = "Upload a signed model", api: Any = None) -> PushedModel:
    """Signs a folder under the repository's name, and uploads it with its signature in one commit.

    Nobody who downloads a revision ever finds files without their signature.

    Args:
        folder: of the model.
        repo_id: "owner/name"; this becomes the signed name.
        signer: as in `weightmark.sign`.
        revision: the branch; the main one where absent.
        replace: removes the repository's other files in the same commit. Without it they
            are an error: the signature does not cover them, so nobody could load the model.
        private: for a repository that is not there yet.
        token, commit_message: as in huggingface_hub.
        api: a huggingface_hub.HfApi to use.

    Raises:
        Refused: file-extra, of the repository's other files; nothing is uploaded then.
        Refused, Undecided, UsageError: as `weightmark.sign`.
        ImportError: huggingface_hub is missing; and what it raises itself.

    Example:
        >>> from weightmark.huggingface import push
        >>> push("model", "acme/model", signer=signer)  # doctest: +SKIP
    """
    hub = required("huggingface_hub", "huggingface_hub")
    api = api or hub.HfApi(token=token)
    signed = sign(folder, signer, name=repo_id)
    api.create_repo(repo_id, private=private, exist_ok=True)
    others = _others(hub, api, repo_id, revision, signed)
    if others and not replace:
        raise errors.make("file-extra", f"is in the repository, and {len(others)} such in all, which are not in the "
                          "folder and so not signed", others[0], "give replace=True to remove them")
    commit = api.upload_folder(repo_id=repo_id, folder_path=os.fspath(folder), revision=revision,
                               commit_message=commit_message, delete_patterns=others or None)
    return PushedModel(commit.commit_url, signed)
