"""A deterministic reader for tests of everything behind a reader."""

from collections.abc import Mapping, Sequence

from qa.reader import Context, Span


class FakeReader:
    """Finds the answers it was told wherever they stand, with the score it was told.

    :param known: question → (answer, score) pairs; scores are log-odds against no answer.
    """

    fingerprint = "fake"

    def __init__(self, known: Mapping[str, Sequence[tuple[str, float]]]) -> None:
        self.known = known
        self.asked: list[tuple[str, int]] = []

    def read(self, question: str, passages: Sequence[Context], best: int = 5) -> list[list[Span]]:
        self.asked.append((question, len(passages)))
        return [self._find(question, passage.text)[:best] for passage in passages]

    def _find(self, question: str, text: str) -> list[Span]:
        spans = [
            Span(text.find(answer), text.find(answer) + len(answer), score)
            for answer, score in self.known.get(question, ())
            if answer in text
        ]
        return sorted(spans, key=lambda span: -span.score)
