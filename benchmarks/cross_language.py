"""Questions in one language on notes in the other: ``python -m benchmarks.cross_language [DOCS]``.

DOCS holds ``en/docs`` and ``zh/docs`` (default ../shared/data/notes/fastapi/docs), see
`benchmarks.cross_language_sets`. Asked of a base that holds the other language alone, and of one
that holds each note in one of the two languages, where the question's is the other. Questions of
one half of the notes chose the weights; the other half is measured. Writes
benchmarks/results/cross_language.json and its table into docs/ranking.md.
"""

import argparse
import hashlib
import json
import random
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.cross_language_sets import CrossCase, CrossSet, read_cross_set
from benchmarks.machine import describe
from benchmarks.question_sets import Piece
from qa.answerer import Judge
from qa.loading import load_reader
from qa.reader import Context, Reader
from qa.reranking import rerank
from retrieval.centring import Centres
from retrieval.encoder import Encoder, load_encoder
from retrieval.language import Language
from retrieval.lexical import Entry, LexicalIndex
from retrieval.retriever import LEXICAL_WEIGHT, Retriever
from retrieval.vectors import VectorIndex

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks" / "results" / "cross_language.json"
DOCUMENT = ROOT / "docs" / "ranking.md"
READ, DEPTH = 6, 50
_BEGIN, _END = "<!-- benchmarks.cross_language -->\n", "<!-- end of cross_language -->\n"
_SEED = 4


@dataclass(frozen=True)
class Stored:
    """A passage of a base and where it comes from."""

    piece: Piece
    language: Language
    section: str
    vector: NDArray[np.float32]


class Remembered:
    """An encoder that embeds all questions at once, beforehand."""

    def __init__(self, encoder: Encoder, questions: Sequence[str], centred: bool) -> None:
        # Without its own name no centres are found, and all is compared as it stands.
        self.fingerprint = encoder.fingerprint if centred else "uncentred"
        self.dimension = encoder.dimension
        self.max_tokens = encoder.max_tokens
        self.count_tokens = encoder.count_tokens
        self.encode_passages = encoder.encode_passages
        self._known = dict(zip(questions, encoder.encode_queries(questions), strict=True))

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of questions that were given beforehand."""
        return np.stack([self._known[text] for text in texts])


def stored(cross: CrossSet, encoder: Encoder) -> list[Stored]:
    """Embed every note in both languages."""
    flat = [
        (piece, twin.language, section)
        for twins in cross.twins.values()
        for twin in twins
        for piece, section in zip(twin.pieces, twin.sections, strict=True)
    ]
    vectors = encoder.encode_passages([piece.embedded for piece, _, _ in flat])
    return [Stored(*each, vector) for each, vector in zip(flat, vectors, strict=True)]


def kept_language(note: int) -> Language:
    """Return the one language in which the base of both languages holds a note."""
    return "en" if hashlib.sha256(f"mixed {note}".encode()).digest()[0] < 128 else "zh"


@contextmanager
def retriever(passages: Sequence[Stored], encoder: Encoder) -> Iterator[Retriever]:
    """Yield what searches these passages, numbered from 1."""
    with tempfile.TemporaryDirectory() as folder:
        vectors = VectorIndex(encoder.dimension)
        ids = np.arange(1, len(passages) + 1)
        vectors.add(ids, np.stack([each.vector for each in passages]))
        lexical = LexicalIndex(Path(folder) / "lexical")
        entries = [
            Entry(number, each.piece.title, " ".join(each.piece.heading), each.piece.text)
            for number, each in enumerate(passages, start=1)
        ]
        lexical.update([], entries, 1)
        yield Retriever(encoder, vectors, lexical, LEXICAL_WEIGHT)


def order(
    found: list[tuple[Stored, float]], question: str, reader: Reader | None, weight: float
) -> list[Stored]:
    """Return passages in the order of a search, read if there is a reader."""
    if reader is None:
        return [passage for passage, _ in found]
    contexts = [Context(each.piece.context, each.piece.text) for each, _ in found[:READ]]
    readings = reader.read(question, contexts, best=1)
    placed = rerank([score for _, score in found], readings, weight)
    return [found[at][0] for at, _ in placed]


def figures(
    passages: Sequence[Stored],
    cases: Sequence[CrossCase],
    searching: Retriever,
    reader: Reader | None,
) -> dict[str, float]:
    """Return how often the twin note is first and among five, and the section among those read."""
    weight = Judge.load().reading_weight
    places: list[float] = []
    sections = 0
    for case in cases:
        hits = searching.search(case.question, DEPTH)
        found = [(passages[hit.id - 1], hit.score) for hit in hits]
        sections += any(
            each.piece.note == case.note
            and each.language != case.language
            and case.section in (None, each.section)
            for each, _ in found[:READ]
        )
        ordered = order(found, case.question, reader, weight)
        notes = list(dict.fromkeys((each.piece.note, each.language) for each in ordered))
        twin = next((n for n in notes if n[0] == case.note and n[1] != case.language), None)
        places.append(notes.index(twin) + 1 if twin else np.inf)
    ranks = np.array(places)
    return {
        "questions": len(cases),
        "recall_at_1": round(100 * float((ranks == 1).mean()), 1),
        "recall_at_5": round(100 * float((ranks <= 5).mean()), 1),
        "section_read": round(100 * sections / len(cases), 1),
    }


def bases(
    passages: Sequence[Stored], cases: Sequence[CrossCase], limit: int
) -> Iterator[tuple[str, list[Stored], list[CrossCase]]]:
    """Yield each base with its name and what is asked of it."""
    chosen = random.Random(_SEED).sample(cases, len(cases))
    mixed = [each for each in passages if kept_language(each.piece.note) == each.language]
    directions: tuple[tuple[Language, str], ...] = (
        ("zh", "Chinese on English"),
        ("en", "English on Chinese"),
    )
    for language, name in directions:
        asked = [case for case in chosen if case.language == language]
        alone = [each for each in passages if each.language != language]
        yield f"{name}, alone", alone, asked[:limit]
        crossing = [case for case in asked if kept_language(case.note) != language]
        yield f"{name}, both", mixed, crossing[:limit]


def table(results: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """Return the Markdown table."""
    ways = list(next(iter(results.values())))
    lines = [f"| notes | questions | {' | '.join(ways)} |", f"|---|---|{'---|' * len(ways)}"]
    for name, row in results.items():
        cells = [
            f"{e['recall_at_1']}, {e['recall_at_5']}, {e['section_read']}" for e in row.values()
        ]
        lines.append(f"| {name} | {row[ways[0]]['questions']} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, write the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.cross_language", description=__doc__
    )
    default = ROOT.parent / "shared/data/notes/fastapi/docs"
    parser.add_argument("docs", type=Path, nargs="?", default=default)
    parser.add_argument("--limit", type=int, default=400, help="most questions of each base")
    parser.add_argument("--half", choices=("fit", "measure"), default="measure")
    parser.add_argument("--no-reader", action="store_true", help="leave the last column out")
    options = parser.parse_args()
    encoder = load_encoder()
    cross = read_cross_set(options.docs, encoder.count_tokens)
    passages = stored(cross, encoder)
    cases = [case for case in cross.cases if case.half == options.half]
    questions = [case.question for case in cases]
    plain, centred = (Remembered(encoder, questions, centred) for centred in (False, True))
    if Centres.load(encoder.fingerprint) is None:
        raise SystemExit("there are no centres of this encoder: python -m qa.centres DATA")
    ways: list[tuple[str, Encoder, Reader | None]] = [
        ("as it stands", plain, None),
        ("centred", centred, None),
    ]
    if not options.no_reader:
        ways.append(("centred, read", centred, load_reader()))
    results: dict[str, dict[str, dict[str, float]]] = {}
    for name, base, asked in bases(passages, cases, options.limit):
        for way, used, reader in ways:
            with retriever(base, used) as searching:
                row = figures(base, asked, searching, reader)
            results.setdefault(name, {})[way] = row
            print(name, way, row)
    text = DOCUMENT.read_text(encoding="utf-8")
    before, after = text.split(_BEGIN)[0], text.split(_END)[1]
    middle = (
        "Twin note first, among five, and its section among the six passages read, in percent of"
        f" the questions of the {options.half} half:\n\n{table(results)}"
    )
    DOCUMENT.write_text(f"{before}{_BEGIN}{middle}{_END}{after}", encoding="utf-8")
    record = {"machine": describe(), "encoder": encoder.fingerprint, "results": results}
    RESULT.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
