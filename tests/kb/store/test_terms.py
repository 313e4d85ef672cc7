"""Our terms as Milvus keeps them; what the "standard" tokenizer leaves is imitated by a pattern."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.store.milvus.terms import MAX_BYTES, as_word, as_words, clipped, words_of
from retrieval.analyzer import analyze
from retrieval.lexical import Entry

# Milvus Lite's own pattern; Milvus splits at what is no letter and no digit.
_TOKEN = re.compile(r"\w+")


@pytest.mark.parametrize("term", ["attent", "2017", "maxlength"])
def test_plain_term_is_its_own_word(term: str) -> None:
    assert as_word(term) == term


@pytest.mark.parametrize("term", ["c++", "c#", "1.5", "意力", "é", "0x1f", "K"])
def test_other_term_becomes_one_token(term: str) -> None:
    word = as_word(term)
    assert word != term
    assert word.isascii()
    assert word.isalnum()
    assert word == word.lower()


@given(st.lists(st.text(min_size=1, max_size=12), max_size=30))
def test_words_are_as_many_tokens_and_different_terms_stay_different(terms: list[str]) -> None:
    found = _TOKEN.findall(as_words(terms).lower())
    assert len(found) == len(terms)
    assert len(set(found)) == len(set(terms))


def test_words_of_a_passage_are_the_terms_of_its_fields() -> None:
    entry = Entry(1, "Search", "Models › 模型", "IndexFlatIP compares max_length in C++.")
    words = words_of(entry)
    assert words["title"] == "search"
    assert "0x" + "模型".encode().hex() in words["heading"].split()
    assert len(words["text"].split()) == len(analyze(entry.text))


def test_words_that_do_not_fit_are_left_out_whole() -> None:
    words = as_words(f"word{number}" for number in range(20_000))
    assert MAX_BYTES - 20 < len(words) <= MAX_BYTES
    assert words.split() == [f"word{number}" for number in range(len(words.split()))]


def test_clipped_cuts_at_a_character() -> None:
    assert clipped("意义", 5) == "意"
    assert clipped("意义", 6) == "意义"
