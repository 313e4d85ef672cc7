"""Choose questions and passages for the encoder, in batches that are hard to tell apart.

A passage is taken once with up to a few of its questions, in whichever language and shape they
come. A batch is made of clusters of near passages, so that the others in it are the ones that a
search would confuse with it (Hofstätter et al., "Efficiently Teaching an Effective Dense Retriever
with Balanced Topic Aware Sampling", SIGIR 2021, sample topics alike).
"""

import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.squad import Example, read_squad, split

# As passages are embedded at run time: the title, this, and the text.
HEADING_GAP = " › "
# A passage is as long as the chunks that notes are cut into, in code points.
_LATIN_CHARACTERS, _HAN_CHARACTERS = 900, 320
_SENTENCE_END = re.compile(r"[.!?](?=\s)|[。！？；\n]")


@dataclass(frozen=True)
class Source:
    """One file's part: ``take`` of its passages at random (all if None)."""

    file: str
    take: int | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage and what is asked of it.

    ``text`` is as it is embedded; ``answers`` are the texts that answer, by which another passage
    that answers as well is known.
    """

    text: str
    questions: tuple[str, ...]
    answers: tuple[str, ...]


def draw(
    sources: Iterable[Source], folder: Path, questions: int, title_share: float, seed: int
) -> list[Passage]:
    """Draw passages of the training splits in ``folder``, each with its questions.

    :param questions: most questions of one passage.
    :param title_share: part of the passages that carry their title in front.
    """
    by_context: dict[str, list[Example]] = {}
    chosen: dict[str, None] = {}
    for source in sources:
        generator = random.Random(f"{seed} {source.file}")
        train, _held_out = split(read_squad(folder / source.file))
        own: dict[str, None] = {}
        for example in train:
            if example.is_answerable:
                by_context.setdefault(example.context, []).append(example)
                own[example.context] = None
        contexts = list(own)
        take = len(contexts) if source.take is None else min(source.take, len(contexts))
        chosen |= dict.fromkeys(generator.sample(contexts, take))
    generator = random.Random(seed)
    return [_passage(by_context[context], questions, title_share, generator) for context in chosen]


def _passage(
    asked: list[Example], most: int, title_share: float, generator: random.Random
) -> Passage:
    """Cut what surrounds one answer out of the paragraph and keep the questions answered in it."""
    first = generator.choice(asked)
    start, end = cut(first.context, *_span(first))
    inside = [
        example
        for example in asked
        if start <= _span(example)[0] and _span(example)[1] <= end and example is not first
    ]
    kept = [first, *generator.sample(inside, min(most - 1, len(inside)))]
    text = first.context[start:end].strip()
    if first.title and generator.random() < title_share:
        text = f"{first.title}{HEADING_GAP}{text}"
    return Passage(
        text,
        tuple(dict.fromkeys(example.question for example in kept)),
        tuple(dict.fromkeys(example.answers[0][0] for example in kept)),
    )


def _span(example: Example) -> tuple[int, int]:
    text, start = example.answers[0]
    return start, start + len(text)


def cut(context: str, start: int, end: int) -> tuple[int, int]:
    """Return the bounds of a chunk around an answer, where it can at ends of sentences."""
    han = sum("\u3400" <= char <= "\u9fff" for char in context[:400])
    size = _HAN_CHARACTERS if han > 100 else _LATIN_CHARACTERS
    if len(context) <= size * 4 // 3:
        return 0, len(context)
    left = max(0, min(start - (size - (end - start)) // 2, len(context) - size))
    right = min(len(context), max(left + size, end))
    if left and (mark := _SENTENCE_END.search(context, left, start)):
        left = mark.end()
    marks = [mark.end() for mark in _SENTENCE_END.finditer(context, end, right)]
    return left, marks[-1] if marks and right < len(context) else right


def batches(vectors: NDArray[np.float32], size: int, cluster: int, seed: int) -> list[list[int]]:
    """Group passages into batches of clusters: a passage and the nearest that are left.

    :param vectors: of the passages, unit length, shape ``(passages, dimension)``.
    :param size: passages in a batch, a multiple of ``cluster``.
    :return: row numbers; every passage is in one batch, the last batches may be smaller.
    """
    import faiss

    generator = random.Random(seed)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    _scores, near = index.search(vectors, min(4 * cluster, len(vectors)))
    left = set(range(len(vectors)))
    clusters: list[list[int]] = []
    for row in generator.sample(range(len(vectors)), len(vectors)):
        if row in left:
            others = [int(other) for other in near[row] if other in left and other != row]
            members = [row, *others[: cluster - 1]]
            left.difference_update(members)
            clusters.append(members)
    generator.shuffle(clusters)
    found: list[list[int]] = [[]]
    for members in clusters:
        if len(found[-1]) + len(members) > size:
            found.append([])
        found[-1] += members
    return found


def also_answered(passages: Sequence[Passage]) -> NDArray[np.bool_]:
    """Say which passages of a batch may answer another's questions: they hold an answer's words.

    :return: shape ``(passages, passages)``; row: whose questions, column: whose text. The diagonal
        is False.
    """
    texts = [passage.text.lower() for passage in passages]
    held = [
        [at != row and any(answer.lower() in text for answer in passage.answers)
         for at, text in enumerate(texts)]
        for row, passage in enumerate(passages)
    ]  # fmt: skip
    return np.asarray(held, np.bool_).reshape(len(passages), len(passages))
