"""A small base for tests of what happens when disk, permissions, clock or files fail."""

from __future__ import annotations

from pathlib import Path

from kb.catalog.catalog import Catalog
from kb.config import Settings
from kb.knowledge import KnowledgeBase
from kb.models import Models
from tests.kb.fake_encoder import FakeEncoder
from tests.qa.fake_reader import FakeReader


def open_base(root: Path) -> KnowledgeBase:
    """Open a base with quick models, as a process that has just started does."""
    return KnowledgeBase(Models(Settings.load(root), FakeEncoder(), FakeReader({})))


def write_notes(root: Path, count: int = 3) -> None:
    for number in range(count):
        text = f"# Note {number}\n\nThe colour of room {number} is shade{number}.\n"
        (root / f"{number}.md").write_text(text)


def finds_everything(root: Path, count: int = 3) -> None:
    """Check, as a process that has just started, that every note is found and nothing twice."""
    base = open_base(root)
    try:
        for number in range(count):
            [hit] = base.search(f"shade{number} room {number}", 1)
            assert hit.citation.note == f"{number}.md"
        with Catalog(root).view() as view:
            assert view.check() == []
            assert view.totals().notes == count
    finally:
        base.close()
