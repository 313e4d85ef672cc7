"""The bundled encoder: multilingual-e5-small in int8, run by ONNX Runtime alone."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval import tokenizer
from retrieval.manifest import read_manifest
from retrieval.onnx_session import MODEL_FOLDER, open_session, pad, run, shared_words

_BATCH_TOKENS = 2048
_SPECIALS = 2

# What a vector depends on; other files of the folder may change without embedding anything again.
EMBEDDING_FILES = ("tokenizer.json", "words.onnx", "encoder.onnx")


class OnnxEncoder:
    """Mean-pooled, normalised embeddings with E5's prefixes.

    Source: Wang et al., "Multilingual E5 Text Embeddings" (2024).
    """

    def __init__(self, folder: Path = MODEL_FOLDER, threads: int = 0) -> None:
        """Open the model in ``folder``.

        :param threads: how many it may use; 0: one for every core.
        :raises ModelError: if a file is missing or damaged.
        """
        manifest = read_manifest(folder)
        self.fingerprint = f"multilingual-e5-small-{manifest.fingerprint_of(*EMBEDDING_FILES)}"
        self.dimension = int(manifest.facts["dimension"])
        self.max_tokens = int(manifest.facts["max_tokens"])
        self._tokenizer = tokenizer.load(manifest.path("tokenizer.json"))
        self._words = shared_words(folder)
        self._body = open_session(manifest.path("encoder.onnx"), threads)

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of questions, shape ``(len(texts), dimension)``."""
        return self._encode([f"query: {text}" for text in texts])

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of passages, shape ``(len(texts), dimension)``, in their order."""
        return self._encode([f"passage: {text}" for text in texts])

    def count_tokens(self, text: str) -> int:
        """Return the tokens of a text, without specials and prefix."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def _encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        room = self.max_tokens - _SPECIALS
        encodings = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        rows = [[tokenizer.BOS, *encoding.ids[:room], tokenizer.EOS] for encoding in encodings]
        vectors = np.empty((len(rows), self.dimension), np.float32)
        for batch in batches([len(row) for row in rows], _BATCH_TOKENS):
            ids, mask = pad([rows[index] for index in batch], tokenizer.PAD)
            inputs = {"words": self._words.look_up(ids), "mask": mask}
            vectors[batch] = run(self._body, "embedding", inputs)
        return vectors


def batches(lengths: Sequence[int], tokens: int) -> list[list[int]]:
    """Group indexes by length so that little is padded.

    :param tokens: most padded tokens in a batch; a longer text is a batch of its own.
    """
    found: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda index: (lengths[index], index)):
        if not found or lengths[index] * (len(found[-1]) + 1) > tokens:
            found.append([])
        found[-1].append(index)
    return found
