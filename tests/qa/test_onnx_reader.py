import itertools

import pytest

from qa.onnx_reader import OnnxReader
from qa.reader import Context

BERT = Context("BERT", "BERT was published by Devlin et al. in 2018. The base model has 12 layers.")
注意力 = Context("自注意力", "自注意力由 Vaswani 等人于2017年提出，它不用循环结构。")


@pytest.fixture(scope="module")
def reader() -> OnnxReader:
    return OnnxReader()


@pytest.mark.parametrize(
    ("question", "context", "answer"),
    [
        ("When was BERT published?", BERT, "2018"),
        ("How many layers does the base model have?", BERT, "12"),
        ("自注意力是哪一年提出的？", 注意力, "2017年"),
    ],
    ids=["year", "count", "chinese"],
)
def test_read_finds_the_answer(
    reader: OnnxReader, question: str, context: Context, answer: str
) -> None:
    [spans] = reader.read(question, [context])
    assert context.text[spans[0].start : spans[0].end] == answer
    assert spans[0].score > 0


def test_read_prefers_no_answer_where_there_is_none(reader: OnnxReader) -> None:
    [spans] = reader.read("Who painted the Mona Lisa?", [BERT])
    assert all(span.score < 0 for span in spans)


def test_read_finds_an_answer_far_into_a_long_passage(reader: OnnxReader) -> None:
    filler = "Rain fell on the hills and the river rose a little every night. " * 80
    context = Context("Diary", f"{filler}The bridge was built in 1742. {filler}")
    [spans] = reader.read("When was the bridge built?", [context])
    assert context.text[spans[0].start : spans[0].end] == "1742"


def test_read_survives_any_question_and_passage(reader: OnnxReader) -> None:
    passages = [
        Context("", ""),
        Context("标题 " * 200, "x"),
        Context("a", "\u0000 \ufeff 𠮷 👩‍👩‍👧"),
    ]
    found = reader.read("为什么 why? " * 1000, passages)
    assert len(found) == len(passages)
    for spans, passage in zip(found, passages, strict=True):
        assert all(0 <= span.start < span.end <= len(passage.text) for span in spans)


def test_read_without_passages_returns_nothing(reader: OnnxReader) -> None:
    assert reader.read("Who?", []) == []


def test_spans_of_a_passage_do_not_overlap(reader: OnnxReader) -> None:
    [spans] = reader.read("What has layers?", [BERT], best=5)
    edges = sorted((span.start, span.end) for span in spans)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(edges))
