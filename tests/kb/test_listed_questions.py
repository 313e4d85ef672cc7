from __future__ import annotations

import pytest

from kb.notes.note import parse_note


def asked(source: str) -> list[tuple[str, str | None]]:
    return [(each.question, each.answer) for each in parse_note("a.md", source).questions]


@pytest.mark.parametrize(
    "body",
    [
        "1. What is it for?\n\n   For notes.\n\n2. Who may use it?\n\n   Everybody. Really.\n",
        "1. What is it for?\n   For notes.\n2. Who may use it?\n   Everybody. Really.\n",
        "1. What is it for?\n\nFor notes.\n\n2. Who may use it?\n\nEverybody. Really.\n",
        "1) **What is it for?** For notes.\n2) **Who may use it?** Everybody. Really.\n",
        "**What is it for?**\n\nFor notes.\n\n__Who may use it?__\nEverybody. Really.\n",
    ],
    ids=["indented", "next line", "list cut by answers", "bold on the line", "bold"],
)
def test_listed_questions_are_found_with_their_answers(body: str) -> None:
    source = f"# Appendix\n\n{body}\n## More\n\nText.\n"
    questions = parse_note("a.md", source).questions
    assert [(each.question, each.answer) for each in questions] == [
        ("What is it for?", "For notes."),
        ("Who may use it?", "Everybody. Really."),
    ]
    assert [source[each.start : each.end] for each in questions] == [
        "For notes.",
        "Everybody. Really.",
    ]


@pytest.mark.parametrize(
    "body",
    [
        "1．什么是检索？\n找出段落。\n\n2．如何提问？\n写一句话。",
        "1、什么是检索？\n\n找出段落。\n\n2、如何提问？\n\n写一句话。",
        "（1）什么是检索？\n\n找出段落。\n\n（2）如何提问？\n\n写一句话。",
        "1. **什么是检索？**\n\n   找出段落。\n\n2. **如何提问？**\n\n   写一句话。",
    ],
    ids=["wide dot", "comma", "brackets", "bold"],
)
def test_listed_questions_are_found_in_chinese(body: str) -> None:
    assert asked(body) == [("什么是检索？", "找出段落。"), ("如何提问？", "写一句话。")]


def test_listed_questions_take_what_the_answer_announces() -> None:
    body = "**How is it started?**\n\nIn two steps:\n\n- index\n- ask\n"
    assert asked(body) == [("How is it started?", "In two steps:\n- index\n- ask")]


@pytest.mark.parametrize(
    "body",
    [
        "1. Is Python there already? If not, install it.\n2. Which one do you want? Choose.\n",
        "1. Open the page.\n2. Do you see the form?\n\n   Fill it in.\n3. Send it.\n",
        "1. What is this for?\n2. Who may use this?\n3. Where does it run?\n\nThink about them.\n",
        "1. Look at it. See anything there?\n   Go on.\n2. Try again. Is it there?\n   Good.\n",
        "- What is it for?\n\n  For notes.\n- Who may use it?\n\n  Everybody.\n",
        "**Why?**\n\nBecause.\n\n**Ready to go on?** Then read this.\n",
        "**What is it for?**\n\n## Another heading\n\nText.\n",
        "**What is it for?**\n\n**Who may use it?**\n\n```\ncode\n```\n",
        "1. What is it for?\n\n   For notes.\n",
    ],
    ids=[
        "asks and goes on",
        "steps",
        "without answers",
        "not the first sentence",
        "not numbered",
        "too short, not alone",
        "heading between",
        "question below",
        "only one",
    ],
)
def test_listed_questions_are_not_seen_in_ordinary_text(body: str) -> None:
    assert asked(body) == []


def test_listed_questions_with_a_label_are_found_once() -> None:
    assert asked("1. Q: What is it for?\n   A: Notes.\n2. Q: Who may use it?\n   A: All.\n") == [
        ("What is it for?", "Notes."),
        ("Who may use it?", "All."),
    ]
