"""A note opened at a place: how it is rendered there, and the passages before and behind."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, unquote, urlencode

from kb.errors import CatalogMissing
from kb.markdown.reading import Readable, readable
from kb.notes.headings import find_heading
from kb.notes.names import NoteNames
from kb.notes.note import parse_note
from kb.relocating import Relocated, Relocator

if TYPE_CHECKING:
    from kb.answer import Answer
    from kb.catalog.catalog import Catalog
    from kb.notes.source import NoteSource

# Of a note's source; a page does not show more at once.
SHOWN_CHARS = 200_000
_PAGE = "note"
_TITLE = re.compile(r"\s*# ([^\n]+)\n")


@dataclass(frozen=True, slots=True)
class Place:
    """A passage of a note by its range in the source."""

    start: int
    end: int
    heading: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a place stands among the passages of its note, which are counted from 1."""

    number: int
    total: int
    heading: str
    previous: Place | None
    following: Place | None


@dataclass(frozen=True, slots=True)
class Target:
    """What a link leads to: a note, and a heading of it if it names one."""

    note: str
    heading: str = ""

    @property
    def parameters(self) -> dict[str, str]:
        """What the address of the note's page says."""
        return {"note": self.note, **({"heading": self.heading} if self.heading else {})}


class NoteReader:
    """Reads notes for the page that shows one."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._relocator = Relocator(catalog)

    def relocate(self, answer: Answer) -> Relocated:
        """Follow the words of an old answer to where they stand now."""
        return self._relocator.relocate(answer)

    def render(self, note: NoteSource, cited: tuple[int, int] | None) -> Readable:
        """Return a note, or the part of a long one around the cited place, for the renderer."""
        body = _below_title(note)
        if cited and cited[0] < body:
            body = note.body_start
        start, end = _part(note.source, body, cited[0] if cited else body)
        names = self._names() if "[[" in note.source else NoteNames(())

        return readable(note.source, start, end, cited, _addresses(names, note.path))

    def preview(self, path: str, text: str) -> str:
        """Return a note that is being written for the renderer, with its title as a heading."""
        names = self._names() if "[[" in text else NoteNames(())
        start = min(len(text), parse_note(path, text).body_start)
        return readable(text, start, len(text), None, _addresses(names, path)).text

    def target(self, address: str, note: str) -> Target | None:
        """Return what a link in a note leads to, None if it leads to no note.

        :param address: as it stands in the rendered link.
        :param note: path of the note that holds the link.
        """
        page, _, query = address.partition("?")
        if page == _PAGE and query:
            said = parse_qs(query)
            path, heading = said.get("note", [""])[0], said.get("heading", [""])[0]
            return Target(path, heading) if path else None
        before, _, fragment = address.partition("#")
        path = self._names().relative(before, note) if before else note
        return Target(path, unquote(fragment)) if path else None

    def heading(self, note: NoteSource, name: str) -> tuple[int, int] | None:
        """Return the range of a note's heading, see `find_heading`."""
        return find_heading(note.source, note.body_start, name)

    def surroundings(self, note: str, start: int, end: int) -> Surroundings | None:
        """Return what stands around a place, None if it is in no passage of the index."""
        try:
            with self._catalog.view() as view:
                found = [
                    Place(each.start, each.end, each.heading_line)
                    for each in view.passages_of(note)
                ]
        except CatalogMissing:
            return None
        at = next((i for i, each in enumerate(found) if each.start < end and each.end > start), -1)
        if at < 0:
            return None
        previous = found[at - 1] if at else None
        following = found[at + 1] if at + 1 < len(found) else None
        return Surroundings(at + 1, len(found), found[at].heading, previous, following)

    def _names(self) -> NoteNames:
        try:
            with self._catalog.view() as view:
                return NoteNames(view.note_names())
        except CatalogMissing:
            return NoteNames(())


def _addresses(names: NoteNames, note: str) -> Callable[[str], str | None]:
    """Return what gives the address of a wiki link in a note."""

    def address(target: str) -> str | None:
        name, _, heading = target.partition("#")
        path = names.wiki(name) if name.strip() else note
        if not path:
            return None
        # A block has no heading: the link leads to its note.
        found = Target(path, "" if heading.startswith("^") else heading.strip())
        return f"{_PAGE}?{urlencode(found.parameters, quote_via=quote)}"

    return address


def _below_title(note: NoteSource) -> int:
    """Return where the text begins below a heading that repeats the title, which a page shows."""
    match = _TITLE.match(note.source, note.body_start)
    return match.end() if match and match[1].strip() == note.title else note.body_start


def _part(source: str, body: int, start: int) -> tuple[int, int]:
    """Return the range that is shown, cut between paragraphs."""
    if len(source) - body <= SHOWN_CHARS:
        return body, len(source)
    low = max(body, min(start - SHOWN_CHARS // 2, len(source) - SHOWN_CHARS))
    gap = source.find("\n\n", low, start)
    low = gap + 2 if gap >= 0 and low > body else low
    high = source.rfind("\n\n", start, low + SHOWN_CHARS)
    return low, high if high > start and low + SHOWN_CHARS < len(source) else len(source)
