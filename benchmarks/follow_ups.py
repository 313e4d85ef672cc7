"""Follow-up questions with and without their chat: ``python -m benchmarks.follow_ups [NOTES]``.

NOTES is the folder that holds ``fastapi/docs`` (default ../shared/data/notes). Each case of
tests/data/follow_ups.json is asked as typed and within its chat, once with the earlier questions
alone and once with what answered them. Writes benchmarks/results/follow_ups.json; ``--only`` tries
one folder and writes nothing.
"""

import argparse
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.machine import describe
from kb.answer import Answer
from kb.config import Settings
from kb.conversation import turn_of
from kb.knowledge import KnowledgeBase
from qa.followup.rewriting import Turn

ROOT = Path(__file__).parents[1]
CASES = ROOT / "tests" / "data" / "follow_ups.json"
RESULT = ROOT / "benchmarks" / "results" / "follow_ups.json"
WAYS = ("without", "questions", "turns")
BASES = ("starter", "fastapi")


def turns_of(base: KnowledgeBase, questions: Sequence[str]) -> list[Turn]:
    """Ask the earlier questions one after another, each within its chat."""
    turns: list[Turn] = []
    for question in questions:
        turns.append(turn_of(base.ask(question, earlier=turns)))
    return turns


def score(case: dict[str, Any], answer: Answer) -> dict[str, Any]:
    """Say whether an answer comes from an accepted note and holds accepted words.

    :return: ``note`` is about the nearest passage, ``right`` about the answer that is shown, and
        ``best_right`` about the likeliest one, shown or not.
    """
    shown = answer.text or ""
    cited = answer.citations[0].note if answer.citations else ""
    likeliest = answer.alternatives[0] if not shown and answer.alternatives else None
    text = shown or (likeliest.text if likeliest else "")
    note = cited or (likeliest.citation.note if likeliest else "")
    holds = any(word in text.lower() for word in case["words"]) and note in case["notes"]
    return {
        "note": bool(answer.nearest) and answer.nearest[0].citation.note in case["notes"],
        "right": holds and bool(shown),
        "best_right": holds,
        "wrong": bool(shown) and not holds,
        "answer": text,
        "confidence": answer.confidence,
        "asked_as": answer.asked_as,
    }


def measure(base: KnowledgeBase, name: str, cases: dict[str, Any]) -> dict[str, list[Any]]:
    """Ask the cases of one folder of notes every way."""
    followed: list[Any] = []
    for case in (each for each in cases["follow_ups"] if each["base"] == name):
        row = {key: case[key] for key in ("id", "half", "language", "base", "earlier", "question")}
        ways = {
            "without": (),
            "questions": case["earlier"],
            "turns": turns_of(base, case["earlier"]),
        }
        for way, earlier in ways.items():
            row[way] = score(case, base.ask(case["question"], earlier=earlier))
        followed.append(row)
    alone: list[Any] = []
    for case in (each for each in cases["alone"] if each["base"] == name):
        turns, spent = turns_of(base, case["earlier"]), dict[str, float]()
        answers: dict[str, Answer] = {}
        for way, earlier in {"without": (), "turns": turns}.items():
            began = time.perf_counter()
            answers[way] = base.ask(case["question"], earlier=earlier)
            spent[way] = time.perf_counter() - began
        same = (
            answers["turns"].asked_as is None and answers["turns"].text == answers["without"].text
        )
        alone.append({**case, "asked_as": answers["turns"].asked_as, "same": same, "s": spent})
    return {"follow_ups": followed, "alone": alone}


def count(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Sum the outcomes of each way."""
    kinds = ("note", "right", "best_right", "wrong")
    ways = {way: {kind: sum(row[way][kind] for row in rows) for kind in kinds} for way in WAYS}
    return {"cases": len(rows), **ways}


def main() -> None:
    """Index copies of both folders, ask, count."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = ROOT.parent / "shared" / "data" / "notes"
    parser.add_argument("notes", type=Path, nargs="?", default=default)
    folders = {"starter": ROOT / "kb" / "starter"}
    parser.add_argument("--only", choices=BASES, help="one folder of notes alone; only printed")
    options = parser.parse_args()
    folders["fastapi"] = options.notes / "fastapi" / "docs"
    if options.only:
        folders = {options.only: folders[options.only]}
    cases = json.loads(CASES.read_text(encoding="utf-8"))
    rows: dict[str, list[Any]] = {"follow_ups": [], "alone": []}
    for name, notes in folders.items():
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "notes"
            shutil.copytree(notes, folder)
            base = KnowledgeBase.open(Settings.load(folder))
            base.index()
            for kind, found in measure(base, name, cases).items():
                rows[kind] += found
            base.close()
    for row in rows["follow_ups"]:
        print(row["id"], row["half"], row["earlier"][-1], "|", row["question"])
        for way in WAYS:
            said = row[way]
            print(f"   {way:9} {'✓' if said['right'] else '✗'} {said['answer']!r}"
                  f" {said['confidence']:.2f} {said['asked_as'] or ''}")  # fmt: skip
    followed, alone = rows["follow_ups"], rows["alone"]
    halves = {
        half: [row for row in followed if row["half"] == half] for half in ("tune", "measure")
    }
    summary = {
        "measure": count(halves["measure"]),
        "tune": count(halves["tune"]),
        "all_by_language": {
            language: count([row for row in followed if row["language"] == language])
            for language in ("en", "zh")
        },
        "alone": len(alone),
        "alone_rewritten": [row["id"] for row in alone if row["asked_as"]],
        "alone_same_answer": sum(row["same"] for row in alone),
        "alone_ms_median": {
            way: round(1000 * statistics.median(row["s"][way] for row in alone))
            for way in ("without", "turns")
        },
        "machine": describe(),
    }
    print(json.dumps(summary, indent=2, ensure_ascii=False))
    if options.only:
        return
    RESULT.parent.mkdir(exist_ok=True)
    text = json.dumps({**summary, "rows": rows}, indent=2, ensure_ascii=False)
    RESULT.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
