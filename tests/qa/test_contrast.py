from pathlib import Path

import numpy as np
import pytest

from qa.contrast import Passage, Source, also_answered, batches, cut, draw
from qa.squad import Example, is_held_out, write_squad

SENTENCE = "The mill stands by the river and grinds rye. "


def example(id_: str, question: str, context: str, answer: str, title: str = "Mills") -> Example:
    return Example(id_, question, context, title, ((answer, context.index(answer)),))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    contexts = [f"House {at} is Ann's. It is red." for at in range(60)]
    asked = [
        example(f"{at}{kind}", f"{kind} house {at}?", context, "Ann", f"t{at}")
        for at, context in enumerate(contexts)
        for kind in ("Who owns", "Whose is", "Who has")
    ]
    write_squad(tmp_path / "asked.json", asked)
    write_squad(tmp_path / "made_over.json", [example("k", "owner 3", contexts[3], "Ann", "t3")])
    return tmp_path


def test_draw_takes_each_passage_once_with_its_questions(data: Path) -> None:
    drawn = draw([Source("asked.json"), Source("made_over.json")], data, 9, 0.0, 1)
    by_text = {passage.text: passage for passage in drawn}
    assert len(by_text) == len(drawn) > 40
    assert "owner 3" in by_text["House 3 is Ann's. It is red."].questions
    assert len(by_text["House 3 is Ann's. It is red."].questions) == 4


def test_draw_keeps_to_the_training_split(data: Path) -> None:
    drawn = {passage.text for passage in draw([Source("asked.json")], data, 3, 0.0, 1)}
    for at in range(60):
        context = f"House {at} is Ann's. It is red."
        held_out = is_held_out(Example("", "", context, f"t{at}", ()), 60)
        assert (context in drawn) is not held_out


def test_draw_takes_so_many_with_titles_for_the_share(data: Path) -> None:
    drawn = draw([Source("asked.json", 10)], data, 2, 1.0, 1)
    assert len(drawn) == 10
    assert all(passage.text.startswith("t") and " › House" in passage.text for passage in drawn)
    assert all(len(passage.questions) == 2 for passage in drawn)


def test_cut_keeps_the_answer_and_whole_sentences() -> None:
    context = SENTENCE * 30 + "It was built in 1704. " + SENTENCE * 30
    start = context.index("1704")
    left, right = cut(context, start, start + 4)
    chunk = context[left:right]
    assert "1704" in chunk
    assert 500 < len(chunk) <= 900
    assert chunk.strip().startswith("The mill")
    assert chunk.endswith(".")


def test_cut_leaves_a_short_paragraph_whole() -> None:
    assert cut(SENTENCE, 4, 8) == (0, len(SENTENCE))


def test_batches_hold_every_passage_once_and_near_ones_together() -> None:
    corners = np.eye(8, dtype=np.float32)
    vectors = np.repeat(corners, 4, axis=0)  # eight clusters of four
    found = batches(vectors, 8, 4, 1)
    assert sorted(row for batch in found for row in batch) == list(range(32))
    for batch in found:
        assert len({row // 4 for row in batch}) == len(batch) // 4


def test_also_answered_excuses_passages_with_the_answer() -> None:
    first = Passage("It was built in 1704.", ("When?",), ("1704",))
    second = Passage("In 1704 rye was dear.", ("What was dear?",), ("rye",))
    third = Passage("The river froze.", ("What froze?",), ("The river",))
    expected = [[False, True, False], [False, False, False], [False, False, False]]
    assert also_answered([first, second, third]).tolist() == expected
