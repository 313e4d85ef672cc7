"""Says of each receipt whether the notes still hold its words, and where."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Literal

from kb.errors import KbError, NoteError
from kb.indexing.update import is_covered, unread
from kb.notes.vault import MAX_NOTE_BYTES, read_text, scan
from kb.storage.text import sha256_hex
from kb.trust.receipts import Receipt

State = Literal["valid", "moved", "changed", "gone"]
HOLDS: frozenset[State] = frozenset(["valid", "moved"])


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a receipt's words.

    :param state: "valid": the same words at the same place; "moved": the same words elsewhere;
        "changed": the note has them no more; "gone": the note is missing and no other has them.
    :param note: where they are now, with ``start`` and ``end`` of the answer; else None.
    """

    receipt: Receipt
    state: State
    note: str | None = None
    start: int | None = None
    end: int | None = None


def verify(
    root: Path, receipts: Sequence[Receipt], *, max_bytes: int = MAX_NOTE_BYTES
) -> list[Verdict]:
    """Look every receipt's words up in the notes as they are on disk; no index is needed.

    :raises KbError: if a note that must be looked at is there but cannot be read.
    """
    found = scan(root, max_bytes=max_bytes)
    paths, hidden = [file.path for file in found.files], unread(found)

    @cache
    def source_of(path: str) -> str:
        return read_text(root, path, max_bytes=max_bytes)

    verdicts: list[Verdict] = []
    for receipt in receipts:
        if receipt.note in paths:
            verdicts.append(_in_own_note(receipt, source_of(receipt.note)))
        elif is_covered(receipt.note, hidden):
            raise KbError(f"{receipt.note} is there but cannot be read: its receipt is not checked")
        else:
            others = ((path, text) for path in paths if (text := _text(source_of, path)))
            verdicts.append(_in_others(receipt, others))
    return verdicts


def _text(source_of: Callable[[str], str], path: str) -> str:
    """Return a note that is only searched: one that cannot be read holds no words."""
    try:
        return source_of(path)
    except NoteError:
        return ""


def _in_own_note(receipt: Receipt, source: str) -> Verdict:
    low = receipt.quote_start
    if source[low : low + len(receipt.quote)] == receipt.quote:
        return Verdict(receipt, "valid", receipt.note, receipt.start, receipt.end)
    places = list(_places(receipt, source))
    if not places:
        return Verdict(receipt, "changed")
    place = max(places, key=lambda each: (each.likeness, -abs(each.start - receipt.start)))
    return Verdict(receipt, "moved", receipt.note, place.start, place.end)


def _in_others(receipt: Receipt, notes: Iterable[tuple[str, str]]) -> Verdict:
    """Find the words in another note: the same text first, then the likest surroundings."""
    best: tuple[tuple[bool, int], Verdict] | None = None
    for path, source in notes:
        same = sha256_hex(source) == receipt.note_hash
        for place in _places(receipt, source):
            rank = (same and place.start == receipt.start, place.likeness)
            if best is None or rank > best[0]:
                best = rank, Verdict(receipt, "moved", path, place.start, place.end)
    return best[1] if best else Verdict(receipt, "gone")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the answer stands in a repeat of the quote.

    :param likeness: characters that the surroundings share with the receipt's.
    """

    start: int
    end: int
    likeness: int


def _places(receipt: Receipt, source: str) -> Iterator[_Place]:
    """Yield each repeat of the quote, wrapped into lines otherwise or not."""
    low, high = receipt.start - receipt.quote_start, receipt.end - receipt.quote_start
    quote = receipt.quote
    parts = (quote[:low], quote[low:high], quote[high:])
    head, answer, tail = map(_any_spacing, parts)
    for match in re.finditer(f"{head}({answer}){tail}", source):
        before, after = source[: match.start()][-len(receipt.before) :], source[match.end() :]
        likeness = _shared(before[::-1], receipt.before[::-1]) + _shared(
            after[: len(receipt.after)], receipt.after
        )
        yield _Place(*match.span(1), likeness)


def _any_spacing(text: str) -> str:
    r"""Return a pattern of the text in which any white space stands for any other."""
    return "".join(
        r"\s+" if part.isspace() else re.escape(part) for part in re.split(r"(\s+)", text)
    )


def _shared(one: str, other: str) -> int:
    """Count the characters that two texts begin with alike."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
