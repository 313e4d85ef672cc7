"""Any Hugging Face model for extractive question answering as a reader."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qa.errors import ReaderError
from qa.reader import Context, Span
from retrieval.errors import MissingPackage, ModelError
from retrieval.hugging_face import INSTALL, fingerprint, open_model

try:
    import torch
    from transformers import (
        AutoModelForQuestionAnswering,
        AutoTokenizer,
        BatchEncoding,
        PreTrainedConfig,
        PreTrainedModel,
        PreTrainedTokenizerFast,
    )
except ModuleNotFoundError as exc:
    raise MissingPackage(f"another reader needs {exc.name}: {INSTALL}") from exc

MAX_TOKENS = 384
MAX_QUESTION_TOKENS = 64
MAX_HEADING_TOKENS = 32
MAX_ANSWER_TOKENS = 64
STRIDE = 128
_BATCH = 16
# Position tables of RoBERTa and its kin are two longer than the texts they take.
_RESERVED_POSITIONS = 2


@dataclass(frozen=True, slots=True)
class _Window:
    """A question with a part of a passage: token ids, and each token's range in the text.

    ``places`` holds (token, start, end) of the passage's own tokens; ``null`` is the token that
    stands for no answer.
    """

    passage: int
    inputs: dict[str, list[int]]
    places: list[tuple[int, int, int]]
    null: int

    def __len__(self) -> int:
        return len(self.inputs["input_ids"])


class HuggingFaceReader:
    """Start and end logits of a model, a passage's no-answer score taken off.

    No answer scores as the first token does, and over a long passage's windows as the lowest of
    them (Devlin et al., NAACL 2019, section 4.3). Of a model trained without unanswerable
    questions (SQuAD 1.1) this score says little.
    """

    def __init__(self, name: str) -> None:
        """Open a model by name or folder.

        :raises ReaderError: if there is no such model or it answers no questions.
        """
        try:
            self._tokenizer, self._model = open_model(name, _load, probe="config.json")
        except ModelError as exc:
            raise ReaderError(str(exc)) from exc
        self._max_tokens = _max_tokens(self._tokenizer, self._model.config)
        self._specials = int(self._tokenizer.num_special_tokens_to_add(pair=True))
        # A lock, since a Hugging Face tokenizer must not be used by two threads at once.
        self._lock = threading.Lock()
        weights = self._model.state_dict().items()
        self.fingerprint = fingerprint(
            name,
            ((key, value.float().cpu().numpy()) for key, value in weights),
            self._max_tokens,
        )
        self._prove(name)

    def read(self, question: str, passages: Sequence[Context], best: int = 5) -> list[list[Span]]:
        """Return for each passage the likeliest spans that do not overlap, best first."""
        if not passages:
            return []
        with self._lock:
            windows = self._windows(question, passages)
            logits = self._logits(windows)
        found: list[list[Span]] = [[] for _ in passages]
        nulls = np.full(len(passages), np.inf)
        for window, (starts, ends) in zip(windows, logits, strict=True):
            null = float(starts[window.null] + ends[window.null])
            nulls[window.passage] = min(nulls[window.passage], null)
            text = passages[window.passage].text
            found[window.passage] += _best_spans(window, starts, ends, text, best)
        return [
            [replace(span, score=span.score - float(null)) for span in _distinct(spans, best)]
            for spans, null in zip(found, nulls, strict=True)
        ]

    def _prove(self, name: str) -> None:
        try:
            self.read("a", [Context("", "a")])
        except Exception as exc:
            message = f"{name} cannot read: its tokenizer and weights do not fit together ({exc})"
            raise ReaderError(message) from exc

    def _windows(self, question: str, passages: Sequence[Context]) -> list[_Window]:
        # The question first: tokenizers panics where one leaves a window less than its stride.
        half = (self._max_tokens - self._specials) // 2
        asked = self._cut(question, min(MAX_QUESTION_TOKENS, half))
        room = self._max_tokens - self._specials - len(self._offsets(asked))
        headings = [
            f"{self._cut(passage.heading, min(MAX_HEADING_TOKENS, room // 4))}\n"
            if passage.heading
            else ""
            for passage in passages
        ]
        encoded = self._tokenizer(
            [asked] * len(passages),
            [heading + passage.text for heading, passage in zip(headings, passages, strict=True)],
            truncation="only_second",
            max_length=self._max_tokens,
            stride=min(STRIDE, room // 2),
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
        )
        return [
            self._window(encoded, row, passage, len(headings[passage]))
            for row, passage in enumerate(encoded["overflow_to_sample_mapping"])
        ]

    def _window(self, encoded: BatchEncoding, row: int, passage: int, skipped: int) -> _Window:
        names = [name for name in self._tokenizer.model_input_names if name in encoded]
        inputs = {name: list(encoded[name][row]) for name in names}
        ids, mark = inputs["input_ids"], self._tokenizer.cls_token_id
        places = [
            (token, start - skipped, end - skipped)
            for token, (sequence, (start, end)) in enumerate(
                zip(encoded.sequence_ids(row), encoded["offset_mapping"][row], strict=True)
            )
            if sequence == 1 and skipped <= start < end
        ]
        return _Window(passage, inputs, places, ids.index(mark) if mark in ids else 0)

    def _cut(self, text: str, most: int) -> str:
        """Return the beginning of a text that holds at most so many tokens."""
        offsets = self._offsets(text)
        return text if len(offsets) <= most else text[: offsets[most - 1][1]]

    def _offsets(self, text: str) -> list[tuple[int, int]]:
        encoded = self._tokenizer(
            text, add_special_tokens=False, return_offsets_mapping=True, verbose=False
        )
        return encoded["offset_mapping"]

    def _logits(
        self, windows: Sequence[_Window]
    ) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Return the start and end logits of each window, both of shape ``(tokens,)``."""
        found: dict[int, tuple[NDArray[np.float32], NDArray[np.float32]]] = {}
        order = sorted(range(len(windows)), key=lambda index: len(windows[index]))
        for at in range(0, len(order), _BATCH):
            batch = order[at : at + _BATCH]
            padded = self._tokenizer.pad(
                [windows[index].inputs for index in batch], return_tensors="pt"
            )
            with torch.inference_mode():
                output = self._model(**padded.to(self._model.device))
            starts = output.start_logits.float().cpu().numpy()  # (windows, tokens)
            ends = output.end_logits.float().cpu().numpy()  # (windows, tokens)
            for index, start_row, end_row in zip(batch, starts, ends, strict=True):
                found[index] = (start_row, end_row)
        return [found[index] for index in range(len(windows))]


def _load(source: str, local_only: bool) -> tuple[PreTrainedTokenizerFast, PreTrainedModel]:
    tokenizer = AutoTokenizer.from_pretrained(source, local_files_only=local_only, use_fast=True)
    if not tokenizer.is_fast:
        raise ReaderError("its tokenizer does not tell the place of a token in the text")
    tokenizer.padding_side = tokenizer.truncation_side = "right"
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    model, loading = AutoModelForQuestionAnswering.from_pretrained(
        source, local_files_only=local_only, dtype=torch.float32, output_loading_info=True
    )
    if loading["missing_keys"]:
        missing = ", ".join(sorted(loading["missing_keys"]))
        raise ReaderError(f"it is not trained to answer questions (no weights for {missing})")
    return tokenizer, model.to("cuda" if torch.cuda.is_available() else "cpu").eval()


def _max_tokens(tokenizer: PreTrainedTokenizerFast, config: PreTrainedConfig) -> int:
    positions = getattr(config, "max_position_embeddings", None)
    known = [positions - _RESERVED_POSITIONS] if positions and positions > 0 else []
    return int(min(MAX_TOKENS, tokenizer.model_max_length, *known))


def _best_spans(
    window: _Window,
    starts: NDArray[np.float32],
    ends: NDArray[np.float32],
    text: str,
    best: int,
) -> list[Span]:
    """Return a window's best spans that do not overlap, white space at their edges left out.

    Their scores are the sums of two logits.
    """
    tokens = [token for token, _start, _end in window.places]
    scores = starts[tokens][:, None] + ends[tokens][None, :]  # (first token, last token)
    possible = np.triu(np.ones_like(scores, dtype=bool))
    possible &= ~np.triu(possible, MAX_ANSWER_TOKENS)
    scores = np.where(possible, scores, -np.inf)
    found: list[Span] = []
    while len(found) < best and scores.size and np.isfinite(scores.max()):
        first, last = divmod(int(scores.argmax()), len(tokens))
        start, end = window.places[first][1], window.places[last][2]
        words = text[start:end]
        start += len(words) - len(words.lstrip())
        end -= len(words) - len(words.rstrip())
        if start < end:
            found.append(Span(start, end, float(scores[first, last])))
        scores[: last + 1, first:] = -np.inf  # all that overlap it
    return found


def _distinct(spans: Sequence[Span], best: int) -> list[Span]:
    """Return the best spans of overlapping windows, each only where no better one stands."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda span: (-span.score, span.start)):
        if all(span.end <= other.start or span.start >= other.end for other in kept):
            kept.append(span)
    return kept[:best]
