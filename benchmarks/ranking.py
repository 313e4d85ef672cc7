"""What each part of the ranking brings: ``python -m benchmarks.ranking HELD_OUT [DATA]``.

HELD_OUT is a folder from ``python -m qa.holdout``, DATA that of the question files (default
../shared/data/qa). Questions of one half of the documents try the weights, those of the other half
measure the weights that ship. Writes benchmarks/results/ranking.json and docs/ranking.md.
"""

import argparse
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import describe
from benchmarks.question_sets import SPECS, Corpus, Half, read_corpus
from qa.answerer import Judge
from qa.loading import load_reader
from qa.reader import Context, Reader, Span
from qa.reranking import rerank
from retrieval.encoder import Encoder, load_encoder
from retrieval.fusion import convex_combination, reciprocal_rank_fusion
from retrieval.lexical import Entry, LexicalIndex
from retrieval.retriever import DEPTH, LEXICAL_WEIGHT

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks" / "results" / "ranking.json"
DOCUMENT = ROOT / "docs" / "ranking.md"
READ = 6
LEXICAL_WEIGHTS = (0.0, 0.0025, 0.005, 0.0075, 0.01, 0.02)
READING_WEIGHTS = (0.0, 0.002, 0.004, 0.007, 0.01, 0.015)
_BEGIN, _END = "<!-- benchmarks.ranking -->\n", "<!-- end -->\n"

Ranking = list[tuple[int, float]]


@dataclass(frozen=True)
class Found:
    """What each part said of one question; passages are numbered from 0."""

    half: Half
    note: int
    dense: Ranking
    lexical: Ranking
    cosines: NDArray[np.float32]
    readings: dict[int, list[Span]]


def by_words(corpus: Corpus) -> list[Ranking]:
    """Return what BM25 finds for each question."""
    with tempfile.TemporaryDirectory() as folder:
        index = LexicalIndex(Path(folder) / "lexical")
        entries = [
            Entry(at + 1, piece.title, " ".join(piece.heading), piece.text)
            for at, piece in enumerate(corpus.pieces)
        ]
        index.update([], entries, 1)
        return [
            [(id_ - 1, score) for id_, score in index.search(case.question, DEPTH)]
            for case in corpus.cases
        ]


def place(corpus: Corpus, note: int, ranking: Ranking) -> float:
    """Return the place of a paragraph among the paragraphs of a ranking, from 1."""
    notes = list(dict.fromkeys(corpus.pieces[at].note for at, _ in ranking))
    return notes.index(note) + 1.0 if note in notes else np.inf


def gather(corpus: Corpus, encoder: Encoder, reader: Reader) -> list[Found]:
    """Search and read for every question of a corpus."""
    pieces = corpus.pieces
    passages = encoder.encode_passages([piece.embedded for piece in pieces])
    questions = encoder.encode_queries([case.question for case in corpus.cases])
    rows: list[Found] = []
    for case, question, lexical in zip(corpus.cases, questions, by_words(corpus), strict=True):
        cosines = passages @ question  # (passages,)
        dense = [(int(at), float(cosines[at])) for at in np.argsort(-cosines)[:DEPTH]]
        # Whatever the weights, the passages read are among the first of some fusion.
        wanted = {
            at
            for weight in LEXICAL_WEIGHTS
            for at, _ in fuse(dense, lexical, cosines, weight)[:READ]
        }
        order = sorted(wanted)
        contexts = [Context(pieces[at].context, pieces[at].text) for at in order]
        spans = reader.read(case.question, contexts, best=1)
        readings = dict(zip(order, spans, strict=True))
        rows.append(Found(case.half, case.note, dense, lexical, cosines, readings))
    return rows


def fuse(dense: Ranking, lexical: Ranking, cosines: NDArray[np.float32], weight: float) -> Ranking:
    """Return the weighted sum as `retrieval.retriever` makes it."""
    bm25 = dict(lexical)
    offered = {at: float(cosines[at]) for at in [*(at for at, _ in dense), *bm25]}
    return convex_combination([offered, bm25], [1.0, weight])


def reread(row: Found, lexical_weight: float, reading_weight: float) -> Ranking:
    """Return the ranking of a search with the reader's word."""
    fused = fuse(row.dense, row.lexical, row.cosines, lexical_weight)
    readings = [row.readings[at] for at, _ in fused[:READ]]
    order = rerank([score for _, score in fused], readings, reading_weight)
    return [(fused[at][0], score) for at, score in order]


def ranks(corpus: Corpus, rows: Sequence[Found], rank: Callable[[Found], Ranking]) -> list[float]:
    """Return the place of each question's own paragraph among the paragraphs, from 1."""
    return [place(corpus, row.note, rank(row)) for row in rows]


def figures(places: Sequence[float]) -> dict[str, float]:
    """Return recall (percent) and mean reciprocal rank, with 95 % bootstrap intervals of @1."""
    found = np.array(places)
    first = found == 1
    generator = np.random.default_rng(0)
    means = first[generator.integers(0, len(first), (2000, len(first)))].mean(axis=1)
    low, high = np.percentile(100 * means, [2.5, 97.5])
    return {
        "recall_at_1": round(100 * float(first.mean()), 1),
        "low": round(float(low), 1),
        "high": round(float(high), 1),
        "recall_at_5": round(100 * float((found <= 5).mean()), 1),
        "mrr": round(float((1 / found).mean()), 4),
        "questions": len(found),
    }


def ways(lexical: float, reading: float) -> dict[str, Callable[[Found], Ranking]]:
    """Return the rankings compared, plainest first."""
    return {
        "lexical alone": lambda row: row.lexical,
        "dense alone": lambda row: row.dense,
        "reciprocal rank fusion": lambda row: reciprocal_rank_fusion(
            [[at for at, _ in row.dense], [at for at, _ in row.lexical]]
        ),
        f"cosine + {lexical} × BM25": lambda row: fuse(
            row.dense, row.lexical, row.cosines, lexical
        ),
        f"the same, first {READ} read, + {reading} × log-odds": lambda row: reread(
            row, lexical, reading
        ),
    }


def table(results: dict[str, dict[str, dict[str, float]]]) -> str:
    """Return the Markdown table of the measured half."""
    names = list(results)
    counts = [next(iter(results[name].values()))["questions"] for name in names]
    head = [f"{name} ({int(count)})" for name, count in zip(names, counts, strict=True)]
    lines = [f"| | {' | '.join(head)} |", f"|---|{'---|' * len(names)}"]
    for way in results[names[0]]:
        cells = [
            f"{part['recall_at_1']} ({part['low']}–{part['high']}), {part['recall_at_5']}"
            for part in (results[name][way] for name in names)
        ]
        lines.append(f"| {way} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Try weights on one half, measure the shipped ones on the other."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ranking", description=__doc__)
    parser.add_argument("held_out", type=Path)
    parser.add_argument("data", type=Path, nargs="?", default=ROOT.parent / "shared/data/qa")
    options = parser.parse_args()
    encoder, reader = load_encoder(), load_reader()
    corpora: list[tuple[Corpus, list[Found]]] = []
    for spec in SPECS:
        corpus = read_corpus(spec, options.data, options.held_out, encoder.count_tokens)
        corpora.append((corpus, gather(corpus, encoder, reader)))
        print(f"{corpus.name}: {corpus.notes} paragraphs, {len(corpus.cases)} questions")

    def mean_mrr(lexical: float, reading: float) -> float:
        return float(
            np.mean(
                [
                    figures(
                        ranks(
                            corpus,
                            [row for row in rows if row.half == "fit"],
                            lambda row: reread(row, lexical, reading),
                        )
                    )["mrr"]
                    for corpus, rows in corpora
                ]
            )
        )

    tried = {
        (lexical, reading): round(mean_mrr(lexical, reading), 4)
        for lexical in LEXICAL_WEIGHTS
        for reading in READING_WEIGHTS
    }
    lexical, reading = LEXICAL_WEIGHT, Judge.load().reading_weight
    results = {
        corpus.name: {
            name: figures(ranks(corpus, [row for row in rows if row.half == "measure"], rank))
            for name, rank in ways(lexical, reading).items()
        }
        for corpus, rows in corpora
    }
    sweep = [f"| BM25 × | {' | '.join(f'log-odds × {weight}' for weight in READING_WEIGHTS)} |"]
    sweep.append(f"|---|{'---|' * len(READING_WEIGHTS)}")
    sweep += [
        f"| {weight} | {' | '.join(str(tried[weight, other]) for other in READING_WEIGHTS)} |"
        for weight in LEXICAL_WEIGHTS
    ]
    text = DOCUMENT.read_text(encoding="utf-8")
    before, after = text.split(_BEGIN)[0], text.split(_END)[1]
    middle = (
        "Recall@1 in percent (95 % bootstrap interval), then recall@5, on the measured half;"
        f" questions in brackets:\n\n{table(results)}\nMean reciprocal rank on the fitting half,"
        " averaged over the three sets:\n\n" + "\n".join(sweep) + "\n"
    )
    DOCUMENT.write_text(f"{before}{_BEGIN}{middle}{_END}{after}", encoding="utf-8")
    record = {
        "machine": describe(),
        "reader": reader.fingerprint,
        "encoder": encoder.fingerprint,
        "lexical_weight": lexical,
        "reading_weight": reading,
        "fitting_mrr": {f"{a} {b}": value for (a, b), value in tried.items()},
        "measured": results,
    }
    RESULT.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(middle)


if __name__ == "__main__":
    main()
