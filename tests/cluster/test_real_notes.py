"""Milvus beside the embedded store on real notes, with the bundled encoder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from kb.config import Settings
from kb.knowledge import KnowledgeBase

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared" / "data" / "notes" / "fastapi" / "docs"
# Every so many of the notes: embedding all of them takes minutes.
EVERY, BEST = 6, 10

pytestmark = [
    pytest.mark.real_notes,
    pytest.mark.skipif(not REAL.is_dir(), reason="the real notes are not there"),
]


def questions() -> list[str]:
    held = json.loads((ROOT / "tests/data/real_questions.json").read_text(encoding="utf-8"))
    return [each["question"] for each in (held if isinstance(held, list) else held["questions"])]


def places(base: KnowledgeBase, question: str) -> set[tuple[str, int]]:
    hits = base.search(question, BEST, rerank=False)
    return {(each.citation.note, each.citation.start) for each in hits}


@pytest.mark.timeout(900)
def test_best_passages_are_those_of_the_embedded_store(tmp_path: Path, store: str) -> None:
    for source in sorted(REAL.rglob("*.md"))[::EVERY]:
        target = tmp_path / source.relative_to(REAL)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    embedded = KnowledgeBase.open(Settings.load(tmp_path))
    embedded.index()
    in_milvus = KnowledgeBase.open(Settings.load(tmp_path, store=store))
    assert in_milvus.index().embedded == 0
    shares: list[float] = []
    for question in questions():
        best, found = places(embedded, question), places(in_milvus, question)
        assert len(best) == BEST
        shares.append(len(best & found) / BEST)
    embedded.close()
    in_milvus.close()
    assert sum(shares) / len(shares) >= 0.98
