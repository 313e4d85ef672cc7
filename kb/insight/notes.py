"""How the notes of a base hang together: by links, and by what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from kb.errors import NoteError
from kb.insight.layout import nearest, principal, spread, squared
from kb.insight.passages import PassageMap
from kb.notes.names import NoteNames
from kb.notes.vault import MAX_NOTE_BYTES, read_text

if TYPE_CHECKING:
    from kb.catalog.rows import Outline

# More notes than this make no picture; those with the most edges are shown.
MOST_NOTES = 400
_SIMILAR = 2
_LEAST_COSINE = 0.3
_WIKI = re.compile(r"\[\[([^\[\]|\n]+)")
_ADDRESS = re.compile(r"\]\(<?([^)\s>]+\.(?:md|markdown))(?:#[^)\s>]*)?>?\)", re.IGNORECASE)

Kind = Literal["link", "similar"]


@dataclass(frozen=True, slots=True)
class NotePoint:
    """A note in the picture; ``x`` and ``y`` lie between -1 and 1."""

    path: str
    title: str
    folder: str
    tags: tuple[str, ...]
    edges: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class NoteGraph:
    """Notes and the edges between them, as places in ``notes``.

    :param left_out: notes that are not shown.
    """

    notes: tuple[NotePoint, ...]
    edges: tuple[tuple[int, int, Kind], ...]
    left_out: int


def note_graph(
    found: PassageMap, root: Path, names: NoteNames, max_bytes: int = MAX_NOTE_BYTES
) -> NoteGraph:
    """Compute the graph of the notes of a map; links are read from their files."""
    first = {each.note: each for each in reversed(found.passages)}
    paths = sorted(first)
    row_of = {path: row for row, path in enumerate(paths)}
    owner = np.array([row_of[each.note] for each in found.passages], np.int64)
    edges: dict[tuple[int, int], Kind] = {
        _pair(row_of[path], row_of[target]): "link"
        for path in paths
        for target in _targets(root, path, names, max_bytes)
        if target in row_of and target != path
    }
    for one, other in _similar(_means(found.vectors, owner, len(paths))):
        edges.setdefault(_pair(one, other), "similar")
    counts = np.bincount(np.array(list(edges), np.int64).reshape(-1), minlength=len(paths))
    shown = np.sort(np.argsort(-counts, kind="stable")[:MOST_NOTES])
    kept = {row: place for place, row in enumerate(shown.tolist())}
    pairs: list[tuple[int, int, Kind]] = [
        (kept[one], kept[other], kind)
        for (one, other), kind in sorted(edges.items())
        if one in kept and other in kept
    ]
    ends = np.array([pair[:2] for pair in pairs], np.int64).reshape(-1, 2)
    places = squared(
        spread(_means(found.places, owner, len(paths))[shown], ends[:, 0], ends[:, 1])
    ).tolist()
    points = [
        _point(first[paths[row]], int(counts[row]), place)
        for row, place in zip(shown.tolist(), places, strict=True)
    ]
    return NoteGraph(tuple(points), tuple(pairs), len(paths) - len(shown))


def _point(passage: Outline, edges: int, place: list[float]) -> NotePoint:
    return NotePoint(passage.note, passage.title, passage.folder, passage.tags, edges, *place)


def _pair(one: int, other: int) -> tuple[int, int]:
    return min(one, other), max(one, other)


def _means(
    values: NDArray[np.float32], owner: NDArray[np.int64], count: int
) -> NDArray[np.float32]:
    """Return the mean of the values of each owner, shape ``(count, d)``."""
    sums = np.zeros((count, values.shape[1]), np.float32)
    np.add.at(sums, owner, values)
    sizes = np.maximum(1, np.bincount(owner, minlength=count)).astype(np.float32)
    return sums / sizes[:, None]


def _targets(root: Path, path: str, names: NoteNames, max_bytes: int) -> Iterator[str]:
    """Yield the notes that a note links to; of one that is gone, none."""
    try:
        source = read_text(root, path, max_bytes=max_bytes)
    except NoteError:
        return
    for target in dict.fromkeys(_WIKI.findall(source)):
        if (found := names.wiki(target)) is not None:
            yield found
    for address in dict.fromkeys(_ADDRESS.findall(source)):
        if (found := names.relative(address, path)) is not None:
            yield found


def _similar(vectors: NDArray[np.float32]) -> Iterator[tuple[int, int]]:
    """Yield each note with those that are most like it, if they are alike enough."""
    if len(vectors) < 3:
        return
    main = principal(vectors, 64)
    main /= np.maximum(np.linalg.norm(main, axis=1, keepdims=True), 1e-9)
    begins, ends = nearest(main, _SIMILAR)
    alike = (main[begins] * main[ends]).sum(axis=1) >= _LEAST_COSINE
    yield from zip(begins[alike].tolist(), ends[alike].tolist(), strict=True)
