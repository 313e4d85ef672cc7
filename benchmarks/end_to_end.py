"""From question to answer among 2,000: ``python -m benchmarks.end_to_end DATA HELD_OUT``.

DATA is the folder of the question files, HELD_OUT one from ``python -m qa.holdout``. Held-out
questions are asked as ``kb ask`` asks them, of a base that holds their paragraphs among others of
the same data set: those that have an answer, and as they come, those without among them. Writes
benchmarks/results/end_to_end.json.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.machine import describe
from benchmarks.question_sets import SPECS, CorpusSpec, gather
from kb.config import Settings
from kb.knowledge import KnowledgeBase
from kb.measuring.evaluation import note_source
from qa import evaluate
from qa.squad import Example

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks" / "results" / "end_to_end.json"


def measure(spec: CorpusSpec, data: Path, held_out: Path, limit: int) -> dict[str, Any]:
    """Index a corpus and ask ``limit`` questions of it, with an answer and as they come."""
    asked, titles = gather(spec, data, held_out)
    with tempfile.TemporaryDirectory() as folder:
        for number, (context, title) in enumerate(titles.items()):
            note = Path(folder) / f"{number:06d}.md"
            note.write_text(note_source(title, context), encoding="utf-8")
        base = KnowledgeBase.open(Settings.load(folder))
        base.index()
        answerable = [example for example in asked if example.is_answerable]
        found: dict[str, Any] = {
            "paragraphs": len(titles),
            "answerable": answer(base, evaluate.sample(answerable, limit)),
        }
        if len(answerable) < len(asked):
            found["as they come"] = answer(base, evaluate.sample(asked, limit))
        base.close()
        return found


def answer(base: KnowledgeBase, examples: Sequence[Example]) -> dict[str, Any]:
    """Ask every question; return how right the best spans and the shown answers are."""
    rows: list[evaluate.AnswerRow] = []
    for example in examples:
        given = base.ask(example.question)
        best = given.text or (given.alternatives[0].text if given.alternatives else None)
        rows.append(evaluate.AnswerRow(example, best, given.confidence))
    report = evaluate.evaluate_answers(rows, shown_from=base.threshold)
    return {name: value for name, value in report.items() if name not in ("rows", "languages")}


def main() -> None:
    """Measure every corpus, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.end_to_end", description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("held_out", type=Path)
    parser.add_argument("--limit", type=int, default=600, help="questions of each kind")
    options = parser.parse_args()
    result: dict[str, Any] = {"machine": describe(), "limit": options.limit}
    for spec in SPECS:
        result[spec.name] = measure(spec, options.data, options.held_out, options.limit)
        for kind in ("answerable", "as they come"):
            if kind in result[spec.name]:
                report = result[spec.name][kind]
                print(spec.name, kind, json.dumps(report), flush=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
