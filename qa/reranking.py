"""Put passages that answer a question before those that are only about it."""

from collections.abc import Sequence

from qa.reader import Span

# Below this the reader is as sure as it gets that a passage does not answer.
_LEAST = -2.0


def rerank(
    relevance: Sequence[float], readings: Sequence[Sequence[Span]], weight: float
) -> list[tuple[int, float]]:
    """Order passages by the retriever's score and the reader's best span together.

    :param relevance: the retriever's score of each passage.
    :param readings: the spans found in each passage read, best first; passages beyond were not
        read and stay behind, in their order.
    :param weight: what a unit of the span's log-odds adds to the relevance.
    :return: indexes of the passages with their scores, best first.
    """
    read = [
        (at, score + weight * max([_LEAST, *(span.score for span in spans[:1])]))
        for at, (score, spans) in enumerate(zip(relevance, readings, strict=False))
    ]
    rest = [(at, relevance[at]) for at in range(len(read), len(relevance))]
    return sorted(read, key=lambda entry: -entry[1]) + rest
