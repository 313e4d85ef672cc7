"""Notes that say the same, word for word or nearly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from hashlib import blake2b
from itertools import combinations, pairwise

from kb.doctor.finding import Finding
from kb.doctor.reading import Folder, ReadNote
from retrieval.analyzer import analyze

NEAR = 0.8
"""Share of word triples that two notes have in common, from which they count as nearly the same."""
_LEAST_WORDS = 20
_SKETCH = 32  # the chance that two notes at 0.8 share none of their 32 least hashes is nil
_CROWD = 20  # a triple that so many notes share is boilerplate and pairs nobody
_REMEDY = "keep one, link to it from the other"


def duplicates(folder: Folder) -> Iterator[Finding]:
    """Find notes whose text is the same, then pairs that share most of their words in order."""
    groups: dict[bytes, list[ReadNote]] = defaultdict(list)
    for each in folder.notes:
        if words := " ".join(each.body.split()):
            groups[blake2b(words.encode("utf-8", "replace"), digest_size=16).digest()].append(each)
    for first, *others in groups.values():
        for other in others:
            message = f"the same text as {first.path}"
            yield Finding("duplicate", "advice", other.path, message, _REMEDY)
    yield from _near([group[0] for group in groups.values()])


def _near(notes: list[ReadNote]) -> Iterator[Finding]:
    """Compare only notes that share one of their least hashes (Broder 1997)."""
    triples = [_triples(each) for each in notes]
    holders: dict[int, list[int]] = defaultdict(list)
    for place, found in enumerate(triples):
        for value in sorted(found)[:_SKETCH]:
            holders[value].append(place)
    pairs = {
        pair
        for places in holders.values()
        if len(places) <= _CROWD
        for pair in combinations(places, 2)
    }
    for one, other in sorted(pairs):
        shared = len(triples[one] & triples[other])
        likeness = shared / (len(triples[one]) + len(triples[other]) - shared)
        if likeness >= NEAR:
            message = f"{likeness:.0%} the same as {notes[one].path}"
            yield Finding("near-duplicate", "advice", notes[other].path, message, _REMEDY)


def _triples(each: ReadNote) -> frozenset[int]:
    words = analyze(each.body)
    if len(words) < _LEAST_WORDS:
        return frozenset()
    return frozenset(
        int.from_bytes(blake2b("\0".join((a, *bc)).encode(), digest_size=8).digest(), "big")
        for a, bc in zip(words, pairwise(words[1:]), strict=False)
    )
