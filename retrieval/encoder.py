"""What an encoder is, and how one is chosen."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Encoder(Protocol):
    """Turns texts into vectors of unit length; questions and passages each their own way."""

    @property
    def fingerprint(self) -> str:
        """Changes when weights, pooling or prefixes change: vectors are comparable within one."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    @property
    def max_tokens(self) -> int:
        """Tokens of one text that the model reads; the rest is cut."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of questions, shape ``(len(texts), dimension)``."""
        ...

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of passages, shape ``(len(texts), dimension)``, in their order."""
        ...

    def count_tokens(self, text: str) -> int:
        """Return the tokens of a text, without specials and prefix."""
        ...


def load_encoder(name: str | None = None, threads: int = 0) -> Encoder:
    """Open an encoder.

    :param name: a sentence-transformers model, by name or folder; None for the bundled one.
    :param threads: how many the bundled one may use; 0: one for every core.
    :raises MissingPackage: if a named model needs the extra ``models`` and it is not installed.
    :raises ModelError: if the model cannot be opened.
    """
    if name is None:
        from retrieval.onnx_encoder import OnnxEncoder

        return OnnxEncoder(threads=threads)
    from retrieval.sentence_transformers_encoder import (
        SentenceTransformersEncoder,
    )

    return SentenceTransformersEncoder(name)
