"""Compare encoders side by side: ``python -m benchmarks.encoders HELD_OUT NAME=FOLDER ...``.

Each FOLDER holds an encoder as `retrieval.export` writes it; the others are compared with the
first on the same questions (paired bootstrap). One half of the documents chooses for each encoder
how much BM25 counts, the other half is measured. "Other English" is of data sets that no encoder of
ours was trained on; of the rest, the paragraphs asked of are held out and those around them are
not. Writes benchmarks/results/encoders.json and docs/ranking.md.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import describe
from benchmarks.question_sets import SPECS, Corpus, CorpusSpec, Half, read_corpus
from benchmarks.ranking import DOCUMENT, Ranking, by_words, fuse, place
from qa.resampling import compare
from retrieval.onnx_encoder import OnnxEncoder
from retrieval.retriever import DEPTH

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks" / "results" / "encoders.json"
_UNSEEN = ("squadshifts_amazon_reviews", "squadshifts_reddit", "fairytaleqa_explicit")
UNSEEN = CorpusSpec("other English", "en", _UNSEEN, _UNSEEN, 2000, 400)
WEIGHTS = (0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03)
_BEGIN, _END = "<!-- benchmarks.encoders -->\n", "<!-- end of encoders -->\n"


@dataclass(frozen=True)
class Places:
    """The place of each question's own paragraph, from 1; infinite where it was not found."""

    dense: NDArray[np.float64]
    fused: dict[float, NDArray[np.float64]]


def rank(corpus: Corpus, encoder: OnnxEncoder, lexical: Sequence[Ranking]) -> Places:
    """Search for every question of a corpus with one encoder."""
    passages = encoder.encode_passages([piece.embedded for piece in corpus.pieces])
    questions = encoder.encode_queries([case.question for case in corpus.cases])
    dense: list[float] = []
    fused: dict[float, list[float]] = {weight: [] for weight in WEIGHTS}
    for case, question, words in zip(corpus.cases, questions, lexical, strict=True):
        cosines = passages @ question  # (passages,)
        near = [(int(at), float(cosines[at])) for at in np.argsort(-cosines)[:DEPTH]]
        dense.append(place(corpus, case.note, near))
        for weight, places in fused.items():
            places.append(place(corpus, case.note, fuse(near, words, cosines, weight)))
    return Places(np.array(dense), {weight: np.array(places) for weight, places in fused.items()})


def figures(
    corpora: Sequence[Corpus], found: dict[str, list[Places]], weights: dict[str, float]
) -> dict[str, dict[str, dict[str, float]]]:
    """Return recall of the measured halves, by corpus and encoder, beside the first encoder's."""
    first = next(iter(found))
    results: dict[str, dict[str, dict[str, float]]] = {}
    for at, corpus in enumerate(corpora):
        measured = _half(corpus, "measure")
        results[corpus.name] = {}
        for name, places in found.items():
            dense = places[at].dense[measured]
            fused = places[at].fused[weights[name]][measured]
            before = found[first][at].fused[weights[first]][measured]
            difference = compare(before == 1, fused == 1)
            results[corpus.name][name] = {
                "questions": len(dense),
                "dense_recall_at_1": _percent(dense, 1),
                "dense_recall_at_5": _percent(dense, 5),
                "fused_recall_at_1": _percent(fused, 1),
                "fused_recall_at_5": _percent(fused, 5),
                "gain": round(100 * difference.mean, 1),
                "low": round(100 * difference.low, 1),
                "high": round(100 * difference.high, 1),
            }
    return results


def _half(corpus: Corpus, half: Half) -> NDArray[np.bool_]:
    return np.array([case.half == half for case in corpus.cases])


def _percent(places: NDArray[np.float64], k: int) -> float:
    return round(100 * float((places <= k).mean()), 1)


def best_weight(corpora: Sequence[Corpus], places: Sequence[Places]) -> float:
    """Return the weight of BM25 with the best mean reciprocal rank on the fitting halves."""

    def mean_reciprocal_rank(weight: float) -> float:
        return float(
            np.mean(
                [
                    (1 / each.fused[weight][_half(corpus, "fit")]).mean()
                    for corpus, each in zip(corpora, places, strict=True)
                ]
            )
        )

    return max(WEIGHTS, key=mean_reciprocal_rank)


def table(results: dict[str, dict[str, dict[str, float]]], weights: dict[str, float]) -> str:
    """Return the Markdown table."""
    lines = [
        "Recall@1 and @5 in percent; gain of fusion at 1 over the first encoder (95 % interval):",
        "",
        "| questions | encoder | BM25 × | dense | fused | gain |",
        "|---|---|---|---|---|---|",
    ]
    for corpus, rows in results.items():
        for name, row in rows.items():
            lines.append(
                f"| {corpus} ({row['questions']}) | {name} | {weights[name]}"
                f" | {row['dense_recall_at_1']}, {row['dense_recall_at_5']}"
                f" | {row['fused_recall_at_1']}, {row['fused_recall_at_5']}"
                f" | {row['gain']:+} ({row['low']:+} to {row['high']:+}) |"
            )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Compare the encoders named."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.encoders", description=__doc__)
    parser.add_argument("held_out", type=Path)
    parser.add_argument("encoders", nargs="+", metavar="NAME=FOLDER")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data/qa")
    parser.add_argument("--dry", action="store_true", help="only print")
    options = parser.parse_args()
    pairs = (each.partition("=") for each in options.encoders)
    encoders = {name: OnnxEncoder(Path(folder)) for name, _mark, folder in pairs}
    first = next(iter(encoders.values()))
    corpora = [
        read_corpus(spec, options.data, options.held_out, first.count_tokens)
        for spec in (*SPECS, UNSEEN)
    ]
    lexical = [by_words(corpus) for corpus in corpora]
    found = {
        name: [rank(corpus, encoder, words) for corpus, words in zip(corpora, lexical, strict=True)]
        for name, encoder in encoders.items()
    }
    weights = {name: best_weight(corpora, places) for name, places in found.items()}
    results = figures(corpora, found, weights)
    middle = table(results, weights)
    print(middle)
    if options.dry:
        return
    text = DOCUMENT.read_text(encoding="utf-8")
    before, after = text.split(_BEGIN)[0], text.split(_END)[1]
    DOCUMENT.write_text(f"{before}{_BEGIN}{middle}{_END}{after}", encoding="utf-8")
    record = {"machine": describe(), "lexical_weights": weights, "measured": results}
    RESULT.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
