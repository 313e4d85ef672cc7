"""Reduce XLM-R's 250,002 Unigram pieces to those English and Chinese text can use (build time).

A Unigram segmentation only ever uses pieces that occur in the text, so dropping pieces of other
scripts leaves English and Chinese segmentations exactly as they were. Kept are: the special pieces;
every piece made of ASCII, Han, CJK punctuation, full-width forms and script-neutral symbols; every
single character of every script, so that no text becomes unknown that was known before; and the
Latin pieces with diacritics that a sample of English text really uses ("Beyoncé", "naïve").
"""

import unicodedata
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

SPACE = "\u2581"
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
MASK = "<mask>"
_HAN = (
    (0x2E80, 0x2FDF),
    (0x3000, 0x303F),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFE30, 0xFE4F),
    (0xFF00, 0xFFEF),
    (0x20000, 0x323AF),
)


def is_kept_character(character: str) -> bool:
    """Say whether pieces made only of such characters serve English or Chinese."""
    code = ord(character)
    if code < 0x80 or character == SPACE:
        return True
    if any(low <= code <= high for low, high in _HAN):
        return True
    return unicodedata.category(character)[0] in "NPSZC"


def select(pieces: Sequence[str], in_use: Iterable[str] = ()) -> NDArray[np.int64]:
    """Return the indexes of the pieces to keep, ascending, special pieces included.

    :param pieces: all pieces, index = id in the source vocabulary.
    :param in_use: pieces seen in sample text, kept whatever their script.
    """
    extra = set(in_use)
    kept = [
        index
        for index, piece in enumerate(pieces)
        if piece in SPECIAL
        or len(piece.removeprefix(SPACE)) <= 1
        or piece in extra
        or (piece != MASK and all(is_kept_character(character) for character in piece))
    ]
    return np.asarray(kept, dtype=np.int64)
