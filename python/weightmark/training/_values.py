"""What scripts give, as the scalars that a report has. Secrets are no hyperparameters."""
from __future__ import annotations

import argparse
import dataclasses
import enum
import json
import math
import os
import re
from typing import Any, Iterator, List, Mapping, Optional, Tuple, Union
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from ._file import tell

__all__ = ["MAX_NAME", "as_mapping", "chunks", "decimal", "fits", "flatten", "place", "scalar", "text"]

Scalar = Union[str, int, bool]

MAX_TEXT = 4096  # bytes of a value
MAX_NAME = 256
MAX_VALUES = 2048  # of one call
MAX_DEPTH = 6
CHUNK = 32 << 10  # bytes of names and values in one line
# Not eos_token, nor max_tokens.
_SECRET = re.compile(r"(^|[._\-/])(pass(word|wd|phrase)?|secret|credentials?|(private|access|api|secret|ssh)[._\-]?key|"
                     r"(access|api|auth|bearer|hf|hub|id|refresh|session)[._\-]?token)$|(^|[./])token$", re.IGNORECASE)
# How well-known secrets begin: of GitHub, GitLab, Hugging Face, Slack, AWS, OpenAI, PEM, JWT.
_SECRET_VALUE = re.compile(r"gh[pousr]_|github_pat_|glpat-|hf_[A-Za-z]|xox[abpr]-|AKIA[0-9A-Z]{12}|sk-|-----BEGIN |"
                           r"eyJ[\w-]+\.eyJ")
_SIGNED_QUERY = re.compile(r"signature|token|secret|credential|password|^sig$|key", re.IGNORECASE)


def decimal(value: float) -> str:
    """A number as text that says exactly which: "2e-05", "nan", "inf"."""
    return "nan" if math.isnan(value) else repr(float(value))


def scalar(value: Any) -> Union[Scalar, None]:
    """The value as a report may have it; None where it has no such form."""
    if isinstance(value, enum.Enum):
        value = value.value
    if isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return int(value) if abs(value) < 1 << 63 else str(value)
    if isinstance(value, float):
        return decimal(value)
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    if callable(getattr(value, "item", None)) and getattr(value, "shape", None) == ():  # NumPy, PyTorch
        return scalar(value.item())
    # A torch.dtype or a torch.device: short, and the same each time.
    return str(value) if type(value).__module__ == "torch" and type(value).__name__ in ("dtype", "device") else None


def fits(value: str, limit: int, least: int = 1) -> bool:
    """Whether a reader takes a text of that length, in bytes."""
    return least <= len(value.encode("utf-8", "replace")) <= limit


def text(value: Optional[str], limit: int = MAX_TEXT) -> Any:
    """The same text, if a reader takes it."""
    if value is not None and not fits(value, limit):
        raise ValueError(f"a text of {len(value)} characters")
    return value


def as_mapping(values: Any) -> Mapping[Any, Any]:
    """A mapping, a dataclass or what argparse returned, as a mapping."""
    if isinstance(values, Mapping):
        return values
    if isinstance(values, argparse.Namespace):
        return vars(values)
    if dataclasses.is_dataclass(values) and not isinstance(values, type):
        return {field.name: getattr(values, field.name) for field in dataclasses.fields(values)}
    raise TypeError(f"hyperparameters are a mapping, a dataclass or a namespace, not {type(values).__name__}")


def _pairs(values: Mapping[Any, Any], prefix: str, depth: int) -> Iterator[Tuple[str, Any]]:
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, (list, tuple)):
            value = _list(value)
        elif isinstance(value, Mapping) or dataclasses.is_dataclass(value) and not isinstance(value, type):
            if depth < MAX_DEPTH:
                yield from _pairs(as_mapping(value), name + ".", depth + 1)
            continue
        yield name, value


def _list(values: Any) -> Any:
    """A short list of scalars, as JSON text; other lists are data, and left out."""
    found = [scalar(value) for value in values[:65]]
    return json.dumps(found) if len(found) <= 64 and None not in found else None


def is_secret(name: str, value: Any) -> bool:
    """Whether a name is one that secrets have, or a value looks like one."""
    return bool(_SECRET.search(name) or isinstance(value, str) and _SECRET_VALUE.match(value))


def flatten(values: Any) -> dict[str, Scalar]:
    """{"optimizer.lr": "0.1"} of {"optimizer": {"lr": 0.1}}; without what is no scalar, and without secrets."""
    found: dict[str, Scalar] = {}
    for name, value in _pairs(as_mapping(values), "", 0):
        value = scalar(value)
        if value is None or not fits(name, MAX_NAME) or isinstance(value, str) and not fits(value, MAX_TEXT, 0):
            continue
        if is_secret(name, value):
            tell(f"the hyperparameter {name} looks like a secret, and is not reported")
        elif len(found) < MAX_VALUES or name in found:
            found[name] = place(value) if isinstance(value, str) and "://" in value else value
    return found


def chunks(values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The same in parts that fit a line each."""
    part: dict[str, Any] = {}
    size = 0
    for name, value in values.items():
        cost = len(json.dumps([name, value])) + 2
        if part and size + cost > CHUNK:
            yield part
            part, size = {}, 0
        part[name] = value
        size += cost
    if part:
        yield part


def place(uri: str) -> str:
    """A URI without what lets somebody in: a user's password, a signed query."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return uri.split("?")[0]
    host = parts.netloc.rpartition("@")[2]
    query: List[Tuple[str, str]] = parse_qsl(parts.query, keep_blank_values=True)
    kept = "" if any(_SIGNED_QUERY.search(name) for name, _ in query) else parts.query
    # hf://datasets/acme/data@refs/tags/1 has an @ in its path, which is no password.
    return urlunsplit((parts.scheme, host, parts.path, kept, parts.fragment)) if parts.netloc else uri
