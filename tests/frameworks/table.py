"""docs/frameworks-table.md: what every loader answers in every case, from a run.

usage: table.py RESULTS.jsonl PAGE.md [--update]

Fails where the page is not what the run made; --update writes it.
"""
import json
import sys
from pathlib import Path

from cases import CASES

HEAD = """\
# What each {which}loader answers

Written by `./dev test {stage}`, which fails where a run gives another table. A row is a loader, a column a case;
in it is the [error code](errors.md) with which nothing was loaded: no tensor, no file mapped, no descriptor, no
temporary folder. "loaded" means that what was loaded is what was signed, byte for byte; under `warn`, that it was
loaded with a warning. "–" is a case that cannot be: a single signed file has no folder around it.

"""


def read(path):
    """{framework: {case: result}}, in the order of the run."""
    rows = {}
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        result = json.loads(line)
        row = rows.setdefault(result["framework"], {})
        known = row.setdefault(result["case"], result)
        if known != result:
            raise SystemExit(f"two results of {result['framework']}, {result['case']}: {known} and {result}")
    return rows


def cell(result):
    if result is None or "omitted" in result:
        return "–"
    if result["code"] is None:
        return "loaded" if result["loaded"] else "?"
    return f"`{result['code']}`" + (" **but loaded**" if result["loaded"] else "")


def table(rows):
    names = [case.name for case in CASES]
    others = sorted({name for row in rows.values() for name in row} - set(names))
    if others:
        raise SystemExit(f"results of cases that cases.py does not have: {', '.join(others)}")
    lines = ["| loader | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for framework in sorted(rows, key=str.casefold):
        lines.append("| " + " | ".join([framework, *(cell(rows[framework].get(name)) for name in names)]) + " |")
    return "\n".join(lines) + "\n"


def legend():
    return "\n".join(["", "| case | what it is |", "|---|---|", *(f"| {c.name} | {c.title} |" for c in CASES)]) + "\n"


def left_out(rows):
    """Why a case is left out, where the reason is the adapter's own."""
    reasons = {(framework, case, result["omitted"]) for framework, row in rows.items()
               for case, result in row.items() if "omitted" in result}
    own = sorted(reason for reason in reasons if "not its folder" not in reason[2])
    if not own:
        return ""
    return "\nLeft out besides:\n\n" + "".join(f"- {framework}, {case}: {why}.\n" for framework, case, why in own)


def head(target):
    """The beginning of the page, which tells its own stage by its name."""
    stage = Path(target).stem.removesuffix("-table")
    return HEAD.format(stage=stage, which="further " if stage.endswith("-more") else "")


def page(rows, target):
    return head(target) + table(rows) + left_out(rows) + legend()


def main(results, target, *options):
    made = page(read(results), target)
    path = Path(target)
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    if made == old:
        return 0
    if "--update" in options:
        path.write_text(made, encoding="utf-8")
        return 0
    before, after = set(old.splitlines()), made.splitlines()
    print("\n".join(line for line in after if line not in before))
    print(f"{target} is not what this run made; tests/frameworks/run --update writes it")
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
