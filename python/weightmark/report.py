"""Reports: every check that verification made, its outcome, and every file."""
from __future__ import annotations

import html
import json
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from . import errors
from ._weightmark import Manifest


class FileReport(NamedTuple):
    """What became of one file.

    Example:
        >>> weightmark.verify("model", policy).files[0][:3]
        ('config.json', 'tree', 2)
    """

    name: str
    coverage: str  # "tree", "whole", "kernel", "ignored", "not-covered" or "failed"
    size: Optional[int]  # bytes; None where it was not looked at
    error: Optional[errors.WeightmarkError]


class Report:
    """What a verification came to. It is true exactly where the model is verified.

    A notebook shows it as a small table.

    Attributes:
        verdict: "verified", "refused", "undecided", or "unsigned" where a policy allows that.
        manifest: which files were signed; None unless all of it holds.

    Example:
        >>> report = weightmark.verify_only_reports("model", policy)
        >>> bool(report), report.verdict, report.name
        (True, 'verified', 'model')
        >>> bool(weightmark.verify_only_reports("model", policy, name="another"))
        False
    """

    def __init__(self, text: str, manifest: Optional[Manifest] = None) -> None:
        self._text = text
        self._data: Dict[str, Any] = json.loads(text)
        self.verdict: str = self._data["verdict"]
        self.manifest = manifest

    def __bool__(self) -> bool:
        return self.verdict == "verified" and self.manifest is not None

    @property
    def model(self) -> str:
        """The model's path, as it was given."""
        return str(self._data["model"])

    @property
    def signature(self) -> str:
        """The path of the signature; empty where none was found."""
        return str(self._data["signature"])

    @property
    def signer(self) -> Optional[str]:
        """Who signed; None unless the signature holds."""
        return _describe_signer(self._data["signer"]) if "signer" in self._data else None

    @property
    def name(self) -> Optional[str]:
        """What the publisher calls the model; None unless the signature holds."""
        return self._data["subject"]["name"] if "subject" in self._data else None

    @property
    def root(self) -> Optional[str]:
        """The OMS root digest as "sha256:hex"; None unless the signature holds."""
        return "sha256:" + self._data["subject"]["digest"]["sha256"] if "subject" in self._data else None

    @property
    def files(self) -> List[FileReport]:
        """Every file that was signed, or is in the way."""
        return [FileReport(file["name"], file["coverage"], file.get("size"), self._error(file.get("error")))
                for file in self._data["files"]]

    @property
    def warnings(self) -> List[str]:
        """What was noticed and does not change the verdict."""
        return list(self._data["warnings"])

    @property
    def error(self) -> Optional[errors.WeightmarkError]:
        """The first thing that does not hold, as the exception that verify raises."""
        found = [self._error(check.get("error")) for check in self._data["checks"]]
        return next((error for error in found if error), None)

    def to_dict(self) -> Dict[str, Any]:
        """Returns the document of docs/report.schema.json."""
        return dict(json.loads(self._text))

    def to_json(self) -> str:
        """Returns the same as text, as `weightmark verify --json` writes it."""
        return self._text

    def _error(self, found: Optional[Dict[str, str]]) -> Optional[errors.WeightmarkError]:
        if found is None:
            return None
        error = errors.make(found["code"], found["what"], found.get("subject", ""), found.get("hint", ""))
        error.signer = self.signer
        error.report = self
        return error

    def _rows(self) -> List[Tuple[str, str]]:
        rows = [("model", self.model), ("verdict", self.verdict)]
        if self.error:
            rows.append(("because", str(self.error)))
        if self.signer:
            rows.append(("signed by", self.signer))
        for time in self._data.get("signer", {}).get("times", []):
            rows.append(("at", f"{time['time']}, attested by {time['by']}"))
        if self.name is not None and self.root:
            rows += [("as", self.name), ("root digest", self.root)]
        rows.append(("files", _describe_files(self.files)))
        rows += [("warning", warning) for warning in self.warnings]
        return rows

    def __repr__(self) -> str:
        width = max(len(what) for what, _ in self._rows())
        return "\n".join(f"{what:<{width}}  {errors._escape(text)}" for what, text in self._rows())

    def _repr_html_(self) -> str:
        colour = "#1a7f37" if self else "#b35900" if self.verdict == "unsigned" else "#cf222e"
        cells = "".join(
            f"<tr><th style='text-align:left'>{html.escape(what)}</th><td style='text-align:left'>"
            f"{html.escape(errors._escape(text))}</td></tr>" for what, text in self._rows())
        return f"<table style='border-left:4px solid {colour}'>{cells}</table>"


def _describe_signer(signer: Dict[str, Any]) -> str:
    if signer.get("identity"):
        identity = signer["identity"]
        return f"{identity['names'][0]['value']}, confirmed by {identity['provider']}"
    if signer.get("chain"):
        return str(signer["chain"][0]["subject"])
    return f"{signer['keyType']} key {signer['keyFingerprint']}"


def _describe_files(files: List[FileReport]) -> str:
    counts: Dict[str, int] = {}
    for file in files:
        counts[file.coverage] = counts.get(file.coverage, 0) + 1
    return ", ".join(f"{count} {coverage}" for coverage, count in sorted(counts.items())) or "none looked at"
