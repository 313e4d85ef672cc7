"""BM25 alone: the best passage by words, no span, nothing refused.

bm25s over the product's own analysis of words: its own tokenizer takes a Chinese sentence for one
word.
"""

from pathlib import Path

import bm25s

from benchmarks.peers.peer import Corpus, Passage, Reply
from retrieval.analyzer import analyze, analyze_question


class Bm25:
    """The usual variant, Lucene's."""

    def __init__(self, _weights: Path) -> None:
        """Need no weights."""
        self._passages: list[Passage] = []

    def build(self, corpus: Corpus, folder: Path) -> None:
        """Count."""
        passages = corpus.passages()
        index = bm25s.BM25()
        index.index([analyze(passage.text) for passage in passages], show_progress=False)
        index.save(str(folder / "bm25"), show_progress=False)
        Corpus(folder).write(passages)

    def open(self, folder: Path) -> None:
        """Read the index and the passages."""
        self._index = bm25s.BM25.load(str(folder / "bm25"))
        self._passages = Corpus(folder).passages()

    def ask(self, question: str) -> Reply:
        """Search."""
        terms = analyze_question(question)
        found, scores = self._index.retrieve([terms], k=1, show_progress=False)
        if not scores[0][0]:
            return Reply(None, shown=None, score=None, note=None)
        note = self._passages[int(found[0][0])].note
        return Reply(None, shown=None, score=float(scores[0][0]), note=note)
