"""A ledger in memory, which several writers share as they would a cluster."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, cast

from kb.store.milvus.ledger import Ledger


class MemoryLedger(Ledger):
    """Keeps entries as JSON.

    :param on_read: called before each reading, to let another come in between.
    """

    def __init__(self, base: str = "notes") -> None:
        super().__init__(cast("Any", None), base)
        object.__setattr__(self, "held", {})
        object.__setattr__(self, "on_read", None)

    held: dict[tuple[str, str], str]
    on_read: Callable[[], None] | None

    def entries(self, kind: str) -> dict[str, dict[str, Any]]:
        if self.on_read:
            self.on_read()
        return {name: json.loads(v) for (of, name), v in self.held.items() if of == kind}

    def put(self, kind: str, name: str, value: Mapping[str, Any]) -> None:
        self.held[kind, name] = json.dumps(value)

    def drop(self, kind: str, name: str) -> None:
        self.held.pop((kind, name), None)
