"""Any sentence-transformers model as an encoder."""

import re
import threading
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import MissingPackage
from retrieval.hugging_face import INSTALL, fingerprint, open_model

try:
    from sentence_transformers import SentenceTransformer
except ModuleNotFoundError as exc:
    raise MissingPackage(f"another encoder needs {exc.name}: {INSTALL}") from exc

_UNLIMITED = 1_000_000
_DEFAULT_TOKENS = 512
_E5 = re.compile(r"(^|[-_/])e5([-_]|$)")


class SentenceTransformersEncoder:
    """A model's own pooling and prompts; vectors brought to unit length."""

    def __init__(self, name: str) -> None:
        """Open a model by name or folder.

        :raises ModelError: if there is no such model or it cannot be opened.
        """
        self._model, self.dimension = open_model(name, _load, probe="modules.json")
        self._query, self._passage = prefixes(
            name, self._model.prompts, self._model.default_prompt_name
        )
        self.max_tokens = self._read_max_tokens()
        # A lock, since a Hugging Face tokenizer must not be used by two threads at once.
        self._lock = threading.Lock()
        self.fingerprint = fingerprint(
            name,
            ((key, value.float().cpu().numpy()) for key, value in self._model.state_dict().items()),
            self._query,
            self._passage,
            self.max_tokens,
            repr(list(self._model)),
        )

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of questions, shape ``(len(texts), dimension)``."""
        with self._lock:
            vectors = self._model.encode_query(
                list(texts), prompt=self._query, show_progress_bar=False
            )
        return self._unit(vectors)

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of passages, shape ``(len(texts), dimension)``, in their order."""
        with self._lock:
            vectors = self._model.encode_document(
                list(texts), prompt=self._passage, show_progress_bar=False
            )
        return self._unit(vectors)

    def count_tokens(self, text: str) -> int:
        """Return the tokens of a text, without specials and prefix."""
        with self._lock:
            return len(self._model.tokenizer.encode(text, add_special_tokens=False))

    def _unit(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        found = np.asarray(vectors, dtype=np.float32).reshape(-1, self.dimension)
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        return found / np.maximum(lengths, np.finfo(np.float32).tiny)

    def _read_max_tokens(self) -> int:
        most = self._model.max_seq_length
        return int(most) if most and most < _UNLIMITED else _DEFAULT_TOKENS


def prefixes(
    name: str, prompts: Mapping[str, str | None], default: str | None = None
) -> tuple[str, str]:
    """Return what stands before questions and before passages.

    The model's own prompts count; only where it has none does the E5 family get those it was
    trained with (Wang et al. 2022, "query: " and "passage: ").
    """
    if not any(prompts.values()) and _E5.search(name.lower()) and "instruct" not in name.lower():
        return "query: ", "passage: "
    common = prompts.get(default or "") or ""
    own = [prompts.get(key) for key in ("document", "passage", "corpus")]
    return prompts.get("query") or common, next(filter(None, own), common)


def _load(source: str, local_only: bool) -> tuple[SentenceTransformer, int]:
    """Return a model that has proved it can encode, and the length of its vectors."""
    model = SentenceTransformer(source, local_files_only=local_only).eval()
    if model.device.type == "cpu":
        model.float()  # half precision is slow there
    vectors = model.encode(["a"], show_progress_bar=False)
    return model, int(np.asarray(vectors).shape[1])
