"""Values of the product as JSON: the same from the command line and from the HTTP API."""

from __future__ import annotations

import json
from dataclasses import asdict, is_dataclass
from datetime import datetime


def dumps(value: object, *, indent: int | None = None) -> str:
    """Write a value as JSON: a dataclass by its fields, a time as ISO 8601."""
    return json.dumps(value, ensure_ascii=False, indent=indent, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"{type(value).__name__} has no JSON")
