#!/usr/bin/env python3
"""Checks that standard input is one JSON document of a schema that Weightmark names.

usage: json_shape.py NAME, such as weightmark.report.v1

Where docs/ has the JSON schema (docs/report.schema.json), the document is checked
against it with the part of JSON Schema that it uses. Otherwise, and for the other
documents, it must have the members below.
"""
import json
import re
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"

TEXT = {"type": "string"}
COUNT = {"type": "integer", "minimum": 0}
HEX = {"type": "string", "pattern": "^[0-9a-f]{64}$"}


def document(name, required, /, **properties):
    return {"type": "object", "required": ["schema", *required], "additionalProperties": False,
            "properties": {"schema": {"const": name}, **properties}}


def array(items):
    return {"type": "array", "items": items}


DIGESTS = {"type": "object", "required": ["sha256"], "additionalProperties": False,
           "properties": {"sha256": HEX, "weightmarkManifestV1": HEX}}
PARTIES = array({"type": "object", "required": ["url", "operator", "id", "key", "start", "end", "state"]})
SUBJECT = {"type": "object", "required": ["name", "digest"], "properties": {"name": TEXT, "digest": DIGESTS}}
ERROR = {"type": "object", "required": ["code", "what"],
         "properties": {"code": {"type": "string", "pattern": "^[a-z0-9-]+$"}, "what": TEXT}}

REPORT = document(
    "weightmark.report.v1",
    ["verdict", "exitStatus", "model", "signature", "time", "checks", "files", "warnings", "bytesHashed",
     "partial"],
    verdict={"enum": ["verified", "refused", "undecided", "unsigned"]}, exitStatus={"enum": [0, 1, 3, 4, 130]},
    model=TEXT, signature=TEXT, time={"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
    bytesHashed=COUNT, partial={"type": "boolean"}, warnings=array(TEXT), signer={"type": "object"}, subject={"type": "object"},
    policy={"type": "object"}, trust={"type": "object", "required": ["from"]},
    provenance={"type": "object", "required": ["answer", "findings", "statements", "level", "levelReason"]},
    content=array({"type": "object", "required": ["file", "kind", "detail"]}),
    checks=array({"type": "object", "required": ["id", "outcome", "detail"],
                  "properties": {"outcome": {"enum": ["passed", "failed", "not-checked"]}, "error": ERROR}}),
    files=array({"type": "object", "required": ["name", "coverage"],
                 "properties": {"coverage": {"enum": ["whole", "tree", "kernel", "ignored", "not-covered",
                                                      "failed"]}, "size": COUNT, "error": ERROR, "note": TEXT}}))

SHAPES = {
    "weightmark.report.v1": REPORT,
    "weightmark.signed.v1": document(
        "weightmark.signed.v1", ["signature", "signer", "subject", "files", "bytes", "reused", "warnings"],
        signature=TEXT, signer={"type": "object"}, subject=SUBJECT, files=COUNT, bytes=COUNT, reused=COUNT, warnings=array(TEXT)),
    "weightmark.attestation.v1": document(
        "weightmark.attestation.v1", ["name", "type", "predicate", "signer", "checks"],
        name=TEXT, type=TEXT, predicate={"type": "object"}, signer={"type": "object"}, checks={"type": "array"}),
    "weightmark.provenance-report.v1": document(
        "weightmark.provenance-report.v1",
        ["verdict", "exitStatus", "model", "provenance", "time", "checks", "warnings"],
        verdict={"enum": ["verified", "refused", "undecided"]}, exitStatus=COUNT, model=TEXT, provenance=TEXT, time=TEXT,
        level=COUNT, levelReason=TEXT, statement={"type": "object", "required": ["path", "signer", "facts"]},
        platform={"type": "object"}, checks={"type": "array"}, warnings=array(TEXT)),
    "weightmark.digest.v1": document(
        "weightmark.digest.v1", ["subject", "resources", "bytes", "warnings"],
        subject=SUBJECT, bytes=COUNT, warnings=array(TEXT),
        resources=array({"type": "object", "required": ["name", "algorithm", "digest"],
                         "properties": {"name": TEXT, "digest": {"type": "string", "pattern": "^[0-9a-f]+$"}}})),
    "weightmark.kernels.v1": document(
        "weightmark.kernels.v1", ["kernels"],
        kernels=array({"type": "object", "required": ["name", "lanes", "supported", "forMany", "forOne"],
                       "properties": {"name": TEXT, "lanes": COUNT}})),
    "weightmark.inspect.v1": document(
        "weightmark.inspect.v1", ["verified", "signature", "mediaType", "chain", "statement"],
        verified={"const": False}, signature=TEXT, mediaType=TEXT, keyFingerprint=TEXT, logEntries=COUNT,
        timestamps=COUNT, declaredFiles=COUNT, chain=array({"type": "object", "required": ["subject", "issuer", "sha256"]}),
        identity={"type": "object", "required": ["names", "provider", "claims"]},
        statement={"type": "object", "required": ["_type", "subject", "predicateType", "predicate"]},
        provenance={"type": "object", "required": ["source", "inputs"]}, problem=TEXT),
    "weightmark.card.v1": document(
        "weightmark.card.v1", ["path", "card", "written", "outdated"],
        path=TEXT, card={"type": "object", "required": ["license", "baseModels", "datasets"]},
        written={"type": "boolean"}, outdated=array({"type": "object", "required": ["file", "why", "command"]}),
        compared={"type": "object"}),
    "weightmark.trust.v1": document(
        "weightmark.trust.v1", ["from", "certificateAuthorities", "logs", "certificateLogs", "timestampAuthorities"],
        vouchedUntil=TEXT, **{"from": TEXT, "certificateAuthorities": PARTIES, "logs": PARTIES,
                              "certificateLogs": PARTIES, "timestampAuthorities": PARTIES}),
    "weightmark.seal.v1": document(
        "weightmark.seal.v1", ["exitStatus", "files", "verification"],
        exitStatus={"enum": [0, 1, 2, 3, 130]}, verification=REPORT, error=ERROR,
        files=array({"type": "object", "required": ["name", "outcome", "size"],
                     "properties": {"name": TEXT, "size": COUNT, "error": ERROR,
                                    "outcome": {"enum": ["sealed", "sealed-before", "not-sealed", "failed"]}}})),
    "weightmark.digests.v1": document("weightmark.digests.v1", ["algorithm", "files"], algorithm=TEXT,
                                      files=array({"type": "object"})),
    "weightmark.error.v1": document(
        "weightmark.error.v1", ["code", "what", "subject", "hint"],
        code=ERROR["properties"]["code"], what=TEXT, subject=TEXT, hint=TEXT),
}

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def is_type(value, name):
    if name in ("integer", "number"):
        numbers = int if name == "integer" else (int, float)
        return isinstance(value, numbers) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


class Validator:
    """The part of JSON Schema 2020-12 that our schemas use; anything else is an error."""

    IGNORED = {"$schema", "$id", "$defs", "$comment", "title", "description", "examples", "default", "format"}

    def __init__(self, schema):
        self.root = schema

    def problems(self, value, schema, path="$"):
        for keyword, argument in schema.items():
            if keyword in self.IGNORED:
                continue
            check = getattr(self, "check_" + keyword.lstrip("$"), None)
            if check is None:
                raise NotImplementedError(f"the schema uses {keyword}")
            yield from check(value, argument, schema, path)

    def check_ref(self, value, argument, _, path):
        schema = self.root
        for part in argument.removeprefix("#/").split("/"):
            schema = schema[part]
        yield from self.problems(value, schema, path)

    def check_type(self, value, argument, _, path):
        names = argument if isinstance(argument, list) else [argument]
        if not any(is_type(value, name) for name in names):
            yield f"{path} is not of type {argument}"

    def check_const(self, value, argument, _, path):
        if value != argument:
            yield f"{path} is not {argument!r}"

    def check_enum(self, value, argument, _, path):
        if value not in argument:
            yield f"{path} is {value!r}, not one of {argument}"

    def check_pattern(self, value, argument, _, path):
        if isinstance(value, str) and not re.search(argument, value):
            yield f"{path} is {value!r}, not of the form {argument}"

    def check_minimum(self, value, argument, _, path):
        if is_type(value, "number") and value < argument:
            yield f"{path} is {value}, below {argument}"

    def check_minLength(self, value, argument, _, path):
        if isinstance(value, str) and len(value) < argument:
            yield f"{path} is shorter than {argument}"

    def check_minItems(self, value, argument, _, path):
        if isinstance(value, list) and len(value) < argument:
            yield f"{path} has fewer than {argument} items"

    def check_required(self, value, argument, _, path):
        if isinstance(value, dict):
            yield from (f"{path} lacks {name}" for name in argument if name not in value)

    def check_properties(self, value, argument, _, path):
        if isinstance(value, dict):
            for name in value.keys() & argument.keys():
                yield from self.problems(value[name], argument[name], f"{path}.{name}")

    def check_additionalProperties(self, value, argument, schema, path):
        if not isinstance(value, dict):
            return
        for name in value.keys() - schema.get("properties", {}).keys():
            if argument is False:
                yield f"{path} has an unknown member {name}"
            elif isinstance(argument, dict):
                yield from self.problems(value[name], argument, f"{path}.{name}")

    def check_items(self, value, argument, _, path):
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from self.problems(item, argument, f"{path}[{index}]")

    def check_allOf(self, value, argument, _, path):
        for schema in argument:
            yield from self.problems(value, schema, path)

    def check_anyOf(self, value, argument, _, path):
        if not any(not list(self.problems(value, schema, path)) for schema in argument):
            yield f"{path} matches none of its alternatives"

    check_oneOf = check_anyOf

    def check_if(self, value, argument, schema, path):
        holds = not list(self.problems(value, argument, path))
        yield from self.problems(value, schema.get("then" if holds else "else", {}), path)

    def check_then(self, *_):
        return ()

    check_else = check_then


def schemas_of(name):
    yield SHAPES[name]
    published = DOCS / f"{name.split('.')[1]}.schema.json"
    if published.is_file():
        yield json.loads(published.read_text(encoding="utf-8"))


def no_duplicates(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("the document has the same key twice")
    return members


def main():
    value = json.loads(sys.stdin.buffer.read().decode("utf-8"), object_pairs_hook=no_duplicates)
    problems = [problem for schema in schemas_of(sys.argv[1]) for problem in Validator(schema).problems(value, schema)]
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
