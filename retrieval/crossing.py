"""Find passages in another language than the question's, where the notes hold any."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.centring import Centres, Vector
from retrieval.language import Language
from retrieval.searched_vectors import Vectors

# How far on its side a passage must be for the notes to hold its language. Code and tables are
# English to the encoder whatever stands around them: hence more is asked of English.
_SURE: dict[Language, float] = {"en": -0.75, "zh": 0.3}


@dataclass(frozen=True)
class Crossing:
    """A question, and the language of passages that are not in its own.

    :param alone: whether the notes hold no other language than ``to``.
    """

    asked: Language
    to: Language
    alone: bool


def held(centres: Centres, vectors: Vectors) -> frozenset[Language]:
    """Return the languages that passages are in: two searches for the passages most on a side."""
    found: set[Language] = set()
    sides: tuple[tuple[Language, float], ...] = (("en", -1.0), ("zh", 1.0))
    for language, sign in sides:
        direction = np.asarray(sign * centres.towards_chinese, np.float32)
        farthest = vectors.search(direction, 1)
        if farthest:
            place = float(centres.places(np.array(sign * farthest[0][1], np.float32)))
            if sign * place >= sign * _SURE[language]:
                found.add(language)
    return frozenset(found)


def crossing(asked: Language, languages: frozenset[Language]) -> Crossing | None:
    """Return how a question goes to the other language; None if all notes are in its own."""
    other: Language = "en" if asked == "zh" else "zh"
    return Crossing(asked, other, alone=asked not in languages) if other in languages else None


def moved(centres: Centres, across: Crossing, query: Vector) -> Vector:
    """Return the vector with which to search for passages of the other language."""
    neutral = centres.neutral(across.asked, query)
    return neutral if across.alone else neutral + centres.towards(across.to)


def similarities(
    centres: Centres,
    across: Crossing,
    query: Vector,
    vectors: Vectors,
    ids: NDArray[np.int64],
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Compare a question with passages as if all were in its language.

    :return: cosines, centred where the passage is in the other language; NaN without a vector. And
        which passages are in the other language.
    """
    plain = vectors.scores(query, ids)
    if across.alone:
        foreign = np.ones(len(ids), np.bool_)
    else:
        along = vectors.scores(centres.towards_chinese, ids)
        foreign = ((centres.places(along) > 0) == (across.to == "zh")) & ~np.isnan(along)
    neutral = centres.neutral(across.asked, query)
    centred = centres.similarity(
        across.asked,
        across.to,
        neutral,
        plain - vectors.scores(centres.questions[across.asked], ids),
        vectors.scores(centres.passages[across.to], ids),
    )
    return np.where(foreign, centred, plain), foreign
