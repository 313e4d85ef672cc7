from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.config import Settings
from kb.knowledge import KnowledgeBase
from kb.markdown.reading import SPAN_END, SPAN_START, Readable, readable
from kb.models import Models
from kb.notes.names import NoteNames
from kb.reading import Target
from tests.kb.fake_encoder import FakeEncoder

NOTE = """# Title

A **bold $x^2$ word**, [[Other|its label]] and [[Nowhere]].

> [!note] Hello
> quoted text

!!! tip "Do *it*"
    Boxed **words**.

    ```python
    x = 1
    ```

/// warning | Careful
inside
///

- item one
- item two

| a | b |
|---|---|
| 1 | cell two |
"""


def address(target: str) -> str | None:
    return "note?note=other.md" if target == "Other" else None


def marked(words: str, source: str = NOTE) -> Readable:
    start = source.index(words)
    return readable(source, 0, len(source), (start, start + len(words)), address)


@pytest.mark.parametrize(
    ("cited", "lit"),
    [
        ("Title", "Title"),
        ("bold", "bold"),
        ("**bold", "**bold"),
        ("x^2", "$x^2$"),
        ("x^2$ word", "$x^2$ word"),
        ("label", "[its label](<note?note=other.md>)"),
        ("quoted text", "quoted text"),
        ("words", "words"),
        ("x = 1", "x = 1"),
        ("- item one\n", "item one"),
        ("cell two |", "cell two"),
        ("| 1 | cell", "1 | cell"),
    ],
)
def test_readable_marks_the_span_and_breaks_no_markup(cited: str, lit: str) -> None:
    found = marked(cited)
    assert found.lit
    assert f"{SPAN_START}{lit}{SPAN_END}" in found.text


def test_readable_marks_by_offsets_not_by_words() -> None:
    source = "two two two\n"
    found = readable(source, 0, len(source), (4, 7), address)
    assert found.text == f"two {SPAN_START}two{SPAN_END} two\n"


@pytest.mark.parametrize("cited", [(0, 0), (5, 2), (0, 10_000), (-1, 3)])
def test_readable_marks_nothing_outside_the_note(cited: tuple[int, int]) -> None:
    assert not readable(NOTE, 0, len(NOTE), cited, address).lit


def test_readable_links_what_is_there_and_leaves_words_for_what_is_not() -> None:
    text = readable(NOTE, 0, len(NOTE), None, address).text
    assert "[its label](<note?note=other.md>) and Nowhere." in text


def test_readable_writes_callouts_as_quotes_with_a_title() -> None:
    text = readable(NOTE, 0, len(NOTE), None, address).text
    assert "> :blue[:material/info:] Hello\n>\n> quoted text" in text
    assert "> :green[:material/lightbulb:] **Do *it***\n>\n> Boxed **words**.\n> \n" in text
    assert ":orange[:material/warning:] **Careful**\ninside\n\n" in text


def test_readable_leaves_code_as_it_is() -> None:
    source = "```\n[[Other]]\n!!! note\n> [!tip] x\n```\n"
    assert readable(source, 0, len(source), None, address).text == source


def test_readable_link_label_is_no_markup() -> None:
    source = "[[Other|<img src=x> [a](javascript:alert(1)]]\n"
    text = readable(source, 0, len(source), None, address).text
    assert text == source or "](javascript" not in text


@given(
    st.text(alphabet="ab*_`[]|>#-$\\\n 中{}!1.", max_size=80), st.integers(0, 80), st.integers(1, 9)
)
def test_readable_adds_nothing_but_the_marks(source: str, start: int, length: int) -> None:
    plain = readable(source, 0, len(source), None, address)
    found = readable(source, 0, len(source), (start, start + length), address)
    assert found.text.replace(SPAN_START, "").replace(SPAN_END, "") == plain.text
    assert found.text.count(SPAN_START) == found.text.count(SPAN_END) == found.lit


NAMES = NoteNames(
    [
        ("a/b.md", "Attention", "Memory", "Focus of  mind"),
        ("a/c.md", "Memory"),
        ("x/b.md", "Other", "其他"),
        ("深/记忆.md", "记忆"),
    ]
)


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("a/b", "a/b.md"),
        ("x/b#part", "x/b.md"),
        ("B", "a/b.md"),
        ("memory", "a/c.md"),
        ("focus of mind#Part", "a/b.md"),
        ("其他", "x/b.md"),
        ("记忆.md", "深/记忆.md"),
        ("nothing", None),
        ("", None),
    ],
)
def test_names_finds_the_note_of_a_wiki_link(target: str, path: str | None) -> None:
    assert NAMES.wiki(target) == path


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("c.md", "a/c.md"),
        ("../x/b.md#part", "x/b.md"),
        ("../%E6%B7%B1/记忆", "深/记忆.md"),
        ("../../etc/passwd", None),
        ("#part", None),
    ],
)
def test_names_finds_the_note_of_a_relative_link(target: str, path: str | None) -> None:
    assert NAMES.relative(target, "a/b.md") == path


def test_surroundings_tell_the_passages_before_and_behind(tmp_path: Path) -> None:
    from tests.kb.fake_encoder import FakeEncoder

    source = "# T\n\n## One\n\nfirst words\n\n## Two\n\nsecond words\n\n## Three\n\nthird words\n"
    (tmp_path / "n.md").write_text(source, encoding="utf-8")
    base = KnowledgeBase(Models(Settings.load(tmp_path), encoder=FakeEncoder()))
    base.index()
    at = source.index("second")
    found = base.reading.surroundings("n.md", at, at + 6)
    assert found is not None
    assert found.previous is not None
    assert found.following is not None
    assert (found.number, found.total) == (2, 3)
    assert "first" in source[found.previous.start : found.previous.end]
    assert "third" in source[found.following.start : found.following.end]
    assert base.reading.surroundings("no.md", 0, 1) is None
    base.close()


def test_target_of_a_link_is_a_note_or_nothing(tmp_path: Path) -> None:
    base = KnowledgeBase.open(Settings.load(tmp_path))
    assert base.reading.target("note?note=a%2Fb.md", "c.md") == Target("a/b.md")
    linked = base.reading.target("note?note=a.md&heading=%E4%B8%AD%20b", "c.md")
    assert linked == Target("a.md", "中 b")
    assert base.reading.target("#one%20two", "c.md") == Target("c.md", "one two")
    assert base.reading.target("note?heading=x", "c.md") is None
    assert base.reading.target("other.md", "c.md") is None
    assert base.reading.target("other.md#x", "c.md") is None


def test_links_carry_the_heading_that_they_name(tmp_path: Path) -> None:
    (tmp_path / "b.md").write_text("---\naliases: [Honey makers]\n---\n# Bees\n\nThey buzz.\n")
    base = KnowledgeBase(Models(Settings.load(tmp_path), encoder=FakeEncoder()))
    base.index()
    shown = base.reading.preview(
        "a.md", "[[honey makers#In winter]], [[b#^block]], [[#Below|here]], [[#Below]].\n"
    )
    assert shown == (
        "[honey makers › In winter](<note?note=b.md&heading=In%20winter>),"
        " [b › \\^block](<note?note=b.md>), [here](<note?note=a.md&heading=Below>),"
        " [Below](<note?note=a.md&heading=Below>).\n"
    )
    assert base.reading.target("b.md#In-winter", "a.md") == Target("b.md", "In-winter")
    base.close()


def test_preview_leaves_front_matter_out_and_links_open(tmp_path: Path) -> None:
    (tmp_path / "b.md").write_text("# Bees\n\nThey buzz.\n")
    base = KnowledgeBase(Models(Settings.load(tmp_path), encoder=FakeEncoder()))
    base.index()
    shown = base.reading.preview("a", "---\ntitle: x\n---\n# Y\n\nSee [[b]] and [[c]].\n")
    assert shown == "# Y\n\nSee [b](<note?note=b.md>) and c.\n"
    assert base.reading.preview("a", "") == ""
