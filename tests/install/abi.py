#!/usr/bin/env python3
"""Compares the C interface with what it was: weightmark.h and the library's symbols with
abi.txt, which lists each function, callback, handle and number.

usage: abi.py HEADER LIBRARY BASELINE [--update]

What the baseline lists must still be there and the same: programs were compiled against
it. What is new has to be in it too; --update adds that, and nothing else. HEADER is
weightmark.h of a folder in which "weightmark/export.h" is found.
"""
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ATTRIBUTE = re.compile(r'__attribute__\s*\(\(visibility\("default"\)\)\)')
FUNCTION = re.compile(r"^(.*?)\b(weightmark_\w+)\s*\((.*)\)$")
CALLBACK = re.compile(r"^typedef\s+(.*?)\(\s*\*\s*(weightmark_\w+)\s*\)\s*\((.*)\)$")
HANDLE = re.compile(r"^typedef\s+struct\s+(weightmark_\w+)\s+(weightmark_\w+)$")
ENUM = re.compile(r"^enum\s+(weightmark_\w+)\s*\{(.*)\}$")
LAST_NAME = re.compile(r"(?<=[\s*])[a-z_]\w*$")


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def declarations(header):
    """The header's own declarations, each on one line."""
    compiler = shlex.split(os.environ.get("CC", "cc"))
    text = run(*compiler, "-E", "-P", "-x", "c", "-std=c99", "-I", str(Path(header).parents[1]), header)
    text = ATTRIBUTE.sub("", text)
    return [" ".join(one.split()) for one in re.split(r";(?![^{]*\})", text) if "weightmark_" in one]


def spaced(text):
    return re.sub(r"\s*\*\s*", "* ", text).replace("* *", "**").strip()


def parameter(text):
    """Its type: names may change."""
    words = spaced(text)
    return words if words in ("void", "int", "...") else LAST_NAME.sub("", words).strip()


def parameters(text):
    return ", ".join(parameter(one) for one in text.split(","))


def numbers(name, body):
    """Each has to say its value, so that none moves when another is inserted."""
    for one in filter(None, (part.strip() for part in body.split(","))):
        constant, sign, value = (part.strip() for part in one.partition("="))
        if not sign:
            raise SystemExit(f"{constant} of enum {name} has no value of its own")
        yield constant, f"enum {name}: {constant} = {value}"


def describe(declaration):
    """(name, line) of all that a declaration declares."""
    if match := CALLBACK.match(declaration):
        return [(match[2], f"callback {spaced(match[1])} {match[2]}({parameters(match[3])})")]
    if match := HANDLE.match(declaration):
        return [(match[2], f"handle {match[2]}")]
    if match := ENUM.match(declaration):
        return list(numbers(match[1], match[2]))
    if match := FUNCTION.match(declaration):
        return [(match[2], f"function {spaced(match[1])} {match[2]}({parameters(match[3])})")]
    raise SystemExit(f"cannot be read: {declaration}")


def interface(header):
    return dict(pair for one in declarations(header) for pair in describe(one))


def baseline(path):
    lines = [line for line in Path(path).read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    name = re.compile(r"(weightmark_\w+)\(|^handle (\w+)|: (\w+) =")
    return {next(filter(None, name.search(line).groups())): line for line in lines}


def exported(library):
    """The symbols of C, each with the version that programs ask the loader for."""
    lines = run("nm", "-D", "--defined-only", library).splitlines()
    return {line.split()[-1] for line in lines if re.search(r" [TW] weightmark_", line)}


def compare_symbols(now, library):
    wanted = {f"{name}@@WEIGHTMARK_0" for name, line in now.items() if line.startswith("function")}
    found = exported(library)
    return [f"declared, but not exported: {name}" for name in sorted(wanted - found)] + \
           [f"exported, but not declared: {name}" for name in sorted(found - wanted)]


def compare(now, before):
    """What no program compiled against `before` would survive."""
    problems = [f"removed: {before[name]}" for name in sorted(before) if name not in now]
    return problems + [f"changed: {before[name]}\n     to: {now[name]}" for name in sorted(before)
                       if name in now and now[name] != before[name]]


def write(path, now):
    head = "# The C interface that programs are compiled against; tests/install/abi.py compares it.\n" \
           "# Lines are added by its --update. None is changed or taken out before the soname changes.\n"
    Path(path).write_text(head + "".join(f"{line}\n" for line in sorted(now.values())), encoding="utf-8")


def main(header, library, path, *options):
    now, before = interface(header), baseline(path) if Path(path).exists() else {}
    problems = compare(now, before)
    added = [now[name] for name in sorted(now) if name not in before]
    if not problems and added and "--update" in options:
        write(path, now)
    elif added:
        problems += [f"new, and not in the baseline (--update adds it): {line}" for line in added]
    problems += compare_symbols(now, library)
    print("\n".join(problems) or f"{len(now)} declarations are as they were")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
