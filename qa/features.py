"""Lay a question and a passage out as the reader's input.

``<s> question </s></s> context </s>``, as XLM-R pairs are. Question and context are tokenised apart
and joined here, so that a context is tokenised once for all its questions and a long question can
never leave the tokenizer without room.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer

from retrieval.tokenizer import BOS, EOS

MAX_QUESTION_TOKENS = 64
SPECIALS = 4


@dataclass(frozen=True, slots=True)
class Tokens:
    """Token ids of a text and, for each, its range of code points."""

    ids: tuple[int, ...]
    offsets: tuple[tuple[int, int], ...]

    def __len__(self) -> int:
        """Return the number of tokens."""
        return len(self.ids)


def tokenize(tokenizer: Tokenizer, texts: Sequence[str]) -> list[Tokens]:
    """Tokenise texts without special tokens."""
    return [
        Tokens(tuple(encoding.ids), tuple(encoding.offsets))
        for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=False)
    ]


def lay_out(question: Sequence[int], context: Sequence[int]) -> list[int]:
    """Return ``<s> question </s></s> context </s>``; the context starts at len(question) + 3."""
    return [BOS, *question, EOS, EOS, *context, EOS]


def windows(length: int, room: int, stride: int) -> list[tuple[int, int]]:
    """Return ranges of at most ``room`` tokens that cover ``length`` tokens.

    Neighbours overlap by ``room - stride`` tokens; the last one ends with the text.

    :raises ValueError: if ``room`` or ``stride`` is not positive.
    """
    if room < 1 or stride < 1:
        raise ValueError(f"room and stride must be positive, not {room} and {stride}")
    found = [(0, min(room, length))]
    while found[-1][1] < length:
        start = found[-1][0] + min(stride, room)
        found.append((start, min(start + room, length)))
    return found


def token_span(tokens: Tokens, start: int, end: int) -> tuple[int, int] | None:
    """Return the first and last token that touch the characters ``start:end``, both included."""
    touching = [
        index for index, (a, b) in enumerate(tokens.offsets) if a < end and b > start and b > a
    ]
    return (touching[0], touching[-1]) if touching else None
