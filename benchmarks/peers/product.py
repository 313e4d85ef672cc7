"""The product: ``kb index`` and ``kb ask`` as they are."""

import shutil
from pathlib import Path

from benchmarks.peers.peer import Corpus, Reply
from kb.config import Settings
from kb.knowledge import KnowledgeBase


class Product:
    """`KnowledgeBase` with the bundled models and default settings."""

    def __init__(self, _weights: Path) -> None:
        """Open nothing yet; the weights are the peers'."""
        self._base: KnowledgeBase | None = None

    def build(self, corpus: Corpus, folder: Path) -> None:
        """Index the notes themselves; it cuts them too."""
        shutil.copytree(corpus.notes, folder, dirs_exist_ok=True)
        base = KnowledgeBase.open(Settings.load(folder))
        base.index()
        base.close()

    def open(self, folder: Path) -> None:
        """Open the base."""
        if self._base is not None:
            self._base.close()
        self._base = KnowledgeBase.open(Settings.load(folder))

    def ask(self, question: str) -> Reply:
        """Ask."""
        if self._base is None:
            raise ValueError("no index is open")
        answer = self._base.ask(question)
        best = answer.alternatives[0].text if answer.alternatives else None
        first = answer.citations or tuple(scored.citation for scored in answer.nearest)
        return Reply(
            text=answer.text or best,
            shown=answer.text is not None,
            score=answer.confidence,
            note=first[0].note if first else None,
        )
