"""Passages for the scale benchmark: real paragraphs embedded once, then perturbed copies of them.

The paragraphs are those of the SQuAD 2.0, CMRC 2018 and DRCD files of the shared data, cut into
passages as any note and embedded by the bundled encoder; questions of the same files ask for them.
Beyond their number every further passage is a copy of one, perturbed: a window of its words
followed by a window of another paragraph's (60 % as long as a paragraph together), and the weighted
mean of both vectors with noise added, made unit length again. So copies fill the space between real
passages instead of standing in heaps.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kb.catalog.rows import embed_text
from kb.indexing.drafting import PARSER_VERSION
from kb.measuring.evaluation import note_source
from kb.notes.note import parse_note
from kb.passages.chunking import split
from qa.squad import read_squad
from retrieval.encoder import Encoder

FILES = ("squad2_train_p*", "cmrc2018_train", "drcd_dev", "drcd_test")
PASSAGES, QUESTIONS = 12_000, 500
_SEED = 7
_BATCH = 256
_SAVED = 1024
# A copy takes so much of itself from its paragraph; noise has this length beside vectors of 1.
_SHARES, _NOISE = (0.55, 0.9), 0.1
_LENGTH = 0.6


@dataclass(frozen=True)
class Seed:
    """Real passages and questions; vectors of unit length, shape ``(n, dimension)``."""

    texts: list[tuple[str, str]]
    vectors: NDArray[np.float32]
    questions: list[str]
    question_vectors: NDArray[np.float32]


def read_seed(data: Path, cache: Path, encoder: Encoder, passages: int = PASSAGES) -> Seed:
    """Gather and embed the first real passages, or take them from the cache if they are the same.

    :param passages: at most `PASSAGES`.
    """
    files = sorted(path for name in FILES for path in data.glob(f"{name}.json"))
    made_of = [encoder.fingerprint, PARSER_VERSION, [(f.name, f.stat().st_size) for f in files]]
    digest = hashlib.sha256(json.dumps([made_of, PASSAGES, QUESTIONS]).encode()).hexdigest()
    folder = cache / f"scale-{digest[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    gathered = folder / "texts.json"
    if not gathered.exists():
        _replace(gathered, json.dumps(_gather(files, encoder), ensure_ascii=False).encode())
    texts, questions = json.loads(gathered.read_text(encoding="utf-8"))
    texts = [(title, text) for title, text in texts[:passages]]
    embedded = [embed_text(title, (), text) for title, text in texts]
    batches: list[NDArray[np.float32]] = []
    for start in range(0, len(embedded), _SAVED):
        file = folder / f"{start:06d}.f16"
        batch = embedded[start : start + _SAVED]
        if not file.exists() or file.stat().st_size < len(batch) * encoder.dimension * 2:
            _replace(file, encoder.encode_passages(batch).astype(np.float16).tobytes())
            print(f"embedded {start + len(batch):,} of {len(embedded):,}", file=sys.stderr)
        stored = np.fromfile(file, np.float16).reshape(-1, encoder.dimension)[: len(batch)]
        batches.append(stored.astype(np.float32))
    return Seed(texts, _unit(np.concatenate(batches)), questions, encoder.encode_queries(questions))


def _replace(file: Path, data: bytes) -> None:
    partial = file.with_name(f"{file.name}.partial")
    partial.write_bytes(data)
    partial.replace(file)


def grow(seed: Seed, count: int) -> Iterator[tuple[list[tuple[str, str]], NDArray[np.float32]]]:
    """Yield ``count`` passages in batches: titles with texts, and vectors."""
    real = min(count, len(seed.texts))
    for start in range(0, real, _BATCH):
        stop = min(start + _BATCH, real)
        yield seed.texts[start:stop], seed.vectors[start:stop]
    generator = np.random.default_rng(_SEED)
    for start in range(real, count, _BATCH):
        yield _perturbed(seed, generator, min(_BATCH, count - start))


def _perturbed(
    seed: Seed, generator: np.random.Generator, count: int
) -> tuple[list[tuple[str, str]], NDArray[np.float32]]:
    first, second = generator.integers(0, len(seed.texts), (2, count))
    share = generator.uniform(*_SHARES, (count, 1)).astype(np.float32)
    noise = generator.standard_normal((count, seed.vectors.shape[1])).astype(np.float32)
    mixed = share * seed.vectors[first] + (1 - share) * seed.vectors[second]
    vectors = _unit(mixed + _NOISE / np.sqrt(seed.vectors.shape[1]) * noise)
    starts = generator.random((2, count))
    texts = [
        (
            seed.texts[a][0],
            f"{_window(seed.texts[a][1], _LENGTH * kept, at)}"
            f" {_window(seed.texts[b][1], _LENGTH * (1 - kept), after)}",
        )
        for a, b, kept, at, after in zip(first, second, share[:, 0], *starts, strict=True)
    ]
    return texts, vectors


def _window(text: str, share: float, start: float) -> str:
    """Return so much of a text, beginning anywhere that leaves room; words stay whole."""
    words = text.split() if " " in text else list(text)
    size = max(1, round(len(words) * share))
    first = int(start * (len(words) - size + 1))
    return (" " if " " in text else "").join(words[first : first + size])


def _gather(files: list[Path], encoder: Encoder) -> tuple[list[tuple[str, str]], list[str]]:
    examples = [example for path in files for example in read_squad(path)]
    paragraphs = list({example.context: example.title for example in examples}.items())
    random.Random(_SEED).shuffle(paragraphs)
    texts = list(itertools.islice(_passages(paragraphs, encoder), PASSAGES))
    answerable = [example.question for example in examples if example.is_answerable]
    return texts, random.Random(_SEED).sample(answerable, QUESTIONS)


def _passages(paragraphs: list[tuple[str, str]], encoder: Encoder) -> Iterator[tuple[str, str]]:
    for context, title in paragraphs:
        source = note_source(title, context)
        note = parse_note("note.md", source)
        for passage in split(note, source, encoder.count_tokens):
            yield note.title, passage.text


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
