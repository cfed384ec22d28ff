#!/usr/bin/env python3
"""Checks that links in the Markdown files lead to files and headings that exist.

usage: links.py [ROOT]

Looks at relative links only; those to other sites are not followed.
"""
import os
import re
import sys
from pathlib import Path
from urllib.parse import unquote

LINK = re.compile(r"(?<!\\)\[(?:[^\[\]]|\[[^\]]*\])*\]\(<?([^()\s<>]+)>?(?:\s+\"[^\"]*\")?\)|^\[[^\]^]+\]:\s+<?(\S+?)>?\s*$", re.M)
FENCE = re.compile(r"^( *)(```+|~~~+).*?^\1\2[ \t]*$", re.M | re.S)
SKIPPED = {".git", "build", "dist", "site", "node_modules", ".cache"}


def prose(path):
    """The text without code, which may look like a link."""
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    return re.sub(r"`[^`\n]*`", "", text)


def slug(heading):
    """The anchor that a heading gets: lower case, no punctuation, hyphens for spaces."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def anchors(path):
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    found, seen = set(re.findall(r'<a (?:id|name)="([^"]+)"', text)), {}
    for heading in re.findall(r"^#{1,6} +(.*?)#*$", text, re.M):
        name = slug(heading)
        found.add(f"{name}-{seen[name]}" if name in seen else name)
        seen[name] = seen.get(name, 0) + 1
    return found


def documents(root):
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if f not in SKIPPED)
        yield from (Path(folder) / name for name in sorted(names) if name.endswith(".md"))


def problem(root, document, link):
    """What is wrong with a link, or None."""
    if re.match(r"[a-z][a-z0-9+.-]*:|//", link, re.I):
        return None
    target, _, anchor = link.partition("#")
    path = (document.parent / unquote(target)).resolve() if target else document
    if not path.is_relative_to(root):
        return "leads out of the repository"
    if not path.exists():
        return "does not exist"
    if anchor and path.suffix == ".md" and anchor not in anchors(path):
        return "has no such heading"
    return None


def check(root):
    root = Path(root).resolve()
    problems = []
    for document in documents(root):
        for pair in LINK.findall(prose(document)):
            link = pair[0] or pair[1]
            if what := problem(root, document, link):
                problems.append(f"{document.relative_to(root)}: {link} {what}")
    return problems


def main():
    problems = check(sys.argv[1] if len(sys.argv) > 1 else ".")
    print("\n".join(problems) if problems else "all links lead somewhere")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
