"""The bundled reader: our own fine-tuned backbone in int8, run by ONNX Runtime alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.features import MAX_QUESTION_TOKENS, SPECIALS, Tokens, lay_out, tokenize, windows
from qa.reader import Context, Span
from qa.spans import best_pairs, distinct, tidy
from retrieval import tokenizer
from retrieval.manifest import read_manifest
from retrieval.onnx_encoder import batches
from retrieval.onnx_session import MODEL_FOLDER, open_session, pad, run, shared_words

READER_FOLDER = Path(__file__).parent / "model"
MODEL_FILE = "reader.onnx"
_MAX_HEADING_TOKENS = 32
_BATCH_TOKENS = 2048
_PAIRS = 24


@dataclass(frozen=True, slots=True)
class _Window:
    passage: int
    ids: list[int]
    text_at: int  # where the window's part of the passage's text begins among the ids
    first: int  # its first token in the passage's tokens
    last: int  # one past its last


class OnnxReader:
    """Reads windows of passages in batches of similar length."""

    def __init__(self, folder: Path = READER_FOLDER, threads: int = 0) -> None:
        """Open the model in ``folder``; word table and tokenizer are the encoder's.

        :param threads: how many it may use; 0: one for every core.
        :raises ModelError: if a file is missing or damaged.
        """
        manifest = read_manifest(folder)
        self.fingerprint = f"reader-{manifest.fingerprint_of(MODEL_FILE)}"
        self.max_tokens = int(manifest.facts["max_tokens"])
        self.stride = int(manifest.facts["stride"])
        shared = read_manifest(MODEL_FOLDER)
        self._tokenizer = tokenizer.load(shared.path("tokenizer.json"))
        self._words = shared_words()
        self._body = open_session(manifest.path(MODEL_FILE), threads)

    def read(self, question: str, passages: Sequence[Context], best: int = 5) -> list[list[Span]]:
        """Return for each passage at most ``best`` spans that do not overlap, best first."""
        asked = tokenize(self._tokenizer, [question])[0].ids[:MAX_QUESTION_TOKENS]
        texts = tokenize(self._tokenizer, [passage.text for passage in passages])
        headings = tokenize(self._tokenizer, [f"{passage.heading}\n" for passage in passages])
        rows = [
            window
            for index, (text, heading) in enumerate(zip(texts, headings, strict=True))
            for window in self._windows(index, asked, heading, text)
        ]
        found: list[list[Span]] = [[] for _ in passages]
        for window, logits in zip(rows, self._run(rows), strict=True):
            context = passages[window.passage].text
            found[window.passage] += _spans(window, texts[window.passage], context, logits)
        return [distinct(sorted(spans, key=_best_first), best) for spans in found]

    def _windows(
        self, passage: int, question: Sequence[int], heading: Tokens, text: Tokens
    ) -> list[_Window]:
        prefix = heading.ids[:_MAX_HEADING_TOKENS]
        room = self.max_tokens - SPECIALS - len(question) - len(prefix)
        text_at = len(question) + 3 + len(prefix)
        return [
            _Window(passage, lay_out(question, [*prefix, *text.ids[a:b]]), text_at, a, b)
            for a, b in windows(len(text), room, self.stride)
        ]

    def _run(self, rows: Sequence[_Window]) -> list[NDArray[np.float32]]:
        """Return each window's logits, shape ``(tokens, 2)``."""
        logits: list[NDArray[np.float32]] = [np.empty((0, 2), np.float32)] * len(rows)
        for batch in batches([len(row.ids) for row in rows], _BATCH_TOKENS):
            ids, mask = pad([rows[index].ids for index in batch], tokenizer.PAD)
            inputs = {"words": self._words.look_up(ids), "mask": mask}
            output = run(self._body, "logits", inputs)  # (rows, tokens, 2)
            for index, row in zip(batch, output, strict=True):
                logits[index] = row[: len(rows[index].ids)]
        return logits


def _best_first(span: Span) -> tuple[float, int, int]:
    return -span.score, span.start, span.end


def _spans(window: _Window, tokens: Tokens, text: str, logits: NDArray[np.float32]) -> list[Span]:
    no_answer = float(logits[0, 0] + logits[0, 1])
    inside = logits[window.text_at : window.text_at + window.last - window.first]
    found: list[Span] = []
    for first, last, score in best_pairs(inside[:, 0], inside[:, 1], _PAIRS):
        start = tokens.offsets[window.first + first][0]
        end = tokens.offsets[window.first + last][1]
        start, end = tidy(text, start, end)
        if start < end:
            found.append(Span(start, end, score - no_answer))
    return found
