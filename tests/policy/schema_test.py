#!/usr/bin/env python3
"""Checks the examples of docs/policy.md against docs/policy.schema.json.

usage: schema_test.py ROOT

Without the packages yaml and jsonschema there is nothing to check with.
"""
import json
import re
import sys
from pathlib import Path

try:
    import jsonschema
    import yaml
except ImportError:
    sys.exit(77)


class Text(yaml.SafeLoader):
    """Takes times for text, as Weightmark does."""


Text.add_constructor("tag:yaml.org,2002:timestamp", yaml.SafeLoader.construct_yaml_str)


def accepts(validator, document):
    return not list(validator.iter_errors(document))


def variations(document):
    """Documents with one fault each."""
    yield {**document, "extra": 1}
    yield {**document, "schema": "weightmark.policy.v2"}
    yield {**document, "publishers": {}}
    yield {key: value for key, value in document.items() if key != "publishers"}
    yield {**document, "deny": ["0"]}
    yield {**document, "revoked": [{"identity": "x"}]}
    name, publisher = next(iter(document["publishers"].items()))
    for signer in [{}, {"key": "a", "identity": "b", "provider": "c"}, {"identity": "b"},
                   {"identity": "b", "provider": "c", "timestamps": 0}, {"certificate-authorities": []}]:
        yield {**document, "publishers": {name: {**publisher, "signers": {"one": signer}}}}
    for provenance in [None, {"extra": 1}, {"level": 4}, {"network": "none"}, {"complete": True}, {"datasets": ["x"]},
                       {"frameworks": {}}, {"inputs": {"digest": "required"}}, {"training": {"loss": "low"}},
                       {"inputs": {"signers": {"x": [{"identity": "y"}]}}}, {"summary": {"verifier": "v"}}]:
        yield {**document, "publishers": {name: {**publisher, "provenance": provenance}}}


def main():
    docs = Path(sys.argv[1]) / "docs"
    schema = json.loads((docs / "policy.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    page = (docs / "policy.md").read_text(encoding="utf-8")
    examples = [yaml.load(text, Text) for text in re.findall(r"```(?:yaml|json)\n(.*?)```", page, re.S)]
    problems = [f"example {i} is refused" for i, one in enumerate(examples) if not accepts(validator, one)]
    problems += [f"a fault is accepted: {fault}" for one in examples for fault in variations(one)
                 if accepts(validator, fault)]
    print("\n".join(problems) or f"{len(examples)} examples are as the schema says")
    return 1 if problems or len(examples) != 5 else 0


if __name__ == "__main__":
    sys.exit(main())
