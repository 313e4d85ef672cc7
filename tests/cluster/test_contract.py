"""The tests of the whole path, unchanged, over a base whose passages lie in Milvus."""

from __future__ import annotations

import pytest

from kb.knowledge import KnowledgeBase
from tests.kb.test_knowledge import (  # noqa: F401
    base,
    folder,
    test_a_question_that_cannot_be_asked_is_refused,
    test_an_index_of_another_encoder_is_refused_until_rebuilt,
    test_another_process_sees_the_new_generation,
    test_ask_cites_the_words_where_they_stand,
    test_ask_of_no_notes_answers_none,
    test_ask_says_so_when_the_notes_hold_no_answer,
    test_ask_without_an_index_says_what_to_do,
    test_changes_are_seen_and_nothing_is_embedded_twice,
    test_search_lets_the_reader_put_first_what_answers,
    test_search_stays_in_its_scope,
)


@pytest.fixture(autouse=True)
def in_milvus(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_STORE", store)


def test_the_contract_runs_on_milvus(base: KnowledgeBase) -> None:  # noqa: F811
    assert type(base._passages).__name__ == "MilvusStore"
    assert len(base._passages) == base.status().passages
