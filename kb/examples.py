"""Questions to begin with: ones that the notes themselves ask."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, zip_longest

from retrieval.language import Language, detect_language

_MAX_CHARS = 60


def pick_examples(asked: Iterable[tuple[str, str]], language: Language, count: int) -> list[str]:
    """Return a few short questions, from as many notes as there are.

    :param asked: path of the note and question, in the order of the notes.
    :param language: what the questions should be in; another only if that has too few.
    """
    by_note: dict[tuple[bool, str], list[str]] = {}
    for note, question in asked:
        if len(question) <= _MAX_CHARS:
            foreign = detect_language(question) != language
            by_note.setdefault((foreign, note), []).append(question)
    found: list[str] = []
    for foreign in (False, True):
        notes = [questions for (other, _), questions in by_note.items() if other == foreign]
        rounds = chain.from_iterable(zip_longest(*notes))
        found += _spread(
            list(dict.fromkeys(q for q in rounds if q)), count - len(found), len(notes)
        )
    return found


def _spread(questions: list[str], count: int, notes: int) -> list[str]:
    """Return questions evenly spaced among the first of each note, then the others."""
    first = questions[:notes]
    if len(first) <= count:
        return questions[: max(0, count)]
    return [first[i * len(first) // count] for i in range(count)]
