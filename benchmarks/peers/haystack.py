"""Haystack: in-memory BM25 and embedding retrievers, reciprocal ranks joined, extractive reader.

Components and settings are its defaults but for the model, its prefixes, and the passages read.
A span is shown where it comes before Haystack's own "no answer".
"""

from pathlib import Path

from haystack import Document, Pipeline
from haystack.components.joiners import DocumentJoiner
from haystack.components.retrievers.in_memory import (
    InMemoryBM25Retriever,
    InMemoryEmbeddingRetriever,
)
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)
from haystack_integrations.components.readers.transformers import TransformersExtractiveReader

from benchmarks.peers.peer import READ, Corpus, Reply


class Haystack:
    """A pipeline as in its tutorials on hybrid retrieval and extractive question answering."""

    def __init__(self, weights: Path) -> None:
        """Name the models; they are opened on use."""
        self._model = str(weights / "multilingual-e5")
        self._reader = str(weights / "reader")

    def build(self, corpus: Corpus, folder: Path) -> None:
        """Embed the documents and write the store to disk."""
        documents = [
            Document(id=f"{at}", content=passage.text, meta={"note": passage.note})
            for at, passage in enumerate(corpus.passages())
        ]
        vectors = corpus.vectors()
        if vectors is None:
            embedder = SentenceTransformersDocumentEmbedder(
                model=self._model,
                prefix="passage: ",
                normalize_embeddings=True,
                progress_bar=False,
            )
            embedder.warm_up()
            documents = embedder.run(documents)["documents"]
        else:
            for document, vector in zip(documents, vectors.tolist(), strict=True):
                document.embedding = vector
        store = InMemoryDocumentStore()
        store.write_documents(documents)
        store.save_to_disk(str(folder / "store.json"))

    def open(self, folder: Path) -> None:
        """Load the store and join the components."""
        store = InMemoryDocumentStore.load_from_disk(str(folder / "store.json"))
        pipeline = Pipeline()
        embedder = SentenceTransformersTextEmbedder(
            model=self._model, prefix="query: ", normalize_embeddings=True, progress_bar=False
        )
        pipeline.add_component("embedder", embedder)
        pipeline.add_component("words", InMemoryBM25Retriever(store))
        pipeline.add_component("meaning", InMemoryEmbeddingRetriever(store))
        joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=READ)
        pipeline.add_component("joiner", joiner)
        pipeline.add_component("reader", TransformersExtractiveReader(model=self._reader))
        pipeline.connect("embedder.embedding", "meaning.query_embedding")
        pipeline.connect("words", "joiner")
        pipeline.connect("meaning", "joiner")
        pipeline.connect("joiner.documents", "reader.documents")
        pipeline.warm_up()
        self._pipeline = pipeline

    def ask(self, question: str) -> Reply:
        """Run the pipeline."""
        given = {"words": {"query": question}, "embedder": {"text": question}}
        given["reader"] = {"query": question}
        result = self._pipeline.run(given, include_outputs_from={"joiner"})
        answers, found = result["reader"]["answers"], result["joiner"]["documents"]
        spans = [answer for answer in answers if answer.data]
        shown = bool(answers) and bool(answers[0].data)
        if shown:
            note = answers[0].document.meta["note"]
        else:
            note = found[0].meta["note"] if found else None
        return Reply(
            text=spans[0].data if spans else None,
            shown=shown,
            score=spans[0].score if spans else None,
            note=note,
        )
