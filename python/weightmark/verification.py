"""Verifying a model on disk."""
from __future__ import annotations

import os
from typing import Any, Optional, Sequence

from . import _weightmark, errors
from .report import Report
from .trust import AnyPolicy, PathLike, is_warning, trust_of


def settings_of(model: PathLike, policy: AnyPolicy, *, signature: Optional[PathLike] = None,
                name: Optional[str] = None, digest: Optional[str] = None, lock: Optional[PathLike] = None,
                ignore_paths: Sequence[str] = (), ignore_git_paths: bool = True, ignore_unsigned_files: bool = False,
                files: Sequence[str] = (), evidence: str = "trees", allow_symlinks: bool = False,
                threads: int = 0) -> _weightmark.VerifySettings:
    """Returns the native settings of the arguments that `verify` has."""
    if is_warning(policy):
        raise errors.make("usage", "to warn is for what loads a model; verifying has no other answer than the report")
    settings = _weightmark.VerifySettings()
    settings.model = os.fspath(model)
    settings.signature = os.fspath(signature) if signature is not None else None
    settings.trusted = trust_of(policy)._resolve()
    settings.name = name
    settings.digest = digest
    settings.lock = os.fspath(lock) if lock is not None else ""
    settings.ignore_paths = list(ignore_paths)
    settings.ignore_git_paths = ignore_git_paths
    settings.ignore_unsigned_files = ignore_unsigned_files
    settings.files = list(files)
    settings.evidence = evidence
    settings.allow_symlinks = allow_symlinks
    settings.threads = threads
    return settings


def verify_only_reports(model: PathLike, policy: AnyPolicy = None, **options: Any) -> Report:
    """Verifies a model and returns the report, whatever the verdict.

    Use `verify` unless you look at the verdict yourself. The arguments are those of
    `verify`.

    Raises:
        UsageError: where the request itself is wrong; and what goes wrong before a
            signature is looked for, such as a key that cannot be read.

    Example:
        >>> report = weightmark.verify_only_reports("model", weightmark.KeyTrust("publisher.pub"))
        >>> report.verdict
        'verified'
    """
    return Report(*_weightmark.verify(settings_of(model, policy, **options)))


def verify(model: PathLike, policy: AnyPolicy = None, *, signature: Optional[PathLike] = None,
           name: Optional[str] = None, digest: Optional[str] = None, lock: Optional[PathLike] = None,
           ignore_paths: Sequence[str] = (), ignore_git_paths: bool = True, ignore_unsigned_files: bool = False,
           files: Sequence[str] = (), evidence: str = "trees", allow_symlinks: bool = False,
           threads: int = 0) -> Report:
    """Verifies that a model is what its signer signed.

    What is on the disk may change afterwards: to load a model use `open_verified`, or the
    adapter of your framework.

    Args:
        model: a folder or a file.
        policy: whom to trust; where absent, the policy that WEIGHTMARK_POLICY names.
        signature: where absent it is looked for inside the model, then beside it.
        name: refuses a signature for a model of another name.
        digest: refuses another root digest ("sha256:hex") or manifest digest
            ("weightmarkManifestV1:hex").
        lock: a weightmark.lock: refuses another signer or an older version than is pinned.
        ignore_paths: paths in the model that may be there unsigned.
        ignore_git_paths: .git and the like may be there, where the signature records nothing.
        ignore_unsigned_files: looks at the signed files only.
        files: glob patterns of the files to verify; all where empty.
        evidence: "trees" on all processors, "whole-files" as any other client does, or "both".
        allow_symlinks: follows symbolic links even where the signature does not say so.
        threads: 0 for one a processor.

    Returns:
        The report, with the manifest.

    Raises:
        Refused, Undecided: by the first thing that does not hold; its `report` has all of it.
        UsageError: where the request itself is wrong.

    Example:
        >>> weightmark.verify("model", weightmark.KeyTrust("publisher.pub")).signer
        'EC P-256 key ...'
    """
    report = verify_only_reports(
        model, policy, signature=signature, name=name, digest=digest, lock=lock, ignore_paths=ignore_paths,
        ignore_git_paths=ignore_git_paths, ignore_unsigned_files=ignore_unsigned_files, files=files,
        evidence=evidence, allow_symlinks=allow_symlinks, threads=threads)
    if report:
        return report
    if report.verdict == "unsigned":
        return report  # which the policy allows; it is not true, and its verdict says so
    raise report.error or errors.Undecided("could not be verified", report.model, report=report)
