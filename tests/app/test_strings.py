from __future__ import annotations

import re
import string
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from kb.pages import launch, strings
from kb.pages.strings import LANGUAGES, TABLE, translate

PAGES = sorted(launch.HERE.glob("*.py"))


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_no_text_is_written_twice() -> None:
    names = [each.name for each in iter_modules(strings.__path__, f"{strings.__name__}.")]
    modules = [import_module(name) for name in names]
    assert sum(len(module.TEXTS) for module in modules) == len(TABLE)


@pytest.mark.parametrize("key", sorted(TABLE))
def test_translate_takes_the_same_values_in_every_language(key: str) -> None:
    assert len(TABLE[key]) == len(LANGUAGES)
    assert all(TABLE[key])
    assert len({frozenset(fields(text)) for text in TABLE[key]}) == 1


@pytest.mark.parametrize("key", sorted(set(TABLE) - {"language_en"}))
def test_chinese_texts_are_chinese(key: str) -> None:
    assert re.search(r"[一-鿿]|^·|\{", TABLE[key][1])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_use_texts_that_exist(page: Path) -> None:
    used = re.findall(r'\bt\("(\w+)"', page.read_text("utf-8"))
    assert set(used) <= set(TABLE)


def test_every_text_is_used() -> None:
    source = "".join(page.read_text("utf-8") for page in PAGES)
    built = ("stage_", "confidence_", "index_", "language_", "why_", "role_", "error_")
    unused = {
        key
        for key in TABLE
        if not re.search(rf"[\"']{key}[\"']", source) and not key.startswith(built)
    }
    assert not unused


def test_translate_fills_in_values() -> None:
    assert translate("notes_found", "zh", count=3) == "笔记：3 篇"
