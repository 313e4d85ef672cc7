import importlib
import shutil
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import (
    AutoModelForQuestionAnswering,
    AutoTokenizer,
    BertConfig,
    BertForQuestionAnswering,
    BertModel,
    BertTokenizerFast,
)

from qa.errors import QaError
from qa.hugging_face_reader import MAX_TOKENS, HuggingFaceReader
from qa.reader import Context, Span
from retrieval.errors import MissingPackage

WORDS = """[PAD] [UNK] [CLS] [SEP] [MASK] when did the bridge open who what is it opened in march
1932 paint ##ed ##s nobody . ? › 北 京 是 首 都 哪 里 note"""
BRIDGE = Context("Bridges › History", "The bridge opened in March 1932. Nobody painted it.")
CAPITAL = Context("", "北京是首都 .")
PASSAGES = [BRIDGE, CAPITAL, Context("Note", ""), Context("", "the " * 900 + "bridge")]


@pytest.fixture(scope="module")
def make_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    def make(
        seed: int = 0,
        kind: type[BertForQuestionAnswering | BertModel] = BertForQuestionAnswering,
        positions: int = 512,
    ) -> Path:
        folder = tmp_path_factory.mktemp("reader") / "tiny"
        torch.manual_seed(seed)
        config = BertConfig(
            vocab_size=len(WORDS.split()),
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=positions,
            initializer_range=0.5,
        )
        kind(config).save_pretrained(folder)
        (folder / "vocab.txt").write_text("\n".join(WORDS.split()), encoding="utf-8")
        BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
        return folder

    return make


@pytest.fixture(scope="module")
def folder(make_model: Callable[..., Path]) -> Path:
    return make_model()


@pytest.fixture(scope="module")
def reader(folder: Path) -> HuggingFaceReader:
    return HuggingFaceReader(str(folder))


def overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


@pytest.mark.parametrize(
    "question",
    [
        pytest.param("When did the bridge open?", id="english"),
        pytest.param("首都是哪里?", id="chinese"),
        pytest.param("", id="empty"),
        pytest.param("who is it " * 1000, id="10000-characters"),
        pytest.param("bridge" * 200, id="one-long-word"),
    ],
)
def test_spans_lie_inside_the_text_best_first_and_apart(
    reader: HuggingFaceReader, question: str
) -> None:
    readings = reader.read(question, PASSAGES, best=4)
    assert len(readings) == len(PASSAGES)
    for passage, spans in zip(PASSAGES, readings, strict=True):
        assert len(spans) <= 4
        assert [span.score for span in spans] == sorted((s.score for s in spans), reverse=True)
        for at, span in enumerate(spans):
            words = passage.text[span.start : span.end]
            assert words
            assert words == words.strip()
            assert not any(overlap(span, other) for other in spans[:at])
    assert readings[0]
    assert readings[1]
    assert readings[2] == []


def test_score_is_the_log_odds_against_no_answer(reader: HuggingFaceReader, folder: Path) -> None:
    """The naive twin: every span of the passage, one forward pass."""
    question, text = "when did the bridge open ?", CAPITAL.text
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForQuestionAnswering.from_pretrained(folder).eval()
    encoded = tokenizer(question, text, return_tensors="pt", return_offsets_mapping=True)
    offsets = encoded.pop("offset_mapping")[0].tolist()
    with torch.inference_mode():
        output = model(**encoded)
    starts, ends = output.start_logits[0].tolist(), output.end_logits[0].tolist()
    inside = [at for at, which in enumerate(encoded.sequence_ids(0)) if which == 1]
    score, first, last = max(
        (starts[i] + ends[j] - starts[0] - ends[0], i, j) for i in inside for j in inside if j >= i
    )
    [[best, *_]] = reader.read(question, [CAPITAL])
    assert (best.start, best.end) == (offsets[first][0], offsets[last][1])
    assert best.score == pytest.approx(score, abs=1e-4)


def test_a_passage_reads_the_same_alone_and_among_others(reader: HuggingFaceReader) -> None:
    question = "When did the bridge open?"
    together = reader.read(question, PASSAGES)
    for passage, spans in zip(PASSAGES, together, strict=True):
        [alone] = reader.read(question, [passage])
        assert [(span.start, span.end) for span in alone] == [(s.start, s.end) for s in spans]
        assert [span.score for span in alone] == pytest.approx([s.score for s in spans], abs=1e-4)


def test_heading_is_read_but_never_answered(reader: HuggingFaceReader) -> None:
    question = "When did the bridge open?"
    headed, bare = reader.read(question, [BRIDGE, Context("", BRIDGE.text)], best=50)
    assert {span.score for span in headed} != {span.score for span in bare}
    assert all(0 <= span.start < span.end <= len(BRIDGE.text) for span in headed)
    # each word and mark stands apart, so that reading all of them covers the whole text
    covered = {at for span in headed for at in range(span.start, span.end)}
    assert {at for at, mark in enumerate(BRIDGE.text) if not mark.isspace()} <= covered


def test_long_passage_is_read_to_its_end(reader: HuggingFaceReader) -> None:
    text = "the " * (2 * MAX_TOKENS) + "bridge"
    [spans] = reader.read("what is it?", [Context("", text)], best=2000)
    covered = {at for span in spans for at in range(span.start, span.end)}
    assert 0 in covered
    assert len(text) - 1 in covered


def test_long_heading_leaves_room_for_the_text(reader: HuggingFaceReader) -> None:
    [spans] = reader.read("who?", [Context("bridge › " * 500, "march 1932")], best=9)
    assert spans


def test_model_of_few_positions_takes_long_questions(make_model: Callable[..., Path]) -> None:
    reader = HuggingFaceReader(str(make_model(positions=24)))
    [spans] = reader.read("who is it " * 50, [Context("note " * 50, "the bridge " * 50)])
    assert spans


def test_no_passages_give_no_spans(reader: HuggingFaceReader) -> None:
    assert reader.read("who?", []) == []


def test_threads_may_read_at_once(reader: HuggingFaceReader) -> None:
    expected = reader.read("who?", PASSAGES)
    results: list[list[list[Span]]] = []
    threads = [
        threading.Thread(target=lambda: results.append(reader.read("who?", PASSAGES)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 4


def test_fingerprint_follows_the_weights_but_not_the_place(
    reader: HuggingFaceReader, make_model: Callable[..., Path], folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "tiny")
    assert HuggingFaceReader(str(tmp_path / "tiny")).fingerprint == reader.fingerprint
    assert HuggingFaceReader(str(make_model(seed=1))).fingerprint != reader.fingerprint


def test_opening_prints_nothing(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    HuggingFaceReader(str(folder))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "name", ["no/such-model", "/no/such/folder", "./nowhere", "a/b/c", "", "bad name"]
)
def test_unknown_model_is_one_clear_line(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(QaError) as caught:
        HuggingFaceReader(name)
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


def test_model_without_a_trained_head_is_refused(make_model: Callable[..., Path]) -> None:
    with pytest.raises(QaError, match=r"not trained to answer questions \(no weights for qa_out"):
        HuggingFaceReader(str(make_model(kind=BertModel)))


def test_folder_of_something_else_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{not json", encoding="utf-8")
    with pytest.raises(QaError, match=r"cannot open the folder [^\n]+\Z"):
        HuggingFaceReader(str(tmp_path))


def test_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "qa.hugging_face_reader")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingPackage, match=r"needs torch: pip install 'notes-kb\[models\]'"):
        importlib.import_module("qa.hugging_face_reader")
