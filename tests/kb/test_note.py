"""Reading what a note says about itself."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.notes.front_matter import MAX_FRONT_MATTER_BYTES
from kb.notes.note import parse_note
from kb.notes.questions import Question
from tests.strategies import any_markdown


@pytest.mark.parametrize(
    ("source", "title"),
    [
        pytest.param("---\ntitle: From *front*\n---\n# H", "From *front*", id="front-matter"),
        pytest.param("---\ntitle: 3.10\n---\n", "3.10", id="not-a-number"),
        pytest.param("---\ntitle: null\n---\n# H", "H", id="null"),
        pytest.param("---\ntitle: [a]\n---\n# H", "H", id="not-a-text"),
        pytest.param("a\n\n## B\n\n# The *first* `one` { #x }\n\n# C", "The first one", id="h1"),
        pytest.param("Set\next\n===", "Set ext", id="setext"),
        pytest.param("```\n# no\n```", "My note", id="stem"),
        pytest.param("", "My note", id="empty"),
    ],
)
def test_parse_note_finds_the_title(source: str, title: str) -> None:
    assert parse_note("folder/My note.md", source).title == title


@pytest.mark.parametrize(
    ("source", "tags"),
    [
        pytest.param("---\ntags: [A, '#b/c', 3.10, null]\n---\n", ("a", "b/c", "3.10"), id="list"),
        pytest.param("---\ntags: A, #b c\n---\n", ("a",), id="yaml-comment"),
        pytest.param("---\ntags: 'A, #b c，d'\n---\n", ("a", "b", "c", "d"), id="string"),
        pytest.param("---\nTags:\n- a\n---\n#A #b", ("a", "b"), id="both"),
        pytest.param("#One x#n (#n) #中/文 #1 #1a\n- #c", ("one", "中/文", "1a", "c"), id="inline"),
        pytest.param("`#a` [b](#c) $#d$ <!-- #e -->\n\n    #f\n\n```\n#g\n```", (), id="not-tags"),
        pytest.param("# Heading #tag\n\n|#x|\n|-|", ("tag", "x"), id="headings-and-tables"),
    ],
)  # fmt: skip
def test_parse_note_finds_tags(source: str, tags: tuple[str, ...]) -> None:
    assert parse_note("a.md", source).tags == tags


@pytest.mark.parametrize(
    ("aliases", "expected"),
    [("[A b, c]", ("A b", "c")), ("A b, c", ("A b", "c")), ("", ()), ("{a: b}", ())],
)
def test_parse_note_reads_aliases(aliases: str, expected: tuple[str, ...]) -> None:
    assert parse_note("a.md", f"---\naliases: {aliases}\n---\n").aliases == expected


def test_parse_note_finds_links_with_their_place() -> None:
    source = "> - [[A b#c|d]] `[[no]]`\n\n|[[E\\|f]]|\n|-|\n\n# ![[G.png]]\n\n```\n[[no]]\n```"
    links = parse_note("a.md", source).links
    assert [link.target for link in links] == ["A b#c", "E", "G.png"]
    assert [source[link.start : link.end] for link in links] == [
        "[[A b#c|d]]",
        "[[E\\|f]]",
        "![[G.png]]",
    ]


def test_parse_note_finds_questions_in_headings() -> None:
    source = "# What is *this*?\n\n## 为什么？ { #why }\n\n## No\n\n> # Not this?"
    questions = parse_note("a.md", source).questions
    assert [question.question for question in questions] == ["What is this?", "为什么？"]
    assert [source[question.start : question.end] for question in questions] == [
        "What is *this*?",
        "为什么？",
    ]


@pytest.mark.parametrize(
    "faq",
    [
        pytest.param(
            "\n- question: Q one?\n  answer: |\n    Two\n    lines\n- junk\n- {q: x}", id="list"
        ),
        pytest.param("\n- Q: Q one?\n  A: |\n    Two\n    lines", id="short"),
        pytest.param("\n  Q one?: |\n    Two\n    lines", id="mapping"),
    ],
)
def test_parse_note_reads_curated_questions(faq: str) -> None:
    source = f"---\nfaq:{faq}\n---\n"
    expected = Question("Q one?", "Two\nlines", 4, source.rindex("---"))
    assert parse_note("a.md", source).questions == (expected,)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("**Q:** What is it?\n**A:** It is `x`.\nYes.", ("What is it?", "It is x. Yes.")),
        ("Q: Two\n\nA: The answer: 2.", ("Two", "The answer: 2.")),
        ("- Question: Why?\n  Answer: So.", ("Why?", "So.")),
        ("问：是什么？\n答：是**它**。", ("是什么？", "是它。")),
    ],
    ids=["bold", "two paragraphs", "list", "chinese"],
)
def test_parse_note_reads_labelled_questions(body: str, expected: tuple[str, str]) -> None:
    source = f"# T\n\n{body}\n\nMore: text.\n"
    [found] = parse_note("a.md", source).questions
    assert (found.question, found.answer) == expected
    cited = source[found.start : found.end]
    assert re.sub(r"[*`]", "", cited).replace("\n", " ") == expected[1]


def test_parse_note_reads_several_labelled_questions_of_a_paragraph() -> None:
    note = parse_note("a.md", "Q: a?\nA: b. One question: why.\nQ: c?\nA: d\n")
    assert [(each.question, each.answer) for each in note.questions] == [
        ("a?", "b. One question: why."),
        ("c?", "d"),
    ]


@pytest.mark.parametrize(
    "body",
    ["Q: lone?\n\nText.\n\nA: no", "Of vitamin A: good. Q: why?", "A: no", "Q:\nA: no"],
)
def test_parse_note_finds_no_question_where_none_is_answered(body: str) -> None:
    assert parse_note("a.md", body).questions == ()


@pytest.mark.parametrize(
    ("source", "body"),
    [
        pytest.param("---\na: b\n---\nBody", "Body", id="plain"),
        pytest.param("\ufeff---\r\na: b\r\n...\r\nBody", "Body", id="windows"),
        pytest.param("---\n---\nBody", "Body", id="empty"),
        pytest.param("---\n# only a comment\n---\nBody", "Body", id="comment"),
        pytest.param("---\na: b\n", "---\na: b\n", id="not-closed"),
        pytest.param("\n---\na: b\n---\n", "\n---\na: b\n---\n", id="not-first"),
        pytest.param("\ufeffBody", "Body", id="byte-order-mark"),
    ],
)
def test_parse_note_finds_where_the_body_begins(source: str, body: str) -> None:
    note = parse_note("a.md", source)
    assert source[note.body_start :] == body
    assert note.warnings == ()


@pytest.mark.parametrize(
    ("front", "warning"),
    [
        pytest.param("a: [b", "front matter is not valid YAML", id="broken"),
        pytest.param("a: &x [1]\nb: *x", r"alias \*x is not allowed", id="alias"),
        pytest.param("a: !!python/object:os.system x", "not valid YAML", id="object"),
        pytest.param("a: !!int x", "not valid YAML", id="not-an-int"),
        pytest.param("? [a]\n: b", "not valid YAML", id="unhashable"),
        pytest.param("a: \x01", "not valid YAML", id="control-character"),
        pytest.param("[" * 5000, "nested too deeply", id="nested"),
        pytest.param("a: " + "b" * MAX_FRONT_MATTER_BYTES, "longer than 64 KiB", id="long"),
    ],
)
def test_parse_note_warns_of_broken_front_matter(front: str, warning: str) -> None:
    note = parse_note("a.md", f"---\n{front}\n---\n# Body")
    assert note.title == "Body"
    assert len(note.warnings) == 1
    assert "\n" not in note.warnings[0]
    assert re.search(warning, note.warnings[0])


def test_parse_note_reads_front_matter_that_is_text_as_text() -> None:
    note = parse_note("a.md", "---\nJust prose\n---\nBody")
    assert note.body_start == 0
    assert "not a list of properties" in note.warnings[0]


def test_parse_note_survives_alias_bombs() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]
    started = time.perf_counter()
    assert parse_note("a.md", "---\n" + "\n".join(lines) + "\n---\n").warnings
    assert time.perf_counter() - started < 1


@settings(deadline=None, max_examples=200)
@given(st.one_of(st.text(max_size=200), any_markdown()), st.booleans())
def test_parse_note_never_fails(text: str, in_front: bool) -> None:
    source = f"---\n{text}\n---\n" if in_front else text
    note = parse_note("a.md", source)
    assert 0 <= note.body_start <= len(source)
    for link in note.links:
        assert "[[" in source[link.start : link.end]
    for question in note.questions:
        assert 0 <= question.start <= question.end <= len(source)
