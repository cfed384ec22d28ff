#!/usr/bin/env python3
"""Checks what ARCHITECTURE.md promises about the source tree.

usage: structure.py [ROOT]

Layers include only what lies below them, each heavy dependency has one place,
files have one subject and so stay short, and every error code is tested and
documented. Functions are kept short by clang-tidy.
"""
import re
import sys
from pathlib import Path

# Each group lies above those before it; layers of one group do not see each other.
LAYERS = [
    {"base"}, {"formats", "hash", "crypto"}, {"tlog"}, {"attest"}, {"model", "trust"}, {"verify"},
    {"read", "net"}, {"sign", "graph", "hub"}, {"login", "train"}, {"host", "capi"}, {"cli"},
]
RANK = {layer: rank for rank, group in enumerate(LAYERS) for layer in group}

# The headers of a dependency, and the only files that may include them.
PLACES = [
    ("OpenSSL", r"openssl/", r"src/crypto/|src/hash/kernels/openssl\.cc$"),
    ("libcurl", r"curl/", r"src/net/"),
    ("PKCS#11", r"p11-kit/", r"src/crypto/"),
    ("the JSON library", r"simdjson\.h", r"src/base/json_document\.cc$"),
    ("the YAML library", r"yaml\.h", r"src/base/yaml\.cc$"),
    ("CLI11", r"CLI/|CLI\.hpp", r"cli/"),
    ("SQL", r"sqlite3|libpq|postgresql/", r"src/graph/"),
]
# What weightmark.h, which C compilers read, may include beside the project's own.
C_HEADERS = {"weightmark.h": {"stddef.h", "stdint.h"}}
MAX_LINES = 600
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)
NAMESPACE = re.compile(r"^(?:namespace (?P<name>\S*) ?\{|(?P<end>\}  // namespace.*)"
                       r"|(?:class|struct|union|enum class)(?: WEIGHTMARK_API)? (?P<type>\w+)(?: final)?(?: : [^;{]*)? \{)", re.M)
CODE = re.compile(r'^WEIGHTMARK_ERROR\((\w+), "([^"]+)"', re.M)


def read(path):
    return path.read_text(encoding="utf-8", errors="replace")


def files(root, folders, suffixes):
    found = []
    for folder in folders:
        found += [p for p in (root / folder).rglob("*") if p.suffix in suffixes and p.is_file()]
    return sorted(found)


def includes(path):
    """The (bracket, name) of each include."""
    return INCLUDE.findall(read(path))


def types(path):
    """The names, with their namespaces, that a file gives to types which the linker sees."""
    within = []
    for found in NAMESPACE.finditer(read(path)):
        if found["end"]:
            within = within[:-1]
        elif found["type"] is None:
            within.append(found["name"])
        elif "" not in within:
            yield "::".join([*within, found["type"]])


class Tree:
    """The source tree, and what was found wrong with it."""

    def __init__(self, root):
        self.root = Path(root).resolve()
        self.problems = []
        self.public = {p.name: p for p in files(self.root, ["include/weightmark"], {".h", ".inc"})}

    def report(self, path, text):
        self.problems.append(f"{Path(path).relative_to(self.root)}: {text}")

    def layer_of(self, path):
        parts = path.relative_to(self.root).parts
        return "cli" if parts[0] == "cli" else parts[1]

    # -- the checks --

    def check_layers(self):
        for path in files(self.root, ["src", "cli"], {".h", ".cc", ".c"}):
            layer = self.layer_of(path)
            if layer not in RANK:
                self.report(path, f"the folder {layer} is no layer that this test knows")
                continue
            for bracket, name in includes(path):
                self.check_include(path, layer, bracket, name)

    def check_include(self, path, layer, bracket, name):
        first = name.split("/")[0]
        if first == "weightmark":
            # Types that every layer may speak of; what implements them is kept
            # in its place by the linker, since a layer's tests link no higher one.
            if name.removeprefix("weightmark/") not in self.public:
                self.report(path, f"includes {name}, which does not exist")
        elif bracket == "<":
            return
        elif first not in RANK or "/" not in name:
            if not (path.parent / name).is_file():
                self.report(path, f"includes \"{name}\", which is in no layer")
        elif first != layer and RANK[first] >= RANK[layer]:
            self.report(path, f"includes {name}, but {first} is not below {layer}")

    def check_public_headers(self):
        for name, path in self.public.items():
            for bracket, included in includes(path):
                if included in C_HEADERS.get(name, ()):
                    continue
                own = included.startswith("weightmark/")
                if own == (bracket == '"') and (own or "/" not in included and "." not in included):
                    continue
                self.report(path, f"a public header includes {included}: only \"weightmark/…\" and "
                                  "the C++ standard library are allowed")

    def check_places(self):
        for path in files(self.root, ["src", "include", "cli"], {".h", ".cc", ".c"}):
            place = path.relative_to(self.root).as_posix()
            for _, name in includes(path):
                for library, header, allowed in PLACES:
                    if re.match(header, name) and not re.match(allowed, place):
                        self.report(path, f"includes {name}: {library} is used only in {allowed}")

    def check_type_names(self):
        """Two types of one name are one to the linker, which takes the functions of either."""
        seen = {}
        for path in files(self.root, ["src", "include", "cli"], {".h", ".cc"}):
            for name in types(path):
                if seen.setdefault(name, path) != path:
                    self.report(path, f"has a type {name}, as {seen[name].relative_to(self.root)} has")

    def check_sizes(self):
        sources = files(self.root, ["src", "include", "cli", "tests", "fuzz", "bench", "python"],
                        {".h", ".cc", ".c", ".py", ".sh"})
        for path in [*sources, *(p for p in [self.root / "dev"] if p.is_file())]:
            lines = read(path).count("\n")
            if lines >= MAX_LINES:
                self.report(path, f"has {lines} lines; files stay under {MAX_LINES}")

    def check_error_codes(self):
        source = self.root / "include/weightmark/error_codes.inc"
        codes = CODE.findall(read(source))
        documents = self.root / "docs/errors.md"
        documented = set(re.findall(r"`([a-z0-9-]+)`", read(documents))) if documents.is_file() else set()
        tests = self.test_text()
        # Quoted in code, or as the command ends a message with it in a transcript.
        named = set(re.findall(r'["\']([a-z0-9-]+)["\']', tests)) | set(re.findall(r"\[([a-z0-9-]+)\]$", tests, re.M))
        compared = set(re.findall(r"ErrorCode::k(\w+)", tests))
        untested = [n for i, n in codes if n not in named and i not in compared]
        unwritten = [n for _, n in codes if n not in documented]
        unknown = sorted(n for n in self.document_headings(documents) if n not in {n for _, n in codes})
        for text, missing in [("no test names", untested), ("docs/errors.md does not have", unwritten),
                              ("docs/errors.md has, but there is no such code:", unknown)]:
            if missing:
                self.report(source, f"{text} {', '.join(missing)}")

    def test_text(self):
        here = self.root / "tests/structure"
        tests = [p for p in files(self.root, ["src", "cli"], {".cc"}) if p.stem.endswith("_test")]
        tests += [p for p in (self.root / "tests").rglob("*") if p.is_file() and here not in p.parents
                  and p.stat().st_size < 1_000_000]
        return "\n".join(read(p) for p in tests)

    @staticmethod
    def document_headings(path):
        """The codes that docs/errors.md explains: in a heading or the first cell of a row."""
        return re.findall(r"^(?:#+ |\| *)`([a-z0-9-]+)`", read(path), re.M) if path.is_file() else []


def check(root):
    tree = Tree(root)
    tree.check_layers()
    tree.check_public_headers()
    tree.check_places()
    tree.check_type_names()
    tree.check_sizes()
    tree.check_error_codes()
    return tree.problems


def main():
    problems = check(sys.argv[1] if len(sys.argv) > 1 else ".")
    print("\n".join(problems) if problems else "the structure is as ARCHITECTURE.md says")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
