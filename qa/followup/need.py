"""What a question that leans on the conversation lacks."""

from dataclasses import dataclass
from typing import Literal

# pronoun: something stands for the topic. fragment: only what changes is said. bare: a question
# word alone. property: a property or a step without its owner. both: two topics are compared.
Kind = Literal["pronoun", "fragment", "bare", "property", "both"]


@dataclass(frozen=True, slots=True)
class Need:
    """How a question leans on the conversation.

    :param text: the question without "and", "so" and the question mark.
    :param start: where the pronoun starts in ``text``; unused by the other kinds.
    :param end: where it ends.
    """

    kind: Kind
    text: str
    start: int = 0
    end: int = 0
