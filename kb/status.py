"""What a base holds, and what changed since it was indexed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from kb.errors import CatalogMissing
from kb.indexing.sync import count_stale
from kb.notes import vault
from kb.notes.vault import Skipped

if TYPE_CHECKING:
    from kb.catalog.catalog import Catalog
    from kb.config import Settings


@dataclass(frozen=True, slots=True)
class Status:
    """What a base holds.

    :param stale: notes that were added, changed or removed since the last indexing.
    :param size_bytes: of the catalogue on disk.
    """

    folder: str
    notes: int
    passages: int
    questions: int
    indexed_at: datetime | None
    generation: int
    encoder: str
    reader: str
    stale: int
    size_bytes: int
    skipped: tuple[Skipped, ...]
    warnings: tuple[tuple[str, str], ...]


def read_status(settings: Settings, catalog: Catalog) -> Status:
    """Count what is indexed and what changed since."""
    scanned = vault.scan(settings.notes, max_bytes=settings.max_note_bytes)
    encoder, reader = settings.encoder, settings.reader
    names = {
        "folder": str(settings.notes),
        "encoder": encoder or "bundled multilingual-e5-small",
        "reader": reader or "bundled",
    }
    try:
        with catalog.view() as view:
            totals = view.totals()
            return Status(
                **names,
                notes=totals.notes,
                passages=totals.passages,
                questions=totals.questions,
                indexed_at=view.indexed_at(),
                generation=view.generation(),
                stale=count_stale(scanned, view.states()),
                size_bytes=catalog.size_bytes(),
                skipped=tuple(view.skipped()),
                warnings=tuple(view.warnings()),
            )
    except CatalogMissing:
        return Status(
            **names,
            notes=0,
            passages=0,
            questions=0,
            indexed_at=None,
            generation=0,
            stale=len(scanned.files),
            size_bytes=0,
            skipped=tuple(scanned.skipped),
            warnings=(),
        )
