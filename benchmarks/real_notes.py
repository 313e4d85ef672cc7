"""Thirty questions on real notes: ``python -m benchmarks.real_notes [NOTES]``.

NOTES is the folder that holds ``fastapi/docs`` (default ../shared/data/notes). Prints each question
with what was answered, and writes benchmarks/results/real_notes.json.
"""

import argparse
import json
import shutil
import tempfile
from pathlib import Path

from benchmarks.machine import describe
from kb.config import Settings
from kb.knowledge import KnowledgeBase
from qa import metrics
from retrieval.language import detect_language

ROOT = Path(__file__).parents[1]
QUESTIONS = ROOT / "tests" / "data" / "real_questions.json"
RESULT = ROOT / "benchmarks" / "results" / "real_notes.json"


def is_right(text: str, answers: list[dict[str, object]]) -> bool:
    """Say whether an answer agrees with an accepted span: F1 of a half, or one holds the other."""
    for answer in answers:
        gold = str(answer["text"])
        language = detect_language(gold)
        if metrics.f1(text, [gold], language) >= 0.5:
            return True
        if gold.lower() in text.lower() and len(text) <= len(gold) + 60:
            return True
    return False


def main() -> None:
    """Index a copy of the notes, ask, count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "notes", type=Path, nargs="?", default=ROOT.parent / "shared" / "data" / "notes"
    )
    notes = parser.parse_args().notes
    fixture = json.loads(QUESTIONS.read_text(encoding="utf-8"))
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "notes"
        shutil.copytree(notes / fixture["root"], folder)
        base = KnowledgeBase.open(Settings.load(folder))
        report = base.index()
        for question in fixture["questions"]:
            answer = base.ask(question["question"])
            best = answer.text or (answer.alternatives[0].text if answer.alternatives else "")
            right = is_right(best, question["answers"])
            golds = {gold["note"] for gold in question["answers"]}
            nearest = [scored.citation.note for scored in answer.nearest]
            rows.append(
                {
                    "id": question["id"],
                    "kind": question["kind"],
                    "question": question["question"],
                    "answer": answer.text,
                    "best": best,
                    "confidence": answer.confidence,
                    "best_is_right": right,
                    "outcome_is_right": (right and answer.text is not None)
                    if question["answers"]
                    else answer.text is None,
                    "note_among_five": bool(golds & set(nearest)) if golds else None,
                }
            )
        base.close()
    for row in rows:
        mark = "✓" if row["outcome_is_right"] else "✗"
        print(f"{mark} {row['id']} {row['question']}\n    → {row['answer']!r}"
              f" (best {row['best']!r}, {row['confidence']:.2f})")  # fmt: skip
    answerable = [row for row in rows if row["kind"] != "no-answer"]
    shown = [row for row in rows if row["answer"] is not None]
    summary = {
        "questions": len(rows),
        "right": sum(bool(row["outcome_is_right"]) for row in rows),
        "answerable": len(answerable),
        "answered_right": sum(bool(row["outcome_is_right"]) for row in answerable),
        "best_candidate_right": sum(bool(row["best_is_right"]) for row in answerable),
        "note_among_five": sum(bool(row["note_among_five"]) for row in answerable),
        "shown": len(shown),
        "shown_right": sum(bool(row["outcome_is_right"]) for row in shown),
        "passages": report.passages,
        "machine": describe(),
    }
    print(json.dumps(summary, indent=2))
    RESULT.parent.mkdir(exist_ok=True)
    text = json.dumps({**summary, "rows": rows}, indent=2, ensure_ascii=False)
    RESULT.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
