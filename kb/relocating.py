"""Where the words of an old answer stand now, once its note has another name or none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from kb.citing import citation
from kb.errors import CatalogMissing

if TYPE_CHECKING:
    from kb.answer import Alternative, Answer, Citation, Scored
    from kb.catalog.catalog import Catalog
    from kb.catalog.rows import StoredPassage

Cited = TypeVar("Cited", "Alternative", "Scored")


@dataclass(frozen=True, slots=True)
class Relocated:
    """An answer whose citations followed their words.

    :param gone: notes that it still cites and that are no longer there.
    """

    answer: Answer
    gone: frozenset[str] = frozenset()


class Relocator:
    """Finds the passages of notes that are gone in other notes, as the catalogue is now."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        # Of one state: a page is drawn often, and each search reads all passages.
        self._found: tuple[object, dict[Citation, Citation | None]] = (None, {})

    def relocate(self, answer: Answer) -> Relocated:
        """Follow the words of an answer into the one note that has them, if it is one."""
        noted = {each.note for each in _citations(answer)}
        try:
            with self._catalog.view() as view:
                known = view.known_of(noted)
                state = view.generation(), view.state()
                if self._found[0] != state:
                    self._found = (state, {})
                found = self._found[1]
                for each in _citations(answer):
                    if each.note not in known and each not in found:
                        found[each] = _followed(each, view.passages_holding(each.passage))
        except CatalogMissing:
            return Relocated(answer)
        moved = _moved(answer, found)
        return Relocated(
            moved, frozenset({each.note for each in _citations(moved)} & noted - known)
        )


def _citations(answer: Answer) -> Iterator[Citation]:
    yield from answer.citations
    yield from (each.citation for each in (*answer.alternatives, *answer.nearest))


def _moved(answer: Answer, found: dict[Citation, Citation | None]) -> Answer:
    def follow(cited: Citation) -> Citation:
        return found.get(cited) or cited

    def each(things: tuple[Cited, ...]) -> tuple[Cited, ...]:
        return tuple(replace(one, citation=follow(one.citation)) for one in things)

    return replace(
        answer,
        citations=tuple(map(follow, answer.citations)),
        alternatives=each(answer.alternatives),
        nearest=each(answer.nearest),
    )


def _followed(cited: Citation, holding: list[StoredPassage]) -> Citation | None:
    """Cite the same words where they are now; None unless one note has them."""
    if len({each.note for each in holding}) != 1:
        return None
    now = holding[0]
    at = now.text.index(cited.passage)
    return citation(now, cited.answer_start + at, cited.answer_end + at)
