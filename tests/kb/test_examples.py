from __future__ import annotations

from kb.examples import pick_examples

ASKED = [
    ("a.md", "What is A?"),
    ("a.md", "What else is A?"),
    ("b.md", "What is B?"),
    ("c.md", "什么是丙？"),
    ("d.md", f"What is {'very ' * 30}long?"),
]


def test_examples_come_from_as_many_notes_as_there_are() -> None:
    assert pick_examples(ASKED, "en", 2) == ["What is A?", "What is B?"]


def test_examples_are_in_the_language_of_the_page_first() -> None:
    assert pick_examples(ASKED, "zh", 2) == ["什么是丙？", "What is A?"]


def test_examples_leave_out_what_is_long_or_said_twice() -> None:
    assert pick_examples([*ASKED, ("z.md", "What is A?")], "en", 9) == [
        "What is A?",
        "What is B?",
        "What else is A?",
        "什么是丙？",
    ]


def test_examples_of_notes_that_ask_nothing_are_none() -> None:
    assert pick_examples([], "en", 4) == []
