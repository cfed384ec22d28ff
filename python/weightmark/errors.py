"""Exceptions, one for each error code.

`docs/errors.md` lists the codes and says what to do about each. The class of the code
`file-mismatch` is `weightmark.errors.FileMismatch`; those above it are `Refused`,
`Undecided`, `UsageError` and `Interrupted`, and above all of them `WeightmarkError`:

    try:
        weightmark.verify("model", policy)
    except weightmark.errors.FileMismatch as error:
        print(error.subject, "is not what", error.signer, "signed")
    except weightmark.Refused as error:
        print(error.code)
"""
from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Dict, Optional, Type

from . import _weightmark

if TYPE_CHECKING:
    from .report import Report


class WeightmarkError(Exception):
    """What did not hold, or could not be done.

    Attributes:
        code: the stable error code, such as "file-mismatch".
        what: what happened.
        subject: to what: a file, a field, a URI; may be empty.
        hint: what to do about it; may be empty.
        signer: who signed the model, where its signature holds; else None.
        report: the report of the verification that failed, where there is one.
    """

    code = ""

    def __init__(self, what: str, subject: str = "", hint: str = "", signer: Optional[str] = None,
                 report: Optional[Report] = None) -> None:
        super().__init__(what, subject, hint)
        self.what = what
        self.subject = subject
        self.hint = hint
        self.signer = signer
        self.report = report

    def __str__(self) -> str:
        text = f"{_escape(self.subject)}: {_escape(self.what)}" if self.subject else _escape(self.what)
        if self.signer:
            text += f" (signed by {_escape(self.signer)})"
        if self.hint:
            text += f"; {_escape(self.hint)}"
        return f"{text} [{self.code}]"

    def __reduce__(self) -> Any:
        return (_restore, (self.code, self.what, self.subject, self.hint, self.signer))


class Refused(WeightmarkError):
    """It was looked at, and it is not as it must be."""


class UsageError(WeightmarkError):
    """The request itself is wrong."""


class Undecided(WeightmarkError):
    """It could not be looked at, which is a refusal all the same."""


class Interrupted(WeightmarkError):
    """It was stopped by the caller."""


def _escape(text: str) -> str:
    """Makes control characters visible: names come from untrusted files."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _class_name(code: str) -> str:
    name = "".join(part.capitalize() for part in code.split("-"))
    # The code "usage" is that of the class above it, "interrupted" as well.
    return {"Usage": "UsageProblem", "Interrupted": "WorkInterrupted"}.get(name, name)


def _make_classes() -> Dict[str, Type[WeightmarkError]]:
    # By the exit statuses of the command.
    above: Dict[int, Type[WeightmarkError]] = {1: Refused, 2: UsageError, 3: Undecided, 130: Interrupted}
    classes = {}
    for code, status, meaning in _weightmark.error_codes():
        members = {"code": code, "__doc__": meaning, "__module__": __name__}
        classes[code] = type(_class_name(code), (above[status],), members)
    return classes


CODES = _make_classes()
"""The class of each code."""

globals().update({found.__name__: found for found in CODES.values()})


def make(code: str, what: str, subject: str = "", hint: str = "") -> WeightmarkError:
    """Returns the exception of a code. What the command calls --some-option is some_option= here.

    Example:
        >>> weightmark.errors.make("file-missing", "was signed but is not there", "config.json")
        FileMissing('was signed but is not there', 'config.json', '')
    """
    return CODES[code](what, subject, re.sub(r"--([a-z][a-z-]+)", lambda m: m[1].replace("-", "_") + "=", hint))


def _restore(code: str, what: str, subject: str, hint: str, signer: Optional[str]) -> WeightmarkError:
    error = CODES[code](what, subject, hint) if code in CODES else WeightmarkError(what, subject, hint)
    error.signer = signer
    return error


def __getattr__(name: str) -> Type[WeightmarkError]:
    """For type checkers: the classes are made when this module is imported."""
    raise AttributeError(f"there is no error of the name {name}")
