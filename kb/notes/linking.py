"""The links from one note to others, and how they are written anew when notes move."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from kb.errors import NoteError, VaultError
from kb.markdown.document import parse_markdown
from kb.notes.front_matter import read_front_matter
from kb.notes.names import NoteNames
from kb.notes.vault import read_text

_WIKI = re.compile(r"!?\[\[([^\[\]|\n]+)")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_ENDING = re.compile(r"\.(?:md|markdown)\Z", re.IGNORECASE)
_UNFIT_WIKI = re.compile(r"[\[\]|#^]")
_UNFIT_ADDRESS = re.compile(r"[\x00-\x20()<>%#?\"\\]")
_BRACKETS = re.compile(r"!?\[\[(?:[^\[\]|\n]*\|)?([^\[\]|\n]*)\]\]")
# Its context in a list of links.
_LINE_CHARS = 160


@dataclass(frozen=True, slots=True)
class Link:
    """A link in the source of a note; ``source[start:end] == target``, without ``#heading``."""

    target: str
    start: int
    end: int
    is_wiki: bool


@dataclass(frozen=True, slots=True)
class Backlink:
    """A note that links here, and the line in which it does."""

    path: str
    title: str
    line: str
    start: int


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A link that is written anew."""

    start: int
    end: int
    before: str
    after: str


class Paths:
    """Which note or file a link means, among the notes of a folder."""

    def __init__(self, root: Path, notes: Iterable[str]) -> None:
        self._root = root
        self._known = frozenset(notes)
        self._bare = {_ENDING.sub("", path): path for path in sorted(self._known, reverse=True)}
        self._names = NoteNames((path, path) for path in self._known)

    def meant(self, link: Link, note: str) -> str | None:
        """Return the path of what a link in a note leads to; None if that is not in the folder."""
        if link.is_wiki:
            return self._names.wiki(link.target)
        joined = _joined(link.target, note)
        if joined is None or joined.startswith(".."):
            return None
        if joined in self._known:
            return joined
        return self._bare.get(joined) or self._file(joined)

    def _file(self, path: str) -> str | None:
        try:
            return path if (self._root / path).is_file() else None
        except (OSError, ValueError):
            return None


def links_of(source: str) -> Iterator[Link]:
    """Yield the links of a note that may lead to another file of the folder."""
    document = parse_markdown(source, read_front_matter(source).body_start)
    for each in document.links:
        match = _WIKI.match(source, each.start, each.end)
        if match:
            yield from _link(source, *match.span(1), is_wiki=True)
    for each in document.addresses:
        if not _SCHEME.match(each.target) and not each.target.startswith("//"):
            yield from _link(source, each.start, each.end, is_wiki=False)


def rewrites(
    source: str, before: Paths, after: Paths, moved: dict[str, str], note: str
) -> list[Rewrite]:
    """Return what must be written anew in a note, so that its links lead where they led.

    :param moved: new paths by old ones.
    :param note: the old path of this note.
    :raises VaultError: if a wiki link cannot hold the new path.
    """
    here = moved.get(note, note)
    found: list[Rewrite] = []
    for link in links_of(source):
        meant = before.meant(link, note)
        if meant is None:
            continue
        wanted = moved.get(meant, meant)
        if after.meant(link, here) != wanted:
            is_wiki = link.is_wiki
            write = _wiki(link, wanted, after) if is_wiki else _address(link, wanted, here)
            found.append(Rewrite(link.start, link.end, link.target, write))
    return sorted(found, key=lambda each: each.start)


def rewritten(source: str, changes: Iterable[Rewrite]) -> str:
    """Return a note with its links written anew."""
    parts: list[str] = []
    position = 0
    for change in changes:
        parts += [source[position : change.start], change.after]
        position = change.end
    return "".join([*parts, source[position:]])


def backlinks(
    root: Path, notes: Iterable[tuple[str, ...]], path: str, *, max_bytes: int
) -> list[Backlink]:
    """Return the links from other notes to one, by path.

    Only notes that hold its file name, title or an alias are read as Markdown.

    :param notes: path, title and aliases of each note.
    """
    known = list(notes)
    names = NoteNames(known)
    paths = Paths(root, (each[0] for each in known))
    hints = hints_of(next((each for each in known if each[0] == path), (path,)))
    found: list[Backlink] = []
    for other, shown, *_aliases in sorted(known):
        source = "" if other == path else _readable(root, other, max_bytes)
        if not mentions(source, hints):
            continue
        for link in links_of(source):
            meant = paths.meant(link, other)
            if meant is None and link.is_wiki:
                meant = names.wiki(link.target)
            if meant == path:
                found.append(Backlink(other, shown, _line(source, link.start), link.start))
    return found


def hints_of(paths: Iterable[str]) -> frozenset[str]:
    """Return words of which a note must hold one to link to one of the paths."""
    stems = {_ENDING.sub("", path).rpartition("/")[2].casefold() for path in paths}
    return frozenset(stems | {_escaped(stem).casefold() for stem in stems})


def mentions(source: str, hints: frozenset[str]) -> bool:
    """Say whether a note may link to what the hints are of."""
    text = source.casefold()
    return any(hint in text for hint in hints) or ("%" in text and _any(hints, unquote(text)))


def _any(hints: frozenset[str], text: str) -> bool:
    return any(hint in text.casefold() for hint in hints)


def _link(source: str, start: int, end: int, *, is_wiki: bool) -> Iterator[Link]:
    text = source[start:end].rstrip("\\") if is_wiki else source[start:end]
    target = re.split(r"[#^]" if is_wiki else r"[#?]", text, maxsplit=1)[0]
    start += len(target) - len(target.lstrip())
    target = target.strip()
    if target:
        yield Link(target, start, start + len(target), is_wiki)


def _joined(target: str, note: str) -> str | None:
    path = unquote(target)
    if path.startswith("/"):
        return posixpath.normpath(path.lstrip("/") or ".")
    return posixpath.normpath(posixpath.join(posixpath.dirname(note), path))


def _wiki(link: Link, wanted: str, after: Paths) -> str:
    """Write a wiki link as it was written: by the name alone, where that is enough."""
    bare = _ENDING.sub("", wanted)
    if _UNFIT_WIKI.search(bare):
        raise VaultError(f"{wanted}: a link cannot hold [ ] # ^ or |; choose another name")
    ending = wanted[len(bare) :] if _ENDING.search(link.target) else ""
    name = bare.rpartition("/")[2] + ending
    short = Link(name, link.start, link.end, is_wiki=True)
    if "/" not in link.target and after.meant(short, "") == wanted:
        return name
    return bare + ending


def _address(link: Link, wanted: str, here: str) -> str:
    path = wanted if _ENDING.search(unquote(link.target)) else _without_ending(link, wanted)
    if link.target.startswith("/"):
        return f"/{_escaped(path)}"
    relative = posixpath.relpath(path, posixpath.dirname(here) or ".")
    return _escaped(f"./{relative}" if link.target.startswith("./") else relative)


def _without_ending(link: Link, wanted: str) -> str:
    """Leave the ending away where the link did; other files keep theirs."""
    old = posixpath.basename(unquote(link.target))
    return wanted if "." in old else _ENDING.sub("", wanted)


def _escaped(path: str) -> str:
    return _UNFIT_ADDRESS.sub(lambda found: quote(found[0]), path)


def _line(source: str, at: int) -> str:
    """Return the line of a link as it is read, cut between words if it is long."""
    start = source.rfind("\n", 0, at) + 1
    end = source.find("\n", at)
    line = source[start : end if end >= 0 else len(source)]
    words = _BRACKETS.sub(r"\1", line).strip()
    low = min(at - start, len(words)) - _LINE_CHARS // 2
    low = max(0, min(low, len(words) - _LINE_CHARS))
    if low:
        low = words.find(" ", low, low + 20) + 1 or low
    cut = words[low : low + _LINE_CHARS]
    return f"{'… ' if low else ''}{cut}{'…' if low + len(cut) < len(words) else ''}"


def _readable(root: Path, path: str, max_bytes: int) -> str:
    """Return a note's source; one that cannot be read links to nothing."""
    try:
        return read_text(root, path, max_bytes=max_bytes)
    except NoteError:
        return ""
