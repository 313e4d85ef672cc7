"""The passages of one base in the collection of all: written and counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kb.catalog.rows import IndexRow
from kb.store.milvus import names
from kb.store.milvus.expressions import encoded, of_fill, of_others
from kb.store.milvus.terms import clipped, words_of
from retrieval.scope import ancestors, clean_tag

if TYPE_CHECKING:
    from kb.store.milvus.connection import Connection

_DELETED_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class BaseCollection:
    """Writes passages; applied twice, every change is the same."""

    connection: Connection
    base: str

    def put(self, fill: int, rows: Sequence[IndexRow]) -> None:
        """Add or replace passages of a filling."""
        with self.connection.told() as client:
            client.upsert(self.connection.passages, [self._row(fill, row) for row in rows])

    def remove(self, fill: int, ids: Iterable[int]) -> None:
        """Remove what is there of some passages of a filling."""
        keys = [key_of(self.base, fill, number) for number in ids]
        for start in range(0, len(keys), _DELETED_AT_ONCE):
            with self.connection.told() as client:
                client.delete(self.connection.passages, ids=keys[start : start + _DELETED_AT_ONCE])

    def keep_only(self, fill: int) -> None:
        """Remove what other fillings left."""
        with self.connection.told() as client:
            client.delete(self.connection.passages, filter=of_others(self.base, [fill]))

    def seal(self) -> None:
        """Let Milvus index what was written now, rather than when enough has come together."""
        with self.connection.told() as client:
            client.flush(self.connection.passages)

    def count(self, fill: int, consistency: str) -> int:
        """Count the passages of a filling."""
        with self.connection.told() as client:
            rows: list[dict[str, Any]] = client.query(
                self.connection.passages,
                of_fill(self.base, fill),
                output_fields=["count(*)"],
                consistency_level=consistency,
            )
        return int(rows[0]["count(*)"])

    def _row(self, fill: int, row: IndexRow) -> dict[str, Any]:
        entry = row.entry
        return {
            "key": key_of(self.base, fill, entry.id),
            "base": encoded(self.base),
            "fill": fill,
            "text_key": row.key.hex(),
            "vector": row.vector.astype(np.float32),
            **{names.words_of(name): words for name, words in words_of(entry).items()},
            "title": clipped(entry.title),
            "heading": clipped(entry.heading),
            "text": clipped(entry.text),
            "tags": [encoded(clean_tag(tag)) for tag in entry.tags[: names.MOST_TAGS]],
            "folders": [encoded(folder) for folder in ancestors(entry.folder)],
        }


def key_of(base: str, fill: int, number: int) -> str:
    """Return the key of a passage by its id in the catalogue."""
    return f"{encoded(base)}|{fill}|{number}"


def number_of(key: str) -> int:
    """Return the catalogue's id of a passage by its key."""
    return int(key.rpartition("|")[2])
