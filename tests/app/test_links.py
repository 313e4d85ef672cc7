from __future__ import annotations

import pytest
from fake_base import NASTY, citation
from markdown_it import MarkdownIt

from kb.pages.links import place, plain, shortened


@pytest.mark.parametrize(
    "text",
    [
        NASTY,
        "# a",
        "1. a",
        "- a",
        "> a",
        "a\n\nb",
        "`code`",
        "|a|b|",
        "~~a~~",
        "&amp; &#60;",
        "\\*",
    ],
)
def test_plain_shows_exactly_the_text(text: str) -> None:
    (inline,) = (
        t for t in MarkdownIt("gfm-like", {"linkify": False}).parse(plain(text)) if t.children
    )
    children = inline.children or []
    assert {child.type for child in children} <= {"text", "text_special"}
    assert "".join(child.content for child in children) == " ".join(text.split())


def test_shortened_cuts_at_the_limit() -> None:
    assert shortened("abc", 3) == "abc"
    assert shortened("abcd", 3) == "ab…"


def test_place_joins_title_and_heading() -> None:
    assert place(citation()) == f"{NASTY} › Part › {NASTY}"
