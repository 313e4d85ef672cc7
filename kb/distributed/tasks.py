"""What workers run, each with an encoder of its own; importing it loads no Ray."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kb.errors import NoteError
from kb.indexing.drafting import Drafter

if TYPE_CHECKING:
    from kb.notes.vault import NoteFile
    from retrieval.encoder import Encoder

Batch = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class DraftTask:
    """What drafting needs besides the files and an encoder, see `Drafter`."""

    root: Path
    passage_tokens: int
    max_bytes: int
    listed_ns: int


class DraftingWorker:
    """Reads and splits notes."""

    def __init__(self, open_encoder: Callable[[], Encoder], task: DraftTask) -> None:
        self._drafter = Drafter(
            task.root, open_encoder(), task.passage_tokens, task.max_bytes, task.listed_ns
        )

    def __call__(self, batch: Mapping[str, NDArray[Any]]) -> Batch:
        """Return source and draft of each file that can be read; the source without its text."""
        made: list[object] = []
        files: list[NoteFile] = list(batch["file"])
        for file in files:
            try:
                source = self._drafter.read(file)
            except NoteError:
                continue  # whoever stores it reads it again and reports why it cannot be
            made.append((replace(source, text=""), self._drafter.draft(source)))
        return {"made": _objects(made)}


class EmbeddingWorker:
    """Embeds texts, passages and questions each their own way."""

    def __init__(self, open_encoder: Callable[[], Encoder]) -> None:
        self._encoder = open_encoder()

    def __call__(self, batch: Mapping[str, NDArray[Any]]) -> Batch:
        """Return the key and the vector of each text."""
        texts, asked = batch["text"], batch["question"].astype(bool)
        vectors = np.zeros((len(texts), self._encoder.dimension), np.float32)
        for chosen, encode in (
            (~asked, self._encoder.encode_passages),
            (asked, self._encoder.encode_queries),
        ):
            if chosen.any():
                vectors[chosen] = encode([str(text) for text in texts[chosen]])
        return {"key": batch["key"], "vector": vectors}


def _objects(values: list[object]) -> NDArray[Any]:
    """Return an array of the objects as they are: numpy would look into tuples."""
    array = np.empty(len(values), object)
    for place, value in enumerate(values):
        array[place] = value
    return array
