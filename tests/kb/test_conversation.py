import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.answer import Answer, Citation, from_json, to_json
from kb.config import Settings
from kb.conversation import ask_in_context, better_supported, turn_of
from kb.knowledge import KnowledgeBase

DATA = Path(__file__).parents[1] / "data" / "follow_ups.json"
STARTER = Path(__file__).parents[2] / "kb" / "starter"
WHOLE = Citation("a.md", "Adam", "", 0, 3, "0.9", 0, 3, 0, 3)


def answer(question: str, confidence: float) -> Answer:
    shown = confidence >= 0.5
    return Answer(
        question,
        "0.9" if shown else None,
        "extractive" if shown else "none",
        confidence,
        (WHOLE,) if shown else (),
        timings_ms={"total": 2.0},
    )


def test_the_better_supported_reading_is_kept_under_the_question_as_typed() -> None:
    typed, full = answer("its values?", 0.2), answer("Adam's values?", 0.8)
    kept = better_supported(typed, full)
    assert (kept.question, kept.asked_as) == ("its values?", "Adam's values?")
    assert kept.timings_ms == {"total": 4.0}
    assert from_json(to_json(kept)) == kept
    sure = better_supported(answer("its values?", 0.95), answer("Adam's values?", 0.3))
    assert (sure.confidence, sure.asked_as) == (0.95, None)


def test_a_question_that_stands_on_its_own_is_asked_once() -> None:
    asked: list[str] = []

    def ask(question: str) -> Answer:
        asked.append(question)
        return answer(question, 0.8)

    ask_in_context(ask, "What is dropout?", ["What is Adam?"], 100)
    ask_in_context(ask, "What are its values?", [], 100)
    ask_in_context(ask, "What are its values?", ["What is Adam?"], 10)
    assert asked == ["What is dropout?", "What are its values?", "What are its values?"]
    ask_in_context(ask, "What are its values?", ["What is Adam?"], 100)
    assert asked[-1] == "What are Adam's values?"


def test_turn_of_keeps_what_later_questions_need() -> None:
    turn = turn_of(answer("Adam's values?", 0.8))
    assert (turn.question, turn.title, turn.answer) == ("Adam's values?", "Adam", "0.9")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    folder = tmp_path_factory.mktemp("starter")
    for path in STARTER.rglob("*.md"):
        target = folder / path.relative_to(STARTER)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    base = KnowledgeBase.open(Settings.load(folder))
    base.index()
    yield base
    base.close()


def test_follow_ups_find_more_within_their_chat(base: KnowledgeBase) -> None:
    cases = [
        case
        for case in json.loads(DATA.read_text(encoding="utf-8"))["follow_ups"]
        if case["base"] == "starter"
    ]
    near = {"without": 0, "within": 0}
    for case in cases:
        for way, earlier in (("without", ()), ("within", case["earlier"])):
            found = base.ask(case["question"], earlier=earlier).nearest
            near[way] += found[0].citation.note in case["notes"]
    assert near["within"] >= near["without"] + len(cases) // 4, near
