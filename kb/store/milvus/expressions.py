"""Which passages of the collection are meant, as Milvus's scalar expressions.

Names of tags, folders and bases are whatever people wrote; percent-encoded, as rows hold them too,
none can end its string or mean something in an expression.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from retrieval.scope import Scope


def of_fill(base: str, fill: int) -> str:
    """Return what the passages of one filling of a base have in common."""
    return f"base == {quoted(base)} and fill == {fill}"


def of_others(base: str, fills: Iterable[int]) -> str:
    """Return what all passages of a base but those of some fillings have in common."""
    return f"base == {quoted(base)} and fill not in {sorted(fills)}"


def of_scope(scope: Scope) -> list[str]:
    """Return the conditions of a scope; none if it limits nothing."""
    limits = {"tags": scope.tag_terms(), "folders": scope.folder_terms()}
    return [
        f"array_contains_any({field}, {listed(values)})"
        for field, values in limits.items()
        if values
    ]


def listed(values: Iterable[str]) -> str:
    """Return texts as a list in an expression."""
    return f"[{', '.join(map(quoted, sorted(values)))}]"


def quoted(value: str) -> str:
    """Return a text as a string in an expression."""
    return f'"{encoded(value)}"'


def encoded(value: str) -> str:
    """Return a text as rows hold it: ASCII without quotes and backslashes."""
    return quote(value, safe="/ ")
