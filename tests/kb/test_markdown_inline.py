"""The inline scanner reads CommonMark as markdown-it does."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.common.utils import normalizeReference
from markdown_it.token import Token

from kb.markdown.inline import scan_inline
from kb.markdown.region import Region
from kb.markdown.source_map import TextWriter

_KNOWN = frozenset(normalizeReference(label) for label in ("a", "b c"))
_PIECES = (
    *("*", "**", "***", "_", "__", "`", "``", "[", "]", "![", "](", "(", ")", "[a]", "[]", "[b c]"),
    *(
        "<",
        ">",
        "<a>",
        "<a b='c'>",
        "</a>",
        "<http://x.y>",
        "<x@y.z>",
        "<!-- c -->",
        '"',
        "'",
        "\\",
    ),
    *(
        "&amp;",
        "&",
        "a",
        "b c",
        " ",
        "  ",
        "\n",
        "  \n",
        ".",
        "!",
        "(/u 't')",
        "\u4e2d",
        "</",
        "<b",
    ),
)


def clean(text: str, references: frozenset[str] = frozenset()) -> str:
    """Return the text without markup."""
    writer = TextWriter(text)
    Region(text, (0,), (0,)).write(writer, scan_inline(text, references).edits)
    return writer.build().text


def reference_text(text: str) -> str:
    """Return the text that markdown-it leaves."""
    parser = MarkdownIt("commonmark", {"maxNesting": 1000})
    tokens = parser.parseInline(text, {})
    return "".join(_token_text(token) for token in tokens[0].children or []).strip()


def _token_text(token: Token) -> str:
    if token.type == "softbreak":
        return " "
    if token.type == "hardbreak":
        return "\n"
    if token.type == "html_inline":
        return ""
    if token.type == "image":
        return "".join(map(_token_text, token.children or []))
    return token.content


@settings(deadline=None, max_examples=1500)
@given(st.lists(st.sampled_from(_PIECES), max_size=16).map("".join).map(str.strip))
def test_scan_inline_agrees_with_markdown_it(text: str) -> None:
    # Wiki links are ours, and so is joining Chinese lines without a space.
    text = "\n".join(line.lstrip() for line in text.split("\n"))
    text = re.sub(r"\[(?=\[)", "[ ", text)
    assert "".join(clean(text).split()) == "".join(reference_text(text).split())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[*x*][a] [x][B  C] [a][] [a] [a]b", "x x a a ab"),
        ("[x][y] [y] [] [x][]", "[x][y] [y] [] [x][]"),
        ("![x][a] ![a]", "x a"),
        ("[x [a] y](/u) [x [y] z][a]", "[x a y](/u) x [y] z"),
        ("[a]( [a](([a]", "a( a((a"),
        ("[a][ [a]]", "a[ a]"),
        ("\\[a] [a\\]", "[a] [a]"),
    ],
)
def test_scan_inline_reads_references_as_commonmark_says(text: str, expected: str) -> None:
    assert clean(text, _KNOWN) == expected
