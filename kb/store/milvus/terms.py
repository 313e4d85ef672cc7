"""Our analyzer's terms as words that every tokenizer of Milvus leaves as they are.

So English, Chinese and code are analysed once and alike in both stores, whatever the engine's own
analyzers make of them: its "standard" one splits at everything that is not a letter or a digit,
and a run of Chinese by rules of its own.
"""

from __future__ import annotations

from collections.abc import Iterable

from retrieval.analyzer import analyze
from retrieval.lexical import FIELD_BOOSTS, Entry

# What a VARCHAR of Milvus holds at most.
MAX_BYTES = 65_535

_ESCAPE = "0x"


def as_word(term: str) -> str:
    """Return a term as one lower-case run of letters and digits; different ones stay different."""
    plain = term.isascii() and term.isalnum() and term == term.lower()
    return term if plain and not term.startswith(_ESCAPE) else _ESCAPE + term.encode().hex()


def as_words(terms: Iterable[str]) -> str:
    """Return terms with spaces between; what does not fit into a field is left out."""
    words, room = list[str](), MAX_BYTES
    for term in terms:
        word = as_word(term)
        room -= len(word) + 1
        if room < 0:
            break
        words.append(word)
    return " ".join(words)


def words_of(entry: Entry) -> dict[str, str]:
    """Return the words by which a passage is found, by the field that they stand in."""
    fields = {"text": entry.text, "heading": entry.heading, "title": entry.title}
    return {name: as_words(analyze(fields[name])) for name in FIELD_BOOSTS}


def clipped(text: str, most: int = MAX_BYTES) -> str:
    """Return a text, cut at a character's border to so many bytes."""
    data = text.encode()
    return text if len(data) <= most else data[:most].decode(errors="ignore")
