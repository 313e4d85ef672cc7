"""txtai: hybrid embeddings and its RAG pipeline with an extractive model, as its guide has it.

It reads the best three passages as one text (its default) and shows no span below a probability
of 0.05. Where the model says "no answer" its pipeline raises a TypeError (9.14), since it looks for
the word at the first token, which is none: counted as no answer. A span is widened to whole words
as the tokenizer sees them, in Chinese to the next space.
"""

from pathlib import Path
from typing import Any

import numpy as np
from txtai import Embeddings
from txtai.pipeline import RAG
from txtai.vectors.dense.sbert import STVectors

from benchmarks.peers.peer import Corpus, Reply

_lent: dict[str, Any] = {}


class LentVectors(STVectors):
    """sentence-transformers, but passages that are embedded already are looked up."""

    def encode(self, data: list[str], category: str | None = None) -> Any:  # noqa: ANN401
        """Look up, or embed."""
        if data and all(text in _lent for text in data):
            return np.stack([_lent[text] for text in data])
        return super().encode(data, category)


class Txtai:
    """Words and meaning in one index, with the passages as content."""

    def __init__(self, weights: Path) -> None:
        """Name the models; they are opened with the index."""
        self._model = str(weights / "multilingual-e5")
        self._reader = str(weights / "reader")
        self._models: dict[str, Any] = {}
        self._embeddings: Embeddings | None = None
        self._found: list[dict[str, Any]] = []
        self._rag: RAG | None = None

    def build(self, corpus: Corpus, folder: Path) -> None:
        """Index passages, their ids telling the notes."""
        passages, vectors = corpus.passages(), corpus.vectors()
        prefix = "passage: "
        if vectors is not None:
            texts = [prefix + passage.text for passage in passages]
            _lent.update(zip(texts, vectors, strict=True))
        embeddings = Embeddings(
            path=self._model,
            method="benchmarks.peers.txtai.LentVectors",
            instructions={"query": "query: ", "data": prefix},
            hybrid=True,
            content=True,
            models=self._models,
        )
        embeddings.index(
            (f"{at}|{passage.note}", passage.text) for at, passage in enumerate(passages)
        )
        embeddings.save(str(folder))
        embeddings.close()
        _lent.clear()

    def open(self, folder: Path) -> None:
        """Load the index; the pipeline searches through this object."""
        if self._embeddings is not None:
            self._embeddings.close()
        self._embeddings = Embeddings(models=self._models)
        self._embeddings.load(str(folder))
        if self._rag is None:
            self._rag = RAG(self._search, self._reader, output="flatten")

    def ask(self, question: str) -> Reply:
        """Run the pipeline; the note is that of the first passage that holds the answer."""
        if self._rag is None:
            raise ValueError("no index is open")
        failed = False
        try:
            text = self._rag([question])[0]
        except TypeError:
            text, failed = None, True
        holding = [row for row in self._found if text and text in row["text"]] or self._found
        note = holding[0]["id"].partition("|")[2] if holding else None
        return Reply(text, shown=bool(text), score=None, note=note, failed=failed)

    def _search(self, queries: list[str], limit: int) -> list[list[dict[str, Any]]]:
        if self._embeddings is None:
            raise ValueError("no index is open")
        results = self._embeddings.batchsearch(queries, limit)
        self._found = results[0]
        return results
