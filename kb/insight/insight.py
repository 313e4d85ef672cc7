"""`Insight`: the pictures of a base, computed beside whoever looks at them."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import TYPE_CHECKING

from kb.insight.asking import Asking, Lacking, asking
from kb.insight.background import Background
from kb.insight.notes import NoteGraph, note_graph
from kb.insight.passages import PassageMap, passage_map
from kb.notes.names import NoteNames

if TYPE_CHECKING:
    from kb.catalog.catalog import Catalog
    from kb.curation.curator import Curator
    from kb.storage.history import History


class Insight:
    """Pictures of one base; thread-safe. Each comes with whether a newer one is on its way."""

    def __init__(
        self, root: Path, catalog: Catalog, history: History, curator: Curator, *, max_bytes: int
    ) -> None:
        self._root = root
        self._catalog = catalog
        self._history = history
        self._curator = curator
        self._max_bytes = max_bytes
        self._map = Background(catalog.state, lambda: passage_map(catalog))
        self._graph = Background(catalog.state, self._draw_graph)
        self._asking = Background(self._asked_state, self._count)

    def passages(self) -> tuple[PassageMap | None, bool]:
        """Return where the passages lie."""
        return self._map.get()

    def notes(self) -> tuple[NoteGraph | None, bool]:
        """Return how the notes hang together."""
        return self._graph.get()

    def asking(self) -> tuple[Asking | None, bool]:
        """Return what is asked of the base, by everybody."""
        return self._asking.get()

    def passages_now(self) -> PassageMap:
        """Return where the passages lie, computed by now."""
        return self._map.wait()

    def notes_now(self) -> NoteGraph:
        """Return how the notes hang together, computed by now."""
        return self._graph.wait()

    def asking_now(self) -> Asking:
        """Return what is asked of the base, counted by now."""
        return self._asking.wait()

    def _draw_graph(self) -> NoteGraph:
        found = self._map.wait()
        with self._catalog.view() as view:
            names = NoteNames(view.note_names())
        return note_graph(found, self._root, names, self._max_bytes)

    def _asked_state(self) -> Hashable:
        return self._history.asked_state()

    def _count(self) -> Asking:
        waiting = [Lacking(each.question, each.count, each.turn) for each in self._curator.inbox()]
        return asking(self._history.asked(), waiting)
