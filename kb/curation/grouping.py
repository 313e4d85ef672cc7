"""Gathers questions that mean the same."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from qa.faq import FaqThresholds, match_question

Encode = Callable[[Sequence[str]], NDArray[np.float32]]


class Grouping:
    """Groups questions by meaning; thread-safe, each question is embedded once while it is there.

    :param encode: gives the vectors of questions, of unit length.
    :param thresholds: what two questions must reach to count as one.
    """

    def __init__(self, encode: Encode, thresholds: FaqThresholds | None = None) -> None:
        self._encode = encode
        self._thresholds = thresholds
        self._lock = threading.Lock()
        self._known: dict[str, NDArray[np.float32]] = {}

    def groups(self, questions: Sequence[str]) -> list[list[int]]:
        """Return the places of questions that mean the same, in the order of their first."""
        if not questions:
            return []
        vectors = self._vectors(questions)  # (n, dimension)
        found: list[list[int]] = []
        for place, question in enumerate(questions):
            first = [group[0] for group in found]
            leaders = [questions[each] for each in first]
            match = (
                match_question(question, vectors[place], leaders, vectors[first], self._thresholds)
                if first
                else None
            )
            if match is not None:
                found[match.index].append(place)
            else:
                found.append([place])
        return found

    def _vectors(self, questions: Sequence[str]) -> NDArray[np.float32]:
        with self._lock:
            missing = [each for each in dict.fromkeys(questions) if each not in self._known]
            if missing:
                self._known |= zip(missing, self._encode(missing), strict=True)
            self._known = {each: self._known[each] for each in dict.fromkeys(questions)}
            return np.stack([self._known[each] for each in questions])
