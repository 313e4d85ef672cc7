"""Links between notes that lead nowhere: ``[[wiki links]]`` and relative ``[…](other.md)``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from markdown_it.token import Token

from kb.doctor.finding import Finding
from kb.doctor.reading import Folder, ReadNote
from kb.markdown.inline import MAX_INLINE_CHARS
from kb.markdown.lines import SourceLines
from kb.markdown.rules import block_parser
from kb.notes.writing import NOTE_SUFFIXES

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_TARGET = re.compile(r"\]\([ \t]*+(?:<([^<>\n]*+)>|([^\s()<>]++(?:\([^\s()]*+\))?))")
# Code in a line holds no links; runs of backticks are matched as a whole.
_CODE = re.compile(r"(?<!`)(`++)[^`]*+\1(?!`)")
_CHECK = "dead link"


def dead_links(folder: Folder) -> Iterator[Finding]:
    """Find the links of every note that lead to nothing in the folder."""
    names = _names(folder)
    for each in folder.notes:
        yield from _wiki(each, names, folder.root)
        yield from _relative(each, folder.root)


def _names(folder: Folder) -> frozenset[str]:
    """Return what a wiki link may call a note: path, file name, title or alias."""
    found: set[str] = set()
    for each in folder.notes:
        path = PurePosixPath(each.path)
        found |= {_folded(str(path.with_suffix(""))), _folded(path.stem)}
        found |= {_folded(name) for name in (each.note.title, *each.note.aliases)}
    return frozenset(found)


def _wiki(each: ReadNote, names: frozenset[str], root: Path) -> Iterator[Finding]:
    for link in each.note.links:
        target = re.split(r"[#^|]", link.target, maxsplit=1)[0].strip()
        if not target or _folded(_without_suffix(target)) in names or _exists(root, target):
            continue
        message = f"[[{target}]] is no note's name, title or alias"
        yield Finding(_CHECK, "advice", each.place(link.start), message, "write it or unlink it")


def _relative(each: ReadNote, root: Path) -> Iterator[Finding]:
    above = each.source.count("\n", 0, each.note.body_start)
    folder = PurePosixPath(each.path).parent
    for line, href in _targets(each.body):
        target = unquote(re.split(r"[#?]", href, maxsplit=1)[0])
        if not target or target.startswith("/") or _SCHEME.match(target):
            continue
        if not _exists(root, str(folder / target)):
            place = f"{each.path}:{above + line + 1}"
            message = f"{target} is not there"
            yield Finding(_CHECK, "advice", place, message, "mend the path or unlink it")


def _targets(body: str) -> Iterator[tuple[int, str]]:
    """Yield line and target of every link and image, those of references too.

    The blocks are parsed, their inline text is only searched: parsing it recurses without bound.
    """
    environment: dict[str, dict[str, dict[str, object]]] = {}
    lines = SourceLines.of(body, 0)
    tokens: list[Token] = []
    parser = block_parser()
    parser.block.parse(lines.text, parser, environment, tokens)
    line = 0
    for token in tokens:
        line = token.map[0] if token.map else line
        if token.type == "inline" and len(token.content) <= MAX_INLINE_CHARS:
            for found in _TARGET.finditer(_CODE.sub(" ", token.content)):
                yield line + token.content.count("\n", 0, found.start()), found[1] or found[2]
    for reference in environment.get("references", {}).values():
        place = reference.get("map")
        yield (place[0] if isinstance(place, list) else 0), str(reference["href"])


def _exists(root: Path, path: str) -> bool:
    """Say whether something of the folder is there, as itself or as a note without its suffix."""
    try:
        top, found = root.resolve(), (root / path).resolve()
        if not found.is_relative_to(top):
            return True  # out of the folder: not ours to judge
        named = (found.with_name(found.name + suffix) for suffix in NOTE_SUFFIXES)
        return found.exists() or any(each.exists() for each in named)
    except (OSError, ValueError, RuntimeError):
        return False


def _without_suffix(name: str) -> str:
    return next((name[: -len(s)] for s in NOTE_SUFFIXES if name.lower().endswith(s)), name)


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())
