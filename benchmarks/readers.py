"""Readers side by side on held-out questions: ``python -m benchmarks.readers NAME=FOLDER...``.

FOLDER is one from ``python -m qa.export --folder``, or qa/model. Every reader answers the same
questions of the same paragraphs, those of ``python -m qa.holdout DATA .work/holdout`` and of
``python -m qa.holdout DATA/augmented .work/holdout_augmented``, which no reader was trained on, and
some of the same put into the other language by hand (tests/data/cross_language_questions.json).
Writes benchmarks/results/readers.json and the table in qa/model/README.md.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import describe
from qa import metrics
from qa.evaluate import language_of, sample
from qa.onnx_reader import READER_FOLDER, OnnxReader
from qa.reader import Context
from qa.squad import Example, read_squad

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks" / "results" / "readers.json"
CARD = READER_FOLDER / "README.md"
SETS = {
    "SQuAD 2.0": "holdout/squad2_train",
    "SQuADShifts, new Wikipedia": "holdout/squadshifts_new_wiki",
    "Natural Questions": "holdout/nq_qed",
    "CMRC 2018, Simplified": "holdout/cmrc2018_train",
    "DRCD, Traditional": "holdout/drcd_dev",
    "DuReader-robust, Simplified": "holdout/dureader_robust_dev",
    "Chinese gloss on English": "holdout_augmented/chinese_on_english",
    "English gloss on Chinese": "holdout_augmented/english_on_chinese",
    "Keywords, English": "holdout_augmented/keywords_english",
    "Keywords, Chinese": "holdout_augmented/keywords_chinese",
    "Documented code": "holdout_augmented/documented_code",
}
TRANSLATED = ROOT / "tests" / "data" / "cross_language_questions.json"
_BEGIN, _END = "<!-- benchmarks.readers -->\n", "<!-- end -->\n"


def scores(reader: OnnxReader, examples: list[Example]) -> dict[str, float]:
    """Return F1 and exact match of the best span, and F1 with "no answer" at its best threshold.

    The best threshold is an upper bound, the same kindness to every reader.
    """
    agreement: list[tuple[float, float]] = []
    margins: list[float] = []
    for example in examples:
        [spans] = reader.read(example.question, [Context(example.title, example.context)], 1)
        text = example.context[spans[0].start : spans[0].end] if spans else ""
        golds, language = [gold for gold, _start in example.answers], language_of(example)
        margins.append(spans[0].score if spans else float("-inf"))
        agreement.append(
            (metrics.f1(text, golds, language), metrics.exact_match(text, golds, language))
            if golds
            else (0.0, 0.0)
        )
    answerable = np.array([example.is_answerable for example in examples])
    f1, exact = np.array(agreement).T  # (examples,) each
    found = {
        "questions": int(answerable.sum()),
        "f1": 100 * float(f1[answerable].mean()),
        "exact_match": 100 * float(exact[answerable].mean()),
    }
    if answerable.all():
        return found
    order = np.argsort(-np.array(margins))
    # Answering the first k questions: their F1, and one for each unanswerable one left alone.
    gained = np.cumsum(np.where(answerable, f1, -1.0)[order]).max(initial=0.0)
    best = float(gained + (~answerable).sum()) / len(examples)
    return {**found, "with_no_answer": 100 * best, "all_questions": len(examples)}


def translated(held_out: Path) -> dict[str, list[Example]]:
    """Return the questions put into the other language, on their own paragraphs."""
    files = sorted((held_out / "holdout").glob("*.json"))
    known = {each.id: each for file in files for each in read_squad(file)}
    texts = json.loads(TRANSLATED.read_text(encoding="utf-8"))
    return {
        title: [replace(known[id_], question=asked) for id_, asked in texts[name].items()]
        for title, name in (
            ("Chinese on English, by hand", "chinese_on_english"),
            ("English on Chinese, by hand", "english_on_chinese"),
        )
    }


def table(rows: dict[str, dict[str, dict[str, float]]]) -> str:
    """Return the table of the card: a row for each set, a column for each reader."""
    names = list(next(iter(rows.values())))
    lines = ["| questions | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for title, by_reader in rows.items():
        count = next(iter(by_reader.values()))["questions"]
        cells = [f"{row['f1']:.1f} / {row['exact_match']:.1f}" for row in by_reader.values()]
        lines.append(f"| {title} ({count}) | " + " | ".join(cells) + " |")
        if all("with_no_answer" in row for row in by_reader.values()):
            count = next(iter(by_reader.values()))["all_questions"]
            cells = [f"{row['with_no_answer']:.1f}" for row in by_reader.values()]
            lines.append(f"| the same, with no-answer ({count}) | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def write_card(rows: dict[str, dict[str, dict[str, float]]]) -> None:
    """Put the table between its marks in the card."""
    text = CARD.read_text(encoding="utf-8")
    before, rest = text.split(_BEGIN)
    after = rest.split(_END)[1]
    CARD.write_text(before + _BEGIN + table(rows) + _END + after, encoding="utf-8")


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.readers", description=__doc__)
    parser.add_argument("readers", nargs="+", metavar="NAME=FOLDER")
    parser.add_argument("--held-out", type=Path, default=ROOT / ".work", help="folder of both")
    parser.add_argument("--limit", type=int, default=400, help="questions of each set")
    parser.add_argument("--draft", action="store_true", help="only print")
    options = parser.parse_args()
    opened = {
        name: OnnxReader(Path(folder))
        for name, folder in (each.split("=", 1) for each in options.readers)
    }
    rows: dict[str, dict[str, dict[str, float]]] = {}
    sets = {
        title: sample(read_squad(options.held_out / f"{file}.json"), options.limit)
        for title, file in SETS.items()
    }
    for title, examples in (sets | translated(options.held_out)).items():
        rows[title] = {name: scores(reader, examples) for name, reader in opened.items()}
        print(title, json.dumps(rows[title]), flush=True)
    if options.draft:
        return
    result: dict[str, Any] = {"machine": describe(), "limit": options.limit, "sets": rows}
    RESULT.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    write_card(rows)


if __name__ == "__main__":
    main()
