"""What a cluster remembers of each base beside its passages: small values, read consistently."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from kb.store.milvus.expressions import encoded, quoted
from kb.store.milvus.names import BASES

if TYPE_CHECKING:
    from kb.store.milvus.connection import Connection

_STAMP = "stamp"


@dataclass(frozen=True, slots=True)
class Reached:
    """A generation of a catalogue that a filling reflects, with its random name."""

    fill: int = 0
    generation: int = 0
    state: str = ""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which passages of a base count.

    :param shown: the filling that is searched; number 0 while there is none.
    :param draft: one that is being made beside it; number 0 if there is none.
    :param encoder: fingerprint of what made the vectors of `shown`.
    """

    shown: Reached = Reached()
    draft: Reached = Reached()
    encoder: str = ""


@dataclass(frozen=True, slots=True)
class Ledger:
    """The entries of one base; every read sees every write that was acknowledged before it."""

    connection: Connection
    base: str

    def stamp(self) -> Stamp:
        """Return the stamp of the base; an empty one if it was never filled."""
        value = self.entries(_STAMP).get(_STAMP)
        if value is None:
            return Stamp()
        return Stamp(Reached(**value["shown"]), Reached(**value["draft"]), value["encoder"])

    def put_stamp(self, stamp: Stamp) -> None:
        """Replace the stamp of the base."""
        self.put(_STAMP, _STAMP, asdict(stamp))

    def entries(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the values of a kind by their names."""
        expression = f"base == {quoted(self.base)} and kind == {quoted(kind)}"
        with self.connection.told() as client:
            rows: list[dict[str, Any]] = client.query(
                BASES, expression, output_fields=["key", "value"], consistency_level="Strong"
            )
        return {row["key"].rpartition("|")[2]: json.loads(row["value"]) for row in rows}

    def put(self, kind: str, name: str, value: Mapping[str, Any]) -> None:
        """Add or replace a value."""
        row = {
            "key": self._key(kind, name),
            "base": encoded(self.base),
            "kind": kind,
            "value": json.dumps(value),
            "nothing": [0.0, 0.0],
        }
        with self.connection.told() as client:
            client.upsert(BASES, [row])

    def drop(self, kind: str, name: str) -> None:
        """Remove a value, if it is there."""
        with self.connection.told() as client:
            client.delete(BASES, ids=[self._key(kind, name)])

    def _key(self, kind: str, name: str) -> str:
        return f"{encoded(self.base)}|{kind}|{name}"
