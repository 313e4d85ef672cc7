"""Question sets to fit and measure ranking on: real questions among about 2,000 paragraphs.

The questions are those that ``python -m qa.holdout`` keeps back. Their paragraphs stand among
others of the same data set, as notes titled with their article, cut into passages as any note.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kb.catalog.rows import HEADING_GAP, embed_text
from kb.measuring.evaluation import note_source
from kb.notes.note import parse_note
from kb.passages.chunking import split as split_note
from qa.squad import Example, read_squad, split
from retrieval.language import Language

Half = Literal["fit", "measure"]
_SEED = 5


@dataclass(frozen=True, slots=True)
class CorpusSpec:
    """Which held-out files a corpus asks of, and how many paragraphs it has in all.

    :param others: patterns of the files whose training part fills the corpus up.
    :param questions: most for each half.
    """

    name: str
    language: Language
    held_out: tuple[str, ...]
    others: tuple[str, ...]
    paragraphs: int
    questions: int


SPECS = (
    CorpusSpec(
        "english", "en", ("squad2_train", "squadshifts_new_wiki"), ("squad2_train_p*",), 2000, 500
    ),
    CorpusSpec(
        "simplified", "zh", ("cmrc2018_train", "cmrc2018_trial"), ("cmrc2018_train",), 900, 250
    ),
    CorpusSpec("traditional", "zh", ("drcd_dev", "drcd_test"), ("drcd_dev", "drcd_test"), 900, 250),
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage of a corpus; ``note`` numbers its paragraph."""

    note: int
    ordinal: int
    title: str
    heading: tuple[str, ...]
    text: str

    @property
    def embedded(self) -> str:
        """The text that stands for it in the encoder."""
        return embed_text(self.title, self.heading, self.text)

    @property
    def context(self) -> str:
        """What the reader sees above it."""
        return HEADING_GAP.join((self.title, *self.heading))


@dataclass(frozen=True, slots=True)
class Case:
    """A question and the note that answers it."""

    question: str
    note: int
    half: Half


@dataclass(frozen=True, slots=True)
class Corpus:
    """Passages in the order of their ids, which count from 1, and the questions on them."""

    name: str
    language: Language
    pieces: tuple[Piece, ...]
    cases: tuple[Case, ...]

    @property
    def notes(self) -> int:
        """The paragraphs."""
        return self.pieces[-1].note + 1 if self.pieces else 0


def read_corpus(
    spec: CorpusSpec, data: Path, held_out: Path, count_tokens: Callable[[str], int]
) -> Corpus:
    """Gather a corpus; the same files give the same corpus.

    :param data: folder of the question files, for other paragraphs.
    :param held_out: folder written by ``python -m qa.holdout``.
    :raises DatasetError: if a file cannot be read.
    """
    asked, titles = gather(spec, data, held_out)
    notes = {context: number for number, context in enumerate(titles)}
    pieces = tuple(
        piece
        for context, number in notes.items()
        for piece in _pieces(number, titles[context], context, count_tokens)
    )
    return Corpus(spec.name, spec.language, pieces, tuple(_cases(asked, notes, spec.questions)))


def gather(spec: CorpusSpec, data: Path, held_out: Path) -> tuple[list[Example], dict[str, str]]:
    """Return the held-out questions of a corpus, and its paragraphs with their titles.

    :raises DatasetError: if a file cannot be read.
    """
    asked = [each for name in spec.held_out for each in read_squad(held_out / f"{name}.json")]
    files = sorted(path for name in spec.others for path in data.glob(f"{name}.json"))
    others = [example for path in files for example in split(read_squad(path))[0]]
    return asked, _fill(asked, others, spec.paragraphs)


def half_of(title: str) -> Half:
    """Return the half of a document: by its title, so that a document is never on both sides."""
    digest = hashlib.sha256(f"ranking {title}".encode()).digest()
    return "fit" if digest[0] < 128 else "measure"


def _fill(asked: Sequence[Example], others: Iterable[Example], most: int) -> dict[str, str]:
    """Return paragraphs with their titles: those asked of, then whole documents of others."""
    titles = {example.context: example.title for example in asked}
    documents: dict[str, dict[str, None]] = {}
    for example in others:
        documents.setdefault(example.title, {})[example.context] = None
    names = sorted(documents)
    random.Random(_SEED).shuffle(names)
    for name in names:
        for context in documents[name]:
            if len(titles) >= most:
                return titles
            titles.setdefault(context, name)
    return titles


def _pieces(
    number: int, title: str, context: str, count_tokens: Callable[[str], int]
) -> Iterable[Piece]:
    source = note_source(title, context)
    note = parse_note(f"{number:06d}.md", source)
    for passage in split_note(note, source, count_tokens):
        yield Piece(number, passage.ordinal, note.title, passage.heading_path, passage.text)


def _cases(asked: Sequence[Example], notes: dict[str, int], most: int) -> Iterable[Case]:
    shuffled = random.Random(_SEED).sample(asked, len(asked))
    left: dict[Half, int] = {"fit": most, "measure": most}
    for example in shuffled:
        half = half_of(example.title)
        if example.is_answerable and left[half]:
            left[half] -= 1
            yield Case(example.question, notes[example.context], half)
