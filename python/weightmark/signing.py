"""Hashing and signing models."""
from __future__ import annotations

import functools
import os
import sys
from typing import Any, Callable, List, NamedTuple, Optional, Sequence, Union

from . import _weightmark, errors
from ._weightmark import FileEntry, Manifest
from .trust import PathLike, SigstoreRoot


class SignedOutput(NamedTuple):
    """What was signed.

    Example:
        >>> output = weightmark.sign("model", signer)
        >>> output.signature, output.manifest.name, output.warnings
        ('model/model.sig', 'model', [])
    """

    signature: str  # path of what was written
    manifest: Manifest
    signer: str  # as the new signature tells it, verified
    warnings: List[str]


class KeySigner:
    """Signs with a private key.

    It pickles as paths; a password does not travel.

    Args:
        private_key: a PEM file.
        password: of an encrypted key, or a function that is asked for it when it is needed.
        certificates: PEM files: the key's certificate first, then those up to the root.

    Example:
        >>> signer = weightmark.KeySigner("publisher.pem", password=lambda: input("Password: "))
        >>> weightmark.sign("model", signer).signer
        'EC P-256 key ...'
    """

    def __init__(self, private_key: PathLike, password: Union[str, Callable[[], str], None] = None,
                 certificates: Sequence[PathLike] = ()) -> None:
        self._private_key = os.fspath(private_key)
        self._password = password
        self._certificates = [os.fspath(path) for path in certificates]

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_password": None}

    def __repr__(self) -> str:
        return f"KeySigner({self._private_key!r})"

    def _sign(self, settings: _weightmark.SignSettings) -> Any:
        password = self._password if callable(self._password) else functools.partial(_same, self._password)
        return _weightmark.sign_with_key(settings, self._private_key, password, self._certificates)


class SigstoreSigner:
    """Signs with an identity, by Sigstore: no keys to keep.

    The identity is recorded in public logs, with the time, for good. A job's own identity
    is used where no token is given; nobody is asked to log in, which is what
    `weightmark sign` on a terminal is for. It pickles; a token does not travel.

    Args:
        identity_token: a provider's word on who signs, for the audience "sigstore"; or a
            function that is asked for it, so that it is fresh.
        trusted_root, signing_config: the two files of another Sigstore.
        trust_config: both in one.
        staging: Sigstore's instance for tests.
        confirm: asked (identity, provider) before anything is sent. Where absent, a line on
            standard error says what will be published.

    Example:
        >>> signer = weightmark.SigstoreSigner()
        >>> weightmark.sign("model", signer)  # doctest: +SKIP
    """

    def __init__(self, identity_token: Union[str, Callable[[], str], None] = None, *,
                 trusted_root: Optional[PathLike] = None, signing_config: Optional[PathLike] = None,
                 trust_config: Optional[PathLike] = None, staging: bool = False,
                 confirm: Optional[Callable[[str, str], bool]] = None) -> None:
        if (trusted_root is None) != (signing_config is None):
            raise errors.make("usage", "trusted_root and signing_config belong together")
        self._token = identity_token
        self._root = SigstoreRoot(trusted_root, trust_config=trust_config, staging=staging)
        self._signing_config = os.fspath(signing_config) if signing_config is not None else ""
        self._confirm = confirm

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_token": None}

    def __repr__(self) -> str:
        return "SigstoreSigner()"

    def _sign(self, settings: _weightmark.SignSettings) -> Any:
        places = self._root._places()
        places.signing_config = self._signing_config
        token = self._token() if callable(self._token) else self._token
        return _weightmark.sign_with_identity(settings, token, places, self._confirm or _tell)


Signer = Union[KeySigner, SigstoreSigner]


def _same(password: Optional[str]) -> Optional[str]:
    return password


def _tell(identity: str, provider: str) -> bool:
    text = f"signing as {identity}, confirmed by {provider}; this is recorded in public logs for good"
    print("weightmark:", errors._escape(text), file=sys.stderr)
    return True


def _hash_settings(model: PathLike, name: Optional[str], algorithm: str, shard_size: int, ignore_paths: Sequence[str],
                   ignore_git_paths: bool, allow_symlinks: bool, threads: int) -> _weightmark.HashSettings:
    settings = _weightmark.HashSettings()
    settings.model = os.fspath(model)
    settings.name = name
    settings.algorithm = algorithm
    settings.shard_size = shard_size
    settings.ignore_paths = list(ignore_paths)
    settings.ignore_git_paths = ignore_git_paths
    settings.allow_symlinks = allow_symlinks
    settings.threads = threads
    return settings


def digest(model: PathLike, *, name: Optional[str] = None, algorithm: str = "sha256", shard_size: int = 0,
           ignore_paths: Sequence[str] = (), ignore_git_paths: bool = True, allow_symlinks: bool = False,
           threads: int = 0) -> Manifest:
    """Hashes a model, on all processors.

    Args:
        model: a folder or a file.
        name: what the model is called; its folder's name where absent.
        algorithm: "sha256", "blake2b" or "blake3".
        shard_size: bytes; 0 for whole files.
        ignore_paths: paths in the model to leave out.
        ignore_git_paths: leaves .git and the like out.
        allow_symlinks: follows symbolic links.
        threads: 0 for one a processor.

    Raises:
        Refused: model-empty, symlink-refused and others of listing; UsageError.

    Example:
        >>> weightmark.digest("model").root
        'sha256:...'
    """
    manifest, _ = _weightmark.digest(_hash_settings(model, name, algorithm, shard_size, ignore_paths,
                                                    ignore_git_paths, allow_symlinks, threads))
    return manifest


def sign(model: PathLike, signer: Optional[Signer] = None, *, signature: Optional[PathLike] = None,
         name: Optional[str] = None, algorithm: str = "sha256", shard_size: int = 0,
         ignore_paths: Sequence[str] = (), ignore_git_paths: bool = True, allow_symlinks: bool = False,
         threads: int = 0, files: Optional[Sequence[FileEntry]] = None) -> SignedOutput:
    """Hashes and signs a model, verifies the new signature and only then writes it.

    Args:
        model: a folder or a file.
        signer: KeySigner or SigstoreSigner; where absent the identity of this job, by
            Sigstore.
        signature: where absent MODEL/model.sig for a folder, FILE.sig for a file.
        files: what `FileHasher`s returned while the files were written: these are signed,
            and no file is read again.
        name, algorithm, shard_size, ignore_paths, ignore_git_paths, allow_symlinks,
        threads: as in `digest`.

    Raises:
        Refused, Undecided, UsageError: nothing was written then, or is half-written.

    Example:
        >>> weightmark.sign("model", weightmark.KeySigner("publisher.pem")).signature
        'model/model.sig'
    """
    settings = _weightmark.SignSettings()
    settings.hash = _hash_settings(model, name, algorithm, shard_size, ignore_paths, ignore_git_paths,
                                   allow_symlinks, threads)
    settings.signature = os.fspath(signature) if signature is not None else None
    if files is not None:
        if not files:
            raise errors.make("model-empty", "no files were hashed", os.fspath(model))
        settings.files = list(files)
    return SignedOutput(*(signer or SigstoreSigner())._sign(settings))
