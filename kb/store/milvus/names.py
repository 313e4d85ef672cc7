"""What collections and fields are called, and what they hold; importing it loads no pymilvus."""

from __future__ import annotations

from typing import Final

BASES: Final = "notes_kb_bases"
# So many bases of one cluster share a partition by hash; a filter on `base` looks into one only.
PARTITIONS: Final = 64

KEY_BYTES: Final = 512
NAME_BYTES: Final = 4096
MOST_TAGS: Final = 1024


def passages_of(dimension: int) -> str:
    """Return the name of the collection of all bases whose vectors have this length."""
    return f"notes_kb_passages_{dimension}"


def words_of(field: str) -> str:
    """Return the name of the field with the words of another."""
    return f"{field}_words"


def bm25_of(field: str) -> str:
    """Return the name of the field by which the words of another are searched."""
    return f"{field}_bm25"
