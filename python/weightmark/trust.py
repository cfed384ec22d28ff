"""Whom to trust. Everything that verifies takes one of these as `policy=`."""
from __future__ import annotations

import os
from typing import Any, Callable, List, Optional, Sequence, Tuple, Union

from . import _weightmark, errors

PathLike = Union[str, "os.PathLike[str]"]


class Trust:
    """Whom a verification trusts: KeyTrust, CertificateTrust, SigstoreTrust or Policy.

    It pickles as it was written: paths and names. Files are read when it is made, and
    trusted roots are fetched when it is first used.
    """

    def __init__(self) -> None:
        self._trusted: Optional[_weightmark.Trusted] = None

    def _load(self) -> _weightmark.Trusted:
        raise NotImplementedError

    def _resolve(self) -> _weightmark.Trusted:
        if self._trusted is None:
            self._trusted = self._load()
        return self._trusted

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_trusted": None}


class KeyTrust(Trust):
    """Accepts a signature by any of these public keys.

    Args:
        paths: PEM files.
        logs: with `sigstore()`, accepts only what a transparency log of that Sigstore has.

    Raises:
        Refused: key-malformed, key-unsupported.
        Undecided: file-not-found and others of reading.

    Example:
        >>> bool(weightmark.verify("model", weightmark.KeyTrust("publisher.pub")))
        True
    """

    def __init__(self, *paths: PathLike, logs: Optional[SigstoreRoot] = None) -> None:
        super().__init__()
        if not paths:
            raise errors.make("usage", "no public key is named")
        self._paths = [os.fspath(path) for path in paths]
        self._logs = logs
        if logs is None:
            self._resolve()

    def _load(self) -> _weightmark.Trusted:
        return _weightmark.trust_keys(self._paths, self._logs._places() if self._logs else None)

    def __repr__(self) -> str:
        return f"KeyTrust({', '.join(map(repr, self._paths))})"


class CertificateTrust(Trust):
    """Accepts a signature by a certificate under any of these roots.

    Args:
        paths: PEM files of trusted roots; of other certificates in them chains are built.
        clocks: PEM files, one a timestamp authority: its certificates, the signer's first.

    Raises:
        Refused: certificate-malformed.
        Undecided: file-not-found and others of reading.

    Example:
        >>> weightmark.CertificateTrust("root.pem", clocks=["authority.pem"])
        CertificateTrust('root.pem')
    """

    def __init__(self, *paths: PathLike, clocks: Sequence[PathLike] = ()) -> None:
        super().__init__()
        if not paths:
            raise errors.make("usage", "no trusted root is named")
        self._paths = [os.fspath(path) for path in paths]
        self._clocks = [os.fspath(path) for path in clocks]
        self._resolve()

    def _load(self) -> _weightmark.Trusted:
        return _weightmark.trust_certificates(self._paths, self._clocks)

    def __repr__(self) -> str:
        return f"CertificateTrust({', '.join(map(repr, self._paths))})"


class SigstoreRoot:
    """Which Sigstore's logs and authorities count.

    Args:
        trusted_root: a trusted_root.json; where absent, what Sigstore's own repository
            vouches for.
        trust_config: the same in a client's trust configuration.
        offline: ask nobody: what was verified last, or came with this package.
        staging: Sigstore's instance for tests.

    Example:
        >>> logged = weightmark.KeyTrust("publisher.pub", logs=weightmark.SigstoreRoot(offline=True))
    """

    def __init__(self, trusted_root: Optional[PathLike] = None, *, trust_config: Optional[PathLike] = None,
                 offline: bool = False, staging: bool = False) -> None:
        if (trusted_root is not None) + (trust_config is not None) + staging > 1:
            raise errors.make("usage", "give one of trusted_root, trust_config and staging")
        self._trusted_root = os.fspath(trusted_root) if trusted_root is not None else ""
        self._trust_config = os.fspath(trust_config) if trust_config is not None else ""
        self._offline = offline
        self._staging = staging

    def _places(self) -> _weightmark.TrustPlaces:
        places = _weightmark.TrustPlaces()
        places.trusted_root = self._trusted_root
        places.trust_config = self._trust_config
        places.offline = self._offline
        places.staging = self._staging
        return places


class SigstoreTrust(Trust):
    """Accepts a signature by an identity, as Sigstore's authorities and logs confirm it.

    Args:
        identity: who must have signed: an address or a workflow's URI; or a list of
            (identity, provider).
        provider: the URL of who confirmed it. Both are compared: anyone can have an
            account of that name somewhere.
        patterns: both are POSIX extended regular expressions that must match the whole.
        trusted_root, trust_config, offline, staging: as in SigstoreRoot.

    Raises (when it is first used):
        Undecided: what cannot be fetched; Refused: trusted-root-*, tuf-*.

    Example:
        >>> publisher = weightmark.SigstoreTrust("me@example.org", "https://accounts.google.com")
    """

    def __init__(self, identity: Union[str, Sequence[Tuple[str, str]]], provider: Optional[str] = None, *,
                 patterns: bool = False, trusted_root: Optional[PathLike] = None,
                 trust_config: Optional[PathLike] = None, offline: bool = False, staging: bool = False) -> None:
        super().__init__()
        if isinstance(identity, str):
            if provider is None:
                raise errors.make("usage", "an identity needs its provider", identity,
                                  "anyone can have an account of that name somewhere")
            self._identities: List[Tuple[str, str]] = [(identity, provider)]
        else:
            self._identities = [(name, confirmed_by) for name, confirmed_by in identity]
        if not self._identities:
            raise errors.make("usage", "no identity is named")
        self._patterns = patterns
        self._root = SigstoreRoot(trusted_root, trust_config=trust_config, offline=offline, staging=staging)

    def _load(self) -> _weightmark.Trusted:
        return _weightmark.trust_identities(self._identities, self._patterns, self._root._places())

    def __repr__(self) -> str:
        return f"SigstoreTrust({self._identities!r})"


class Policy(Trust):
    """Who may publish which models, and what else is demanded (docs/policy.md).

    Make it by `Policy.load` or `Policy.parse`.

    Raises:
        Refused: policy-syntax, policy-malformed and others of what it says.

    Example:
        >>> bool(weightmark.verify("model", weightmark.Policy.load("policy.yaml")))
        True
    """

    def __init__(self, *, path: str = "", text: str = "", files: Optional[Callable[[str], Union[str, bytes]]] = None,
                 root: Optional[SigstoreRoot] = None) -> None:
        super().__init__()
        self._path = path
        self._text = text
        self._files = files
        self._root = root or SigstoreRoot()

    @classmethod
    def load(cls, path: PathLike, *, root: Optional[SigstoreRoot] = None) -> Policy:
        """Returns the policy of a YAML or JSON file.

        Args:
            path: the file; what it names lies beside it.
            root: for signers with identities, where the policy names no trusted root.
        """
        return cls(path=os.fspath(path), root=root)

    @classmethod
    def parse(cls, text: str, *, files: Optional[Callable[[str], Union[str, bytes]]] = None,
              root: Optional[SigstoreRoot] = None) -> Policy:
        """Returns the policy of a text.

        Args:
            text: YAML or JSON.
            files: returns the content of a file that the policy names.
            root: as in `load`.
        """
        return cls(text=text, files=files, root=root)

    def _load(self) -> _weightmark.Trusted:
        if self._path:
            return _weightmark.trust_policy_file(self._path, self._root._places())
        return _weightmark.trust_policy_text(self._text, self._files, self._root._places())

    def __repr__(self) -> str:
        return f"Policy.load({self._path!r})" if self._path else "Policy.parse(…)"


class Warn:
    """A policy that is only warned about (`warn`)."""

    def __init__(self, trust: Optional[Trust]) -> None:
        self.trust = trust

    def __repr__(self) -> str:
        return f"warn({self.trust!r})"


def warn(policy: Optional[Trust] = None) -> Warn:
    """Makes loaders load what does not verify, and say so loudly.

    It is for the days before a model is signed, and never the default: nothing protects
    whoever loads a model like that. `policy="warn"` is `policy=warn()`.

    Args:
        policy: whom to trust; None as in `policy=None`.

    Example:
        >>> weightmark.warn(weightmark.KeyTrust("publisher.pub"))
        warn(KeyTrust('publisher.pub'))
    """
    return Warn(policy)


AnyPolicy = Union[Trust, Warn, str, None]
"""What loaders take as `policy=`."""


def is_warning(policy: AnyPolicy) -> bool:
    """Says whether a policy is one that only warns."""
    return isinstance(policy, Warn) or policy == "warn"


def trust_of(policy: AnyPolicy) -> Trust:
    """Returns whom a policy trusts; the default is the file that WEIGHTMARK_POLICY names.

    Raises:
        UsageError: where there is none.
    """
    if isinstance(policy, Warn):
        policy = policy.trust
    if isinstance(policy, str) and policy != "warn":
        raise errors.make("usage", "a policy is an object, or \"warn\"", policy, "Policy.load reads a file")
    if isinstance(policy, Trust):
        return policy
    default = os.environ.get("WEIGHTMARK_POLICY")
    if not default:
        raise errors.make("usage", "nobody is trusted", "",
                          "give policy=, such as KeyTrust(\"publisher.pub\"), or name a file in WEIGHTMARK_POLICY")
    return Policy.load(default)
