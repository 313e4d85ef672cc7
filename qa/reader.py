"""What a reader is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Context:
    """A passage to read.

    :param heading: where it stands ("Title › Heading"); read as context, never part of an answer.
    :param text: the passage.
    """

    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Span:
    """A possible answer in a passage.

    :param start: first code point in the passage's text.
    :param end: one past the last.
    :param score: log-odds against "this passage does not answer": start logit + end logit − the
        no-answer logits. Above 0 the reader prefers the span; comparable across passages.
    """

    start: int
    end: int
    score: float


class Reader(Protocol):
    """Finds answers to a question in passages."""

    @property
    def fingerprint(self) -> str:
        """Changes when the model changes."""
        ...

    def read(self, question: str, passages: Sequence[Context], best: int = 5) -> list[list[Span]]:
        """Return for each passage at most ``best`` spans that do not overlap, best first."""
        ...
