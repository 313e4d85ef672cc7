import warnings

from qa.documented_code import entries, examples


def test_entries_holds_calls_without_types_and_defaults() -> None:
    dumps = next(entry for entry in entries("json") if entry.name == "dumps")
    assert dumps.call.startswith("dumps(obj, ")
    assert ("allow_nan", "True") in dumps.defaults


def test_examples_answers_stand_where_they_say() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # old modules warn when they are imported
        found = examples(120, seed=3)
    answerable = [example for example in found if example.is_answerable]
    assert 0 < len(answerable) < len(found) == 120
    for example in answerable:
        ((text, start),) = example.answers
        assert example.context[start : start + len(text)] == text


def test_examples_are_the_same_for_a_seed() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert examples(20, seed=5) == examples(20, seed=5)
