import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.store.milvus.expressions import encoded, of_fill, of_others, of_scope, quoted
from retrieval.scope import Scope


def test_scope_is_any_of_its_tags_and_any_of_its_folders() -> None:
    scope = Scope(tags=("#Physics", "law"), folders=("en/tools/", "zh"))
    assert of_scope(scope) == [
        'array_contains_any(tags, ["law", "physics"])',
        'array_contains_any(folders, ["en/tools", "zh"])',
    ]


@pytest.mark.parametrize("scope", [Scope(), Scope(folders=("",)), Scope(folders=("a", "/"))])
def test_scope_without_limits_has_no_condition(scope: Scope) -> None:
    assert of_scope(scope) == []


def test_fills_are_told_apart_within_a_base() -> None:
    assert of_fill("a", 3) == 'base == "a" and fill == 3'
    assert of_others("a", [5, 4]) == 'base == "a" and fill not in [4, 5]'


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_no_name_ends_its_string(name: str) -> None:
    inner = quoted(name)[1:-1]
    assert inner == encoded(name)
    assert inner.isascii()
    assert inner.isprintable()
    assert not set(inner) & set("\"'\\{}")
