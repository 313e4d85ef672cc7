import random
from pathlib import Path

import pytest

from qa.features import SPECIALS
from qa.mixture import Feature, Source, batches, draw, featurise, hard_negatives
from qa.squad import Example, write_squad
from retrieval import tokenizer
from retrieval.onnx_session import MODEL_FOLDER

WORDS = tokenizer.load(MODEL_FOLDER / "tokenizer.json")
RIVER = "The Rhine rises in Switzerland and flows into the North Sea."
LAKE = "Lake Constance lies on the Rhine between Germany, Austria and Switzerland."
PIANO = "A grand piano has eighty-eight keys."


def example(question: str, context: str, answer: str = "", title: str = "T") -> Example:
    answers = ((answer, context.index(answer)),) if answer else ()
    return Example(question, question, context, title, answers)


def test_hard_negatives_take_the_likest_paragraph_without_the_answer() -> None:
    asked = example("Where does the Rhine flow into the sea?", RIVER, "the North Sea")
    pool = [asked, example("?", LAKE, "Austria"), example("?", PIANO, "keys")]
    [made] = hard_negatives([asked], pool, 1.0, random.Random(0))
    assert made.question == asked.question
    assert made.context == LAKE
    assert not made.is_answerable


def test_hard_negatives_never_take_a_paragraph_that_holds_the_answer() -> None:
    asked = example("Which country does the Rhine rise in?", RIVER, "Switzerland")
    pool = [asked, example("?", LAKE, "Austria"), example("?", PIANO, "keys")]
    [made] = hard_negatives([asked], pool, 1.0, random.Random(0))
    assert made.context == PIANO


@pytest.mark.parametrize("title_share", [0.0, 1.0])
def test_featurise_points_at_the_answers_tokens(title_share: float) -> None:
    asked = example("Where does it end?", RIVER, "the North Sea", title="Rivers of Europe")
    [row] = featurise([asked], WORDS, 224, title_share, seed=0)
    answer = WORDS.decode(list(row.ids[row.start : row.end + 1])).strip()
    assert answer == "the North Sea"
    assert ("Rivers of Europe" in WORDS.decode(list(row.ids))) is (title_share == 1.0)


def test_featurise_of_a_long_paragraph_keeps_within_the_window() -> None:
    long = f"{PIANO} " * 60 + RIVER + f" {PIANO}" * 60
    rows = featurise([example("Where?", long, "the North Sea")] * 60, WORDS, 64, 0.0, seed=0)
    assert all(len(row.ids) <= 64 for row in rows)
    answered = [row for row in rows if row.start]
    assert 30 < len(answered) < 60  # one window in six is drawn without the answer
    texts = {WORDS.decode(list(row.ids[row.start : row.end + 1])).strip() for row in answered}
    assert texts == {"the North Sea"}


def test_featurise_points_unanswerable_questions_at_the_first_token() -> None:
    [row] = featurise([example("Who?", PIANO)], WORDS, 224, 0.0, seed=0)
    assert (row.start, row.end) == (0, 0)
    assert len(row.ids) > SPECIALS


def test_batches_hold_every_row_once_within_the_budget() -> None:
    generator = random.Random(3)
    rows = [Feature(tuple(range(generator.randint(5, 60))), 0, 0) for _ in range(2500)]
    found = batches(rows, tokens=240, seed=0)
    assert sorted(row for batch in found for row in batch) == list(range(len(rows)))
    assert max(len(batch) * max(len(rows[row].ids) for row in batch) for batch in found) <= 240
    assert found == batches(rows, tokens=240, seed=0)
    assert found != batches(rows, tokens=240, seed=1)


def test_draw_takes_what_the_source_says(tmp_path: Path) -> None:
    rows = [example(f"q{at}", f"{RIVER} {at}", "Rhine", title=f"t{at}") for at in range(300)]
    rows += [example(f"n{at}", f"{LAKE} {at}", title=f"t{at}") for at in range(300)]
    write_squad(tmp_path / "some.json", rows)
    drawn = draw([Source("some.json", take=100, no_answer=0.2)], tmp_path, seed=5)
    assert len(drawn) == 100
    assert sum(not row.is_answerable for row in drawn) == 20
    assert drawn == draw([Source("some.json", take=100, no_answer=0.2)], tmp_path, seed=5)
