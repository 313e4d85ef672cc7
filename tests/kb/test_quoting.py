from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from markdown_it import MarkdownIt

from kb.answer import Alternative, Answer, Citation, to_json
from kb.quoting import answer_markdown, chat_json, chat_markdown, escaped, file_name
from kb.storage.history import Chat, Turn

PASSAGE = "First. It is *42* [now](javascript:x), they say. Last."
AT = PASSAGE.index("*42*")
CITED = Citation("a b/深.md", "T <b>", "H", 10, 14, PASSAGE, 0, len(PASSAGE), AT, AT + 4)
ANSWER = Answer("What is it?", "*42*", "extractive", 0.8, (CITED,))
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
CHAT = Chat("id", "About # it", NOW)


def turn(answer: Answer, question: str = "What is it?") -> Turn:
    return Turn(1, question, to_json(answer), NOW, None, None)


def rendered(markdown: str) -> str:
    return MarkdownIt("commonmark").render(markdown)


def test_answer_markdown_quotes_the_sentence_and_links_to_the_note() -> None:
    html = rendered(answer_markdown(ANSWER))
    assert "It is <strong>*42*</strong> [now](javascript:x), they say." in html
    assert "First." not in html
    assert '<a href="a%20b/%E6%B7%B1.md">T &lt;b&gt; › H</a>' in html


def test_answer_markdown_says_that_there_is_none() -> None:
    assert answer_markdown(Answer("什么？", None, "none", 0.1)) == "笔记里没有这个问题的答案。\n"


@pytest.mark.parametrize(
    "text", ["# a", "1. a", "- a", "> a", "a_b_c", "`x`", "<script>", "a|b", "\\*"]
)
def test_escaped_text_reads_the_same(text: str) -> None:
    from html import unescape

    assert unescape(rendered(escaped(text))) == f"<p>{text}</p>\n"


def test_chat_markdown_holds_every_turn() -> None:
    other = Alternative("43", 0.3, CITED)
    told = chat_markdown(
        CHAT,
        [
            turn(replace(ANSWER, asked_as="What is the thing?", alternatives=(other,))),
            turn(Answer("它呢？", None, "none", 0.1), "它呢？"),
            Turn(3, "old", {"answer": "of another version"}, NOW, None, None),
        ],
    )
    assert "# About # it\n" in told
    assert "*Asked as: What is the thing?*" in told
    assert "Confidence: 80% · 2026-11-25 12:00 UTC" in told
    assert "Other answers: 43 (30%)" in told
    assert "## 它呢？\n\n笔记里没有这个问题的答案。" in told
    assert "## old" in told


def test_chat_json_holds_what_was_stored() -> None:
    told = chat_json(CHAT, [turn(ANSWER)])
    assert told["turns"][0]["answer"] == to_json(ANSWER)
    assert told["updated_at"] == "2026-11-25T12:00:00+00:00"


@pytest.mark.parametrize(
    ("title", "name"),
    [("../a b: c?", "a-b-c"), ("深度？", "深度"), ("///", "chat"), ("x" * 99, "x" * 60)],
)
def test_file_name_is_allowed_everywhere(title: str, name: str) -> None:
    assert file_name(title) == name
