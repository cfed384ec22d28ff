"""Bills of materials, against the schemas that CycloneDX's own library has."""
import json
import subprocess
from pathlib import Path

from cyclonedx.model.bom import Bom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

TRAINING = Path(__file__).resolve().parents[1] / "cli/training.json"
# Provenance of another builder, with members that a bill of materials cannot take as they are.
OTHER = {
    "buildDefinition": {
        "buildType": "https://actions.github.io/buildtypes/workflow/v1",
        "externalParameters": {"workflow": {"ref": "refs/heads/main", "path": "a b"}},
        "resolvedDependencies": [{"uri": "git+https://github.com/acme/tiny@refs/heads/main", "digest": {"gitCommit": "é"}},
                                 {"name": "größe \u202e", "uri": "not a reference <>", "mediaType": "no type at all"}]},
    "runDetails": {"builder": {"id": "https://example.com/builder"}}}


def make_model(folder, predicate, card):
    folder.mkdir()
    (folder / "weights.bin").write_bytes(b"weights")
    (folder / "README.md").write_text(card, encoding="utf-8")
    (folder.parent / f"{folder.name}.json").write_text(json.dumps(predicate), encoding="utf-8")
    return folder


def bom_of(weightmark, keys, model, *options):
    key = ["key", "--private-key", keys / "p256.pem"]
    subprocess.run([weightmark, "attest", *key, "-q", "--type", "slsaprovenance1", "--predicate",
                    model.parent / f"{model.name}.json", model], check=True)
    output = model.parent / f"{model.name}.bom.json"
    subprocess.run([weightmark, "bom", "key", "--public-key", keys / "p256.pub", "-q", "--output", output, *options,
                    model], check=True)
    return output.read_text(encoding="utf-8")


def validate_all(folder, weightmark, keys, results):
    """Each bill in both versions; a broken one, so that a validator that takes anything is noticed."""
    models = [make_model(folder / "bom", json.loads(TRAINING.read_text(encoding="utf-8")),
                         "---\nlicense: mit\npipeline_tag: text-generation\n---\n"),
              make_model(folder / "bom-other", OTHER, "---\nlicense: [some licence]\n---\n")]
    for model in models:
        for name, version in (("1.6", SchemaVersion.V1_6), ("1.7", SchemaVersion.V1_7)):
            text = bom_of(weightmark, keys, model, "--spec-version", name)
            validator = JsonStrictValidator(version)
            problem = validator.validate_str(text)
            results.check(f"CycloneDX {name} of {model.name}", problem is None, str(problem)[:2000])
            broken = json.loads(text)
            broken["metadata"]["component"]["type"] = "model"
            results.check(f"CycloneDX {name} of {model.name}, broken", validator.validate_str(json.dumps(broken)) is not None)
            read_back(json.loads(text), f"CycloneDX {name} of {model.name}, read", results)


def read_back(document, what, results):
    """The library's own types have no formulation, nor model cards in all versions: without these it reads the rest."""
    del document["formulation"]
    del document["metadata"]["component"]["modelCard"]
    bom = Bom.from_json(document)
    results.check(what, bom.metadata.component.type.value == "machine-learning-model" and
                  len(bom.components) == len(document["components"]), str(bom))
