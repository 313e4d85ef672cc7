"""A deterministic encoder for tests: a hashed bag of words, which counts what it embeds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"[a-z0-9]+|[\u4e00-\u9fff]", re.IGNORECASE)


@dataclass
class FakeEncoder:
    """Texts that share words have similar vectors."""

    fingerprint: str = "fake-1"
    dimension: int = 32
    max_tokens: int = 512
    passages: Counter[str] = field(default_factory=Counter[str])
    queries: Counter[str] = field(default_factory=Counter[str])

    @property
    def embedded(self) -> int:
        return self.passages.total() + self.queries.total()

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.queries.update(texts)
        return self._encode(texts)

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.passages.update(texts)
        return self._encode(texts)

    def count_tokens(self, text: str) -> int:
        return len(_WORD.findall(text))

    def _encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            vectors[row, 0] = 0.1
            for word in _WORD.findall(text.lower()):
                digest = blake2b(f"{self.fingerprint} {word}".encode(), digest_size=4).digest()
                vectors[row, int.from_bytes(digest, "big") % self.dimension] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
