"""The plain way: sentence-transformers, a flat FAISS index and a model of transformers.

transformers 5 has no question-answering pipeline any more; the reader behind ``KB_READER`` stands
for the code that one writes around the model then. A span is shown where it scores above "no
answer" (SQuAD 2.0's rule).
"""

from pathlib import Path

import faiss

from benchmarks.peers.peer import READ, Corpus, Passage, Reply
from qa.hugging_face_reader import HuggingFaceReader
from qa.reader import Context
from retrieval.sentence_transformers_encoder import SentenceTransformersEncoder


class Plain:
    """Nearest passages by meaning, each read, the best span of all."""

    def __init__(self, weights: Path) -> None:
        """Open the models."""
        self._encoder = SentenceTransformersEncoder(str(weights / "multilingual-e5"))
        self._reader = HuggingFaceReader(str(weights / "reader"))
        self._passages: list[Passage] = []

    def build(self, corpus: Corpus, folder: Path) -> None:
        """Embed and keep the vectors flat."""
        passages, vectors = corpus.passages(), corpus.vectors()
        if vectors is None:
            vectors = self._encoder.encode_passages([passage.text for passage in passages])
        index = faiss.IndexFlatIP(self._encoder.dimension)
        index.add(vectors)
        faiss.write_index(index, str(folder / "index.faiss"))
        Corpus(folder).write(passages)

    def open(self, folder: Path) -> None:
        """Read the index and the passages."""
        self._index = faiss.read_index(str(folder / "index.faiss"))
        self._passages = Corpus(folder).passages()

    def ask(self, question: str) -> Reply:
        """Search, read, compare."""
        _scores, found = self._index.search(self._encoder.encode_queries([question]), READ)
        read = [self._passages[at] for at in found[0] if at >= 0]
        spans = self._reader.read(question, [Context("", passage.text) for passage in read])
        best = max(
            ((span, passage) for some, passage in zip(spans, read, strict=True) for span in some),
            key=lambda each: each[0].score,
            default=None,
        )
        if best is None:
            return Reply(None, shown=False, score=None, note=read[0].note if read else None)
        span, passage = best
        shown = span.score > 0
        return Reply(
            text=passage.text[span.start : span.end],
            shown=shown,
            score=span.score,
            note=passage.note if shown else read[0].note,
        )
