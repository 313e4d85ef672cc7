"""Whatever people write, pack or ask: nothing but our own errors, and no end that never comes."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb.answer import to_json
from kb.config import Settings
from kb.doctor import asked, duplicates, links, twins
from kb.doctor.reading import read_folder
from kb.errors import KbError
from kb.golden.questions import parse_golden
from kb.knowledge import KnowledgeBase
from kb.measuring.own_questions import read_own_questions
from kb.measuring.runs import compare_runs
from kb.models import Models
from kb.notes.incoming import Limits
from kb.notes.unpacking import unpack
from kb.pages.highlight import marked, sentence_window
from kb.trust.receipts import read_receipts
from retrieval.scope import Scope
from tests.kb.fake_encoder import FakeEncoder
from tests.kb.hostile import HOSTILE
from tests.qa.fake_reader import FakeReader
from tests.strategies import any_markdown

FEW = settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# Everything that UTF-8 can write.
TEXT = st.text(st.characters(codec="utf-8"), max_size=200)
LIMITS = Limits(10**6, 10**6)


@pytest.fixture
def base(tmp_path: Path) -> Iterator[KnowledgeBase]:
    found = KnowledgeBase(Models(Settings.load(tmp_path), FakeEncoder(), FakeReader({})))
    with closing(found):
        yield found


def through(base: KnowledgeBase, data: bytes) -> None:
    """Take a note all the way: found, indexed, searched, rendered, looked over by the doctor."""
    (base.root / "note.md").write_bytes(data)
    report = base.index()
    folder, _unread = read_folder(base.root, 10**7)
    for check in (links.dead_links, duplicates.duplicates, twins.drifted):
        list(check(folder))
    list(asked.conflicts(folder, [], 0.5))
    if report.skipped:
        return
    note = base.read_note("note.md")
    base.reading.render(note, None)
    with suppress(KbError):
        parse_golden("note.md", note.source[note.body_start :])
    for hit in base.search("words of the note 中文", 3):
        cited = hit.citation
        place = (cited.start, cited.end)
        assert 0 <= cited.start <= cited.end <= len(note.source)
        base.reading.render(note, place)
        window = sentence_window(cited.passage, cited.answer_start, cited.answer_end)
        marked(cited.passage, cited.answer_start, cited.answer_end, window)
        base.reading.surroundings("note.md", *place)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_notes_are_taken_all_the_way(base: KnowledgeBase, name: str) -> None:
    through(base, HOSTILE[name].encode("utf-8", "surrogatepass"))


@FEW
@given(st.one_of(any_markdown(), TEXT))
def test_any_markdown_is_taken_all_the_way(base: KnowledgeBase, text: str) -> None:
    through(base, text.encode())


@FEW
@given(st.binary(max_size=300))
def test_any_bytes_are_taken_all_the_way(base: KnowledgeBase, data: bytes) -> None:
    through(base, data)


SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT, inner, max_size=4)),
    max_leaves=12,
)
NAMES = st.one_of(st.sampled_from(["title", "tags", "aliases", "faq", "golden", "tag"]), TEXT)


@FEW
@given(st.dictionaries(NAMES, VALUES, max_size=6), st.booleans())
def test_any_front_matter_is_taken_all_the_way(
    base: KnowledgeBase, values: dict[str, Any], flow: bool
) -> None:
    front = yaml.safe_dump(values, allow_unicode=True, default_flow_style=flow)
    through(base, f"---\n{front}---\n# Body\n\nWords.\n".encode())


FILE_NAMES = st.one_of(
    st.sampled_from(["a.md", "b/c.md", "../x.md", "/etc/x.md", "a\\b.md", ".h/x.md", "C:x.md",
                     "中.md", "a.zip", "con.md", "b/", "x.png", "a.md "]),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20),
)  # fmt: skip


def unpacked(data: bytes) -> None:
    with suppress(KbError):
        for file in unpack("x.zip", data, LIMITS).files:
            with suppress(KbError):
                file.read()


def packed(files: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


@FEW
@given(st.dictionaries(FILE_NAMES, st.binary(max_size=100), max_size=5))
def test_any_archive_is_unpacked_or_refused(files: dict[str, bytes]) -> None:
    unpacked(packed(files))


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_any_damaged_archive_is_unpacked_or_refused(data: st.DataObject) -> None:
    whole = bytearray(packed({"a.md": b"# A " * 50, "b/c.md": b"x", "\u4e2d.md": b"y"}))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    unpacked(bytes(whole[: data.draw(st.integers(0, len(whole)))]))
    unpacked(bytes(whole))


QUESTIONS = st.one_of(
    st.text(max_size=300),
    st.sampled_from(["?", "？", " ", "\0", "a" * 3000, "AND OR NOT (", '"*~^:', "why " * 400,
                     "\ud800", "它呢？", "and how is it computed?"]),
)  # fmt: skip


@pytest.fixture
def asked_base(base: KnowledgeBase) -> KnowledgeBase:
    (base.root / "a.md").write_text("# Ohm\n\nOhm's law was published in 1827.\n\n## Why?\n\nSo.\n")
    base.index()
    return base


@settings(FEW, max_examples=60)
@given(QUESTIONS, st.lists(QUESTIONS, max_size=3), st.lists(st.text(max_size=9), max_size=2))
def test_any_question_is_answered_or_refused(
    asked_base: KnowledgeBase, question: str, earlier: list[str], names: list[str]
) -> None:
    scope = Scope(tuple(names), tuple(names))
    with suppress(KbError):
        answer = asked_base.ask(question, scope=scope if names else None, earlier=earlier)
        assert 0 <= answer.confidence <= 1
    with suppress(KbError):
        asked_base.search(question, 3)


@settings(FEW, max_examples=5)
@given(QUESTIONS)
def test_any_question_to_the_bundled_models_is_answered_or_refused(
    real: KnowledgeBase, question: str
) -> None:
    with suppress(KbError):
        assert 0 <= real.ask(question).confidence <= 1


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    root = tmp_path_factory.mktemp("real")
    (root / "a.md").write_text("# Ohm\n\nOhm's law was published in 1827.\n\n## Why?\n\nSo.\n")
    with closing(KnowledgeBase.open(Settings.load(root))) as base:
        base.index()
        yield base


READERS: dict[str, Callable[[Path], object]] = {
    "receipts.jsonl": read_receipts,
    "questions.csv": read_own_questions,
    "questions.md": read_own_questions,
    "run.json": lambda path: compare_runs(path, path),
    "config.toml": lambda path: Settings.load(path.parents[1]),
}
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["rows", "a", "question", "start", "quote", "f1"]), inner, max_size=4
        ),
    ),
    max_leaves=8,
)
FILES = st.one_of(
    st.binary(max_size=200),
    TEXT.map(str.encode),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.lists(st.lists(TEXT, max_size=4), max_size=4).map(
        lambda rows: ("question,note,answer\n" + "\n".join(map(",".join, rows))).encode()
    ),
    st.sampled_from([
        b"question\r\n\"a\0b\r", b"[" * 5000,
        b'{"rows": {"a": {"f1": "x"}}}', b'{"rows": {"a": {"f1": null}}}', b"|question|\n|-|\n|a",
        b"threads = 99999999999999999999", b"threshold = nan", b'notes = "x"', b"a.b.c = 1",
    ]),
)  # fmt: skip


@pytest.mark.parametrize("name", READERS)
@FEW
@given(FILES)
def test_any_file_of_ours_is_read_or_refused(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / ".kb" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    with suppress(KbError):
        READERS[name](path)


def test_a_cell_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "questions.csv"
    path.write_bytes(b"question\n" + b"x" * (csv.field_size_limit() + 1))
    with pytest.raises(KbError, match=r"questions\.csv.*limit"):
        read_own_questions(path)


def test_a_question_that_utf8_cannot_write_is_asked_and_kept(asked_base: KnowledgeBase) -> None:
    question = "When\ud800?"
    answer = to_json(asked_base.ask(question))
    turn = asked_base.history.add_turn("c", question, {**answer, "asked_as": question})
    asked_base.history.feedback(turn, "down", "\udfff")
    asked_base.history.rename_chat("c", question)
    [kept] = asked_base.history.turns("c")
    assert (kept.question, kept.right_answer) == ("When??", "?")
