"""What every peer is given and gives back."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

READ = 6
"""Passages that a reader reads for a question, as in the product."""

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage as every peer gets it: headings in the first line, then the text."""

    note: str
    text: str


@dataclass(frozen=True, slots=True)
class Corpus:
    """A folder of notes, cut.

    :param folder: holds the notes in ``notes/`` and the passages in ``passages.json``.
    :param lent: whether peers take its vectors as they are instead of embedding the passages.
    """

    folder: Path
    lent: bool = False

    @property
    def notes(self) -> Path:
        """The notes."""
        return self.folder / "notes"

    def passages(self) -> list[Passage]:
        """Read the passages."""
        rows = json.loads((self.folder / "passages.json").read_text(encoding="utf-8"))
        return [Passage(note, text) for note, text in rows]

    def write(self, passages: list[Passage]) -> None:
        """Keep the passages."""
        rows = [[passage.note, passage.text] for passage in passages]
        text = json.dumps(rows, ensure_ascii=False)
        (self.folder / "passages.json").write_text(text, encoding="utf-8")

    def vectors(self) -> Vectors | None:
        """Return the vectors that `lending` put there, shape ``(passages, dimension)``."""
        return np.load(self.folder / "vectors.npy") if self.lent else None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a peer says to a question.

    :param text: its best span, shown or not; None if it has none.
    :param shown: whether it shows the span; None if the peer cannot refuse.
    :param score: by which its spans are compared, higher is surer; None if it has none.
    :param note: note of the span it shows, else of the passage it puts first.
    :param failed: whether the peer raised instead of answering.
    """

    text: str | None
    shown: bool | None
    score: float | None
    note: str | None
    failed: bool = False


class Peer(Protocol):
    """One way to answer questions from notes; made once in a process, with its models."""

    def build(self, corpus: Corpus, folder: Path) -> None:
        """Index a corpus and keep the index in an empty folder."""
        ...

    def open(self, folder: Path) -> None:
        """Open an index that was built, in place of the one before."""
        ...

    def ask(self, question: str) -> Reply:
        """Answer."""
        ...
