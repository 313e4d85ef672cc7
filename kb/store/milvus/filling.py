"""Brings the passages of a base in Milvus level with its catalogue.

A filling is all passages of a base under one number. What changed is written into the one that is
searched; where the catalogue's log does not lead there (another catalogue, a rebuild, all lost) a
new filling is made beside it and shown when it is whole. Each generation that is through is noted
in the stamp, so that a run that was stopped is taken up there; vectors come from the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kb.store.milvus.collection import BaseCollection
from kb.store.milvus.lease import Lease
from kb.store.milvus.ledger import Ledger, Reached, Stamp

if TYPE_CHECKING:
    from kb.catalog.rows import IndexRow
    from kb.catalog.view import CatalogView

BATCH = 256
# So many passages are written between two stamps; as many are written again by the next run.
_STAMPED = 4096

Save = Callable[[Reached], None]


@dataclass(frozen=True, slots=True)
class Filling:
    """One run of writing, under a lease that is held.

    :param encoder: fingerprint of what made the catalogue's vectors.
    """

    collection: BaseCollection
    ledger: Ledger
    lease: Lease
    encoder: str

    def run(self, view: CatalogView) -> Stamp:
        """Make what is searched level with the catalogue and return the new stamp."""
        stamp = self.ledger.stamp()
        if stamp.encoder == self.encoder and _continues(view, stamp.shown):
            stamp = replace(stamp, draft=Reached())
            shown = self._advance(view, stamp.shown, lambda r: self._put(replace(stamp, shown=r)))
        else:
            draft = stamp.draft
            if not _continues(view, draft):
                draft = Reached(fill=max(stamp.shown.fill, stamp.draft.fill) + 1)
                self._put(replace(stamp, draft=draft))
            shown = self._advance(view, draft, lambda r: self._put(replace(stamp, draft=r)))
        if shown.fill != stamp.shown.fill:
            self.collection.seal()
        new = Stamp(shown, Reached(), self.encoder)
        self._put(new)
        if shown.fill != stamp.shown.fill:
            self.collection.keep_only(shown.fill)
        return new

    def _put(self, stamp: Stamp) -> None:
        self.lease.hold()
        self.ledger.put_stamp(stamp)

    def _advance(self, view: CatalogView, reached: Reached, save: Save) -> Reached:
        if reached.generation:
            changes = view.changes_since(reached.generation, reached.state)
            self.collection.remove(reached.fill, changes.removed.tolist())
        batch: list[IndexRow] = []
        written, last = 0, reached.generation
        for row in view.rows_since(reached.generation):
            if len(batch) >= BATCH or (batch and row.generation != last and written >= _STAMPED):
                written += self._write(reached.fill, batch)
                batch = []
            # Whole only if nothing of that generation waits in the batch.
            if row.generation != last and not batch and written >= _STAMPED:
                reached = Reached(reached.fill, last, view.state(last))
                if reached.state:
                    save(reached)
                written = 0
            batch.append(row)
            last = row.generation
        if batch:
            self._write(reached.fill, batch)
        return Reached(reached.fill, view.generation(), view.state())

    def _write(self, fill: int, batch: list[IndexRow]) -> int:
        self.lease.hold()
        self.collection.put(fill, batch)
        return len(batch)


def _continues(view: CatalogView, reached: Reached) -> bool:
    """Say whether the catalogue's log leads from there to now."""
    if not reached.fill or not reached.generation:
        return False
    return not view.changes_since(reached.generation, reached.state).reset
