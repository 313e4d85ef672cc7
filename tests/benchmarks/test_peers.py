from pathlib import Path
from typing import Any

import pytest

from benchmarks.peers.peer import Reply
from benchmarks.peers.scoring import Row, score
from benchmarks.peers.sets import Question
from benchmarks.peers.table import DOCUMENT, README, ahead, table, write

ASKED = Question("a", "Who wrote it?", ("Ada Lovelace",), ("a.md",))
WITHOUT = Question("b", "Who sang it?", (), ())
MEASURES: dict[str, tuple[str, bool | None]] = {
    "f1": ("F1 (%)", True),
    "ms_median": ("median (ms)", False),
    "shown": ("answered (%)", None),
}


def row(question: Question, text: str | None, shown: bool | None, score: float | None) -> Row:
    return Row(question, Reply(text, shown=shown, score=score, note="a.md"), 0.01)


def test_score_counts_hidden_spans_for_f1_and_shown_ones_for_precision() -> None:
    rows = [row(ASKED, "Ada Lovelace", False, 0.1), row(WITHOUT, "someone", True, 0.9)]
    figures = score(rows, surest=1)
    assert figures["exact_match"] == figures["f1"] == figures["note_first"] == 100
    assert figures["recognised"] == figures["shown_precision"] == 0
    assert figures["surest_precision"] == 0
    assert figures["shown"] == 50


def test_score_takes_half_a_span_and_a_refusal_for_what_they_are() -> None:
    rows = [row(ASKED, "Ada", True, 2.0), row(WITHOUT, "someone", False, 1.0)]
    figures = score(rows, surest=1)
    assert figures["exact_match"] == 0
    assert figures["f1"] == pytest.approx(66.7)
    assert figures["recognised"] == figures["shown_precision"] == figures["surest_precision"] == 100


def test_score_says_nothing_of_spans_and_refusals_that_a_peer_does_not_know() -> None:
    figures = score([row(ASKED, None, None, 3.0), row(WITHOUT, None, None, 1.0)], surest=1)
    assert figures["note_first"] == 100
    for name in ("exact_match", "f1", "recognised", "shown", "shown_precision"):
        assert figures[name] is None


def test_table_says_where_a_peer_is_ahead() -> None:
    columns = {
        "product": {"f1": 50.0, "ms_median": 100.0, "shown": 10.0},
        "plain": {"f1": 60.0, "ms_median": 300.0, "shown": 90.0},
        "bm25": {"f1": None, "ms_median": 1.0, "shown": None},
    }
    assert ahead(columns, MEASURES) == (
        "Where a peer is ahead: F1 (%): the plain way 60 (notes-kb 50);"
        " median (ms): BM25 alone 1 (notes-kb 100)."
    )
    assert "| F1 (%) | 50 | **60** | – |" in table(columns, MEASURES)
    assert "| answered (%) | 10 | 90 | – |" in table(columns, MEASURES)


def result(f1: float) -> dict[str, Any]:
    figures = {
        "product": {"f1": 60.0, "note_first": 90.0, "ms_median": 100.0},
        "plain": {"f1": f1, "note_first": 80.0, "ms_median": 300.0},
    }
    part = {"notes": 2, "passages": 3, "questions": 4, "unanswerable": 1, "figures": figures}
    machine = {"processor": "CPU", "cores": 2, "python": "3.11", "commit": "abc", "packages": {}}
    costs = {"product": {"index_seconds": 1.0}, "plain": {"index_seconds": 2.0}}
    return {
        "machine": machine, "peer_packages": {"txtai": "9"}, "seconds": 5,
        "costs": costs, "sets": {"real": part, "public": part},
    }  # fmt: skip


def test_write_puts_tables_between_the_marks_of_both_pages_again_and_again(tmp_path: Path) -> None:
    document, readme = tmp_path / "benchmarks.md", tmp_path / "README.md"
    for page, source in ((document, DOCUMENT), (readme, README)):
        page.write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    write(result(70.0), document, readme)
    first = readme.read_text(encoding="utf-8")
    assert "On 2 notes, 3 passages, 4 questions (1 without an answer):" in first
    assert "| best span F1 (%) | 60 | **70** |" in first
    assert "| index the paragraphs (s) | **1** | 2 |" in first
    assert "Where a peer is ahead: best span F1 (%): the plain way 70 (notes-kb 60)." in first
    write(result(50.0), document, readme)
    second = readme.read_text(encoding="utf-8")
    assert "70" not in second.split("<!-- benchmarks.peers -->")[1].split("<!-- end -->")[0]
    assert second.split("<!-- end -->")[1] == first.split("<!-- end -->")[1]
    assert document.read_text(encoding="utf-8").count("No peer is ahead on any row.") == 3
    document.write_text("no marks", encoding="utf-8")
    with pytest.raises(ValueError, match="no place for the tables"):
        write(result(50.0), document, readme)
