import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from retrieval.lexical import Entry, LexicalIndex
from retrieval.retriever import Retriever
from retrieval.scope import Scope
from retrieval.vectors import VectorIndex
from tests.retrieval.fake_encoder import FakeEncoder

NOTES = [
    (1, "Attention lets every token look at every other token.", "en"),
    (2, "Long short-term memory keeps a cell state.", "en"),
    (3, "FAISS searches vectors with IndexFlatIP.", "en/tools"),
    (4, "自注意力讓每個詞看到其他所有的詞。", "zh"),
    (5, "長短期記憶網絡保存細胞狀態。", "zh"),
]


@pytest.fixture
def retriever(tmp_path: Path) -> Retriever:
    encoder = FakeEncoder()
    vectors = VectorIndex(encoder.dimension)
    vectors.add(
        np.array([id_ for id_, _, _ in NOTES]),
        encoder.encode_passages([text for _, text, _ in NOTES]),
    )
    lexical = LexicalIndex(tmp_path / "lexical")
    lexical.update([], [Entry(id_, "", "", text, (), folder) for id_, text, folder in NOTES], 1)
    return Retriever(encoder, vectors, lexical)


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("What does attention let a token do?", 1),
        ("IndexFlatIP?", 3),
        ("长短期记忆保存什么？", 5),
        ("自注意力是什么", 4),
    ],
)
def test_search_finds_the_passage(retriever: Retriever, question: str, best: int) -> None:
    hits = retriever.search(question, 3)
    assert hits[0].id == best
    assert hits[0].dense is not None
    assert hits[0].lexical is not None
    assert hits[0].score == pytest.approx(2 / 61)  # the first of both sides
    assert hits == retriever.search(question, 3)


def test_search_gives_the_cosine_of_hits_that_only_words_found(retriever: Retriever) -> None:
    hits = retriever.search("FAISS", 5)
    assert [hit.id for hit in hits if hit.lexical is not None] == [3]
    assert all(hit.dense is not None for hit in hits)
    assert len(hits) == len(NOTES)


def test_search_stays_within_scope_and_allowed(retriever: Retriever) -> None:
    hits = retriever.search("attention memory 注意力", 9, Scope(folders=("zh",)), np.array([4, 5]))
    assert {hit.id for hit in hits} == {4, 5}
    only = retriever.search("attention memory 注意力", 9, allowed=np.array([2]))
    assert [(hit.id, hit.score) for hit in only] == [(2, pytest.approx(2 / 61))]
    assert retriever.search("attention", 9, Scope(tags=("none",)), np.empty(0, np.int64)) == []


def test_search_refuses_a_scope_without_its_ids(retriever: Retriever) -> None:
    with pytest.raises(ValueError, match="allows"):
        retriever.search("attention", 3, Scope(folders=("zh",)))
    assert retriever.search("attention", 3, Scope())


@pytest.mark.parametrize(("question", "k"), [("", 5), ("  \n", 5), ("attention", 0)])
def test_search_for_nothing_is_nothing(retriever: Retriever, question: str, k: int) -> None:
    assert retriever.search(question, k) == []


def test_search_in_an_empty_index_is_nothing(tmp_path: Path) -> None:
    encoder = FakeEncoder()
    empty = Retriever(encoder, VectorIndex(encoder.dimension), LexicalIndex(tmp_path / "lexical"))
    assert empty.search("anything", 5) == []


def test_search_survives_sides_that_disagree(tmp_path: Path) -> None:
    encoder = FakeEncoder()
    vectors, lexical = VectorIndex(encoder.dimension), LexicalIndex(tmp_path / "lexical")
    vectors.add(np.array([1]), encoder.encode_passages(["old words"]))
    lexical.update([], [Entry(2, "", "", "new words")], 1)
    hits = Retriever(encoder, vectors, lexical).search("words", 5)
    assert [(hit.id, hit.dense is None, hit.lexical is None) for hit in hits] == [
        (1, False, True),
        (2, True, False),
    ]


@pytest.mark.parametrize("module", ["retriever", "lexical", "fusion", "scope"])
def test_import_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, retrieval.{module}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"faiss", "onnxruntime", "torch", "transformers", "streamlit"} & set(loaded)
