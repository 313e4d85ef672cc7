from pathlib import Path

import numpy as np
import pytest

from retrieval.crossing import crossing, held
from retrieval.lexical import Entry, LexicalIndex
from retrieval.retriever import FOREIGN_EVERY, LEXICAL_WEIGHT, Retriever
from retrieval.vectors import VectorIndex
from tests.retrieval.centres import CENTRES, TopicEncoder

ENGLISH = ["attention reads tokens", "memory keeps a state", "search finds notes"]
CHINESE = ["注意力读词", "记忆保存状态", "搜索找到笔记"]


class CountingVectors(VectorIndex):
    """Counts its searches for more than one vector."""

    deep = 0

    def search(
        self, vector: np.ndarray, k: int, allowed: np.ndarray | None = None
    ) -> list[tuple[int, float]]:
        self.deep += k > 1
        return super().search(vector, k, allowed)


def base(folder: Path, texts: list[str]) -> tuple[Retriever, CountingVectors]:
    encoder = TopicEncoder()
    vectors = CountingVectors(encoder.dimension)
    ids = np.arange(1, len(texts) + 1)
    vectors.add(ids, encoder.encode_passages(texts))
    lexical = LexicalIndex(folder / "lexical")
    lexical.update([], [Entry(int(i), "", "", text) for i, text in zip(ids, texts, strict=True)], 1)
    return Retriever(encoder, vectors, lexical, LEXICAL_WEIGHT, CENTRES), vectors


@pytest.mark.parametrize(
    ("texts", "languages"),
    [
        (ENGLISH, {"en"}),
        (CHINESE, {"zh"}),
        ([*ENGLISH, CHINESE[0]], {"en", "zh"}),
        ([], set[str]()),
    ],
    ids=["english", "chinese", "one chinese among english", "nothing"],
)
def test_held_tells_the_languages_from_the_vectors(
    tmp_path: Path, texts: list[str], languages: set[str]
) -> None:
    assert held(CENTRES, base(tmp_path, texts)[1]) == languages


def test_crossing_is_only_to_a_language_that_is_there() -> None:
    assert crossing("en", frozenset(("en",))) is None
    assert crossing("en", frozenset()) is None
    alone = crossing("zh", frozenset(("en",)))
    assert alone is not None
    assert (alone.to, alone.alone) == ("en", True)
    both = crossing("zh", frozenset(("en", "zh")))
    assert both is not None
    assert not both.alone


@pytest.mark.parametrize(
    ("question", "texts", "best"),
    [("什么是记忆？", ENGLISH, 2), ("What is memory?", CHINESE, 2), ("怎样搜索？", ENGLISH, 3)],
)
def test_search_finds_the_meaning_in_the_other_language(
    tmp_path: Path, question: str, texts: list[str], best: int
) -> None:
    searching, vectors = base(tmp_path, texts)
    hits = searching.search(question, 3)
    assert hits[0].id == best
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert vectors.deep == 1


def test_search_in_the_question_s_own_language_is_as_without_centres(tmp_path: Path) -> None:
    searching, vectors = base(tmp_path, ENGLISH)
    assert vectors.deep == 0
    found = searching.search("What is memory?", 3)
    assert vectors.deep == 1
    plain = Retriever(TopicEncoder(), vectors, LexicalIndex(tmp_path / "lexical"), LEXICAL_WEIGHT)
    assert found == plain.search("What is memory?", 3)


def test_search_keeps_room_for_the_other_language(tmp_path: Path) -> None:
    texts = [f"记忆保存状态 {number}" for number in range(8)] + ENGLISH
    searching, _ = base(tmp_path, texts)
    hits = searching.search("什么是记忆？", 11)
    assert 10 in [hit.id for hit in hits[:FOREIGN_EVERY]]
    assert sum(hit.id > 8 for hit in hits[: 2 * FOREIGN_EVERY]) >= 2
    assert sorted(hit.id for hit in hits) == list(range(1, 12))


def test_search_sees_a_language_that_comes_later(tmp_path: Path) -> None:
    searching, vectors = base(tmp_path, ENGLISH)
    assert searching.search("注意力", 1)[0].id == 1
    vectors.add(np.array([9]), TopicEncoder().encode_passages([CHINESE[0]]))
    searching._lexical.update([], [Entry(9, "", "", CHINESE[0])], 2)
    vectors.deep = 0
    assert {hit.id for hit in searching.search("注意力", 2)} == {1, 9}
    assert vectors.deep == 2
