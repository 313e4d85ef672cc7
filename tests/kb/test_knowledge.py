"""The whole path with the bundled models, on a small folder of notes."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.answer import Answer, Citation, from_json, to_json
from kb.catalog.catalog import INDEX_FILE
from kb.config import Settings
from kb.errors import (
    CatalogMissing,
    EncoderChanged,
    KbError,
    NoteError,
    QuestionError,
    VaultError,
)
from kb.indexing.passage_index import LEXICAL_FOLDER
from kb.knowledge import KnowledgeBase
from kb.models import Models
from retrieval.scope import Scope
from tests.kb.fake_encoder import FakeEncoder
from tests.permissions import unprivileged

NOTES = {
    "physics/ohm.md": (
        "---\ntags: [physics]\n---\n# Ohm's law\r\n\r\nOhm's law was published by **Georg Ohm** in"
        " 1827.\r\n\r\n## Unit\r\n\r\nThe unit of resistance is the _ohm_, written Ω.\r\n"
    ),
    "zh/注意力.md": "# 自注意力\n\n自注意力由 **Vaswani** 等人于 2017 年提出。\n",
    "code.md": "# Search\n\n- `IndexFlatIP` compares by inner product.\n- `max_length` is 512.\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in NOTES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
    return tmp_path


@pytest.fixture
def base(folder: Path) -> Iterator[KnowledgeBase]:
    base = KnowledgeBase.open(Settings.load(folder))
    base.index()
    yield base
    base.close()


def marked(base: KnowledgeBase, citation: Citation) -> str:
    return base.read_note(citation.note).source[citation.start : citation.end]


@pytest.mark.parametrize(
    ("question", "words", "note"),
    [
        ("When was Ohm's law published?", "1827", "physics/ohm.md"),
        ("Who published Ohm's law?", "Georg Ohm", "physics/ohm.md"),
        ("自注意力是谁提出的？", "Vaswani", "zh/注意力.md"),
        ("max_length", "512", "code.md"),
    ],
    ids=["year", "inside bold", "chinese", "identifier"],
)
def test_ask_cites_the_words_where_they_stand(
    base: KnowledgeBase, question: str, words: str, note: str
) -> None:
    answer = base.ask(question)
    assert answer.kind == "extractive", answer
    assert answer.text is not None
    assert words in answer.text
    cited = answer.citations[0]
    assert cited.note == note
    assert words in marked(base, cited)
    assert cited.passage[cited.answer_start : cited.answer_end] == answer.text
    assert 0 <= answer.confidence <= 1
    assert len({answer.text, *(each.text for each in answer.alternatives)}) == 1 + len(
        answer.alternatives
    )


def test_ask_says_so_when_the_notes_hold_no_answer(base: KnowledgeBase) -> None:
    answer = base.ask("What is the capital of Mongolia?")
    assert (answer.kind, answer.text, answer.citations) == ("none", None, ())
    assert answer.nearest


def test_ask_tells_its_stages_in_order(base: KnowledgeBase) -> None:
    stages: list[str] = []
    base.ask("Who?", on_stage=stages.append)
    assert stages == ["searching", "reading", "answering"]


def test_an_answer_survives_its_json(base: KnowledgeBase) -> None:
    answer: Answer = base.ask("When was Ohm's law published?")
    assert from_json(to_json(answer)) == answer


@pytest.mark.parametrize(
    ("scope", "notes"),
    [
        (Scope(tags=("physics",)), {"physics/ohm.md"}),
        (Scope(folders=("zh",)), {"zh/注意力.md"}),
        (Scope(folders=("nowhere",)), set[str]()),
    ],
    ids=["tag", "folder", "nothing"],
)
def test_search_stays_in_its_scope(base: KnowledgeBase, scope: Scope, notes: set[str]) -> None:
    assert {each.citation.note for each in base.search("law", 10, scope)} == notes


def test_changes_are_seen_and_nothing_is_embedded_twice(base: KnowledgeBase, folder: Path) -> None:
    assert base.index().embedded == 0
    (folder / "code.md").rename(folder / "moved.md")
    (folder / "physics" / "ohm.md").unlink()
    (folder / "new.md").write_text("# Kettle\n\nThe boiling point of water is 100 °C.\n")
    report = base.index()
    assert (report.added, report.renamed, report.removed, report.embedded) == (1, 1, 1, 1)
    assert base.ask("What is the boiling point of water?").text == "100 °C"
    assert "physics/ohm.md" not in {each.citation.note for each in base.search("Ohm's law", 10)}
    assert [note.path for note in base.notes()] == ["moved.md", "new.md", "zh/注意力.md"]


def test_another_process_sees_the_new_generation(base: KnowledgeBase, folder: Path) -> None:
    other = KnowledgeBase.open(base.settings)
    (folder / "new.md").write_text("# Kettle\n\nWater boils at 100 °C at sea level.\n")
    other.index()
    assert base.search("Kettle", 1)[0].citation.note == "new.md"
    other.close()


@pytest.mark.parametrize("question", ["", "  \n ", "x" * 10_000], ids=["empty", "blank", "long"])
def test_a_question_that_cannot_be_asked_is_refused(base: KnowledgeBase, question: str) -> None:
    with pytest.raises(QuestionError):
        base.ask(question)


def test_ask_without_an_index_says_what_to_do(folder: Path) -> None:
    with pytest.raises(CatalogMissing, match="kb index"):
        KnowledgeBase.open(Settings.load(folder)).ask("Who?")


def test_ask_of_no_notes_answers_none(tmp_path: Path) -> None:
    base = KnowledgeBase.open(Settings.load(tmp_path))
    assert base.index().passages == 0
    assert base.ask("Who?").kind == "none"


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(VaultError, match="nowhere"):
        KnowledgeBase.open(Settings.load(tmp_path / "nowhere"))


def test_an_index_of_another_encoder_is_refused_until_rebuilt(folder: Path) -> None:
    first = KnowledgeBase(Models(Settings.load(folder), encoder=FakeEncoder()))
    first.index()
    first.close()
    base = KnowledgeBase.open(Settings.load(folder))
    with pytest.raises(EncoderChanged, match="--rebuild"):
        base.ask("Who?")
    with pytest.raises(EncoderChanged, match="--rebuild"):
        base.index()
    base.index(rebuild=True)
    assert base.ask("When was Ohm's law published?").text == "1827"


@pytest.mark.parametrize("damage", ["truncated", "garbage", "gone"])
@pytest.mark.parametrize("part", ["catalogue", "lexical"])
def test_a_damaged_index_is_made_anew_and_no_note_is_touched(
    folder: Path, part: str, damage: str
) -> None:
    base = KnowledgeBase.open(Settings.load(folder))
    base.index()
    base.close()
    data = folder / ".kb"
    files = (
        [data / INDEX_FILE] if part == "catalogue" else sorted((data / LEXICAL_FOLDER).iterdir())
    )
    for file in files:
        content = file.read_bytes()
        if damage == "gone":
            file.unlink()
        else:
            file.write_bytes(
                content[: len(content) // 3] if damage == "truncated" else b"\xff" * 99
            )
    again = KnowledgeBase.open(Settings.load(folder))
    again.index()
    assert again.ask("When was Ohm's law published?").text == "1827"
    assert [each.citation.note for each in again.search("IndexFlatIP", 1)] == ["code.md"]
    assert {name: (folder / name).read_bytes().decode() for name in NOTES} == NOTES
    again.close()


@pytest.mark.parametrize(
    "path", ["../secret.md", "/etc/passwd", ".kb/index.db", "code.md/..", "nope.md", "a\0.md"]
)
def test_read_note_reads_notes_of_the_folder_only(base: KnowledgeBase, path: str) -> None:
    with pytest.raises(NoteError):
        base.read_note(path)


@pytest.mark.parametrize("name", ["../x", "a/../../x", "a\0b", "n" * 300, "", ".hidden"])
def test_add_note_refuses_bad_names(base: KnowledgeBase, name: str) -> None:
    with pytest.raises(VaultError):
        base.add_note(name, "text")


def test_add_note_never_replaces_silently(base: KnowledgeBase, folder: Path) -> None:
    with pytest.raises(VaultError, match="already there"):
        base.add_note("code.md", "other")
    assert (folder / "code.md").read_text() == NOTES["code.md"]
    assert base.add_note("deep/er/new", "# New\n") == "deep/er/new.md"


def test_a_read_only_folder_can_be_asked(folder: Path) -> None:
    base = KnowledgeBase.open(Settings.load(folder))
    base.index()
    base.close()
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)

    def ask_and_index() -> None:
        again = KnowledgeBase.open(Settings.load(folder))
        assert again.ask("When was Ohm's law published?").text == "1827"
        with pytest.raises(KbError):
            again.index()
        again.close()

    unprivileged(ask_and_index)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def test_deleting_the_index_loses_nothing(base: KnowledgeBase, folder: Path) -> None:
    chat = base.history.new_chat()
    base.history.add_turn(chat, "Who?", to_json(base.ask("Who published Ohm's law?")))
    base.close()
    (folder / ".kb" / INDEX_FILE).unlink()
    shutil.rmtree(folder / ".kb" / LEXICAL_FOLDER)
    again = KnowledgeBase.open(Settings.load(folder))
    again.index()
    assert [turn.question for turn in again.history.turns(chat)] == ["Who?"]
    again.close()


def test_search_lets_the_reader_put_first_what_answers(base: KnowledgeBase) -> None:
    question = "What is the unit of resistance?"
    reranked = base.search(question, 4)
    plain = base.search(question, 4, rerank=False)
    assert {found.citation.passage for found in reranked} == {
        found.citation.passage for found in plain
    }
    assert "unit of resistance is" in reranked[0].citation.passage
    assert all(found.reader is None for found in plain)
    assert reranked[0].reader is not None
    assert [found.score for found in reranked] == sorted(
        (found.score for found in reranked), reverse=True
    )
    assert base.search(question, 1) == reranked[:1]


def test_threads_of_the_settings_reach_the_models(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[str, int]] = []
    for name in ("load_encoder", "load_reader"):

        def load(_model: str | None, threads: int, name: str = name) -> None:
            given.append((name, threads))
            raise KbError("not opened in this test")

        monkeypatch.setattr(f"kb.models.{name}", load)
    (folder / ".kb").mkdir()
    (folder / ".kb" / "config.toml").write_text("threads = 3\n")
    base = KnowledgeBase.open(Settings.load(folder))
    for use in (base.index, base.warm_up):
        with pytest.raises(KbError, match="not opened"):
            use()
    assert given == [("load_encoder", 3), ("load_reader", 3)]
