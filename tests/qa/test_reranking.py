from qa.reader import Span
from qa.reranking import rerank


def test_rerank_puts_the_passage_that_answers_first() -> None:
    readings = [[Span(0, 3, -5.0)], [Span(0, 3, 9.0), Span(4, 5, 8.0)]]
    order = rerank([0.90, 0.88], readings, 0.007)
    assert [at for at, _ in order] == [1, 0]
    assert order[0][1] == 0.88 + 0.007 * 9.0


def test_rerank_keeps_passages_that_were_not_read_behind() -> None:
    order = rerank([0.9, 0.89, 0.895], [[Span(0, 1, 0.0)], [Span(0, 1, 1.0)]], 0.007)
    assert [at for at, _ in order] == [0, 1, 2]
    assert order[2] == (2, 0.895)


def test_rerank_lets_no_reading_outweigh_all_else() -> None:
    hopeless, empty = [Span(0, 1, -40.0)], list[Span]()
    assert [at for at, _ in rerank([0.9, 0.8], [hopeless, empty], 0.007)] == [0, 1]
    assert rerank([], [], 0.007) == []
